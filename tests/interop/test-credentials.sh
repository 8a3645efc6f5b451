#!/bin/sh
# Temporary AWS credentials against a sandbox: issued by STS, found on an instance and in a container, used
# until they expire; by Debian's AWS CLI and by redsmith.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

[ -x /usr/bin/aws ] || tap_skip_all "Debian's awscli is not installed"
tap_needs redsmith aws python3
sandbox_begin
REDSMITH=$REDSMITH_BUILDDIR/redsmith
work_begin
export HOME="$work" AWS_PAGER=''
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
cd "$work" || exit 1
mkdir -p .aws config/redsmith

# Debian's version knows endpoints only as an option.
aws() { /usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" --region "$AWS_REGION" --output text "$@" 2>&1; }
fault() { sandbox_fault "$@"; }
whoami() { aws sts get-caller-identity --query Arn; }
account=$(aws sts get-caller-identity --query Account)
role=arn:aws:iam::$account:role
# assume ROLE [OPTION...]: key, secret and token, with blanks between them
assume()
{
    assume_role=$1
    shift
    aws sts assume-role --role-arn "$role/$assume_role" --role-session-name tester "$@" \
        --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]'
}
# as KEY SECRET TOKEN COMMAND...: with those keys
as()
{
    (
        export AWS_ACCESS_KEY_ID="$1" AWS_SECRET_ACCESS_KEY="$2" AWS_SESSION_TOKEN="$3"
        shift 3
        "$@"
    )
}
# as_found KIND COMMAND...: as a program on an instance or in a container
as_found()
{
    (
        eval "$("$SANDBOX_PROGRAM" env --dir "$REDSMITH_SANDBOX_DIR" --credentials "$1")"
        shift
        "$@"
    )
}
# http METHOD URL [HEADER VALUE]...: the status
http()
{
    /usr/bin/python3 -c 'import sys, urllib.request, urllib.error
method, url, *rest = sys.argv[1:]
request = urllib.request.Request(url, method=method, headers=dict(zip(rest[::2], rest[1::2])))
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as error:
    print(error.code)' "$@"
}
# jwt SECONDS: a token that expires then
jwt()
{
    /usr/bin/python3 -c 'import base64, json, sys, time
part = lambda o: base64.urlsafe_b64encode(json.dumps(o).encode()).rstrip(b"=").decode()
print(".".join([part({"alg": "none"}), part({"sub": "system:pod", "exp": time.time() + int(sys.argv[1])}), "x"]))' "$1"
}
said_by() { "$@" 2>&1; }
is_expired() { said_by as "$@" | grep -q ExpiredToken; }

tap_plan 50

# --- STS, by the AWS CLI
tap_like "the account's own key is a user" "$(whoami)" "^arn:aws:iam::$account:user/sandbox$"
set -- $(assume reader)
tap_like "issued keys have ids of their own kind" "$1" '^ASIA[A-Z0-9]*$'
tap_is "they are a session of the role" "$(as "$1" "$2" "$3" whoami)" \
    "arn:aws:sts::$account:assumed-role/reader/tester"
