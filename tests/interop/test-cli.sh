#!/bin/sh
# The headless commands against a sandbox: what they print, leave behind and exit with.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith psql aws python3
tap_plan 88
sandbox_begin
REDSMITH=$REDSMITH_BUILDDIR/redsmith
work_begin
cd "$work" || exit 1

rs() { "$REDSMITH" -p sandbox --progress none "$@"; }
sql() { psql -XqAt -v ON_ERROR_STOP=1 -c "$1"; }
csv() { psql -Xq --csv -c "$1"; }
# status_is NAME EXPECTED COMMAND...: its exit status; output and complaints are left in files.
said() { cat "$work/stdout" "$work/stderr"; }
stage_is_empty() { [ "$(s3_count s3://sandbox-stage/)" = 0 ]; }

# --- looking
tap_is "ls names the tables of the schema" "$(rs ls public --format csv | sed 1d | cut -d, -f1 | tr '\n' ' ')" \
    "category date event listing sales users venue "
rs preview sales --filter 'qtysold >= 4' --columns salesid,qtysold,pricepaid \
    --order -pricepaid,salesid --limit 5 --format csv >ours
csv 'select salesid, qtysold, pricepaid from sales where qtysold >= 4
     order by pricepaid desc, salesid limit 5' >theirs
tap_ok "a preview as csv is byte for byte what psql prints" cmp ours theirs
rs query -c 'select * from sales order by salesid' --format csv >ours
csv 'select * from sales order by salesid' >theirs
tap_ok "172,456 rows as csv are byte for byte what psql prints" cmp ours theirs
tap_is "numbers in json are as the server wrote them" \
    "$(rs preview sales --columns salesid,pricepaid --order salesid --limit 1 --format jsonl)" \
    "{\"salesid\": 1, \"pricepaid\": $(sql 'select pricepaid from sales where salesid = 1')}"
rs preview awkward.strings --format table >table
tap_ok "a table holds no byte that a terminal obeys" test -z "$(LC_ALL=C tr -d '\n\040-\176\200-\377' <table)"
tap_ok "a table shows a bidi override as text" grep -qF '\u{202e}' table
tap_ok "a table tells NULL from the empty string" test \
    "$(sed -n 3p table | tr -s ' ')" != "$(sed -n 4p table | tr -s ' ')"
tap_is "csv tells NULL from the empty string" \
    "$(rs query -c "select null::varchar, ''::varchar" --format csv --no-header)" ',""'
rs describe sales --ddl | sed 's/"sales"/"sales_again"/' >ddl.sql
tap_ok "the printed DDL runs" psql -Xq -v ON_ERROR_STOP=1 -f ddl.sql
tap_is "and makes the same columns" "$(rs ls public.sales_again --format csv)" "$(rs ls public.sales --format csv)"
sql 'drop table sales_again'
status_is "a table that is not there is a failure" 1 rs preview nosuch
status_is "a column that is not there is wrong usage" 2 rs preview sales --columns nosuch
tap_like "and the columns that are there are named" "$(said)" 'salesid, listid'
status_is "a value of the wrong kind is wrong usage" 2 rs preview sales --filter 'qtysold = many'
status_is "SQL that does not parse is wrong usage" 2 rs query -c 'selec 1'
status_is "a wrong password is status 3" 3 env PGPASSWORD=wrong "$REDSMITH" ls
status_is "nobody at the port is status 3" 3 env PGPORT=1 "$REDSMITH" ls
status_is "no terminal for the workbench is status 2" 2 "$REDSMITH" -p sandbox
tap_is "profile test finds nothing wrong" "$(rs profile test --json | grep -c '"failed"')" 0

