#!/bin/sh
# Rows into files without S3: the same bytes as psql's, and a file that is whole or not there.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

redsmith=$REDSMITH_BUILDDIR/redsmith
tap_needs redsmith psql python3
tap_plan 16
sandbox_begin
work_begin
export LC_ALL=C.UTF-8
cd "$work" || exit 1

query() # query SQL OPTIONS...
{
    sql=$1
    shift
    "$redsmith" -p sandbox --progress none query -c "$sql" "$@" 2>errors
}

# What is left of a file that was not to be: nothing, not even under another name.
nothing_left()
{
    [ -z "$(find "$1" -mindepth 1)" ]
}

sql='SELECT * FROM public.users ORDER BY userid'
psql -X --csv -c "$sql" >psql.csv
query "$sql" -o ours.csv
tap_ok "a CSV file has the bytes of psql --csv" cmp psql.csv ours.csv
query "$sql" -o ours.csv.gz
tap_ok "gzip reads what .gz holds" sh -c 'gzip -dc ours.csv.gz | cmp - psql.csv'
query "$sql" -o ours.csv.zst
if command -v zstd >/dev/null; then
    tap_ok "zstd reads what .zst holds" sh -c 'zstd -qdc ours.csv.zst | cmp - psql.csv'
else
    tap_skip "the program zstd is not installed" "zstd reads what .zst holds"
fi
query "$sql" -o ours.jsonl
tap_is "JSON lines can be read, one a row" \
    "$(/usr/bin/python3 -c 'import json; print(sum(1 for l in open("ours.jsonl") if json.loads(l)["userid"]))')" 49990

psql -Xqc "CREATE TABLE public.copied (LIKE public.category)"
"$redsmith" -p sandbox --progress none preview public.category -o category.sql 2>/dev/null
sed 's/"category"/"copied"/' category.sql | psql -Xq
tap_is "INSERT statements make the same rows again" \
    "$(psql -XAtc 'SELECT * FROM copied EXCEPT SELECT * FROM category')$(psql -XAtc 'SELECT count(*) FROM copied')" 11

tap_is "the outcome is an object with --json" \
    "$("$redsmith" -p sandbox --progress none --json query -c 'SELECT 1 AS a' -o one.csv 2>/dev/null |
        /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["rows"])')" 1

query 'SELECT 2 AS a' -o one.csv
tap_is "a file that is there is refused" $? 1
tap_is "and stays as it was" "$(tail -1 one.csv)" 1
query 'SELECT 2 AS a' -o one.csv --overwrite
tap_is "unless overwrite is asked for" "$(tail -1 one.csv)" 2

query 'SELECT 1' -o rows.xyz
tap_is "a name that says no format is an error of usage" $? 2
query 'CREATE TABLE public.not_made (a int)' -o rows.csv
tap_is "a statement without rows is refused" $? 2
tap_is "before it was sent" "$(psql -XAtc "SELECT count(*) FROM pg_class WHERE relname = 'not_made'")" 0

mkdir fails
query 'SELECT 1 / (1000 - i) AS a FROM generate_series(1, 2000) AS i' -o fails/rows.csv
tap_is "a statement that fails on the way is a failure" $? 1
tap_ok "of which nothing is left" nothing_left fails

# A limit on the size of files stands for a full disk; its signal is ignored, so that writing fails.
(trap '' XFSZ && ulimit -f 1000 && query 'SELECT i, repeat($$x$$, 100) FROM generate_series(1, 100000) AS i' -o fails/rows.csv)
tap_ok "nor of a file for which there was no room" nothing_left fails

"$redsmith" -p sandbox --progress none query \
    -c "SELECT i, pg_sleep(0.01) FROM generate_series(1, 100000) AS i" -o fails/rows.csv 2>/dev/null &
export_pid=$!
wait_until 20 sh -c "psql -XAtc \"SELECT count(*) FROM stv_recents WHERE status = 'Running' AND query LIKE '%pg_sleep%' AND query NOT LIKE '%stv_recents%'\" | grep -q '^[1-9]'"
kill -INT $export_pid
wait $export_pid
tap_ok "nor of one that was cancelled (status $?)" nothing_left fails
[ "$tap_failed" = 0 ]
