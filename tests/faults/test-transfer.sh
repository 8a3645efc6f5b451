#!/bin/sh
# Files that travel while requests fail in every way: they arrive byte for byte, killed and resumed or not,
# and no multipart upload stays open. 300 files and one of 200 MiB; with TRANSFER_FULL=1, 2,000 and 1 GiB.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith python3
sandbox_begin
sandbox_new
work=$sandbox_new_dir
# Six attempts instead of three: at one failure in twenty, three in a row do happen among thousands.
export XDG_CONFIG_HOME="$work/config" XDG_STATE_HOME="$work/state" XDG_CACHE_HOME="$work/cache" \
    AWS_MAX_ATTEMPTS=6
cd "$work" || exit 1

files=300 mib=200 kills=4
[ -z "$TRANSFER_FULL" ] || { files=2000 mib=1024 kills=20; }

rs() { "$REDSMITH_BUILDDIR/redsmith" -p sandbox --progress none --yes s3 "$@"; }
fault() { sandbox_fault "$@" || exit 1; }
# Multipart uploads are folders of the store while they are open.
open_uploads() { find "$REDSMITH_SANDBOX_DIR"/s3/*/uploads -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
leftovers() { find "$1" -name '.*.part' -o -name '.*.map' | wc -l; }
journals() { find "$work/state/redsmith/transfers" -type f 2>/dev/null | wc -l; }

# One request of each kind in twenty, spread over the ways to fail; the first numbers differ, so that they
# take turns.
set_faults()
{
    for operation in PutObject GetObject UploadPart; do
        fault "s3 $operation nth=7 every=120 status=503 code=SlowDown"
        fault "s3 $operation nth=27 every=120 status=500"
        fault "s3 $operation nth=47 every=120 reset=before"
        fault "s3 $operation nth=67 every=120 reset=during"
        fault "s3 $operation nth=87 every=120 reset=after"
        fault "s3 $operation nth=107 every=120 delay_ms=1000"
    done
    fault "s3 UploadPart nth=2 reset=after"
    fault "s3 UploadPart nth=5 reset=during"
    fault "s3 GetObject nth=3 reset=during"
    fault "s3 CreateMultipartUpload nth=1 every=3 reset=after"
    fault "s3 CompleteMultipartUpload nth=1 every=2 reset=after"
    fault "s3 ListObjectsV2 nth=2 every=20 status=500"
    fault "s3 HeadObject nth=1 every=5 status=503"
}

/usr/bin/python3 - "$files" "$mib" <<'E2'
import os, random, sys
random.seed(7)
files, mib = int(sys.argv[1]), int(sys.argv[2])
os.makedirs("data/odd names")
for i in range(files):
    name = f"data/f{i:04d}" if i % 50 else f"data/odd names/é +%{i}&=~'.txt"
    with open(name, "wb") as f:
        f.write(random.randbytes(random.choice((0, 1, 4000, 20000, 70000, 300000))))
with open("data/large", "wb") as f:
    block = random.randbytes(1 << 20)
    for i in range(mib):
        f.write(i.to_bytes(4, "big") + block[4:])
E2

# killed_at SECONDS COMMAND...: the command, killed for good when it has not ended by then. Its status.
killed_at()
{
    killed_after=$1
    shift
    /usr/bin/timeout -s KILL "$killed_after" "$@"
}

# kill_and_resume VERB ARGUMENT...: killed at random points again and again, then left alone.
kill_and_resume()
{
    killed=0 round=0
    while [ "$round" -lt "$kills" ]; do
        round=$((round + 1))
        # 0.05 s to 1.5 s, other points every time, the same in every run of the test.
        seconds=$(awk -v n="$round" 'BEGIN { srand(n * 7919); printf "%.2f", 0.05 + rand() * 1.45 }')
        killed_at "$seconds" "$REDSMITH_BUILDDIR/redsmith" -p sandbox --progress none --yes s3 "$@" \
            2>>"$work/killed.log"
        [ $? -eq 137 ] && killed=$((killed + 1))
    done
    rs "$@" 2>"$work/resumed.log" || sed 's/^/# /' "$work/resumed.log"
}

tap_plan 19

# --- faults on the way
set_faults
tap_ok "everything goes up while requests fail" rs put data s3://sandbox-stage/one
tap_is "no upload is left open" "$(open_uploads)" 0
tap_ok "everything comes down while requests fail" rs get s3://sandbox-stage/one back
tap_ok "byte for byte as it was" diff -r data back
tap_is "nothing half done lies about" "$(leftovers back)" 0

# --- killed and resumed
kill_and_resume put data s3://sandbox-data/two
tap_ok "puts were killed under way" test "$killed" -gt 0
tap_is "no upload is left open after the last" "$(open_uploads)" 0
tap_is "and no journal" "$(journals)" 0
kill_and_resume get s3://sandbox-data/two again
tap_ok "gets were killed under way" test "$killed" -gt 0
tap_ok "what was killed and resumed both ways is byte for byte as it was" diff -r data again
tap_is "nothing half done lies about after it" "$(leftovers again)" 0
fault --clear

# --- what is there is not moved again
tap_like "a put again sends nothing" \
    "$(rs --json put data s3://sandbox-data/two | tr -d '\t\n')" '"bytes":0,'
tap_like "a get again fetches nothing" \
    "$(rs --json get s3://sandbox-data/two again | tr -d '\t\n')" '"bytes":0,'

# --- a file that differs, a full disk, a cancel
echo other >again/large
rs get s3://sandbox-data/two again 2>refused
tap_is "a file that differs is not overwritten" "$(cat again/large)" other
tap_like "and named" "$(cat refused)" 'again/large is there and not the same'
# A limit on the size of files stands in for a full disk: the kernel says no in the middle of writing.
(trap '' XFSZ; ulimit -f 20000; rs get s3://sandbox-data/two/large full/large) 2>refused
tap_like "a full disk is a clear error" "$(cat refused)" 'full/large'
tap_ok "and leaves nothing under the final name" test ! -e full/large
"$REDSMITH_BUILDDIR/redsmith" -p sandbox --progress none s3 put --limit-rate 5000000 data/large \
    s3://sandbox-stage/cancelled 2>/dev/null &
cancelled=$!
wait_until 20 test -e "$REDSMITH_SANDBOX_DIR/s3/sandbox-stage/uploads"/*/upload.ini
kill -INT "$cancelled"
wait "$cancelled"
tap_is "a cancelled put ends with 4" $? 4
tap_is "and aborts its upload" "$(open_uploads)" 0

[ "$tap_failed" -eq 0 ]
