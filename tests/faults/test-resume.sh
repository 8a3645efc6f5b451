#!/bin/sh
# What must hold when redsmith is killed: at every point of a write, a merge and an unload, `jobs resume`
# ends with the target exactly right, no table of ours and no object left. The points are exact
# (REDSMITH_TEST_CRASH, see src/job/executor.h), except where a real kill meets a statement that runs.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/resume-lib.sh"

tap_needs redsmith psql aws

WRITE_POINTS="upload:file-1 upload:file-2 upload:after step:2 sql:after step:3 copy:after \
transaction:before-commit transaction:after-commit step:4 step:5 clean:after"
OVERWRITE_POINTS="copy:after transaction:before-commit transaction:after-commit"
MERGE_POINTS="upload:file-1 sql:after copy:after transaction:before-commit@4 \
transaction:after-commit@4 step:5 transaction:before-commit@6 transaction:after-commit@6 step:6 \
clean:after"
UNLOAD_POINTS="unload:after step:2 step:3 download:file-2 download:publish download:placed-2 \
download:after clean:after"
DIRECT_POINTS="unload:after step:2"

n_points=$(count_words $WRITE_POINTS $OVERWRITE_POINTS $MERGE_POINTS $UNLOAD_POINTS $DIRECT_POINTS)
# 2 checks a point; what follows them is counted by hand
tap_plan $((2 * n_points + 16))

sandbox_begin
work_begin
resume_begin sandbox

# --- data: 3 parts of 1 MiB, with all that makes records hard to cut ---------------------------------

awk 'BEGIN {
    print "id,name,note"
    for (i = 1; i <= 40000; i++) {
        name = (i % 7 == 0) ? "\\N" : "name " i
        note = (i % 5 == 0) ? "" : (i % 3 == 0) ? "\"two\nlines, \"\"" i "\"\"\"" : "plain text for padding and for some more of it " i * 37
        printf "%d,%s,%s%s", i, name, note, (i == 40000) ? "" : "\n"
    }
}' >"$work/new.csv"
sql "create table seed (id int, name varchar(40), note varchar(80));
     insert into seed select i, 'old ' || i, 'kept' from generate_series(1, 1000) i" >/dev/null

SUM="select count(*), count(distinct id), count(name), sum(length(note)), sum(id), \
md5(string_agg(id || ':' || coalesce(name, 'NULL') || ':' || note, ',' order by id, name)) from"

# What the file holds, by an undisturbed load.
sql "create table wanted (like seed)"
redsmith write "$work/new.csv" --into wanted --part-mb 1 --yes >/dev/null 2>&1
tap_is "an undisturbed load has every row" "$(sql "select count(*), count(name), sum(case when note = '' then 1 else 0 end) from wanted")" "40000|34286|8000"
new_sum=$(sql "$SUM wanted")
append_sum=$(sql "$SUM (select * from wanted union all select * from seed) x")
merge_sum=$(sql "$SUM (select * from wanted union all select id + 50000, name, note from seed) x")

# --- write ------------------------------------------------------------------------------------------

for point in $WRITE_POINTS; do
    sql "drop table if exists target; create table target as select * from seed" >/dev/null
    tap_ok "write is killed at $point" crash "$point" write "$work/new.csv" --into target \
        --part-mb 1 --workers 2 --yes
    tap_is "write resumed after $point is whole" "$(resume) $(sql "$SUM target")" \
        "0 0 tables 0 objects $append_sum"
done

for point in $OVERWRITE_POINTS; do
    sql "drop table if exists target; create table target as select * from seed;
         comment on table target is 'kept'; grant select on target to public" >/dev/null
    tap_ok "overwrite is killed at $point" crash "$point" write "$work/new.csv" --into target \
        --mode overwrite --part-mb 1 --yes
    tap_is "overwrite resumed after $point is whole" \
        "$(resume) $(sql "$SUM target") $(sql "select obj_description('target'::regclass)")" \
        "0 0 tables 0 objects $new_sum kept"
done

# --- merge ------------------------------------------------------------------------------------------

for point in $MERGE_POINTS; do
    sql "drop table if exists target; create table target as
         select id, 'to be updated' as name, note from seed
         union all select id + 50000, name, note from seed" >/dev/null
    sql "alter table target alter column name type varchar(40)" >/dev/null 2>&1
    tap_ok "merge is killed at $point" crash "$point" merge "$work/new.csv" --into target --key id \
        --part-mb 1 --yes
    tap_is "merge resumed after $point is whole" "$(resume) $(sql "$SUM target")" \
        "0 0 tables 0 objects $merge_sum"
done

# --- unload -----------------------------------------------------------------------------------------

