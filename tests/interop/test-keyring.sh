#!/bin/sh
# Passwords from a person and from a keyring: without D-Bus nothing hangs and nothing is printed but what
# was done instead; with an unlocked gnome-keyring they are stored, used and forgotten.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith python3
sandbox_begin
REDSMITH=$REDSMITH_BUILDDIR/redsmith
work_begin
password=$PGPASSWORD
export HOME="$work" XDG_DATA_HOME="$work/data" XDG_RUNTIME_DIR="$work/run"
unset PGPASSWORD DBUS_SESSION_BUS_ADDRESS DISPLAY WAYLAND_DISPLAY
mkdir -m 700 "$work/run"
mkdir -p "$work/config/redsmith"

# profile NAME AUTH [LINE]
profile()
{
    cat >>"$work/config/redsmith/profiles.conf" <<END
[$1]
host = $PGHOST
port = $PGPORT
database = $PGDATABASE
user = $PGUSER
sslmode = $PGSSLMODE
sslrootcert = $PGSSLROOTCERT
auth = $2
$3
END
}
profile asked prompt
profile ringed keyring
profile secret keyring "secret_arn = redsmith/sandbox
region = $AWS_REGION
endpoint_url = $AWS_ENDPOINT_URL"

# type_in ANSWER COMMAND...: runs it on a terminal of its own and types the answer once it is asked for.
# What was shown goes to `shown`, the seconds to `seconds`; the status is the command's.
type_in()
{
    /usr/bin/python3 - "$@" <<'END'
import os, pty, select, sys, time
answer, command = sys.argv[1], sys.argv[2:]
begun = time.monotonic()
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown, asked = b"", False
while time.monotonic() < begun + 60:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    shown += piece
    if not asked and b"Password" in shown:
        asked = True
        os.write(terminal, answer.encode() + b"\n")
else:
    os.kill(pid, 9)
open("shown", "wb").write(shown)
open("seconds", "w").write("%.2f" % (time.monotonic() - begun))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
}
select_user() { echo query -c "select current_user as me" --format csv; }
seconds_of() { s=$(date +%s%N); "$@" >/dev/null 2>&1; echo $((($(date +%s%N) - s) / 1000000)); }
cd "$work" || exit 1

tap_plan 19

# --- no D-Bus
tap_ok "a password is asked for on the terminal" type_in "$password" "$REDSMITH" -p asked \
    query -c 'select current_user as me'
tap_like "and lets in" "$(cat shown)" "$PGUSER"
tap_ok "it is not shown" sh -c '! grep -qF "$1" shown' sh "$password"
plain=$(PGPASSWORD=$password seconds_of "$REDSMITH" -p environment query -c 'select 1')
tap_ok "no keyring costs no second" type_in "$password" "$REDSMITH" -p ringed query \
    -c 'select current_user as me'
tap_like "it is said that there is no keyring, and what is done instead" "$(cat shown)" \
    'no keyring here.*asking for the password instead'
tap_ok "nothing of GLib's is printed" sh -c '! grep -qi "glib\|libsecret\|critical\|dbus-daemon" shown'
tap_ok "the answer took less than a second longer than without" /usr/bin/python3 -c \
    'import sys; sys.exit(float(open("seconds").read()) * 1000 > int(sys.argv[1]) + 1000)' "$plain"
answer=$(PGPASSWORD=$password "$REDSMITH" -p ringed query -c 'select current_user as me' 2>&1)
tap_like "PGPASSWORD is taken instead, and said" "$answer" 'PGPASSWORD or ~/.pgpass instead'
answer=$("$REDSMITH" -p secret query -c 'select current_user as me' 2>&1)
tap_like "so is Secrets Manager" "$answer" 'from Secrets Manager instead'
tap_like "which lets in" "$answer" "$PGUSER"
answer=$(setsid "$REDSMITH" -p ringed query -c 'select 1' 2>&1 </dev/null)
tap_like "with nobody to ask the refusal says what to set" "$answer" 'terminal.*PGPASSWORD\|PGPASSWORD'
answer=$("$REDSMITH" profile login ringed 2>&1)
tap_is "storing is refused before anything is asked" "$?" 2
tap_like "with what to use instead" "$answer" 'auth = pgpass'
export DBUS_SESSION_BUS_ADDRESS=unix:path=$work/run/nobody
tap_like "a dead bus is no keyring either" \
    "$(PGPASSWORD=$password "$REDSMITH" -p ringed query -c 'select 1' 2>&1)" 'instead'
unset DBUS_SESSION_BUS_ADDRESS

# --- an unlocked gnome-keyring on a bus of its own
if ! command -v dbus-run-session >/dev/null || ! command -v gnome-keyring-daemon >/dev/null; then
    tap_skip "dbus-run-session or gnome-keyring is not installed" \
        "stored" "used" "without a question" "forgotten" "and gone"
    exit 0
fi
cat >ring.sh <<'END'
printf 'collection' | gnome-keyring-daemon --unlock --components=secrets >daemon 2>&1
END
in_session() # COMMAND...: all of it in one session, with one keyring
{
    timeout 120 dbus-run-session -- sh -c '. ./ring.sh; "$@"' sh "$@"
}
cat >life.sh <<'END'
"$1" profile login ringed >stored 2>&1; echo $? >stored.status
"$1" -p ringed query -c 'select current_user as me' >used 2>&1 </dev/null
"$1" profile forget ringed >forgotten 2>&1; echo $? >forgotten.status
setsid "$1" -p ringed query -c 'select current_user as me' >gone 2>&1 </dev/null
END
export -p >/dev/null
type_in "$password" timeout 120 dbus-run-session -- sh -c '. ./ring.sh; . ./life.sh' sh "$REDSMITH" \
    2>/dev/null || true
tap_is "stored" "$(cat stored.status; cat stored | grep -c keyring)" "0
1"
tap_like "used" "$(cat used)" "^$PGUSER"
tap_ok "without a question" sh -c '! grep -q "Password\|instead" used'
tap_is "forgotten" "$(cat forgotten.status)" 0
tap_like "and gone" "$(cat gone)" 'the keyring holds no password'
