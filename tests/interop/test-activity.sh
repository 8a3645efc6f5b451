#!/bin/sh
# What the cluster is doing: the reports of `redsmith activity` agree with what really runs, and cancel
# and terminate are believed only when the server's own views confirm them.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith psql
tap_plan 25
sandbox_begin
REDSMITH=$REDSMITH_BUILDDIR/redsmith
work_begin
cd "$work" || exit 1

rs() { timeout 60 "$REDSMITH" -p sandbox "$@"; }
rows() { rs activity "$@" --format tsv 2>"$work/notes" | sed 1d; }
sql() { psql -XqAt -v ON_ERROR_STOP=1 -c "$1"; }

# --- an idle cluster
tap_like "our own session is listed" "$(rows sessions)" "^[0-9]*	awsuser	dev	"
tap_is "no lock is no row" "$(rows locks)" ""
sql "create user plain password 'Plain1234'"
tap_like "an ordinary user sees the queue without superuser's views" \
    "$(PGUSER=plain PGPASSWORD=Plain1234 timeout 60 "$REDSMITH" activity wlm --format tsv 2>"$work/notes")" \
    "^100	Default queue	0	"
tap_like "what a closed view would need is said" "$(cat "$work/notes")" "sys:monitor"
tap_is "the tables by size" "$(rows space | awk -F'\t' '$1 == "public" { print $2 }' | sort | tr '\n' ' ')" \
    "category date event listing sales users venue "
tap_is "rows of a table as the view counts them" \
    "$(rows space | awk -F'\t' '$2 == "users" { print $4 }')" 49990

# --- a blocker and those that wait for it
sql 'create table locked (a int)'
mkfifo talk
psql -XqAt <talk >blocker.out 2>&1 &
exec 9>talk
printf 'begin;\nlock locked;\nselect pg_backend_pid();\n' >&9
wait_until 30 test -s blocker.out || echo "# the blocker did not answer"
blocker=$(head -n 1 blocker.out)
psql -XqAtc 'insert into locked values (1)' >waiter.out 2>&1 &
waiter_job=$!
waits() { rows locks | grep -q '	waits	'; }
wait_until 30 waits || echo "# nobody waits"
tree=$(rows locks | cut -f 1,3,4,6)
waiter=$(printf '%s\n' "$tree" | awk '$2 == "waits" { print $1 }')
tap_is "the waiter stands below its blocker" "$tree" "$(printf '%s\tholds\t\\N\tpublic.locked\n  %s\twaits\t%s\tpublic.locked' \
    "$blocker" "$waiter" "$blocker")"
tap_like "with what it runs" "$(rows locks)" "insert into locked"
tap_is "--running leaves idle sessions out" "$(rows sessions --running | cut -f 1)" "$waiter"
tap_like "running statements come first" "$(rows queries | head -n 1)" "	running	.*insert into locked"

# --- cancel and terminate
status_is "nothing is cancelled without an answer" 2 rs activity cancel "$waiter"
tap_like "--dry-run shows the statement" "$(rs --dry-run activity cancel "$waiter")" \
    "^SELECT pg_cancel_backend($waiter);"
status_is "cancel" 0 rs --yes activity cancel "$waiter"
tap_like "is believed when the server confirms it" "$(cat "$work/stderr")" "confirmed by the server"
wait "$waiter_job"
tap_like "the statement has failed where it ran" "$(cat waiter.out)" "cancel"
status_is "a session that runs nothing is not there to cancel" 1 rs --yes activity cancel "$blocker"
status_is "terminate" 0 rs --yes --json activity terminate "$blocker"
tap_is "says so to programs" "$(tr -d ' \t\n' <"$work/stdout")" \
    "{\"pid\":$blocker,\"asked\":\"terminate\",\"answer\":\"confirmed\"}"
status_is "a session that has left is not there" 1 rs --yes activity terminate "$blocker"
exec 9>&-
tap_is "its transaction is rolled back" "$(rows locks)" ""
status_is "a pid is a number" 2 rs --yes activity cancel 12x
status_is "an unknown report is refused" 2 rs activity everything

# --- loads and unloads
rs unload venue --to "$work/venue" --progress none >/dev/null 2>&1
tap_is "an unload with its rows" "$(rows unloads | head -n 1 | cut -f 3,6)" "completed	202"
printf 'a\n1\nx\n' >bad.csv
rs --yes write bad.csv --into locked --mode append >/dev/null 2>&1
tap_like "a load with what it refused" "$(rows loads | head -n 1)" "^[0-9]*	[0-9]*	aborted	.*nvalid"
tap_is "only what has not ended: nothing" "$(rows loads --running)" ""
sandbox_end
