#!/bin/sh
# redsmith s3 against a sandbox with keys, files and folders that are hard to treat right.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith python3 boto3
tap_plan 72
sandbox_begin
work_begin
cd "$work" || exit 1

rs() { "$REDSMITH_BUILDDIR/redsmith" -p sandbox --progress plain s3 "$@"; }
js() { rs --json "$@" 2>/dev/null | tr -d ' \t\n'; }
said() { cat "$work/stderr"; }
# store KEY TEXT...: objects of sandbox-stage, whatever their keys; those of aws:kms when KMS is set.
store()
{
    /usr/bin/python3 - "$@" <<'E2'
import boto3, os, sys
s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
more = {"ServerSideEncryption": "aws:kms"} if os.environ.get("KMS") else {}
for key, text in zip(sys.argv[1::2], sys.argv[2::2]):
    key = key.encode().decode("unicode_escape")
    s3.put_object(Bucket="sandbox-stage", Key=key, Body=text.encode(), **more)
E2
}

# --- names
mkdir -p odd/deep/er odd/nothing
echo one >"odd/a b+c%d&=~'é.txt"
echo two >"odd/$(printf 'esc\033[31m\nline')"
: >odd/empty
echo four >odd/deep/er/four
ln -s deep/er/four odd/link
status_is "odd names go up" 0 rs put odd s3://sandbox-stage/odd
status_is "and come down" 0 rs get s3://sandbox-stage/odd back
rmdir odd/nothing
tap_ok "as they were" diff -r odd back
tap_is "a put again sends nothing" "$(js put odd s3://sandbox-stage/odd | cut -d, -f1-4)" \
    '{"action":"put","files":0,"bytes":0,"files_there":5'
tap_is "a get again fetches nothing" "$(js get s3://sandbox-stage/odd back | cut -d, -f1-4)" \
    '{"action":"get","files":0,"bytes":0,"files_there":5'
tap_is "a dry run of a put lists what would be sent" \
    "$(js put odd s3://sandbox-stage/other --dry-run | tr -cd '{' | wc -c)" 5
tap_is "and sends nothing" "$(s3_count s3://sandbox-stage/other)" 0
echo changed >odd/deep/er/four
tap_like "a dry run knows what is there" "$(js put odd s3://sandbox-stage/odd --dry-run)" \
    '^\[{"action":"put","bytes":8,"file":"odd/deep/er/four",.*},{.*"file":"odd/link",[^{]*\]$'
rs rm -r s3://sandbox-stage/odd --yes 2>removed >&2
tap_ok "what is shown before it is deleted is a line each, with no byte that a terminal obeys" \
    grep -qF 's3://sandbox-stage/odd/esc\x1b[31m\nline' removed
tap_is "all of it is deleted" "$(s3_count s3://sandbox-stage/odd)" 0
status_is "a folder of nothing is sent" 0 mkdir -p hollow/folder
status_is "without an error" 0 rs put hollow s3://sandbox-stage/hollow
tap_like "and the word that there is nothing" "$(said)" 'no files to send'

# --- which objects a URL means
store data/one 1 data/two 22 database 333 data 4444
tap_is "a prefix is what is below the slash, and the object of that name" \
    "$(js rm -r s3://sandbox-stage/data --dry-run | tr -cd '{' | wc -c)" 3
tap_is "an object is that object" "$(js rm s3://sandbox-stage/data --dry-run)" \
    '[{"object":"s3://sandbox-stage/data"}]'
status_is "an object comes alone into a file" 0 rs get s3://sandbox-stage/data alone
tap_is "which holds it" "$(cat alone)" 4444
mkdir folder
status_is "and with what is below it into a folder" 0 rs get s3://sandbox-stage/data folder
tap_is "all of which are there" "$(ls folder | tr '\n' ' ')" "data one two "
status_is "a folder of a name that begins so is nothing" 1 rs get s3://sandbox-stage/dat x
tap_is "objects in JSON say what was deleted" "$(js rm -r --yes s3://sandbox-stage/data)" \
    '{"action":"rm","objects":3,"bytes":7}'
tap_is "and no more is" "$(s3_count s3://sandbox-stage/data)" 1