rows_in()
{
    cat "$1"/* | sort | md5sum
}

redsmith unload sales --to "$work/whole" --format text --yes >/dev/null 2>&1
whole=$(rows_in "$work/whole")
for point in $UNLOAD_POINTS; do
    rm -rf "$work/part"
    tap_ok "unload is killed at $point" crash "$point" unload sales --to "$work/part" \
        --format text --yes
    tap_is "unload resumed after $point is whole" \
        "$(resume) $(rows_in "$work/part") $(find "$work/part" -name '.*' | wc -l)" \
        "0 0 tables 0 objects $whole 0"
done

for point in $DIRECT_POINTS; do
    aws s3 rm --quiet --recursive s3://sandbox-data/ >/dev/null 2>&1
    rm -rf "$work/part"
    tap_ok "unload to S3 is killed at $point" crash "$point" unload sales \
        --to s3://sandbox-data/direct/ --format text --yes
    direct=$(resume)
    aws s3 cp --quiet --recursive --exclude '*manifest' s3://sandbox-data/direct/ "$work/part" >/dev/null
    tap_is "unload to S3 resumed after $point is whole" "$direct $(rows_in "$work/part")" \
        "0 0 tables 0 objects $whole"
done

# --- a real kill while the server works ---------------------------------------------------------------

# kill_when SQL COMMAND...: starts the command, and kills it once the query gives a row.
kill_when()
{
    kill_sql=$1
    shift
    "$REDSMITH_BUILDDIR/redsmith" -p sandbox --progress none "$@" >"$work/out" 2>"$work/err" &
    kill_pid=$!
    wait_until 30 has_row "$kill_sql"
    kill_found=$?
    kill -9 "$kill_pid"
    wait "$kill_pid" 2>/dev/null
    job=$(last_job)
    return $kill_found
}

has_row()
{
    [ -n "$(sql "$1")" ]
}

sql "drop table if exists target; create table target as select * from seed" >/dev/null
sandbox_fault --clear "copy rows_per_second=20000"
tap_ok "write is killed while COPY runs" kill_when \
    "select 1 from sys_load_history where status = 'running' and loaded_rows > 0 limit 1" \
    write "$work/new.csv" --into target --part-mb 1 --yes
tap_is "and resumed while the old COPY may still run" "$(resume) $(sql "$SUM target")" \
    "0 0 tables 0 objects $append_sum"

rm -rf "$work/part"
sandbox_fault --clear "unload rows_per_second=100000"
tap_ok "unload is killed while UNLOAD runs" kill_when \
    "select 1 from sys_unload_history where status = 'running' limit 1" \
    unload sales --to "$work/part" --format text --yes
tap_is "and resumed while the old UNLOAD may still run" "$(resume) $(rows_in "$work/part")" \
    "0 0 tables 0 objects $whole"
sandbox_fault --clear

# --- what the connection loses ------------------------------------------------------------------------

for when in before after; do
    sql "drop table if exists target; create table target as select * from seed" >/dev/null
    sandbox_fault --clear "wire drop statement='COMMIT' when=$when count=1"
    redsmith write "$work/new.csv" --into target --part-mb 1 --yes >"$work/out" 2>"$work/err"
    tap_is "a connection lost $when COMMIT doubles and loses nothing" \
        "$? $(leftovers) $(sql "$SUM target")" "0 0 tables 0 objects $append_sum"
done
sandbox_fault --clear
sql "drop table if exists target; create table target as select * from seed" >/dev/null
sandbox_fault "s3 PutObject nth=2 status=503 code=SlowDown" "s3 PutObject nth=3 reset=during"
redsmith write "$work/new.csv" --into target --part-mb 1 --yes >"$work/out" 2>"$work/err"
tap_is "S3 that fails now and then is tried again" "$? $(leftovers) $(sql "$SUM target")" \
    "0 0 tables 0 objects $append_sum"
sandbox_fault --clear

# --- cancel and clean ---------------------------------------------------------------------------------

cancel_when()
{
    cancel_sql=$1
    shift
    "$REDSMITH_BUILDDIR/redsmith" -p sandbox --progress none "$@" >"$work/out" 2>"$work/err" &
    cancel_pid=$!
    wait_until 30 has_row "$cancel_sql"
    job=$(last_job)
    redsmith jobs cancel "$job" >/dev/null 2>&1
    wait "$cancel_pid"
    cancel_status=$?
}

seed_sum=$(sql "$SUM seed")
sql "drop table if exists target; create table target as select * from seed" >/dev/null
sandbox_fault "copy rows_per_second=5000"
cancel_when "select 1 from sys_load_history where status = 'running' and loaded_rows > 0 limit 1" \
    write "$work/new.csv" --into target --part-mb 1 --yes
tap_is "a job cancelled by another process leaves nothing and exits 4" \
    "$cancel_status $(leftovers) $(sql "$SUM target")" "4 0 tables 0 objects $seed_sum"
tap_like "and says what the server answered" "$(cat "$work/err")" "cancelled, confirmed by the server"
sandbox_fault --clear

crash copy:after write "$work/new.csv" --into target --part-mb 1 --yes
tap_like "an interrupted job is listed" "$(redsmith jobs list)" "$job.*interrupted"
redsmith jobs clean "$job" >/dev/null 2>"$work/err"
tap_is "an interrupted job is cleaned" "$? $(leftovers) $(sql "$SUM target")" \
    "0 0 tables 0 objects $seed_sum"
redsmith jobs resume "$job" >/dev/null 2>"$work/err"
tap_is "and is not resumed after that" "$?" 2

# a file that changed meanwhile is not mixed with what was sent
crash upload:file-1 write "$work/new.csv" --into target --part-mb 1 --workers 1 --yes
cp "$work/new.csv" "$work/new.copy"
echo '1,a,b' >>"$work/new.csv"
redsmith jobs resume "$job" >/dev/null 2>"$work/err"
tap_is "a file that changed is refused" "$? $(sql "$SUM target")" "1 $seed_sum"
tap_like "and named" "$(cat "$work/err")" "new.csv has changed"
redsmith jobs clean "$job" >/dev/null 2>&1
tap_is "and its job can be cleaned" "$(leftovers)" "0 tables 0 objects"
exit $((tap_failed > 0))
