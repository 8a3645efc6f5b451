#!/bin/sh
# The transport data-api as its users meet it: every login that it takes runs ls, preview, a query, an unload
# and a write; and what is shown over it is, byte for byte, what is shown over the wire.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith aws

LOGINS="cluster-user cluster-iam cluster-secret cluster-secret-name workgroup workgroup-secret \
temporary-keys assumed-role"
TABLES="category date event listing sales users venue"

tap_plan $((6 * $(count_words $LOGINS) + 3 * $(count_words $TABLES) + 17))

sandbox_begin
XDG_CONFIG_HOME=$REDSMITH_SANDBOX_DIR/config
XDG_STATE_HOME=$REDSMITH_SANDBOX_DIR/state
export XDG_CONFIG_HOME XDG_STATE_HOME
work=$REDSMITH_SANDBOX_DIR/work
mkdir -p "$work" "$XDG_CONFIG_HOME/redsmith"
profiles=$XDG_CONFIG_HOME/redsmith/profiles.conf

# profile NAME LINE...
profile()
{
    printf '[%s]\n' "$1" >>"$profiles"
    shift
    printf '%s\n' "$@" "transport = data-api" "database = $PGDATABASE" "region = $AWS_REGION" \
        "tempdir = $REDSMITH_TEMPDIR" "aws_iam_role = $REDSMITH_IAM_ROLE" >>"$profiles"
}

cluster="cluster_identifier = $REDSMITH_CLUSTER_IDENTIFIER"
workgroup="workgroup_name = $REDSMITH_WORKGROUP_NAME"
profile cluster-user "auth = iam" "$cluster" "db_user = $PGUSER"
profile cluster-iam "auth = iam" "$cluster"
profile cluster-secret "auth = secret" "$cluster" "secret_arn = $REDSMITH_SECRET_ARN"
profile cluster-secret-name "auth = secret" "$cluster" "secret_arn = redsmith/sandbox"
profile workgroup "auth = serverless" "$workgroup"
profile workgroup-secret "auth = secret" "$workgroup" "secret_arn = $REDSMITH_SECRET_ARN"
profile least "$workgroup"
profile temporary-keys "auth = iam" "$cluster" "db_user = $PGUSER"
profile assumed-role "auth = iam" "$cluster" "db_user = $PGUSER" \
    "role_arn = arn:aws:iam::111122223333:role/reader"
profile by-password "auth = password" "$cluster" "user = x" "password = y"
profile polls "auth = iam" "$cluster" "db_user = $PGUSER" "poll_interval = 100ms" \
    "max_poll_attempts = 3"
chmod 600 "$profiles"

# api LOGIN ARGUMENT...
api()
{
    api_login=$1
    shift
    if [ "$api_login" = temporary-keys ]; then
        AWS_ACCESS_KEY_ID=$temporary_id AWS_SECRET_ACCESS_KEY=$temporary_key \
            AWS_SESSION_TOKEN=$temporary_token \
            "$REDSMITH_BUILDDIR/redsmith" -p "$api_login" --progress none "$@"
        return
    fi
    "$REDSMITH_BUILDDIR/redsmith" -p "$api_login" --progress none "$@"
}

wire()
{
    "$REDSMITH_BUILDDIR/redsmith" -p sandbox --progress none "$@"
}