mkdir flat
for i in 0 1 2 3 4 5 6 7 8 9; do echo "$i" >"flat/é$i"; done
rs put flat/* s3://sandbox-stage/ 2>/dev/null
store beside/deep 1
tap_is "many files of one level are found again beside a folder" \
    "$(js put flat/* s3://sandbox-stage/ | cut -d, -f1-4)" \
    '{"action":"put","files":0,"bytes":0,"files_there":10'
mv flat/é9 flat/è9
tap_is "and the one that is new is sent" "$(js put flat/* s3://sandbox-stage/ --dry-run)" \
    '[{"action":"put","bytes":2,"file":"flat/è9","object":"s3://sandbox-stage/è9"}]'

# --- keys that are no files
store up/../../evil x
status_is "a key that leaves the target is refused" 1 rs get s3://sandbox-stage/up up
tap_like "and named" "$(said)" 'up/../../evil has no safe file name'
tap_ok "and nothing is written" test ! -e up -a ! -e evil -a ! -e ../evil
store dots/./a x twice//b x long/"$(printf 'n%.0s' $(seq 256))" x slash/dir/ x
for prefix in dots twice long slash; do
    status_is "a key that is no file name is refused: $prefix" 1 rs get "s3://sandbox-stage/$prefix" "$prefix"
    tap_like "before anything is fetched: $prefix" "$(ls "$prefix" 2>/dev/null; said)" 'no safe file name'
done
status_is "it can be had under another name" 0 rs get s3://sandbox-stage/dots/./a taken
store clash/a 1 clash/a/b 22 clash/c 333
status_is "a file that would be a folder is refused" 1 rs get s3://sandbox-stage/clash clash
tap_ok "before anything is fetched" test ! -e clash
tap_like "and named" "$(said)" 'clash/a/b would be a/b below clash, where another'
store same 1 same/same 22
mkdir same
status_is "two objects that would be one file are refused" 1 rs get s3://sandbox-stage/same same
tap_is "before anything is fetched" "$(ls same)" ""

# --- what stands in the way
store way/sub/f new
mkdir -p way/sub
echo old >way/sub/f
status_is "a file that differs is refused" 1 rs get s3://sandbox-stage/way way
status_is "but replaced on request" 0 rs get --overwrite s3://sandbox-stage/way way
tap_is "then it is the object" "$(cat way/sub/f)" new
rm -r way/sub
echo file >way/sub
status_is "a file where a folder is needed is refused" 1 rs get --overwrite s3://sandbox-stage/way way
tap_is "and kept" "$(cat way/sub)" file
rm way/sub
mkdir -p way/sub/f
status_is "a folder where a file is needed is refused" 1 rs get --overwrite s3://sandbox-stage/way way
tap_like "and not called replaceable" "$(said)" 'no regular file: it is not replaced'
echo target >target
ln -s target pointer
status_is "a link is not replaced" 1 rs get --overwrite s3://sandbox-stage/way/sub/f pointer
tap_is "nor what it points to" "$(cat target)" target

# --- objects whose ETag tells nothing
KMS=1 store kms/a 1 kms/b 22
rs get s3://sandbox-stage/kms kms 2>/dev/null
tap_is "with keys of KMS a get again fetches nothing" \
    "$(js get s3://sandbox-stage/kms kms | cut -d, -f1-4)" \
    '{"action":"get","files":0,"bytes":0,"files_there":2'
echo X >kms/a
printf 2 >kms/a
status_is "but what was written since is not taken for the object" 1 rs get s3://sandbox-stage/kms kms

# --- who may not list the bucket
sandbox_fault 's3 ListObjectsV2 status=403 code=AccessDenied'
status_is "who may only write can put" 0 rs put odd s3://sandbox-stage/blind
tap_like "and is told that all is sent" "$(said)" 'may not be listed, so that all is sent'
status_is "who may only read can get an object by its name" 0 rs get s3://sandbox-stage/blind/empty ./
tap_ok "and has it" test -f empty
status_is "but not what is below a name" 1 rs get s3://sandbox-stage/blind blind
status_is "nor delete what is below it" 1 rs rm -r --yes s3://sandbox-stage/blind/empty
sandbox_fault --clear 's3 GetObject status=403 code=InvalidObjectState'
tap_like "what is archived is still counted" "$(rs inspect s3://sandbox-stage/blind 2>/dev/null)" \
    '^ *denied *denied .*blind/empty$'
sandbox_fault --clear
tap_is "nothing was deleted" "$(js ls -r s3://sandbox-stage/blind | tr -cd '{' | wc -c)" 5

# --- options
status_is "an option that does nothing is refused" 2 rs put --overwrite odd s3://sandbox-stage/odd
tap_like "with what it is for" "$(said)" 'overwrite is for get, not for put'
status_is "so is another" 2 rs ls --concurrency 3 s3://sandbox-stage/
status_is "too many connections are refused" 2 rs put --concurrency 65 odd s3://sandbox-stage/odd
status_is "too low a rate is refused" 2 rs put --limit-rate 1000 odd s3://sandbox-stage/odd
status_is "a URL is needed" 2 rs ls sandbox-stage
status_is "and a target that has a name" 2 rs get s3://sandbox-stage/database ""
status_is "rm without an answer deletes nothing" 2 rs rm s3://sandbox-stage/database
tap_is "indeed" "$(s3_count s3://sandbox-stage/database)" 1

# --- a limit on the size of files is a failed write, not the end of the program
head -c 3000000 /dev/zero >zeros
rs put zeros s3://sandbox-stage/zeros 2>/dev/null
limited()
{
    /usr/bin/python3 -c 'import os, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000000, 1000000))
os.execv(sys.argv[1], sys.argv[1:])' "$REDSMITH_BUILDDIR/redsmith" -p sandbox s3 "$@"
}
status_is "a file over the limit is a failure" 1 limited get s3://sandbox-stage/zeros limited/zeros
tap_like "that is told" "$(said)" 'File too large'
tap_is "and leaves nothing" "$(ls -A limited)" ""

[ "$tap_failed" -eq 0 ]
