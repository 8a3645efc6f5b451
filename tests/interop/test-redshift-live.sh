#!/bin/sh
# The redshift floor against a sandbox of its own: sessions, catalog, load errors, activity.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"
sandbox_begin
"$REDSMITH_BUILDDIR/redshift-live"
