#!/bin/sh
# A column's profile on a large table is of a sample and says so; a running one is cancelled on the server,
# too. What an ordinary user may not see is named with the privilege it takes, and the rest is shown.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith psql
tap_plan 14
sandbox_begin
REDSMITH=$REDSMITH_BUILDDIR/redsmith
work_begin
export LC_ALL=C.UTF-8 TZ=UTC
unset NO_COLOR TMUX REDSMITH_PROFILE
cd "$work" || exit 1

rs() { timeout 120 "$REDSMITH" "$@" 2>&1 </dev/null; }
replay() # replay RELATION
{
    timeout 120 "$REDSMITH" --relation="$1" --script script --script-columns 100 --script-rows 30 \
        >out 2>&1 </dev/null
}
play() # play NAME RELATION: the script of standard input
{
    cat >script
    tap_ok "$1" replay "$2"
    [ ! -s out ] || sed 's/^/# /' out
}

# Ten times the rows of TICKIT's sales are beyond what is read whole.
psql -Xq -v ON_ERROR_STOP=1 <<'END' || exit 1
CREATE TABLE public.large (n smallint);
INSERT INTO public.large SELECT 7 FROM public.sales, (SELECT 1 FROM public.category) ten;
ANALYZE public.large;
CREATE VIEW public.endless AS SELECT a.qtysold AS n FROM public.sales a, public.sales b;
CREATE TABLE public.closed (n integer);
INSERT INTO public.closed VALUES (1);
CREATE USER plain PASSWORD 'Plain1234';
END

# --- a sample
large=$(rs describe public.large --contents)
tap_like "a large table is sampled and it says how much of it" "$large" \
    "^rows  *[0-9,]* (sample: 5[0-9]% of ~1.9M rows)"
tap_like "a small one is not" "$(rs describe public.category --contents catid)" "^rows  *11 (all rows)"
play "the screen says so, too" public.large <<'END'
wait text "row 1 "
key 4
wait text "Enter profiles"
key Enter
wait text "sample: 5"
expect "of ~1.9M rows"
END

# --- cancelling
play "Ctrl-C ends a running profile" public.endless <<'END'
wait text "row 1 "
wait idle
key 4
wait text "Enter profiles"
key Enter
wait text "Asking the server"
expect "asking"
key Ctrl-C
wait gone "Asking the server"
wait text "ancelled"
wait idle
expect "cancelled"
END
still() { psql -XAtc "SELECT count(*) FROM stv_recents WHERE status = 'Running' AND query LIKE 'WITH data%'"; }
nothing_runs() { [ "$(still)" = 0 ]; }
tap_ok "and nothing of it runs on" wait_until 30 nothing_runs

# --- an ordinary user
export PGUSER=plain PGPASSWORD=Plain1234
contents=$(rs describe public.closed --contents)
tap_like "a profile names the privilege it takes" "$contents" "needs SELECT on the relation"
tap_like "and what the server said" "$contents" "permission denied for relation closed"
storage=$(rs describe public.closed --storage)
tap_like "storage names who sees the figures" "$storage" "superuser or the role sys:monitor"
tap_like "and shows the encodings" "$storage" "^  n  *[a-z0-9]"
tap_like "dependents are for everybody" "$(rs describe public.closed --dependents)" "^views bound to it"
space=$(rs activity space --format tsv)
tap_like "space says what hides the sizes" "$space" "svv_table_info shows nothing here.*sys:monitor"
tap_like "and lists the tables" "$space" "^public	large	"
tap_like "sessions are one's own, which is said" "$(rs activity sessions --format tsv)" \
    "only your own rows.*sys:monitor"
play "the screen shows the profile's refusal" public.closed <<'END'
wait idle
key 4
wait text "Enter profiles"
key Enter
wait text "needs SELECT"
END
[ "$tap_failed" = 0 ]
