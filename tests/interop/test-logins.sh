#!/bin/sh
# Every way in: a profile for each login and transport, each of which lists, previews, unloads and writes on
# the sandbox; then what ends a login: expiry in the middle of a job, policies, a rotated secret.
#
# A way is a row of `ways`: its name, then lines of the profile separated by ";".
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith
sandbox_begin
REDSMITH=$REDSMITH_BUILDDIR/redsmith
work_begin
host=$PGHOST port=$PGPORT user=$PGUSER password=$PGPASSWORD roots=$PGSSLROOTCERT
key=$AWS_ACCESS_KEY_ID secret=$AWS_SECRET_ACCESS_KEY endpoint=$AWS_ENDPOINT_URL
region=$AWS_REGION role=$REDSMITH_IAM_ROLE
export HOME="$work"
unset DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR
# A profile says all itself; what its way needs from the environment is in `given`.
unset PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD PGSSLMODE PGSSLROOTCERT AWS_ACCESS_KEY_ID \
    AWS_SECRET_ACCESS_KEY AWS_ENDPOINT_URL AWS_REGION AWS_DEFAULT_REGION REDSMITH_IAM_ROLE \
    REDSMITH_TEMPDIR
cd "$work" || exit 1
mkdir -p .aws config/redsmith
account=$(printf '%s' "$role" | cut -d: -f5)
cat >.aws/credentials <<END
[base]
aws_access_key_id = $key
aws_secret_access_key = $secret
END
cat >.aws/config <<END
[profile analyst]
role_arn = arn:aws:iam::$account:role/analyst
source_profile = base
[profile process]
credential_process = printf '{"Version":1,"AccessKeyId":"$key","SecretAccessKey":"$secret"}'
END
printf '%s:%s:*:%s:%s\n' "$host" "$port" "$user" "$password" >.pgpass
chmod 600 .pgpass
printf 'id,name\n1,one\n2,two\n' >rows.csv

address="host = $host;port = $port;user = $user"
keys="access_key_id = $key;secret_access_key = $secret"
cluster="auth = iam;cluster_identifier = sandbox-cluster"
ways="
password       auth = password;$address;password = $password;$keys
environment    auth = password;$address;aws_profile = base
pgpass         auth = pgpass;$address;aws_profile = base
keyring-absent auth = keyring;$address;aws_profile = base
require        auth = pgpass;$address;sslmode = require;aws_profile = base
iam            $cluster;$keys
iam-host       $cluster;host = $host;port = $port;aws_profile = base
iam-user       $cluster;db_user = $user;aws_profile = base
iam-create     $cluster;db_user = newcomer;auto_create = true;db_groups = ;aws_profile = base
iam-role       $cluster;role_arn = arn:aws:iam::$account:role/one;aws_profile = base
iam-chained    $cluster;role_arn = arn:aws:iam::$account:role/two;aws_profile = analyst
iam-process    $cluster;aws_profile = process
serverless     auth = serverless;workgroup_name = sandbox-workgroup;aws_profile = base
secret         auth = secret;secret_arn = redsmith/sandbox;aws_profile = base
secret-address auth = secret;secret_arn = redsmith/sandbox;host = $host;port = $port;$keys
managed-secret auth = secret;secret_arn = redshift!sandbox-cluster-$user;cluster_identifier = sandbox-cluster;aws_profile = base
tls-verify-ca  auth = secret;secret_arn = redsmith/sandbox;sslmode = verify-ca;aws_profile = base
api-iam        transport = data-api;$cluster;database = dev;aws_profile = base
api-iam-user   transport = data-api;$cluster;db_user = $user;database = dev;aws_profile = base
api-serverless transport = data-api;auth = serverless;workgroup_name = sandbox-workgroup;database = dev;aws_profile = base
api-secret     transport = data-api;auth = secret;secret_arn = redsmith/sandbox;cluster_identifier = sandbox-cluster;aws_profile = base
api-group      transport = data-api;auth = secret;secret_arn = redsmith/sandbox;workgroup_name = sandbox-workgroup;aws_profile = base
"
common="region = $region
endpoint_url = $endpoint
tempdir = s3://sandbox-stage/tmp
aws_iam_role = $role"

