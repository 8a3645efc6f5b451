#!/bin/sh
# check A B: what is the same agrees and what is not does not, over both transports: rows in another order, one
# value changed, values swapped between rows, NULL and '', columns in another order or on one side only, types
# and scales; queries as well as tables; what cannot be compared is refused.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith psql
tap_plan 22
sandbox_begin
work_begin
api_profile

# check A B...: the exit status; what is said is in out and err
check()
{
    "$REDSMITH_BUILDDIR/redsmith" -p "${profile:-sandbox}" check --format csv "$@" \
        >"$work/out" 2>"$work/err"
    echo $?
}

# differing: the columns and figures that differ, in a line
differing()
{
    sed -n 's/^\([^,]*\),\(differs\|only in .\),\([^,]*\),.*/\1:\3/p' "$work/out" | tr '\n' ' '
}

psql -XAtqc "
create table one (id int, name varchar(40), price numeric(8,2), at timestamp, doc super, raw varbyte(8), ok bool,
    code char(6));
insert into one values
    (1, 'a', 1.5, '2024-01-01 00:00:00.000001', json_parse('{\"a\": 1}'), from_hex('00ff'), true, 'x'),
    (2, '', 2.25, null, json_parse('[]'), from_hex(''), false, 'y z'),
    (3, null, null, '9999-12-31', null, null, null, null),
    (4, 'żółć 😀', -3, null, null, null, null, '');
create table same as select * from one order by id desc;
create table other (price numeric(12,4), code varchar(10), name varchar(99), id bigint);
insert into other select price, rtrim(code), name, id from one;
create table empty as select * from one where id < 0;
create table \"odd \"\"name\" (\"a b\" int, \"select\" int, \"ż'\\\\\" int);
insert into \"odd \"\"name\" values (1, 2, 3)" >/dev/null

for profile in sandbox api; do
    tap_is "$profile: a copy in another order agrees" "$(check one same) $(differing)" "0 "
    tap_is "$profile: every column is told" "$(grep -c ',agrees,count,' "$work/out")" 9
    tap_is "$profile: other places, scales and lengths agree" \
        "$(check other "select id, name, price, code from one;") $(differing)" "0 "
    tap_is "$profile: one value that changed is found, with its column" "$(check one \
        "select id, case when id = 3 then '' else name end as name, price, at, doc, raw, ok, code from one") \
$(differing)" "5 (rows):hash name:type name:count name:hash "
done
profile=sandbox
tap_is "values that were swapped between rows are found" "$(check \
    "select 1 as a, 2 as b union all select 3, 4" "select 1 as a, 4 as b union all select 3, 2") \
$(differing)" "5 (rows):hash "
tap_is "two changes of the same kind do not cancel out" "$(check \
    "select 7 as a union all select 7" "select 8 as a union all select 8") $(differing)" \
    "5 (rows):hash a:least a:greatest a:hash "
tap_is "a row more is found" "$(check one "select * from one union all select * from one where id = 3") \
$(differing)" "5 (rows):count (rows):hash id:count id:hash at:count at:hash "
tap_is "a column that only one side has counts" "$(check "select id from one" "select id, ok from one") \
$(differing)" "5 ok:type "
tap_is "unless it is left out" "$(check "select id from one" one --columns id) $(differing)" "0 "
tap_is "empty sides agree" "$(check empty "select * from one where false") $(differing)" "0 "
tap_is "an empty side is not the other" "$(check empty one --columns id)" 5
tap_is "awkward names are names" "$(check '"odd ""name"' '"odd ""name"') $(grep -c agrees "$work/out")" "0 4"
tap_is "a query may end with a comment" "$(check "select id from one -- all" "select id from same")" 0
tap_like "the sides and what differs are named" "$(check one empty --columns id; cat "$work/err")" \
    'one and empty differ in (rows), id'
"$REDSMITH_BUILDDIR/redsmith" -p sandbox --dry-run check one same >"$work/sql" 2>"$work/err"
tap_is "a dry run prints a statement that works" "$(psql -XAtqf "$work/sql" 2>&1 | cut -d'|' -f1)" 4
tap_is "two columns of one name are refused" "$(check "select 1 as a, 2 as a" one)" 2
tap_is "so is a statement that writes" "$(check "with x as (select 1) delete from one" one)" 2
tap_is "a table that is not there is no check" "$(check one nobody)" 1
