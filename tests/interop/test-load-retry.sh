#!/bin/sh
# A load that refused a row: the row's line and its neighbours, from files and from objects, and the same
# load with the column made wider before.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

redsmith=$REDSMITH_BUILDDIR/redsmith
tap_needs redsmith psql
tap_plan 12
sandbox_begin
work_begin
export LC_ALL=C.UTF-8
cd "$work" || exit 1

psql -Xq -c 'CREATE TABLE public.short (id int, name varchar(8))'
printf '%s\n' '1,ok' '2,far-too-long-a-name' '3,fine' >bad.csv
gzip -k bad.csv

# load FILE OPTION...: prints the exit status; what is said is in errors.
load()
{
    "$redsmith" -p sandbox --yes --progress none write "$@" --into public.short >said 2>errors
    echo $?
}

# shows_neighbours: the three lines with their numbers are in errors.
shows_neighbours()
{
    grep -q '^ *1  1,ok$' errors && grep -q '^ *2  2,far-too-long-a-name$' errors &&
        grep -q '^ *3  3,fine$' errors
}

for file in bad.csv bad.csv.gz; do
    "$redsmith" -p sandbox s3 put "$file" s3://sandbox-data/retry/ >/dev/null 2>&1
    for from in "$file" "s3://sandbox-data/retry/$file"; do
        tap_is "a row too long fails the load of $from" "$(load "$from")" 1
        tap_ok "and is shown between its neighbours" shows_neighbours
    done
done
tap_like "a plan says how the column is widened before" \
    "$("$redsmith" -p sandbox --dry-run write bad.csv --into public.short --widen name=24 2>&1)" \
    'ALTER COLUMN "name" TYPE varchar(24)'
tap_is "then the load goes well" "$(load bad.csv --widen name=24)" 0
tap_is "with every value whole" \
    "$(psql -XAtc 'SELECT count(*), max(len(name)) FROM public.short')" "3|19"
tap_is "a column that is none of VARCHAR is refused before anything is done" \
    "$(load bad.csv --widen id=24)" 2
sed 's/^/# /' errors
[ "$tap_failed" -eq 0 ]
