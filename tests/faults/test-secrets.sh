#!/bin/sh
# Where a secret may never stand: the journal, the log at its highest level, what is printed, --json, the
# process list, the environment of children, a core file. Planted values are looked for in all of them.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith aws
sandbox_begin
REDSMITH=$REDSMITH_BUILDDIR/redsmith
work_begin
password=$PGPASSWORD key=$AWS_ACCESS_KEY_ID secret=$AWS_SECRET_ACCESS_KEY
export HOME="$work"
cd "$work" || exit 1
mkdir -p .aws config/redsmith
token=$(aws sts assume-role --role-arn "arn:aws:iam::$(printf %s "$REDSMITH_IAM_ROLE" | cut -d: -f5):role/x" \
    --role-session-name tester --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text)
set -- $token
printf '%s\n%s\n%s\n%s\n' "$password" "$secret" "$2" "$3" >"$work/planted"
# A credential_process that leaves what it was given: its arguments and its environment.
cat >keys.sh <<END
#!/bin/sh
cat /proc/\$\$/environ >$work/child.environ
tr '\\0' ' ' </proc/\$PPID/cmdline >$work/parent.cmdline
printf '{"Version":1,"AccessKeyId":"$1","SecretAccessKey":"$2","SessionToken":"$3"}'
END
chmod 700 keys.sh
printf '[profile p]\ncredential_process = %s\n' "$work/keys.sh" >.aws/config
profile()
{
    cat >>config/redsmith/profiles.conf <<END
[$1]
database = $PGDATABASE
sslmode = $PGSSLMODE
sslrootcert = $PGSSLROOTCERT
region = $AWS_REGION
endpoint_url = $AWS_ENDPOINT_URL
tempdir = $REDSMITH_TEMPDIR
aws_iam_role = $REDSMITH_IAM_ROLE
aws_profile = p
$2
END
    chmod 600 config/redsmith/profiles.conf
}
profile typed "host = $PGHOST
port = $PGPORT
user = $PGUSER
password = $password"
profile secret "auth = secret
secret_arn = redsmith/sandbox"
profile iam "auth = iam
cluster_identifier = sandbox-cluster"
unset PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD PGSSLMODE PGSSLROOTCERT AWS_ACCESS_KEY_ID \
    AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
# is_clean FILE...: none of the planted values, each read as it stands
is_clean() { ! grep -aFf "$work/planted" -r "$@" >/dev/null; }
rs() { "$REDSMITH" --log "$work/log" --log-level debug "$@" >>out 2>>err; }

tap_plan 14
for name in typed secret iam; do
    tap_ok "$name unloads" rs -p "$name" unload public.category --to "$work/data-$name" --yes
    rs -p "$name" --json profile test
    rs -p "$name" --json profile show
done
rs -p typed query -c "select '$password' as planted where 1 = 0"
grep -v planted log >log.own
tap_ok "the log says something" grep -q 'unload' log
tap_ok "the log has none of it" is_clean log.own
tap_ok "nor has the journal" is_clean state
tap_ok "nor what was printed, as text or JSON" is_clean err
sed /planted/d out >out.own
tap_ok "nor standard output" is_clean out.own
tap_ok "a child was asked for keys" test -s child.environ
tap_ok "its environment has none of it" is_clean child.environ parent.cmdline

# --- a process in the middle of a statement
"$REDSMITH" -p typed query -c 'select pg_sleep(60)' >/dev/null 2>&1 &
pid=$!
is_asleep() { "$REDSMITH" -p secret query -c "select count(*) as n from pg_stat_activity where query like '%pg_sleep(60)%' and query not like '%count%'" --format csv | tail -1 | grep -q 1; }
tap_ok "a statement runs" wait_until 30 is_asleep
cat /proc/$pid/cmdline /proc/$pid/environ >process
tap_ok "the process list has none of it" is_clean process
if command -v gcore >/dev/null && gcore -o core "$pid" >/dev/null 2>&1; then
    tap_ok "the core file is one" grep -aq pg_sleep "core.$pid"
    tap_ok "and has none of it" is_clean "core.$pid"
else
    tap_skip "gcore (gdb) is not installed, or may not read a process here" \
        "the core file is one" "and has none of it"
fi
kill -INT $pid
wait $pid || true # a cancelled statement is status 4
exit 0
