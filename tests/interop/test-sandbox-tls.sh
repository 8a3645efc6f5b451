#!/bin/sh
# TLS on the sandbox's wire front: verified by psql and psycopg2 with the sandbox's own authority; every
# kind of wrong certificate refused by a client that verifies, each with OpenSSL's own words; and nobody
# held up by a client that never ends its handshake.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"
tap_needs psql python3 psycopg2
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

attempt()
{
    timeout 60 psql -XAtc 'SELECT 42' "$@" 2>&1
}

# The sandbox of $REDSMITH_SANDBOX_DIR anew with these options.
restart()
{
    "$SANDBOX_PROGRAM" stop --dir "$REDSMITH_SANDBOX_DIR" >/dev/null
    sandbox_start "$REDSMITH_SANDBOX_DIR" "$@" || exit 1
    eval "$("$SANDBOX_PROGRAM" env --dir "$REDSMITH_SANDBOX_DIR")"
}

tap_plan 21
sandbox_begin
tap_is "env asks for verification" "$PGSSLMODE $PGSSLROOTCERT" \
    "verify-full $REDSMITH_SANDBOX_DIR/ca.crt"
tap_is "psql verifies the front by its address" "$(attempt)" 42
tap_is "and by name" "$(attempt "host=localhost hostaddr=127.0.0.1")" 42
tap_is "plaintext is taken too" "$(PGSSLMODE=disable attempt)" 42
tap_like "TLS 1.2 is enough" "$(attempt "ssl_max_protocol_version=TLSv1.2")" '^42$'
tap_is "keys are their owner's only" \
    "$(stat -c %a "$REDSMITH_SANDBOX_DIR"/ca.key "$REDSMITH_SANDBOX_DIR"/server.key | tr '\n' ' ')" \
    "600 600 "

cat >"$REDSMITH_SANDBOX_DIR/log/tls.py" <<'PYTHON'
import os, socket, ssl, struct, threading
import psycopg2

port = int(os.environ["PGPORT"])
stuck = socket.create_connection(("127.0.0.1", port))
stuck.sendall(struct.pack("!ii", 8, 80877103))
assert stuck.recv(1) == b"S"
stuck.sendall(b"\x16\x03")  # a record's first bytes, and then nothing

connection = psycopg2.connect("")
cursor = connection.cursor()
cursor.execute("SELECT count(*), sum(salesid) FROM (SELECT salesid FROM sales) s")
rows = cursor.fetchone()
cursor.execute("SELECT salesid FROM sales")
fetched = cursor.fetchall()
assert connection.info.ssl_in_use
assert (len(fetched), sum(row[0] for row in fetched)) == rows, rows
print("rows")

threading.Timer(0.3, connection.cancel).start()
try:
    cursor.execute("SELECT count(*) FROM sales a CROSS JOIN sales b")
except psycopg2.errors.QueryCanceled:
    print("canceled")
connection.rollback()
role, tempdir = os.environ["REDSMITH_IAM_ROLE"], os.environ["REDSMITH_TEMPDIR"]
cursor.execute("UNLOAD ('SELECT * FROM category') TO '%s/tls/' IAM_ROLE '%s'" % (tempdir, role))
cursor.execute("CREATE TEMP TABLE back (LIKE category)")
cursor.execute("COPY back FROM '%s/tls/' IAM_ROLE '%s'" % (tempdir, role))
cursor.execute("SELECT count(*) FROM back")
print("copied", cursor.fetchone()[0])

early = socket.create_connection(("127.0.0.1", port))
early.sendall(struct.pack("!ii", 8, 80877103) + struct.pack("!ii", 9, 196608) + b"\0")
answer = early.recv(4096)
print("refused" if b"unencrypted data" in answer else answer)
stuck.close()
PYTHON
python_says=$(timeout 120 /usr/bin/python3 "$REDSMITH_SANDBOX_DIR/log/tls.py" 2>&1)
tap_like "psycopg2 reads a large result while another client hangs in its handshake" \
    "$python_says" '^rows$'
tap_like "a cancel request ends a statement" "$python_says" '^canceled$'
tap_like "UNLOAD and COPY answer" "$python_says" '^copied 11$'
tap_like "data ahead of the handshake is refused" "$python_says" '^refused$'

first=$(cat "$PGSSLROOTCERT")
restart --tls require
tap_is "the authority stays" "$(cat "$PGSSLROOTCERT")" "$first"
tap_is "require: TLS is taken" "$(attempt)" 42
tap_like "require: plaintext is refused" "$(PGSSLMODE=disable attempt)" 'SSL off'
restart --tls off
tap_is "off: env says so" "$PGSSLMODE" disable
tap_like "off: who insists is told" "$(PGSSLMODE=require attempt)" 'does not support SSL'

# libpq names no reason; what OpenSSL finds wrong is asked from Python.
cat >"$REDSMITH_SANDBOX_DIR/log/verify.py" <<'PYTHON'
import os, socket, ssl, struct

plain = socket.create_connection(("127.0.0.1", int(os.environ["PGPORT"])))
plain.sendall(struct.pack("!ii", 8, 80877103))
assert plain.recv(1) == b"S"
context = ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])
try:
    context.wrap_socket(plain, server_hostname="127.0.0.1")
    print("verified")
except ssl.SSLCertVerificationError as error:
    print(error.verify_message)
PYTHON

# wrong KIND PATTERN
wrong()
{
    restart --tls-certificate "$1"
    wrong_reason=$(timeout 60 /usr/bin/python3 "$REDSMITH_SANDBOX_DIR/log/verify.py" 2>&1)
    tap_like "$1" "$wrong_reason $(attempt)" "$2.*SSL error: certificate verify failed"
}
wrong expired 'certificate has expired'
wrong not-yet-valid 'not yet valid'
wrong self-signed 'self.signed certificate'
wrong unknown-ca 'unable to get local issuer'
restart --tls-certificate wrong-host
tap_like "wrong host" "$(attempt)" 'does not match host name'
restart --tls-certificate old-protocol
tap_like "an old protocol" "$(attempt)" 'protocol'
