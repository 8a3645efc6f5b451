#!/bin/sh
# The sandbox's processes: start, status, crash of a part, stop, recovery, two at once. TAP.
. "${REDSMITH_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/sandbox-lib.sh"

select_one()
{
    psql -XAtc 'select 1'
}

# The processes that work in the sandbox's folder $1: all of its own do.
processes_of()
{
    for process in /proc/[0-9]*; do
        case "$(readlink "$process/cwd" 2>/dev/null)" in
        "$1"|"$1"/*) echo "${process#/proc/}" ;;
        esac
    done
}

none_left()
{
    [ -z "$(processes_of "$1")" ]
}

part_pid()
{
    sed -n "s/^$2_pid=//p" "$1/sandbox.ini"
}

tap_needs psql
tap_plan 34
sandbox_begin
dir=$REDSMITH_SANDBOX_DIR

tap_is "psql connects with what env prints" "$(select_one)" 1
"$SANDBOX_PROGRAM" status --dir "$dir" >/dev/null
tap_is "status says running with 0" "$?" 0
tap_like "a second start says that it runs" "$("$SANDBOX_PROGRAM" start --dir "$dir")" 'runs already'
tap_is "env names the folder" "$REDSMITH_SANDBOX_DIR" "$dir"
tap_is "sandbox.ini is private" "$(stat -c %a "$dir/sandbox.ini")" 600
if [ "$(id -u)" = 0 ]; then
    tap_ok "root's sandbox runs as somebody else" \
        test "$(stat -c %u "/proc/$(part_pid "$dir" postgres)")" != 0
else
    tap_ok "the sandbox runs as its starter" \
        test "$(stat -c %u "/proc/$(part_pid "$dir" postgres)")" = "$(id -u)"
fi

first_port=$PGPORT
first_endpoint=$AWS_ENDPOINT_URL
sandbox_new
other=$sandbox_new_dir
tap_ok "another sandbox starts beside it" sandbox_start "$other"
other_port=$("$SANDBOX_PROGRAM" env --dir "$other" | sed -n "s/^export PGPORT='\(.*\)'/\1/p")
tap_ok "with a port of its own" test "$other_port" != "$first_port"
tap_is "the first still answers" "$(select_one)" 1
stop()
{
    "$SANDBOX_PROGRAM" stop --dir "$1" >/dev/null
}
tap_ok "the other stops" stop "$other"
tap_is "and the first still answers" "$(select_one)" 1

wire=$(part_pid "$dir" wire)
kill -9 "$wire"
crashed()
{
    "$SANDBOX_PROGRAM" status --dir "$dir" | grep -q 'wire.*CRASHED'
}
tap_ok "a killed wire front is noticed" wait_until 10 crashed
"$SANDBOX_PROGRAM" status --dir "$dir" >/dev/null
tap_is "status then answers 1" "$?" 1
tap_like "and names the signal and the log" "$("$SANDBOX_PROGRAM" status --dir "$dir")" \
    'signal 9.*sandbox.log'
tap_ok "it stops all the same" stop "$dir"
tap_ok "no process is left" none_left "$dir"
tap_is "the socket is gone" "$(find "$dir/run" -type s)" ""
"$SANDBOX_PROGRAM" status --dir "$dir" >/dev/null
tap_is "status answers 3 when nothing runs" "$?" 3

before=$(date +%s%N)
sandbox_start "$dir"
elapsed=$((($(date +%s%N) - before) / 1000000))
tap_ok "a second start takes under 3 s ($elapsed ms)" test "$elapsed" -lt 3000
eval "$("$SANDBOX_PROGRAM" env --dir "$dir")"
tap_is "the wire port is as before" "$PGPORT" "$first_port"
tap_is "the AWS endpoint is as before" "$AWS_ENDPOINT_URL" "$first_endpoint"
psql -XAtqc 'create table kept (a int)' -c 'insert into kept values (7)'

for part in postgres aws; do
    kill -9 "$(part_pid "$dir" $part)"
    part_crashed()
    {
        "$SANDBOX_PROGRAM" status --dir "$dir" | grep -q "$part.*CRASHED"
    }
    tap_ok "a killed $part is noticed" wait_until 10 part_crashed
done
stop "$dir"
sandbox_start "$dir"
tap_is "data outlives a killed server" "$(psql -XAtc 'select a from kept')" 7

kill -9 $(processes_of "$dir")
tap_ok "all of it can be killed" wait_until 10 none_left "$dir"
tap_ok "and started again" sandbox_start "$dir"
tap_is "with its data" "$(psql -XAtc 'select a from kept')" 7

supervisor=$(sed -n 's/^supervisor_pid=//p' "$dir/sandbox.ini")
kill -9 "$supervisor"
tap_ok "the parts die with a killed supervisor" wait_until 10 none_left "$dir"

sandbox_new
long=$sandbox_new_dir/$(printf 'a%.0s' $(seq 1 100))
[ "$(id -u)" != 0 ] || chmod 755 "$sandbox_new_dir"
tap_ok "a folder too long for a socket works" sandbox_start "$long"
socket=$(sed -n 's/^socket_dir=//p' "$long/sandbox.ini")
stop "$long"
tap_ok "and its short folder is gone after stop" test ! -e "$socket"

# Root's own folders are closed to the account that the database runs as.
sandbox_new
inner=$sandbox_new_dir/closed/sandbox
mkdir -m 700 "$sandbox_new_dir/closed"
sandbox_start "$inner" && stop "$inner"
tap_ok "a folder behind a closed one can be started twice" sandbox_start "$inner"
stop "$inner"

"$SANDBOX_PROGRAM" reset --dir "$dir" >/dev/null
tap_ok "reset removes the folder" test ! -e "$dir"
"$SANDBOX_PROGRAM" fault --dir "$other" 's3 Get status=1' 2>/dev/null
tap_is "a wrong fault rule is refused as usage" "$?" 2
"$SANDBOX_PROGRAM" fault --dir "$other" "wire drop statement='COMMIT' count=1"
tap_is "a right one is listed" "$("$SANDBOX_PROGRAM" fault --dir "$other" --list)" \
    "wire drop statement='COMMIT' count=1"
exit 0
