# sandbox-lib.sh: what shell tests that need a sandbox share. POSIX sh; source it:
#
#     . "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"
#     tap_plan 2
#     tap_needs redsmith psql          # or all is skipped
#     sandbox_begin                    # a private sandbox; its `env` is in the environment
#     work_begin                       # a folder of the test's own, in $work
#     tap_ok "a select answers" test "$(psql -XAtc 'select 1')" = 1
#     tap_is "the database" "$(psql -XAtc 'select current_database()')" dev
#     sandbox_end                      # or the end of the script, however it ends
#
# REDSMITH_BUILDDIR names the build folder with redsmith-sandbox. The prepared database is kept there in
# sandbox-template, so only the first start of a build fills one.

REDSMITH_BUILDDIR=${REDSMITH_BUILDDIR:-$(pwd)}
SANDBOX_PROGRAM=$REDSMITH_BUILDDIR/redsmith-sandbox
tap_count=0
tap_planned=0
tap_failed=0
sandbox_dirs=

# The AWS CLI, Debian's own where it is there. Version 2.9 does not know AWS_ENDPOINT_URL: it is told on
# its command line. What it complains of is shown, and tests compare what it lists: an error is no
# empty listing.
AWS_PROGRAM=/usr/bin/aws
[ -x "$AWS_PROGRAM" ] || AWS_PROGRAM=$(command -v aws || true)
if [ -n "$AWS_PROGRAM" ]; then
    aws()
    {
        "$AWS_PROGRAM" --endpoint-url "$AWS_ENDPOINT_URL" "$@"
    }
fi

# s3_count URL: the number of objects below it, or "error" when they could not be listed. An empty
# listing is status 1 with nothing said.
s3_count()
{
    s3_listing=$(aws s3 ls --recursive "$1" 2>&1) || [ -z "$s3_listing" ] || {
        echo error
        return 0
    }
    printf '%s' "$s3_listing" | grep -c '' || true
}

tap_plan()
{
    tap_planned=$1
    echo "1..$1"
}

# tap_ok NAME COMMAND...: passes when the command succeeds.
tap_ok()
{
    tap_name=$1
    shift
    tap_count=$((tap_count + 1))
    if "$@"; then
        echo "ok $tap_count - $tap_name"
    else
        tap_failed=$((tap_failed + 1))
        echo "not ok $tap_count - $tap_name"
    fi
}

# tap_is NAME GOT EXPECTED
tap_is()
{
    tap_count=$((tap_count + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $tap_count - $1"
        return 0
    fi
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $1"
    printf '%s\n' "got: $2" "expected: $3" | sed 's/^/# /'
}

# tap_like NAME TEXT PATTERN: the text has a line that matches the basic regular expression.
tap_like()
{
    tap_count=$((tap_count + 1))
    if printf '%s\n' "$2" | grep -q -e "$3"; then
        echo "ok $tap_count - $1"
        return 0
    fi
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $1"
    printf '%s\n' "got: $2" "expected a line like: $3" | sed 's/^/# /'
}

# tap_skip REASON NAME...: these tests cannot be made here; the reason says what the machine lacks.
tap_skip()
{
    tap_reason=$1
    shift
    for tap_name in "$@"; do
        tap_count=$((tap_count + 1))
        echo "ok $tap_count - $tap_name # SKIP $tap_reason"
    done
}

# tap_skip_all REASON: the same for a whole file, or for what is left of its plan.
tap_skip_all()
{
    [ "$tap_planned" -gt 0 ] || echo "1..0 # SKIP $1"
    while [ "$tap_count" -lt "$tap_planned" ]; do
        tap_skip "$1" "not run"
    done
    exit 0
}

# tap_needs NAME...: skips all without one of these programs and modules of Python; redsmith is the one
# that was built.
tap_needs()
{
    for need_program in "$@"; do
        case $need_program in
        python3) [ -x /usr/bin/python3 ] || tap_skip_all "python3 is not installed" ;;
        psycopg2 | boto3)
            /usr/bin/python3 -c "import $need_program" 2>/dev/null ||
                tap_skip_all "python3-$need_program is not installed" ;;
        redsmith) [ -x "$REDSMITH_BUILDDIR/redsmith" ] || tap_skip_all "redsmith was not built" ;;
        aws) [ -x "$AWS_PROGRAM" ] || tap_skip_all "the AWS CLI is not installed" ;;
        *) command -v "$need_program" >/dev/null || tap_skip_all "$need_program is not installed" ;;
        esac
    done
}