set -- $(aws sts assume-role --role-arn arn:aws:iam::111122223333:role/reader \
    --role-session-name test --output text \
    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
temporary_id=$1 temporary_key=$2 temporary_token=$3

# --- logins -----------------------------------------------------------------------------------------

wire query -c "create table public.small (n int, word varchar(20))" >/dev/null 2>&1
wire query -c "grant all on schema public to public" >/dev/null 2>&1
printf '1,one\n2,\n3,\\N\n' >"$work/small.csv"
printf '2,two\n4,four\n' >"$work/more.csv"

for login in $LOGINS; do
    table=public.t_$(echo "$login" | tr - _)
    tap_like "$login: ls" "$(api "$login" ls public 2>"$work/err" || cat "$work/err")" \
        '^sales  *table'
    tap_is "$login: preview" "$(api "$login" preview public.category --format csv --order catid --limit 1 \
        --columns catid 2>&1 | sed -n 2p)" 1
    tap_is "$login: query" "$(api "$login" query -c "select 1 as a, null as b, '' as c" --format jsonl 2>/dev/null)" \
        '{"a": 1, "b": null, "c": ""}'
    rm -rf "$work/out"
    api "$login" unload public.venue --to "$work/out" --header --yes >"$work/log" 2>&1
    tap_is "$login: unload" "$(cat "$work"/out/* 2>/dev/null | grep -c .)" \
        "$(($(ls "$work/out" 2>/dev/null | grep -c .) + 202))"
    api "$login" write "$work/small.csv" --into "$table" --columns-ddl 'n int, word varchar(20)' --yes \
        >"$work/log" 2>&1
    tap_is "$login: write" "$(api "$login" query --no-header --format csv -c \
        "select count(*), count(word), sum(n) from $table" 2>&1 | sed -n 1p)" "3,2,6"
    api "$login" merge "$work/more.csv" --into "$table" --key n --yes >"$work/log" 2>&1
    tap_is "$login: merge" "$(api "$login" query --no-header --format csv -c \
        "select count(*), count(word), sum(n) from $table" 2>&1 | sed -n 1p)" "4,3,10"
done

# --- the same over both -----------------------------------------------------------------------------

# same NAME ARGUMENT...
same()
{
    same_name=$1
    shift
    wire "$@" >"$work/wire" 2>"$work/wire.err"
    api cluster-user "$@" >"$work/api" 2>"$work/api.err"
    tap_ok "$same_name is the same over both transports" both_agree
}

both_agree()
{
    [ -s "$work/wire" ] && cmp "$work/wire" "$work/api" && return 0
    diff "$work/wire" "$work/api" | sed 's/^/# /' | head -20
    sed 's/^/# /' "$work/wire.err" "$work/api.err" | head
    return 1
}

wire query -c "create table public.every_type (a smallint, b int, c bigint, d numeric(10,3), e real, \
f double precision, g boolean, h char(5), i varchar(20), j date, k time, l timetz, m timestamp, \
n timestamptz, o super, p varbyte(10), q varchar(max), r char, s numeric)" >/dev/null 2>&1
wire query -c "insert into public.every_type values (1, 2, 9007199254740993, 3.140, 0.1, 1e20, true, 'ab', \
'x''y', '2020-01-02', '10:11:12.5', '10:11:12+02', '2020-01-02 03:04:05.678', '2020-01-02 03:04:05+00', \
'{\"a\":1}'::super, 'abc'::varbyte, '', null, 5)" >/dev/null 2>"$work/err"
wire query -c "insert into public.every_type (f, e) values ('NaN', 'Infinity'), (21, 1e-7), (null, null)" \
    >/dev/null 2>&1
tap_is "a table of every type is filled" \
    "$(wire query --no-header --format csv -c 'select count(*) from public.every_type' 2>/dev/null)" 4

for table in $TABLES; do
    key=$(wire query --no-header --format csv -c "select \"column\" from pg_table_def where \
schemaname = 'public' and tablename = '$table' limit 1" 2>/dev/null | sed -n 1p)
    same "preview of $table" preview "public.$table" --limit 50 --order "${key:-1}"
    same "--json preview of $table" --json preview "public.$table" --limit 50 --order "${key:-1}"
    same "--json describe of $table" --json describe "public.$table"
done
same "ls" ls
same "--json ls" --json ls public
same "describe" describe public.every_type
same "the DDL" describe public.every_type --ddl
same "a preview of every type" preview public.every_type --order a
same "a JSON preview of every type" --json preview public.every_type --order a
same "a CSV preview of every type" preview public.every_type --order a --format csv
same "a result of several pages" query --format csv -c \
    "select salesid, pricepaid, saletime from public.sales order by salesid limit 3500"

# --- what cannot be ---------------------------------------------------------------------------------

refusal()
{
    refusal_login=$1
    shift
    api "$refusal_login" "$@" 2>&1 >/dev/null
    echo "status $?"
}

tap_is "workgroup, Region and database are enough of a profile" \
    "$(api least query --no-header --format csv -c 'select 1' 2>/dev/null)" 1
answer=$(refusal cluster-user query -c "begin")
tap_like "BEGIN is refused with the reason" "$answer" 'transport = wire'
answer=$(refusal cluster-user query -c "declare c cursor for select 1")
tap_like "cursors are refused with the reason" "$answer" 'cursors cannot be used over the Data API'
answer=$(refusal by-password ls)
tap_like "a database password is refused with the remedy" "$answer" 'takes no password'
answer=$(refusal polls query -c "select pg_sleep(60)")
tap_like "so many polls end a statement on the server" "$answer" 'confirmed by the server'
answer=$(refusal cluster-user query -c "select repeat('x', 70000)")
tap_like "a row over the limit is told what to do" "$answer" 'UNLOAD'
printf 'x,bad\n' >"$work/bad.csv"
answer=$(refusal cluster-user write "$work/bad.csv" --into public.small --mode append --yes)
tap_like "a refused row is traced to the file" "$answer" 'bad.csv line 1, column n'
tap_is "and leaves the table and no marker" "$(wire query --no-header --format csv -c \
    "select count(*) from public.small" 2>/dev/null) $(wire query --no-header --format csv -c \
    "select count(*) from pg_class where relname like 'redsmith\\\\_%'" 2>/dev/null)" "0 0"