tap_like "they list buckets" "$(as "$1" "$2" "$3" aws s3 ls)" sandbox-stage
printf 'hello\n' >hello
tap_ok "they write objects" as "$1" "$2" "$3" aws s3 cp hello s3://sandbox-stage/hello --quiet
tap_is "they read them" "$(as "$1" "$2" "$3" aws s3 cp s3://sandbox-stage/hello -)" hello
url=$(as "$1" "$2" "$3" aws s3 presign s3://sandbox-stage/hello)
tap_is "they presign" "$(http GET "$url")" 200
tap_like "without their token they are nothing" "$(as "$1" "$2" '' whoami)" InvalidClientTokenId
tap_like "with another's token they are nothing" "$(as "$1" "$2" "x$3" whoami)" InvalidClientTokenId
tap_like "with another secret they are refused" "$(as "$1" "x$2" "$3" whoami)" SignatureDoesNotMatch
tap_like "S3 says so in its own words" "$(as "$1" "$2" '' aws s3 ls s3://sandbox-stage/)" InvalidToken
tap_like "an unknown key is unknown" "$(as ASIAAAAAAAAAAAAAAAAA x y whoami)" InvalidClientTokenId
"$SANDBOX_PROGRAM" stop --dir "$REDSMITH_SANDBOX_DIR" >/dev/null
sandbox_start "$REDSMITH_SANDBOX_DIR"
tap_like "they outlive a restart" "$(as "$1" "$2" "$3" whoami)" /reader/tester
tap_like "a role assumes another" "$(as "$1" "$2" "$3" assume writer)" '^ASIA'
tap_like "for an hour at most" "$(as "$1" "$2" "$3" assume writer --duration-seconds 7200)" \
    ValidationError
tap_like "a quarter of an hour is the least" "$(assume reader --duration-seconds 899)" \
    'ValidationError\|valid'
tap_like "another account's role is refused" \
    "$(aws sts assume-role --role-arn arn:aws:iam::999999999999:role/x --role-session-name me)" \
    AccessDenied
tap_like "session policies are refused, not ignored" "$(assume reader --policy '{}')" ValidationError
tap_like "a wrong MFA code is refused" \
    "$(assume reader --serial-number arn:aws:iam::$account:mfa/me --token-code 111111)" AccessDenied
tap_like "the right one is taken" \
    "$(assume reader --serial-number arn:aws:iam::$account:mfa/me --token-code 123456)" '^ASIA'

# --- expiry
fault 'sts AssumeRole ttl_s=10'
set -- $(assume reader)
tap_like "keys of ten seconds work" "$(as "$1" "$2" "$3" aws s3 ls)" sandbox-stage
tap_ok "until they expire" wait_until 60 is_expired "$1" "$2" "$3" aws s3 ls s3://sandbox-stage/
tap_like "for STS too" "$(as "$1" "$2" "$3" whoami)" ExpiredToken
fault --clear

# --- web identity
jwt 600 >good.jwt
jwt -1 >old.jwt
web() { aws sts assume-role-with-web-identity --role-arn "$role/pod" --role-session-name session \
    --web-identity-token "$1" --query AssumedRoleUser.Arn; }
tap_like "a web identity is exchanged" "$(web "$(cat good.jwt)")" "assumed-role/pod/session"
tap_like "an expired one is not" "$(web "$(cat old.jwt)")" ExpiredToken
tap_like "nor what is none" "$(web abcdef)" InvalidIdentityToken

# --- endpoints, by the AWS CLI
tap_is "the CLI finds keys on the instance" "$(as_found instance whoami)" \
    "arn:aws:sts::$account:assumed-role/sandbox-instance/i-0123456789abcdef0"
tap_is "and in the container" "$(as_found container whoami)" \
    "arn:aws:sts::$account:assumed-role/sandbox-container/task"
instance=$(as_found instance printenv AWS_EC2_METADATA_SERVICE_ENDPOINT)
container=$(as_found container printenv AWS_CONTAINER_CREDENTIALS_FULL_URI)
tap_is "metadata wants a token" "$(http GET "${instance}latest/meta-data/placement/region")" 401
tap_is "and no proxy in between" "$(http PUT "${instance}latest/api/token" \
    X-aws-ec2-metadata-token-ttl-seconds 60 X-Forwarded-For 10.0.0.1)" 403
tap_is "a container wants its own" "$(http GET "$container" Authorization wrong)" 401

# --- redsmith
cat >.aws/credentials <<END
[base]
aws_access_key_id = $AWS_ACCESS_KEY_ID
aws_secret_access_key = $AWS_SECRET_ACCESS_KEY
END
cat >.aws/config <<END
[profile analyst]
role_arn = $role/analyst
source_profile = base
role_session_name = me
[profile coded]
role_arn = $role/coded
source_profile = base
mfa_serial = arn:aws:iam::$account:mfa/me
[profile loop]
role_arn = $role/a
source_profile = loop
END
profile() # profile NAME [LINE]
{
    cat >>config/redsmith/profiles.conf <<END
[$1]
host = $PGHOST
port = $PGPORT
database = $PGDATABASE
user = $PGUSER
sslmode = disable
region = $AWS_REGION
endpoint_url = $AWS_ENDPOINT_URL
tempdir = $REDSMITH_TEMPDIR
aws_iam_role = $REDSMITH_IAM_ROLE
$2
END
}
profile role 'aws_profile = analyst'
profile loop 'aws_profile = loop'
profile coded 'aws_profile = coded'
profile found
rs() { said_by "$REDSMITH" --progress none "$@"; }
answer=$(rs -p role profile test)
tap_like "profile test names the provider" "$answer" \
    'AWS credentials *ok .*assumed role (AWS profile analyst'
tap_like "the identity" "$answer" "AWS identity *ok .*assumed-role/analyst/me"
tap_like "and when they expire" "$answer" 'expire in \(1:00:00\|59:[0-9][0-9]\)'
tap_ok "never the secret" sh -c '! printf "%s" "$1" | grep -qF "$2"' sh "$answer" \
    "$AWS_SECRET_ACCESS_KEY"
tap_like "a loop is refused by file, profile and key" "$(rs -p loop profile test)" \
    '/.aws/config, profile loop: source_profile: .*circle'
tap_like "redsmith is the instance" "$(as_found instance rs -p found profile test)" \
    'AWS identity *ok .*sandbox-instance'
tap_like "redsmith is the container" "$(as_found container rs -p found profile test)" \
    'AWS identity *ok .*sandbox-container'
fault 'metadata GetToken status=404'
tap_like "an instance without tokens is not asked" "$(as_found instance rs -p found s3 ls \
    s3://sandbox-stage/)" 'hop limit'
fault --clear 'sts AssumeRole ttl_s=2'
renews() # keys of two seconds, and work that lasts longer
{
    end=$(($(date +%s) + 5))
    while [ "$(date +%s)" -lt "$end" ]; do
        rs -p role s3 ls s3://sandbox-stage/ | grep -q hello || return 1
    done
}
tap_ok "keys of two seconds are renewed as long as there is work" renews

# on_terminal CODE COMMAND...: what it says on a terminal, where the code is typed once it is asked for
on_terminal()
{
    /usr/bin/python3 -c 'import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
said, typed = b"", False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    said += part
    if not typed and said.rstrip().endswith(b"mfa/me:"):
        os.write(terminal, sys.argv[1].encode() + b"\n")
        typed = True
print(said.decode().replace("\r", ""))' "$@"
}
answer=$(on_terminal 123456 "$REDSMITH" --progress none -p coded profile test)
tap_like "the code of an MFA device is asked for" "$answer" 'AWS identity *ok .*assumed-role/coded/'
tap_ok "and not shown" sh -c '! printf "%s" "$1" | grep -q 123456' sh "$answer"
tap_like "without a terminal file, profile and key are named" "$(rs -p coded profile test </dev/null)" \
    '/.aws/config, profile coded: mfa_serial: '

# --- other clocks, slow answers, keys that end early
fault --clear 'sts * clock_s=-7200' 's3 * clock_s=-5000'
tap_like "S3 with another clock refuses the CLI" "$(aws s3 ls)" RequestTimeTooSkewed
tap_like "STS too" "$(whoami)" SignatureDoesNotMatch
answer=$(rs -p role profile test)
tap_like "redsmith learns the clock of STS" "$answer" "AWS identity *ok .*assumed-role/analyst/me"
tap_like "and that of S3" "$answer" 'tempdir *ok .*written, read and removed'
fault --clear 'sts * trickle=2000' 's3 ListObjectsV2 code=ExpiredToken count=1'
tap_like "an answer that trickles arrives" "$(whoami)" "^arn:aws:iam::$account:user/sandbox$"
tap_like "a key that ends early is replaced" "$(rs -p role s3 ls s3://sandbox-stage/)" hello
fault --clear
AWS_WEB_IDENTITY_TOKEN_FILE=$work/good.jwt AWS_ROLE_ARN=$role/pod
export AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN
tap_like "redsmith exchanges a web identity" \
    "$(unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY; rs -p found profile test)" \
    'AWS identity *ok .*assumed-role/pod/redsmith-'
