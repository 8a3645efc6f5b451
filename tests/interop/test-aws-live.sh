#!/bin/sh
# Our clients of Redshift, Serverless, Secrets Manager and the Data API, and sessions over the Data API,
# against a sandbox of their own.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"
sandbox_begin
"$REDSMITH_BUILDDIR/aws-live"
