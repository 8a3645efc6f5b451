#!/bin/sh
# What is lost with a connection is said, and the next action has a new one: over the wire and over the Data
# API, at commands and at the screen; and how many sessions a profile may have open.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith
sandbox_begin
work_begin
export LC_ALL=C.UTF-8
api_profile
cat >>"$XDG_CONFIG_HOME/redsmith/profiles.conf" <<END
[own]
host = $PGHOST
port = $PGPORT
user = $PGUSER
password = $PGPASSWORD
database = $PGDATABASE
sslrootcert = $PGSSLROOTCERT
[few]
auth = iam
cluster_identifier = $REDSMITH_CLUSTER_IDENTIFIER
db_user = $PGUSER
database = $PGDATABASE
region = $AWS_REGION
sslrootcert = $PGSSLROOTCERT
max_sessions = 2
END

fault() { sandbox_fault --clear "$@" || exit 1; }
# rs PROFILE COMMAND...: prints the exit status.
rs()
{
    rs_profile=$1
    shift
    "$REDSMITH_BUILDDIR/redsmith" -p "$rs_profile" --progress none "$@" >"$work/out" 2>"$work/err" \
        </dev/null
    echo $?
}
replay() { rs "$1" --script "$work/script" --script-columns 110 --script-rows 30; }

tap_plan 12

# --- the wire ---------------------------------------------------------------------------------------

fault "wire drop statement='select 7'"
tap_is "a command whose connection is lost ends with 3" "$(rs sandbox query -c 'select 7')" 3
tap_like "and says that the server may go on" "$(cat "$work/err")" 'may still be working on it'
"$SANDBOX_PROGRAM" stop --dir "$REDSMITH_SANDBOX_DIR" >/dev/null
tap_is "a cluster that is away ends a command with 3" "$(rs own query -c 'select 1')" 3
tap_like "and is named" "$(cat "$work/err")" '127.0.0.1'
tap_is "the same over the Data API" "$(rs api query -c 'select 1')" 3
sandbox_start "$REDSMITH_SANDBOX_DIR"
fault
tap_is "and is used again when it is back" "$(rs own query -c 'select 1')" 0

# --- the Data API -----------------------------------------------------------------------------------

fault "redshift-data ExecuteStatement status=400 code=ThrottlingException count=2" \
    "redshift-data DescribeStatement status=400 code=ThrottlingException count=2" \
    "redshift-data GetStatementResult status=500 count=1"
tap_is "throttled requests and a failure of the service are tried again" \
    "$(rs api query -c 'select 1')" 0
fault "redshift-data ExecuteStatement status=400 code=ExpiredTokenException"
status=$(rs api query -c 'select 1')
tap_is "a token that stays expired ends a command with 3" "$status" 3
tap_like "and is named" "$(cat "$work/err")" 'xpired'
fault "redshift-data DescribeStatement reset=before"
tap_is "a service that is gone in the middle of a statement is a lost connection" \
    "$(rs api query -c 'select 1')" 3
tap_like "with what was asked, and that it may be tried again" "$(cat "$work/err")" 'try again'
fault

# --- the limit of sessions --------------------------------------------------------------------------

cat >"$work/script" <<'END'
wait text "sales"
action tree.filter venue
key Enter
wait text "202 rows (all)"
wait idle
key e
type select 41
key F5
wait text "1 row (all)"
key Esc
wait text "Catalog"
key 0
action tree.filter sales
key Enter
wait text "more on scroll"
key e
key Ctrl-U
type select 42
key F5
wait text "max_sessions allows no more"
expect "max_sessions = 3 or more"
expect "open for "
expect "last statement: SELECT"
key Esc Esc
wait text "Catalog"
wait idle
key 0
action tree.filter category
key Enter
wait text "11 rows (all)"
END
tap_is "the editor takes an idle session; one too many is refused with those that are open, and which key to change" \
    "$(replay few)" 0
sed 's/^/# /' "$work/out" "$work/err"
[ "$tap_failed" -eq 0 ]
