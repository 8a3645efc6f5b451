#!/bin/sh
# The options that compose a query, headless: what preview prints and sends for them.

. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

program=$REDSMITH_BUILDDIR/redsmith
tap_needs redsmith psql
tap_plan 14
sandbox_begin

work_begin
unset REDSMITH_PROFILE

preview() # preview ARGUMENTS...
{
    "$program" -p sandbox preview "$@" --format csv --no-header 2>"$work/said" </dev/null
}
plain() # plain SQL
{
    psql -XAt -F, -c "$1"
}

tap_is "groups, aggregates and an order by an alias" \
    "$(preview sales --group-by qtysold --aggregate 'sum(pricepaid) as total' \
        --aggregate 'count(*)' --having 'total > 30000000' --order 'total desc nulls last')" \
    "$(plain 'select qtysold, sum(pricepaid), count(*) from sales group by 1
        having sum(pricepaid) > 30000000 order by 2 desc')"
tap_is "a join on a column of both" \
    "$(preview sales --join 'event on eventid' --columns 'eventname, sum(qtysold) as n' \
        --group-by eventname --order '-n, eventname' --limit 5)" \
    "$(plain 'select eventname, sum(qtysold) from sales join event using (eventid) group by 1
        order by 2 desc, 1 limit 5')"
tap_is "a left join under another name" \
    "$(preview event --join 'left venue as v on event.venueid = v.venueid' \
        --columns 'count(*), count(v.venueid)')" \
    "$(plain 'select count(*), count(v.venueid) from event e left join venue v using (venueid)')"
tap_is "and, or, not; several filters are one" \
    "$(preview sales --filter 'qtysold >= 8 or not pricepaid > 25' --filter 'dateid < 1900' \
        --columns 'count(*)')" \
    "$(plain 'select count(*) from sales where (qtysold >= 8 or pricepaid <= 25) and dateid < 1900')"
tap_is "distinct" "$(preview sales --distinct --columns qtysold --order qtysold | tr '\n' ' ')" \
    "1 2 3 4 5 6 7 8 "
tap_is "expressions have names" "$(preview category --columns 'upper(catname) as loud' --filter 'catid = 1')" "$(plain 'select upper(catname) from category where catid = 1')"
psql -Xqc 'CREATE TABLE public.parent (id int PRIMARY KEY, name varchar(10));
    CREATE TABLE public.child (cid int, parent_id int REFERENCES public.parent (id));
    INSERT INTO public.parent VALUES (1, $$a$$); INSERT INTO public.child VALUES (10, 1)'
tap_is "a join without \"on\" goes along the declared key" \
    "$(preview child --join parent --columns 'cid, parent.name')" "10,a"
tap_is "from either side" "$(preview parent --join child --columns 'cid, name')" "10,a"
preview sales --join event >/dev/null
tap_is "where none is declared that is an error" "$?" 2
tap_like "which says what to add" "$(cat "$work/said")" 'event on id'
tap_is "--dry-run prints the statement" \
    "$("$program" -p sandbox preview venue --filter "venuename contains '50%'" --limit 1 --dry-run \
        2>/dev/null)" \
    "SELECT * FROM \"public\".\"venue\" WHERE \"venuename\" LIKE '%50\\\\%%' LIMIT 1"
preview venue --limit 1 --show-sql >/dev/null
tap_like "--show-sql says it beside the rows" "$(cat "$work/said")" '^SELECT \* FROM'
preview sales --columns 'pg_sleep(10)' >/dev/null
tap_is "a function that is none of ours is refused" "$?" 2
preview sales --filter 'qtysold >= 8 or' >/dev/null
tap_is "and so is half a condition" "$?" 2

[ "$tap_failed" = 0 ]
