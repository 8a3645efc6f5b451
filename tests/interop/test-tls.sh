#!/bin/sh
# TLS failures, each with its own message and remedy, and nothing is sent to a server that is not trusted.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith
sandbox_begin
REDSMITH=$REDSMITH_BUILDDIR/redsmith
work_begin
export HOME="$work"
# again OPTION...: the same sandbox with another certificate
again()
{
    "$SANDBOX_PROGRAM" stop --dir "$REDSMITH_SANDBOX_DIR" >/dev/null
    sandbox_start "$REDSMITH_SANDBOX_DIR" "$@"
    eval "$("$SANDBOX_PROGRAM" env --dir "$REDSMITH_SANDBOX_DIR")"
    export PGSSLMODE=verify-full PGSSLROOTCERT="$REDSMITH_SANDBOX_DIR/ca.crt"
}
ask() { "$REDSMITH" -p environment query -c 'select 1 as x' 2>&1; }
# refused NAME KIND PATTERN REMEDY
refused()
{
    again --tls-certificate "$2"
    answer=$(ask)
    tap_is "$1: no session" "$?" 3
    tap_like "$1: its own message" "$answer" "$3"
    tap_like "$1: and what helps" "$answer" "$4"
}

tap_plan 31
is_let_in() { ask >/dev/null; }
tap_ok "the sandbox's own authority is trusted" is_let_in
refused "an expired certificate" expired 'certificate has expired: .* was valid until' clock
refused "one of tomorrow" not-yet-valid 'not yet valid: .* begins at' clock
refused "another host's" wrong-host 'does not match host name' 'verify-ca'
refused "a self-signed one, as a man in the middle has" self-signed 'is self-signed' 'sslrootcert'
refused "an unknown issuer's" unknown-ca 'issuer is unknown: .* is signed by' 'in between'
refused "an old protocol" old-protocol 'protocol version' '1.2'
again --tls off
export PGSSLMODE=verify-full
answer=$(ask)
tap_is "a server without TLS: no session" "$?" 3
tap_like "a server without TLS: its own message" "$answer" 'does not support SSL'
tap_like "a server without TLS: and what helps" "$answer" 'no password was sent'
again --tls require
export PGSSLMODE=disable
tap_like "a server that demands TLS says so" "$(ask)" 'demands TLS: set sslmode'
export PGSSLMODE=verify-full PGSSLROOTCERT=/nonexistent.pem
answer=$(ask)
tap_is "a missing file of roots is configuration" "$?" 2
tap_like "and is named" "$answer" '/nonexistent.pem.*does not exist'
unset PGSSLROOTCERT
tap_like "the system's authorities do not know the sandbox's" "$(ask)" 'issuer is unknown'
again
export PGSSLMODE=require
unset PGSSLROOTCERT
answer=$("$REDSMITH" -p environment profile test 2>&1)
tap_like "the preflight warns of a certificate that nobody looks at" "$answer" '^TLS *warning'
export PGSSLMODE=verify-full PGSSLROOTCERT="$REDSMITH_SANDBOX_DIR/ca.crt"
tap_like "and tells who signed one that is trusted" "$("$REDSMITH" -p environment profile test 2>&1)" \
    '^TLS *ok .*TLSv1.*redsmith sandbox CA'
again --tls-certificate unknown-ca
answer=$("$REDSMITH" -p environment profile test 2>&1)
tap_is "the preflight of an untrusted server ends as a failed connection" "$?" 3
tap_like "and its TLS line says why" "$answer" '^TLS *failed .*issuer is unknown'
tap_like "what could not be asked is skipped" "$answer" '^read the catalog *skipped'
