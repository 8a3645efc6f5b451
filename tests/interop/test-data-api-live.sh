#!/bin/sh
# Sessions over the Data API against a sandbox of their own.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"
sandbox_begin
"$REDSMITH_BUILDDIR/data-api-live"
