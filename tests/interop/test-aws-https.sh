#!/bin/sh
# The AWS services over TLS, as AWS itself is reached: transfers whose payload is not hashed, services, a
# faulty answer, keys of KMS, and certificates that nobody should trust.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith
sandbox_begin
work_begin
REDSMITH=$REDSMITH_BUILDDIR/redsmith
export HOME="$work"
over_tls() { eval "$("$SANDBOX_PROGRAM" env --https --dir "$REDSMITH_SANDBOX_DIR")"; }
# again OPTION...: the same sandbox with another certificate
again()
{
    "$SANDBOX_PROGRAM" stop --dir "$REDSMITH_SANDBOX_DIR" >/dev/null
    sandbox_start "$REDSMITH_SANDBOX_DIR" "$@"
}
s3() { "$REDSMITH" -p environment --progress none s3 "$@"; }
list() { s3 ls s3://sandbox-data/tls/ 2>&1; }
round() # NAME KEY OPTION...: up and down again
{
    round_name=$1 round_key=$2
    shift 2
    rm -rf "$work/back"
    tap_ok "$round_name: up" s3 put "$@" "$work/up" "s3://sandbox-data/tls/$round_key/"
    tap_ok "$round_name: down" s3 get "s3://sandbox-data/tls/$round_key" "$work/back"
    tap_ok "$round_name: the same bytes" diff -r "$work/up" "$work/back"
}

tap_plan 26
over_tls
tap_like "the endpoint is https" "$AWS_ENDPOINT_URL" '^https://127.0.0.1:'
mkdir "$work/up"
head -c 300000 /dev/urandom >"$work/up/small"
head -c 70000000 /dev/urandom >"$work/up/in parts"
: >"$work/up/empty"
round "files" plain
round "files that KMS encrypts" kms --sse aws:kms --sse-kms-key-id alias/lake

# What the client checks by: MD5s where the ETag is one.
sandbox_fault 's3 GetObject reset=during count=2' \
    's3 UploadPart reset=after count=1' 's3 PutObject status=503 count=2'
round "with answers that break off" faults
sandbox_fault --clear

AWS_SECRET_ACCESS_KEY=wrong
answer=$(list)
tap_is "a signature is verified over TLS too" "$?" 3
tap_like "and the answer says so" "$answer" 'SignatureDoesNotMatch\|signature'
over_tls

api_profile
answer=$("$REDSMITH" -p api query --format csv -c 'select 41 + 1 as n' 2>&1)
tap_like "the Data API" "$answer" '^42'

if [ -n "$AWS_PROGRAM" ]; then
    tap_like "awscli reads what was put" "$(aws s3 ls s3://sandbox-data/tls/plain/ 2>&1)" '70000000 in parts'
    tap_like "awscli is told of KMS" \
        "$(aws s3api head-object --bucket sandbox-data --key tls/kms/small 2>&1)" 'alias/lake'
else
    tap_skip "the AWS CLI is not installed" "awscli reads what was put" "awscli is told of KMS"
fi

# refused NAME PATTERN: nobody gets in, and it is configuration that has to change
refused()
{
    answer=$(list)
    tap_is "$1: refused" "$?" 2
    tap_like "$1: its own message" "$answer" "$2"
    tap_like "$1: and what helps" "$answer" 'AWS_CA_BUNDLE'
}
unset AWS_CA_BUNDLE
refused "an authority that nobody has named" 'issuer certificate'
again --tls-certificate expired
over_tls
refused "an expired certificate" 'expired'
again --tls-certificate wrong-host
over_tls
refused "another host's" 'name'
again --tls off
status_is "without TLS there is no https" 2 "$SANDBOX_PROGRAM" env --https --dir "$REDSMITH_SANDBOX_DIR"
tap_like "and it says why" "$(cat "$work/stderr")" '[-]-tls off'
