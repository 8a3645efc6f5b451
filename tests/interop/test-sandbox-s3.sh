#!/bin/sh
# Debian's awscli, unmodified, against the sandbox's S3.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

[ -x /usr/bin/aws ] || tap_skip_all "Debian's awscli is not installed"
tap_needs aws python3
sandbox_begin
sandbox_new
work=$sandbox_new_dir
# Nothing of this account's own settings, and no pager.
export HOME="$work" AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_PAGER=
unset AWS_PROFILE AWS_SESSION_TOKEN

# Debian's version knows endpoints only as an option.
s3() { /usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" --region "$AWS_REGION" s3 "$@"; }
s3api() { /usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" --region "$AWS_REGION" s3api "$@"; }
fetch() { /usr/bin/python3 -c 'import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' "$1"; }
# With another secret key, as one command.
with_bad_secret() { (AWS_SECRET_ACCESS_KEY=wrong; export AWS_SECRET_ACCESS_KEY; s3 ls 2>&1); }

tap_plan 17
cd "$work" || exit 1
/usr/bin/python3 -c 'import random; random.seed(5); open("big", "wb").write(random.randbytes(20000000))'
odd='a b+c%25&=é~().txt'
printf 'odd\n' >"$odd"

buckets=$(s3 ls)
tap_like "the stage bucket is listed" "$buckets" ' sandbox-stage$'
tap_like "the data bucket is listed" "$buckets" ' sandbox-data$'

tap_ok "a small file goes up" s3 cp --quiet "$odd" "s3://sandbox-stage/t/$odd"
tap_ok "20 MB go up in parts" s3 cp --quiet big s3://sandbox-stage/t/big
tap_is "no upload is left open" "$(s3api list-multipart-uploads --bucket sandbox-stage \
    --query 'length(Uploads || `[]`)')" 0
tap_is "both are listed" "$(s3api list-objects-v2 --bucket sandbox-stage --prefix t/ \
    --query 'Contents[].[Key,Size]' --output text)" "$(printf 't/%s\t4\nt/big\t20000000' "$odd")"
tap_like "folders are common prefixes" "$(s3 ls s3://sandbox-stage/)" 'PRE t/$'
tap_like "the ETag tells the parts" "$(s3api head-object --bucket sandbox-stage --key t/big \
    --query ETag --output text)" '-3"$'

s3 cp --quiet s3://sandbox-stage/t/big back
tap_ok "the large file comes back as it was" cmp big back
s3 cp --quiet "s3://sandbox-stage/t/$odd" back
tap_ok "the oddly named one too" cmp "$odd" back

s3api get-object --bucket sandbox-stage --key t/big --range bytes=5-14 part >/dev/null
dd if=big of=expected bs=1 skip=5 count=10 2>/dev/null
tap_ok "a range is those bytes" cmp expected part

tap_is "a presigned URL needs no key" \
    "$(fetch "$(s3 presign "s3://sandbox-stage/t/$odd" --expires-in 60)")" odd
tap_ok "20 MB are copied on the server" s3 cp --quiet s3://sandbox-stage/t/big s3://sandbox-data/copy
s3 cp --quiet s3://sandbox-data/copy back
tap_ok "the copy is identical" cmp big back

s3 rm --quiet s3://sandbox-data/copy
s3 rm --quiet --recursive s3://sandbox-stage/t/
tap_is "what was removed is gone" "$(s3 ls --recursive s3://sandbox-stage/t/)" ""

tap_like "a wrong secret key is refused" "$(with_bad_secret)" SignatureDoesNotMatch
tap_like "a missing bucket is named" "$(s3 ls s3://sandbox-none 2>&1)" NoSuchBucket

[ "$tap_failed" -eq 0 ]