# --- unload: the same set of rows as psql gives
query='select * from sales where qtysold >= 4'
csv "$query" | sed 1d | LC_ALL=C sort >psql.csv
psql -XqAt -F '|' -c "$query" | LC_ALL=C sort >psql.text
for compression in none gzip zstd; do
    if [ $compression = zstd ] && ! command -v zstd >/dev/null; then
        tap_skip "the program zstd is not installed" "csv, zstd" "text, zstd" "json, zstd"
        continue
    fi
    case $compression in none) unpack=cat ;; gzip) unpack='gzip -dc' ;; zstd) unpack='zstd -dcq' ;; esac
    rm -rf out
    rs unload sales --filter 'qtysold >= 4' --to out --format csv --header --compression $compression >/dev/null
    for file in out/*; do $unpack <"$file" | sed 1d; done | LC_ALL=C sort >ours
    tap_ok "csv, $compression: the rows that psql exports" cmp ours psql.csv
    rm -rf out
    rs unload sales --filter 'qtysold >= 4' --to out --format text --compression $compression >/dev/null
    for file in out/*; do $unpack <"$file"; done | LC_ALL=C sort >ours
    tap_ok "text, $compression: the rows that psql exports" cmp ours psql.text
    rm -rf out
    rs unload sales --filter 'qtysold >= 4' --to out --format json --compression $compression >/dev/null
    for file in out/*; do $unpack <"$file"; done |
        /usr/bin/python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line, parse_float=str, parse_int=str)
    print(",".join(row.values()))' | LC_ALL=C sort >ours
    tap_ok "json, $compression: the rows that psql exports" cmp ours psql.csv
done
status_is "a folder that is not empty is refused" 1 rs unload sales --limit 1 --to out
tap_ok "no stage is left" stage_is_empty

# --- unload and write: nothing is lost
digest() { sql "select count(*), count(value), sum(length(value)),
    md5(listagg(id::varchar || '=' || coalesce('v' || value, 'null'), ';') within group (order by id)) from $1"; }
for format in csv text json; do
    rm -rf out
    sql "create table back_$format (like awkward.strings)"
    rs unload awkward.strings --to out --format $format --null-as '@NULL@' >/dev/null 2>stderr ||
        rs unload awkward.strings --to out --format $format >/dev/null 2>stderr
    if [ $format = json ]; then
        rs write out/* --into back_$format --format json >/dev/null 2>>stderr
    else
        rs write out/* --into back_$format --format $format --no-header --null-as '@NULL@' >/dev/null 2>>stderr
    fi
    tap_is "$format: awkward strings come back as they were" "$(digest back_$format)" "$(digest awkward.strings)"
    sql "drop table back_$format"
done
sql "create table plain as select * from awkward.strings where value is null or value <> '\\\\N'"
for format in csv text; do
    rm -rf out
    sql "create table back_$format (like plain)"
    rs unload plain --to out --format $format >/dev/null 2>stderr
    rs write out/* --into back_$format --format $format >/dev/null 2>>stderr
    tap_is "$format: the defaults of unload and write lose nothing" "$(digest back_$format)" "$(digest plain)"
    sql "drop table back_$format"
done

# --- write: modes
printf 'id,name\n1,one\n2,\n3,"with ""quotes"", and\nlines"\n' >three.csv
status_is "error makes a table that is missing" 0 rs write three.csv --into w --mode error
tap_is "with the rows of the file" "$(sql 'select count(*) from w')" 3
status_is "error refuses a table that is there" 1 rs write three.csv --into w --mode error
status_is "ignore leaves a table that is there" 0 rs write three.csv --into w --mode ignore
tap_is "as it was" "$(sql 'select count(*) from w')" 3
status_is "append adds" 0 rs write three.csv --into w --mode append
tap_is "the rows of the file" "$(sql 'select count(*), count(distinct id) from w')" '6|3'
status_is "overwrite without a terminal wants --yes" 2 rs write three.csv --into w --mode overwrite
status_is "overwrite replaces" 0 rs --yes write three.csv --into w --mode overwrite
tap_is "all rows" "$(sql 'select count(*), count(distinct id) from w')" '3|3'
status_is "a dry run is fine" 0 rs --dry-run write three.csv --into w
tap_like "and prints the COPY" "$(said)" 'COPY "public"."w"'
tap_is "and loads nothing" "$(sql 'select count(*) from w')" 3
sql 'create table narrow (id int, name varchar(8), day date)'
sql "insert into narrow values (0, 'before', '2024-01-01')"
printf 'id,name,day\n1,ok,2024-03-01\n2,far-too-long-a-name,2024-03-01\n' >bad.csv
status_is "a bad row is a failure" 1 rs write bad.csv --into narrow
tap_is "that leaves the table as it was" "$(sql 'select * from narrow')" '0|before|2024-01-01'
tap_like "file, line and column are named" "$(said)" 'bad.csv  line 3  column name'
tap_like "and the value" "$(said)" '\^\^\^ 19 bytes, the column holds 8'
tap_like "and the reason" "$(said)" '(1204)'
tap_ok "no stage is left by any of these" stage_is_empty

# --- merge
sql "create table people (id int, status int, name varchar(20))"
sql "insert into people values (1,400,'john'),(2,401,'sean'),(3,402,'mike'),(4,403,'nathan'),(5,405,'victor')"
printf 'id,status,name\n2,501,emily\n4,502,emma\n6,503,pam\n' >changes.csv
status_is "merge runs" 0 rs --json merge changes.csv --into people --key id
tap_like "two rows were updated" "$(said)" '"rows_updated":.*2'
tap_like "one was inserted" "$(said)" '"rows_inserted":.*1'
tap_is "the others are as they were" "$(sql 'select * from people order by id' | tr '\n' ' ')" \
    '1|400|john 2|501|emily 3|402|mike 4|502|emma 5|405|victor 6|503|pam '
printf 'id,status,name\n1,1,a\n7,1,b\n7,2,c\n' >twice.csv
status_is "a key that occurs twice is a failure" 1 rs merge twice.csv --into people --key id
tap_like "the key is named" "$(said)" '7'
tap_is "and nothing was changed" "$(sql 'select count(*), sum(status) from people')" '6|2713'
tap_ok "no stage is left by merges" stage_is_empty
tap_is "no table is left by any job" "$(sql "select count(*) from pg_class where relname like 'redsmith\\_%'")" 0

# --- names whose capitals the server folds, quoted or not
printf 'Id,"a b"\n1,x\n' >capitals.csv
status_is "a name in quotes and capitals is made" 0 rs write capitals.csv --into 'public."New T.x"'
status_is "and found again" 0 rs write capitals.csv --into 'public."New T.x"'
status_is "and left alone" 0 rs write capitals.csv --into 'public."New T.x"' --mode ignore
tap_is "its rows are shown" "$(rs preview 'public."New T.x"' --format csv --no-header | tr '\n' ' ')" '1,x 1,x '

# --- jobs
done_job=$(rs --json jobs list | /usr/bin/python3 -c '
import json, sys
print(next(job["id"] for job in json.load(sys.stdin) if job["state"] == "done"))')
status_is "a job that is done is not run again" 2 rs jobs resume "$done_job"
tap_like "nor said to have failed" "$(said)" "^redsmith: job $done_job is done"
status_is "nor in a dry run" 2 rs --dry-run jobs resume "$done_job"
status_is "it can be cleaned" 0 rs --json jobs clean "$done_job"
tap_is "which is said in JSON" "$(/usr/bin/python3 -c 'import json; print(json.load(open("stdout"))["state"])')" clean
tap_is "and stays done" "$(rs jobs list | awk -v id="$done_job" '$1 == id {print $2}')" 'done'
"$SANDBOX_PROGRAM" fault 's3 PutObject nth=1 status=403' >/dev/null
status_is "a job that can go on is a failure" 1 rs write three.csv --into w
"$SANDBOX_PROGRAM" fault --clear >/dev/null
tap_like "that names the command to go on with" "$(said)" 'redsmith jobs resume [0-9a-f]'
failed_job=$(said | sed -n 's/.*redsmith jobs resume \([0-9a-f]*\).*/\1/p')
status_is "a dry run of it changes nothing" 0 rs --dry-run jobs resume "$failed_job"
tap_is "as the table shows" "$(sql 'select count(*) from w')" 3
status_is "it goes on" 0 rs jobs resume "$failed_job"
tap_is "to its end" "$(sql 'select count(*) from w')" 6

