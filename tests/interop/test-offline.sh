#!/bin/sh
# The catalog without a cluster: what was read before is shown by a fresh start, with its age and
# said to be offline; and a cluster that comes back is read again.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith
tap_plan 3
sandbox_begin
REDSMITH=$REDSMITH_BUILDDIR/redsmith
work_begin
export LC_ALL=C.UTF-8 TZ=UTC
unset NO_COLOR TMUX REDSMITH_PROFILE
# The cluster is named by PGHOST and its like: what is kept belongs to that address.
# play NAME: the script of standard input, on a screen of 100x30.
play()
{
    cat >"$work/script"
    tap_ok "$1" replay
    [ ! -s "$work/out" ] || sed 's/^/# /' "$work/out"
}
replay()
{
    timeout 120 "$REDSMITH" --script "$work/script" --script-columns 100 --script-rows 30 \
        >"$work/out" 2>&1 </dev/null
}

play "the catalog is read and kept" <<'END'
wait text "sales"
wait idle
expect "est. counts"
reject "offline"
END

"$SANDBOX_PROGRAM" stop --dir "$REDSMITH_SANDBOX_DIR" >/dev/null
play "a fresh start without the cluster shows the names, their age and that it is offline" <<'END'
wait text "sales"
wait idle
expect "venue"
expect "not connected"
expect "no connection"
key j
wait text "offline, "
expect " old"
reject "est. counts"
key /
type lis
expect "listing"
reject "venue"
key Esc
expect "venue"
key R
wait idle
key j
wait text "offline, "
expect "venue"
END

sandbox_start "$REDSMITH_SANDBOX_DIR"
play "when it is back the names are read anew" <<'END'
wait text "est. counts"
wait idle
reject "offline"
expect "sales"
END
[ "$tap_failed" = 0 ]
