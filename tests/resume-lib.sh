# resume-lib.sh: what the tests of killed and resumed jobs share. POSIX sh; source it behind sandbox-lib.sh:
#
#     sandbox_begin
#     work_begin
#     resume_begin PROFILE             # redsmith, sql, crash and resume are about that profile
#     tap_ok "write is killed at $point" crash "$point" write "$work/new.csv" --into target --yes
#     tap_is "and resumed" "$(resume)" "0 0 tables 0 objects"
#
# The points are exact (REDSMITH_TEST_CRASH, see src/job/fault.h).

resume_begin()
{
    resume_profile=$1
}

redsmith()
{
    "$REDSMITH_BUILDDIR/redsmith" -p "$resume_profile" --progress none "$@"
}

sql()
{
    psql -XAtqc "$1" 2>>"$work/psql"
}

# The id of the job that was begun last.
last_job()
{
    ls -t "$XDG_STATE_HOME/redsmith/jobs" | sed -n 's/\.jsonl$//p' | sed -n 1p
}

# crash POINT COMMAND...: runs the command, which must be killed there; its job is $job.
crash()
{
    crash_point=$1
    shift
    REDSMITH_TEST_CRASH=$crash_point redsmith "$@" >"$work/out" 2>"$work/err"
    crash_status=$?
    job=$(last_job)
    [ "$crash_status" -eq 137 ] && return 0
    echo "# $crash_point: exit status $crash_status, not killed"
    sed 's/^/# /' "$work/err"
    return 1
}

# resume: the job's outcome, and what it has left behind, as one line.
resume()
{
    redsmith jobs resume "$job" >"$work/out" 2>"$work/err"
    resume_status=$?
    [ "$resume_status" -eq 0 ] || sed 's/^/# /' "$work/err" >&2
    echo "$resume_status $(leftovers)"
}

# Tables of ours, and objects on the stage.
leftovers()
{
    leftover_tables=$(sql "select count(*) from pg_class where relname like 'redsmith\\\\_%'")
    leftover_objects=$(s3_count s3://sandbox-stage/)
    echo "$leftover_tables tables $leftover_objects objects"
}