# --- what callers do to the output
tap_is "--json holds for DDL" "$(rs --json describe sales --ddl |
    /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["ddl"][:12])')" 'CREATE TABLE'
rs preview sales --limit 1 >&- 2>closed
tap_is "a closed output is wrong usage, not a way to the server" $? 2
tap_like "and said" "$(cat closed)" 'standard output'
tap_like "a refused number has no length in bytes" \
    "$(printf 'id\nx\n' >number.csv; rs write number.csv --into w --columns id 2>&1 | sed -n 3p)" '\^$'
: >occupied
status_is "a folder below a file is refused" 2 rs unload sales --to occupied/out

# --- progress and cancel
"$SANDBOX_PROGRAM" fault 'unload rows_per_second=20000' >/dev/null
rm -rf out
"$REDSMITH" -p sandbox --progress json unload sales --filter 'qtysold >= 4' --to out >/dev/null 2>progress
tap_ok "progress grows while a slow UNLOAD runs, by the server's views" /usr/bin/python3 -c '
import json, sys
seen = [e["rows"] for e in map(json.loads, open("progress"))
        if e.get("kind") == "unload" and e.get("source") == "server" and e.get("rows") is not None]
sys.exit(0 if len(set(seen)) >= 3 and seen == sorted(seen) else 1)'
rm -rf out
"$REDSMITH" -p sandbox --progress plain unload sales --to out >/dev/null 2>cancelled &
unload_pid=$!
wait_until 20 grep -q '^step 2' cancelled
kill -INT $unload_pid
wait $unload_pid
tap_is "an interrupted job ends with 4" $? 4
tap_ok "and leaves no folder" test ! -e out
"$SANDBOX_PROGRAM" fault --clear >/dev/null
status_is "the tour holds" 0 "$REDSMITH" demo
