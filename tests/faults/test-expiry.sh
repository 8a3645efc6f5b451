#!/bin/sh
# Jobs that outlive their credentials: database passwords and AWS keys end in the middle of an unload and of
# a write, over the wire and over the Data API; the jobs go on with new ones and are done, with every row.
#
# The keys of each way are those of an assumed role of its own; they and the passwords last
# CREDENTIAL_SECONDS. Each job is held up for longer, so that it cannot end with what it began with, however
# fast the machine is; a slow one only makes it need more of them. One request in a phase is held up so long
# that its own key ends on the way. The ways run side by side.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith psql aws

CREDENTIAL_SECONDS=4
ROWS=600
WIRE_WAYS="iam serverless"
WAYS="$WIRE_WAYS api-iam api-serverless"

tap_plan $((4 * 6 + 2 * 3 + 2))
sandbox_begin --credential-seconds $CREDENTIAL_SECONDS
work_begin
mkdir -p "$XDG_CONFIG_HOME/redsmith"
account=$(printf '%s' "$REDSMITH_IAM_ROLE" | cut -d: -f5)

# profile NAME LINE...
profile()
{
    {
        profile_name=$1
        echo "[$1]"
        shift
        printf '%s\n' "$@" "database = $PGDATABASE" "region = $AWS_REGION" \
            "role_arn = arn:aws:iam::$account:role/$profile_name" "tempdir = $REDSMITH_TEMPDIR" \
            "aws_iam_role = $REDSMITH_IAM_ROLE"
    } >>"$XDG_CONFIG_HOME/redsmith/profiles.conf"
    chmod 600 "$XDG_CONFIG_HOME/redsmith/profiles.conf"
}
cluster="cluster_identifier = $REDSMITH_CLUSTER_IDENTIFIER"
workgroup="workgroup_name = $REDSMITH_WORKGROUP_NAME"
profile iam "auth = iam" "$cluster" "db_user = $PGUSER" "sslrootcert = $PGSSLROOTCERT"
profile serverless "auth = serverless" "$workgroup" "sslrootcert = $PGSSLROOTCERT"
profile api-iam "transport = data-api" "auth = iam" "$cluster" "db_user = $PGUSER"
profile api-serverless "transport = data-api" "auth = serverless" "$workgroup"

fault() { sandbox_fault "$@" || exit 1; }
sql() { psql -XAtqc "$1" 2>>"$work/psql"; }

# each WAYS COMMAND...: the command with every way in place of WAY, side by side; how each ended is in
# status-WAY.
each()
{
    each_ways=$1
    shift
    for each_way in $each_ways; do
        (
            # shellcheck disable=SC2046 # arguments without blanks
            "$REDSMITH_BUILDDIR/redsmith" -p "$each_way" --progress none --yes \
                $(printf '%s ' "$@" | sed "s/WAY/$(echo "$each_way" | tr - _)/g") \
                >"$work/out-$each_way" 2>"$work/err-$each_way"
            echo $? >"$work/status-$each_way"
        ) &
    done
    wait
}
# went_well WAY; what went wrong is shown.
went_well()
{
    [ "$(cat "$work/status-$1")" = 0 ] && return 0
    sed 's/^/# /' "$work/err-$1"
    return 1
}

# What the sandbox has given out so far: temporary AWS keys to the role of a way, passwords to all.
keys_given() { grep -l "assumed-role/$1/" "$REDSMITH_SANDBOX_DIR"/keys/*.ini 2>/dev/null | wc -l; }
passwords_given()
{
    case $1 in
    iam) passwords_user=IAM:$PGUSER ;;
    serverless) passwords_user=IAMR:serverless ;;
    esac
    grep -c "$passwords_user has a new password" "$REDSMITH_SANDBOX_DIR/log/sandbox.log"
}
remember()
{
    for way in $WAYS; do
        keys_given "$way" >"$work/keys-$way"
    done
    for way in $WIRE_WAYS; do
        passwords_given "$way" >"$work/passwords-$way"
    done
}
# several keys|passwords WAY: more than one since `remember`.
several() { test $(($("$1"_given "$2") - $(cat "$work/$1-$2"))) -ge 2; }

{
    echo id,name
    awk -v n=$ROWS 'BEGIN { for (i = 1; i <= n; i++) printf "%d,name %d\n", i, i }'
} >"$work/rows.csv"
sql "create table source (id int, name varchar(40));
     insert into source select i, 'name ' || i from generate_series(1, $ROWS) i" >/dev/null
# target_of WAY, new_targets: empty tables, so that a row that is written twice is seen
target_of() { echo "target_$1" | tr - _; }
new_targets()
{
    for way in $WAYS; do
        sql "drop table if exists $(target_of "$way");
             create table $(target_of "$way") (id int, name varchar(40))" >/dev/null
    done
}
WHOLE="$ROWS|$ROWS|$((ROWS * (ROWS + 1) / 2))"
rows_of() { sql "select count(*), count(distinct id), sum(id) from $(target_of "$1")"; }

# --- an UNLOAD of six seconds, and one download whose key ends on the way -------------------------

fault --clear "unload rows_per_second=$((ROWS / 6))" "s3 GetObject delay_ms=5000 count=1"
remember
each "$WAYS" unload public.source --to "$work/WAY" --format csv
for way in $WAYS; do
    tap_ok "$way: an unload that outlives its credentials is done" went_well "$way"
    tap_is "$way: with every row" \
        "$(cat "$work/$(echo "$way" | tr - _)"/* | sort -u | grep -c '^[0-9]')" "$ROWS"
    tap_ok "$way: on more than one key" several keys "$way"
done

# --- a COPY of six seconds, and one upload whose key ends on the way ------------------------------

fault --clear "s3 PutObject delay_ms=5000 count=1" "copy rows_per_second=$((ROWS / 6))"
new_targets
remember
each "$WAYS" write "$work/rows.csv" --into target_WAY
for way in $WAYS; do
    tap_ok "$way: a write that outlives its credentials is done" went_well "$way"
    tap_is "$way: with every row once" "$(rows_of "$way")" "$WHOLE"
    tap_ok "$way: on more than one key" several keys "$way"
done

# --- a session outlives its password; one that is lost is followed by one with another password -----

fault --clear "copy rows_per_second=$((ROWS / 6))"
for way in $WIRE_WAYS; do
    fault "wire drop statement='COPY \"public\".\"$(target_of "$way")\"' when=after count=1"
done
new_targets
remember
each "$WIRE_WAYS" write "$work/rows.csv" --into target_WAY
for way in $WIRE_WAYS; do
    tap_ok "$way: a write whose session is lost after its password has ended is done" went_well "$way"
    tap_is "$way: with every row once" "$(rows_of "$way")" "$WHOLE"
    tap_ok "$way: on more than one password" several passwords "$way"
done

fault --clear
tap_is "no table of ours is left" \
    "$(sql "select count(*) from pg_class where relname like 'redsmith\\\\_%'")" 0
tap_is "and no object" "$(s3_count s3://sandbox-stage/)" 0
[ "$tap_failed" -eq 0 ]
