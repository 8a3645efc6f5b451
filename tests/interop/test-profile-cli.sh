#!/bin/sh
# redsmith profile: add, set, import, rename, remove; what is written and what is told.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_plan 28
REDSMITH=$REDSMITH_BUILDDIR/redsmith
work_begin
unset REDSMITH_PROFILE PGHOST PGUSER PGPASSWORD PGPORT PGDATABASE AWS_REGION
file=$XDG_CONFIG_HOME/redsmith/profiles.conf
cd "$work" || exit 1

rs() { "$REDSMITH" profile "$@" >"$work/stdout" 2>"$work/stderr" </dev/null; }
said() { cat "$work/stdout" "$work/stderr"; }

status_is "a profile is made of options" 0 rs add work --host h.example --user ana --auth prompt \
    --tempdir s3a://b/t --aws_iam_role default --read-only yes
tap_is "and holds what was given" "$(cat "$file")" "[work]
host = h.example
auth = prompt
user = ana
tempdir = s3://b/t
aws_iam_role = default
read_only = true"
tap_is "the file is its owner's" "$(stat -c %a "$file")" 600
status_is "a second one of that name is refused" 1 rs add work --host x --user y
tap_like "and says how to replace it" "$(said)" '[-][-]replace'
status_is "a wrong value is wrong usage" 2 rs set work --port 0
tap_like "that names what was expected" "$(said)" '1 to 65535'
status_is "a contradiction is wrong configuration" 2 rs set work --transport data-api
tap_like "that names the remedy" "$(said)" 'use transport = wire'
status_is "a password is no option" 2 rs set work --password hunter2
status_is "a field is taken back" 0 rs set work --read-only ''
tap_ok "and gone" sh -c "! grep -q read_only '$file'"

url='jdbc:redshift:iam://cl:eu-west-1/dev?DbUser=ana&plugin_name=x&LogLevel=2'
status_is "a URL becomes a profile" 0 rs add iam --from "$url"
tap_like "what is refused is named" "$(said)" 'refused: plugin_name'
tap_like "what is ignored is named" "$(said)" 'ignored: LogLevel'
tap_like "cluster and Region come from the host" "$(cat "$file")" 'region = eu-west-1'
printf 'postgresql://ana:hunter2@h/dev' >uri
status_is "a password is left out" 0 rs import pg uri
tap_ok "of the file and of what is told" sh -c "! cat '$file' stdout stderr | grep -q hunter2"
status_is "unless it is to be kept" 0 rs import pg uri --replace --keep-secret
tap_like "in the file" "$(cat "$file")" 'password = hunter2'
printf '[svc]\nhost=s\nuser=u\n' >services
status_is "a service is found by its name" 0 env PGSERVICEFILE="$work/services" \
    "$REDSMITH" profile add svc --from service=svc --progress none
status_is "the environment is a source" 0 env PGHOST=e PGUSER=u \
    "$REDSMITH" profile add env --from environment --progress none
status_is "nothing is written by a dry run" 0 rs add dry --host h --user u --dry-run
tap_ok "not even the group" sh -c "! grep -q '\[dry\]' '$file'"
status_is "removing asks" 2 rs remove pg
rs remove pg --yes && rs rename work other
tap_is "renamed and removed" "$("$REDSMITH" profile list --json | grep -o '"profile": *"[a-z]*"' |
    sed 's/.*"\([a-z]*\)"$/\1/' | tr '\n' ' ')" "env iam other svc "

# Without any profile the workbench asks for one.
export XDG_CONFIG_HOME="$work/empty"
cat >first.script <<'END'
wait idle
expect "Where to"
expect "the sandbox"
key Enter
paste jdbc:redshift://h.example/dev?user=ana
key Down
type first
key Enter
wait gone "A new profile"
END
status_is "the first screen makes a profile" 0 env LC_ALL=C.UTF-8 "$REDSMITH" --script first.script
tap_like "that is in the file" "$(cat "$XDG_CONFIG_HOME/redsmith/profiles.conf")" 'host = h.example'
[ "$tap_failed" = 0 ]