# profile NAME LINES
profile()
{
    {
        echo "[$1]"
        printf '%s\n' "$2" | tr ';' '\n' | grep -v '= *$'
        case $2 in
        *data-api*) ;; # no connection, no certificate of ours to check
        *) echo "sslrootcert = $roots" ;;
        esac
        echo "$common"
    } >>config/redsmith/profiles.conf
    chmod 600 config/redsmith/profiles.conf
}
# rs NAME ARGUMENT...: as that profile, with nobody to ask; what goes wrong is shown.
rs()
{
    rs_name=$1
    shift
    case $rs_name in
    environment) setsid env PGPASSWORD="$password" "$REDSMITH" --progress none -p "$rs_name" "$@" ;;
    *) setsid "$REDSMITH" --progress none -p "$rs_name" "$@" ;;
    esac </dev/null >out 2>err || {
        sed 's/^/# /' err
        return 1
    }
}
is_listed() { rs "$1" ls public && grep -q category out; }
is_shown() { rs "$1" preview public.category --limit 3 && grep -q Sports out; }
is_unloaded() { rs "$1" unload public.category --to "$work/$1" --yes && ls "$work/$1"/* >/dev/null; }
is_written()
{
    rs "$1" write rows.csv --into "public.\"from $1\"" --mode overwrite --yes &&
        rs "$1" query -c "select count(*) as n from public.\"from $1\"" && grep -q 2 out
}

names=$(printf '%s\n' "$ways" | awk 'NF { print $1 }')
printf '%s\n' "$ways" | while read -r name lines; do
    [ -z "$name" ] || profile "$name" "$lines"
done
set -- $names
tap_plan $(($# * 4 + 9))
rs iam-create query -c 'select 1'
rs pgpass query -c 'grant select on public.category to newcomer'
for name in $names; do
    tap_ok "$name lists" is_listed "$name"
    tap_ok "$name previews" is_shown "$name"
    tap_ok "$name unloads" is_unloaded "$name"
    tap_ok "$name writes" is_written "$name"
done

# --- options of a session
profile labelled "auth = pgpass;$address;query_group = it's \"mine\" \\;aws_profile = base"
tap_ok "a label with quotes and backslashes is set" rs labelled query -c 'select 1'
profile hurried "auth = pgpass;$address;statement_timeout = 200ms;aws_profile = base"
rs hurried query -c 'select pg_sleep(30)' >/dev/null
tap_like "a statement over its time is cancelled by the server" "$(cat err)" 'statement timeout\|57014'

# --- policies and refusals
profile bare "auth = pgpass;$address;sslmode = prefer;require_tls = true;aws_profile = base"
rs bare ls >/dev/null
tap_like "require_tls refuses what could do without" "$(cat err)" 'require_tls'
profile stranger "auth = secret;secret_arn = redsmith/sandbox;user = other;aws_profile = base"
rs stranger ls >/dev/null
tap_like "a secret of another user is refused" "$(cat err)" 'user'
profile nobody "$cluster;db_user = nobody_there;aws_profile = base"
rs nobody ls >/dev/null
tap_like "a user that is not there is not let in" "$(cat err)" 'cannot connect\|SQLSTATE'
profile lost "auth = iam;cluster_identifier = no-such-cluster;aws_profile = base"
rs lost ls >/dev/null
tap_like "a cluster that is not there is named" "$(cat err)" 'no-such-cluster'

# --- passwords that last seconds
"$SANDBOX_PROGRAM" stop --dir "$REDSMITH_SANDBOX_DIR" >/dev/null
sandbox_start "$REDSMITH_SANDBOX_DIR" --credential-seconds 3
tap_ok "a statement outlives the password that let it in" rs iam query -c 'select pg_sleep(5), 1 as x'
expired() { test "$("$REDSMITH" -p iam query -c 'select 1 as x' --format csv 2>/dev/null | tail -1)" = 1; }
tap_ok "and the next connection gets a new one" wait_until 30 expired
long="select a.eventid, a.eventname, pg_sleep(0.01) as s from public.event a limit 600"
tap_ok "a job whose connections come and go outlives three of them" rs iam unload -c "$long" \
    --to "$work/long" --yes
