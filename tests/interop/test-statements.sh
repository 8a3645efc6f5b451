#!/bin/sh
# No statement is sent that the user did not ask for: a session that opens a table, pages, sorts, filters,
# looks at the tabs and leaves is replayed, and the log of all statements that were sent is exactly
# what these steps ask for. What the server itself logged is compared, too.

. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"
program=$REDSMITH_BUILDDIR/redsmith
tap_needs redsmith psql
tap_plan 7
sandbox_begin
work_begin
export LC_ALL=C.UTF-8

replay() # replay NAME: the script on standard input; statements, shortened, to NAME.sent
{
    cat >"$work/$1.script"
    rm -f "$work/log"
    "$program" -p sandbox --log "$work/log" --log-level debug --script "$work/$1.script" \
        >"$work/$1.out" 2>&1 </dev/null || {
        sed 's/^/# /' "$work/$1.out"
        return 1
    }
    touch "$work/log"
    # what a statement reads is enough to know it; several sessions write, so the order is not fixed
    sed -n 's/^.* ms: //p' "$work/log" |
        sed -e 's/^SELECT n.nspname, .* FROM pg_namespace .*/schemas/' \
            -e 's/^SELECT schemaname, eskind FROM svv_external_schemas$/external schemas/' \
            -e 's/^SELECT c.oid, c.relname.* n.nspname = \(.*\)$/names \1/' \
            -e 's/^SELECT table_id.* FROM svv_table_info WHERE "schema" = \(.*\)$/sizes \1/' |
        sort >"$work/$1.sent"
}

sent() # sent NAME: in one line each
{
    cat "$work/$1.sent"
}

last_id=$(psql -XAtc 'SELECT coalesce(max(query_id), 0) FROM sys_query_history')
tap_ok "a session with the first table is replayed" replay rows <<'SCRIPT'
wait text "sales"
wait idle
key /
type public.event
key Enter Enter
wait idle
key Ctrl-D Ctrl-D Down Up g g
wait idle
key s
wait idle
key f
wait idle
key q
SCRIPT
tap_is "it sent what its steps ask for, and nothing else" "$(sent rows)" \
    "SELECT * FROM \"public\".\"event\"
SELECT * FROM \"public\".\"event\" ORDER BY \"eventid\"
SELECT * FROM \"public\".\"event\" WHERE \"eventid\" = 1 ORDER BY \"eventid\"
external schemas
names 'public'
schemas
sizes 'public'"

logged()
{
    psql -XAtc "SELECT trim(query_text) FROM sys_query_history WHERE query_id > $last_id \
AND query_text NOT LIKE '%sys_query_history%' AND query_text NOT LIKE '%pg_backend_pid()%'" | sort
}
tap_is "the server's own log has the same" "$(logged)" \
    "SELECT * FROM \"public\".\"event\"
SELECT * FROM \"public\".\"event\" ORDER BY \"eventid\"
SELECT * FROM \"public\".\"event\" WHERE \"eventid\" = 1 ORDER BY \"eventid\""

tap_ok "a session that only looks about in the tree is replayed" replay tree <<'SCRIPT'
wait text "sales"
wait idle
key Down Down Down Down Up Up h Enter
wait idle
key /
type sal
key Esc
wait idle
SCRIPT
tap_is "looking about sends nothing" "$(sent tree)" \
    "external schemas
names 'public'
schemas
sizes 'public'"

tap_ok "a session with the Profile tab is replayed" replay profile <<'SCRIPT'
wait text "sales"
wait idle
key /
type public.date
key Enter 4
wait idle
key Down Down Up
wait idle
SCRIPT
tap_is "looking at the Profile tab reads no rows" \
    "$(grep -c 'WITH data AS' "$work/profile.sent")" 0
[ "$tap_failed" = 0 ]
