#!/bin/sh
# What must hold over the Data API when redsmith is killed: at every point of a write, a merge and an unload
# `jobs resume` ends with the target exactly right, no table of ours and no object left; the transaction that
# a killed process has handed over runs once, whoever waits for it.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/resume-lib.sh"

tap_needs redsmith psql aws

WRITE_POINTS="upload:after sql:after step:3 transaction:before-commit batch:sent \
transaction:after-commit step:4 clean:after"
OVERWRITE_POINTS="transaction:before-commit batch:sent transaction:after-commit"
MERGE_POINTS="sql:after transaction:before-commit@4 transaction:after-commit@4 step:5 \
transaction:before-commit@6 transaction:after-commit@6 step:6"
UNLOAD_POINTS="unload:after step:2 download:placed-1"

# 2 checks a point; what follows them is counted by hand
tap_plan $((2 * $(count_words $WRITE_POINTS $OVERWRITE_POINTS $MERGE_POINTS $UNLOAD_POINTS) + 8))

sandbox_begin
work_begin
resume_begin api
api_profile

SUM="select count(*), count(distinct id), count(name), sum(id) from"
awk 'BEGIN { for (i = 1; i <= 2000; i++) printf "%d,%s\n", i, (i % 7 == 0) ? "\\N" : "name " i }' \
    >"$work/new.csv"
sql "create table seed (id int, name varchar(40));
     insert into seed select i, 'old ' || i from generate_series(1, 100) i" >/dev/null

# --- write ------------------------------------------------------------------------------------------

for point in $WRITE_POINTS; do
    sql "drop table if exists target; create table target as select * from seed" >/dev/null
    tap_ok "write is killed at $point" crash "$point" write "$work/new.csv" --into target --yes
    tap_is "write resumed after $point is whole" "$(resume) $(sql "$SUM target")" \
        "0 0 tables 0 objects 2100|2000|1815|2006050"
done

for point in $OVERWRITE_POINTS; do
    sql "drop table if exists target; create table target as select * from seed" >/dev/null
    tap_ok "overwrite is killed at $point" crash "$point" write "$work/new.csv" --into target \
        --mode overwrite --yes
    tap_is "overwrite resumed after $point is whole" "$(resume) $(sql "$SUM target")" \
        "0 0 tables 0 objects 2000|2000|1715|2001000"
done

# --- merge ------------------------------------------------------------------------------------------

for point in $MERGE_POINTS; do
    sql "drop table if exists target; create table target as select * from seed;
         insert into target values (5000, 'own')" >/dev/null
    tap_ok "merge is killed at $point" crash "$point" merge "$work/new.csv" --into target --key id --yes
    tap_is "merge resumed after $point is whole" "$(resume) $(sql "$SUM target")" \
        "0 0 tables 0 objects 2001|2001|1716|2006000"
done

# --- unload -----------------------------------------------------------------------------------------

sql "drop table if exists target; create table target as select * from seed" >/dev/null
for point in $UNLOAD_POINTS; do
    rm -rf "$work/unloaded"
    tap_ok "unload is killed at $point" crash "$point" unload public.target --to "$work/unloaded" --yes
    tap_is "unload resumed after $point is whole" \
        "$(resume) $(cat "$work"/unloaded/* 2>/dev/null | sort -u | grep -c .)" \
        "0 0 tables 0 objects 100"
done

# --- a transaction that still runs ------------------------------------------------------------------

sandbox_fault "copy rows_per_second=1000"
sql "drop table if exists target; create table target as select * from seed" >/dev/null
loads=$(sql "select count(*) from sys_load_history")
tap_ok "write is killed while its transaction runs" crash batch:sent write "$work/new.csv" \
    --into target --yes
tap_is "write resumed then waits for it, and loads nothing twice" "$(resume) $(sql "$SUM target")" \
    "0 0 tables 0 objects 2100|2000|1815|2006050"
tap_is "it was one COPY" "$(sql "select count(*) from sys_load_history")" "$((loads + 1))"
tap_like "with the counts of the batch that ran" "$(cat "$work/err" "$work/out")" '2,000 rows loaded'

# --- an answer that is lost -------------------------------------------------------------------------

sandbox_fault --clear "redshift-data BatchExecuteStatement reset=after count=1"
sql "drop table if exists target; create table target as select * from seed" >/dev/null
quietly()
{
    "$@" >"$work/out" 2>"$work/err"
}
tap_ok "write goes through when the answer to its batch is lost" quietly redsmith write "$work/new.csv" \
    --into target --yes
tap_is "and is done once" "$(sql "$SUM target")" "2100|2000|1815|2006050"

# --- a cancel ---------------------------------------------------------------------------------------

sandbox_fault --clear "copy rows_per_second=100"
sql "drop table if exists target; create table target as select * from seed" >/dev/null
loading()
{
    sql "select 1 from sys_load_history where status = 'running' and loaded_rows > 0 limit 1" | grep -q 1
}
redsmith write "$work/new.csv" --into target --yes >"$work/out" 2>"$work/err" &
writer=$!
wait_until 60 loading
job=$(last_job)
redsmith jobs cancel "$job" >/dev/null 2>&1
wait "$writer"
tap_is "a write that is cancelled leaves the target as it was" "$? $(sql "$SUM target") $(sql \
    "select count(*) from pg_class where relname like 'redsmith\\\\_%'")" "4 100|100|100|5050 0"
tap_like "and the server has confirmed it" "$(cat "$work/err")" 'confirmed by the server'