# status_is NAME STATUS COMMAND...: what the command ends with; what it says is in $work/stdout and stderr.
status_is()
{
    status_name=$1 status_expected=$2
    shift 2
    "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
    tap_is "$status_name" $? "$status_expected"
}

# How many words there are, of lists that are unquoted on purpose.
count_words()
{
    echo $#
}

# wait_until SECONDS COMMAND...: tries until it succeeds.
wait_until()
{
    wait_step=0.05
    wait_end=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -le "$wait_end" ] || return 1
        sleep "$wait_step"
    done
}

# sandbox_new: the path of a fresh folder that is cleaned up at the end, in $sandbox_new_dir.
sandbox_new()
{
    sandbox_new_dir=$(mktemp -d "${TMPDIR:-/tmp}/redsmith-test-XXXXXX") || exit 1
    sandbox_dirs="$sandbox_dirs $sandbox_new_dir"
}

# work_begin: a folder of the test's own, in $work, below which redsmith keeps its files too.
work_begin()
{
    sandbox_new
    work=$sandbox_new_dir
    export XDG_CONFIG_HOME="$work/config" XDG_STATE_HOME="$work/state" XDG_CACHE_HOME="$work/cache"
}

# api_profile: the profile "api", which reaches the sandbox by the Data API. After work_begin.
api_profile()
{
    mkdir -p "$XDG_CONFIG_HOME/redsmith"
    cat >"$XDG_CONFIG_HOME/redsmith/profiles.conf" <<END
[api]
transport = data-api
auth = iam
cluster_identifier = $REDSMITH_CLUSTER_IDENTIFIER
db_user = $PGUSER
database = $PGDATABASE
region = $AWS_REGION
tempdir = $REDSMITH_TEMPDIR
aws_iam_role = $REDSMITH_IAM_ROLE
END
    chmod 600 "$XDG_CONFIG_HOME/redsmith/profiles.conf"
}

# sandbox_fault [OPTION...] [RULE...]: what is to fail from now on.
sandbox_fault()
{
    "$SANDBOX_PROGRAM" fault --dir "$REDSMITH_SANDBOX_DIR" "$@" >/dev/null
}

# sandbox_start DIR [OPTION...]
sandbox_start()
{
    sandbox_start_dir=$1
    shift
    "$SANDBOX_PROGRAM" start --dir "$sandbox_start_dir" \
        --template "$REDSMITH_BUILDDIR/sandbox-template" "$@" >/dev/null
}

# sandbox_begin [OPTION...]: a private sandbox, its exports in the environment.
sandbox_begin()
{
    [ -x "$SANDBOX_PROGRAM" ] || tap_skip_all "redsmith-sandbox was not built"
    sandbox_new
    REDSMITH_SANDBOX_DIR=$sandbox_new_dir
    sandbox_start "$REDSMITH_SANDBOX_DIR" "$@" || {
        echo "Bail out! the sandbox did not start"
        cat "$REDSMITH_SANDBOX_DIR"/log/*.log | sed 's/^/# /'
        exit 1
    }
    eval "$("$SANDBOX_PROGRAM" env --dir "$REDSMITH_SANDBOX_DIR")"
}

# Stops and removes every sandbox of this test.
sandbox_end()
{
    for sandbox_dir in $sandbox_dirs; do
        "$SANDBOX_PROGRAM" reset --dir "$sandbox_dir" >/dev/null 2>&1
        rm -rf "$sandbox_dir"
    done
    sandbox_dirs=
}

trap 'sandbox_status=$?; sandbox_end; exit $sandbox_status' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
