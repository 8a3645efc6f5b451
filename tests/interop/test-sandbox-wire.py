#!/usr/bin/python3
"""The sandbox's wire front, seen by psycopg2, psql and a bare socket. TAP."""

import contextlib
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

try:
    import psycopg2
    import psycopg2.extensions
except ImportError:
    print("1..0 # SKIP python3-psycopg2 is not installed")
    sys.exit(0)

BUILD = os.environ.get("REDSMITH_BUILDDIR", os.getcwd())
PROGRAM = os.path.join(BUILD, "redsmith-sandbox")
TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Sandbox:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="redsmith-test-")
        self.run("start", "--template", os.path.join(BUILD, "sandbox-template"))
        self.env = {}
        for line in self.run("env").splitlines():
            if not line.startswith("export "):
                continue
            name, value = line[len("export "):].split("=", 1)
            self.env[name] = value.strip("'")

    def run(self, command, *options):
        return subprocess.run([PROGRAM, command, "--dir", self.dir, *options], check=True,
                              capture_output=True, text=True, timeout=120).stdout

    def connect(self, **more):
        settings = {"host": self.env["PGHOST"], "port": self.env["PGPORT"],
                    "user": self.env["PGUSER"], "password": self.env["PGPASSWORD"],
                    "dbname": self.env["PGDATABASE"]}
        settings.update(more)
        return psycopg2.connect(**settings)

    def psql(self, *options):
        return subprocess.run(["psql", "-X", *options], env={**os.environ, **self.env},
                              capture_output=True, text=True, timeout=60)

    def close(self):
        subprocess.run([PROGRAM, "reset", "--dir", self.dir], capture_output=True, timeout=120)
        shutil.rmtree(self.dir, ignore_errors=True)


class Raw:
    """Protocol 3.0 by hand: what no client library sends."""

    def __init__(self, sandbox, options=()):
        self.socket = socket.create_connection((sandbox.env["PGHOST"], int(sandbox.env["PGPORT"])))
        self.socket.settimeout(30)
        self.file = self.socket.makefile("rb")
        pairs = ("user", sandbox.env["PGUSER"], "database", sandbox.env["PGDATABASE"], *options)
        body = struct.pack("!i", 196608) + b"".join(p.encode() + b"\0" for p in pairs) + b"\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        kind, body = self.read()
        self.first_error = body if kind == b"E" else None
        if self.first_error is not None:
            return
        salt = body[4:8]
        inner = hashlib.md5((sandbox.env["PGPASSWORD"] + sandbox.env["PGUSER"]).encode()).hexdigest()
        answer = "md5" + hashlib.md5(inner.encode() + salt).hexdigest()
        self.send(b"p", answer.encode() + b"\0")
        self.greeting = self.until_ready()

    def send(self, kind, body=b""):
        self.socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def read(self):
        head = self.file.read(5)
        if len(head) < 5:
            return b"", b""
        return head[:1], self.file.read(struct.unpack("!i", head[1:])[0] - 4)

    def until_ready(self):
        messages = []
        while True:
            kind, body = self.read()
            messages.append((kind, body))
            if kind in (b"Z", b""):
                return messages

    def query(self, sql):
        self.send(b"Q", sql.encode() + b"\0")
        return self.until_ready()

    def parse(self, sql, name=""):
        self.send(b"P", name.encode() + b"\0" + sql.encode() + b"\0\0\0")

    def bind(self, portal="", name=""):
        self.send(b"B", portal.encode() + b"\0" + name.encode() + b"\0" + b"\0" * 6)

    def execute(self, portal="", limit=0):
        self.send(b"E", portal.encode() + b"\0" + struct.pack("!i", limit))

    def run(self, *statements):
        for sql in statements:
            self.parse(sql)
            self.bind()
            self.send(b"D", b"P\0")
            self.execute()
        self.send(b"S")
        return self.until_ready()

    def close(self):
        self.file.close()
        self.socket.close()


def kinds(messages):
    return b"".join(kind for kind, _ in messages if kind not in (b"N", b"S")).decode()


def tags(messages):
    return [body[:-1].decode() for kind, body in messages if kind == b"C"]


def code(messages):
    for kind, body in messages:
        if kind == b"E":
            return dict((f[:1], f[1:]) for f in body.split(b"\0") if f).get(b"C", b"").decode()
    return None


def fails(sqlstate, function, *arguments):
    try:
        function(*arguments)
    except psycopg2.Error as error:
        assert error.pgcode == sqlstate, f"{error.pgcode}: {error}"
        return error
    raise AssertionError("nothing failed")


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < end:
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("not in time")


def one(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


@test
def a_select_answers(sandbox):
    with contextlib.closing(sandbox.connect()) as connection:
        assert one(connection, "select 1") == 1


@test
def it_introduces_itself_as_redshift(sandbox):
    raw = Raw(sandbox)
    told = dict(body[:-1].split(b"\0") for kind, body in raw.greeting if kind == b"S")
    raw.close()
    assert told[b"server_version"] == b"8.0.2", told
    assert told[b"server_encoding"] == b"UNICODE" and told[b"client_encoding"] == b"UNICODE"
    assert told[b"DateStyle"] == b"ISO, MDY" and told[b"TimeZone"] == b"UTC"
    assert b"standard_conforming_strings" not in told and b"IntervalStyle" not in told


@test
def backslashes_escape_in_plain_literals(sandbox):
    with contextlib.closing(sandbox.connect()) as connection:
        assert one(connection, r"select 'a\'b\\c'") == r"a'b\c"


@test
def a_wrong_password_is_28P01(sandbox):
    result = sandbox.psql("-c", "select 1", "-d", "dbname=dev password=wrong")
    assert result.returncode == 2
    user = sandbox.env["PGUSER"]
    assert f'password authentication failed for user "{user}"' in result.stderr, result.stderr
    raw = Raw(sandbox, ("user", "nobody\\'; --"))
    assert code([(b"E", raw.greeting[0][1])]) == "28P01"


@test
def an_unknown_database_is_refused(sandbox):
    try:
        sandbox.connect(dbname="nowhere")
    except psycopg2.OperationalError as error:
        assert 'database "nowhere" does not exist' in str(error)
    else:
        raise AssertionError("connected")


@test
def unknown_start_up_options_are_42704(sandbox):
    for option in ("IntervalStyle", "standard_conforming_strings", "lc_monetary", "work_mem"):
        raw = Raw(sandbox, (option, "x"))
        assert code([(b"E", raw.first_error)]) == "42704", option
    raw = Raw(sandbox, ("options", "-c work_mem=1GB"))
    assert code([(b"E", raw.first_error)]) == "42704"
    raw = Raw(sandbox, ("replication", "database"))
    assert code([(b"E", raw.first_error)]) == "0A000"


@test
def known_start_up_options_are_taken(sandbox):
    with contextlib.closing(sandbox.connect(options="-c client_encoding=UTF8",
                                            application_name="wire test")) as connection:
        assert connection.get_parameter_status("client_encoding") == "UTF8"
        assert one(connection, "select 'a€😀'") == "a€😀"


@test
def several_statements_are_one_transaction(sandbox):
    raw = Raw(sandbox)
    raw.query("create table multi (a int)")
    answer = raw.query("insert into multi values (1); select a from multi; insert into multi values (2)")
    assert tags(answer) == ["INSERT 0 1", "SELECT", "INSERT 0 1"], tags(answer)
    assert kinds(answer) == "CTDCCZ" and answer[-1][1] == b"I"
    answer = raw.query("insert into multi values (3); select * from no_such_table; select 1")
    assert code(answer) == "42P01" and tags(answer) == ["INSERT 0 1"] and answer[-1][1] == b"I"
    answer = raw.query("select count(*) from multi")
    assert answer[1][1].endswith(b"2"), answer
    raw.close()


@test
def statements_may_control_their_transaction(sandbox):
    raw = Raw(sandbox)
    raw.query("create table control (a int)")
    answer = raw.query("insert into control values (1); commit; insert into control values (2); "
                       "select * from no_such_table")
    assert code(answer) == "42P01" and answer[-1][1] == b"I"
    assert raw.query("select count(*) from control")[1][1].endswith(b"1")
    answer = raw.query("begin; insert into control values (5)")
    assert tags(answer) == ["BEGIN", "INSERT 0 1"] and answer[-1][1] == b"T"
    assert raw.query("rollback")[-1][1] == b"I"
    answer = raw.query("select 1; begin; select 2")
    assert answer[-1][1] == b"T" and tags(answer) == ["SELECT", "BEGIN", "SELECT"]
    assert tags(raw.query("commit")) == ["COMMIT"]
    raw.close()


@test
def an_empty_query_is_answered(sandbox):
    raw = Raw(sandbox)
    for text in ("", " ", ";;", "-- nothing"):
        assert kinds(raw.query(text)) == "IZ", text
    raw.close()


@test
def a_failed_transaction_refuses_everything(sandbox):
    raw = Raw(sandbox)
    raw.query("begin")
    assert raw.query("select * from no_such_table")[-1][1] == b"E"
    assert code(raw.query("select 1")) == "25P02"
    unload = "unload ('select 1') to 's3://sandbox-data/x' iam_role default"
    assert code(raw.query(unload)) == "25P02"
    assert tags(raw.query("commit")) == ["ROLLBACK"]
    raw.query("begin")
    answer = raw.query("copy t from stdin")
    assert code(answer) is not None and answer[-1][1] == b"E", answer
    assert raw.query("rollback")[-1][1] == b"I"
    raw.close()


@test
def errors_carry_state_and_position(sandbox):
    raw = Raw(sandbox)
    answer = raw.query("select 1; select nope from users")
    fields = next(body for kind, body in answer if kind == b"E").split(b"\0")
    assert b"C42703" in fields and b"P18" in fields, fields
    raw.close()


@test
def copy_with_the_client_stream_is_refused(sandbox):
    result = sandbox.psql("-c", "copy category from stdin")
    assert result.returncode == 1 and "ERROR" in result.stderr
    result = sandbox.psql("-c", "copy category to stdout")
    assert result.returncode == 1 and "ERROR" in result.stderr
    raw = Raw(sandbox)
    answer = raw.run("copy category from stdin")
    assert code(answer) is not None and answer[-1][1] == b"I"
    assert kinds(raw.query("select 1")) == "TDCZ"
    raw.close()


@test
def the_extended_protocol_works(sandbox):
    raw = Raw(sandbox)
    assert kinds(raw.run("select 1")) == "12TDCZ"
    assert kinds(raw.run("select 1", "select 2")) == "12TDC12TDCZ"
    raw.parse("select generate_series(1, 5)")
    raw.bind()
    raw.execute(limit=2)
    raw.execute(limit=2)
    raw.execute(limit=2)
    raw.send(b"S")
    assert kinds(raw.until_ready()) == "12DDsDDsDCZ"
    raw.parse("select $1::int + 1")
    raw.send(b"B", b"\0\0\0\0" + struct.pack("!hi", 1, 2) + b"41" + b"\0\0")
    raw.execute()
    raw.send(b"S")
    answer = raw.until_ready()
    assert answer[2][1].endswith(b"42"), answer
    raw.close()


@test
def an_error_skips_to_sync(sandbox):
    raw = Raw(sandbox)
    raw.query("create table skipped (a int)")
    answer = raw.run("insert into skipped values (1)", "select * from no_such_table",
                     "insert into skipped values (2)")
    assert code(answer) == "42P01" and kinds(answer) == "12nCEZ", kinds(answer)
    assert raw.query("select count(*) from skipped")[1][1].endswith(b"0")
    # One that the front refuses itself undoes what ran before it, too.
    answer = raw.run("insert into skipped values (1)", "copy skipped from stdin")
    assert code(answer) is not None and answer[-1][1] == b"I"
    assert raw.query("select count(*) from skipped")[1][1].endswith(b"0")
    raw.close()


@test
def unload_works_in_the_extended_protocol(sandbox):
    raw = Raw(sandbox)
    sql = ("unload ('select catid from category') to 's3://sandbox-data/extended/' "
           f"iam_role '{sandbox.env['REDSMITH_IAM_ROLE']}'")
    answer = raw.run(sql)
    assert kinds(answer) == "12nCZ" and tags(answer) == ["UNLOAD"], answer
    assert answer[-1][1] == b"I"
    raw.close()


@test
def a_function_call_is_refused(sandbox):
    raw = Raw(sandbox)
    raw.send(b"F", struct.pack("!ihhh", 1, 0, 0, 0))
    assert kinds(raw.until_ready()) == "EZ"
    assert kinds(raw.query("select 1")) == "TDCZ"
    raw.close()


@test
def a_statement_over_16_mb_is_refused(sandbox):
    raw = Raw(sandbox)
    answer = raw.query("select '" + "x" * (17 * 1024 * 1024) + "'")
    assert code(answer) == "54000" and answer[-1][1] == b"I"
    assert kinds(raw.query("select 1")) == "TDCZ"
    raw.close()


@test
def cancel_reaches_the_statement(sandbox):
    with contextlib.closing(sandbox.connect()) as connection:
        timer = threading.Timer(0.5, connection.cancel)
        started = time.monotonic()
        timer.start()
        fails("57014", one, connection, "select pg_sleep(30)")
        timer.join()
        assert time.monotonic() - started < 10
        connection.rollback()
        assert one(connection, "select 1") == 1


@test
def a_wrong_cancel_key_does_nothing(sandbox):
    raw = Raw(sandbox)
    pid = next(struct.unpack("!i", body[:4])[0] for kind, body in raw.greeting if kind == b"K")
    raw.send(b"Q", b"select pg_sleep(1)\0")
    with socket.create_connection((sandbox.env["PGHOST"], int(sandbox.env["PGPORT"]))) as other:
        other.sendall(struct.pack("!iiii", 16, 80877102, pid, 12345))
        other.recv(1)
    assert kinds(raw.until_ready()) == "TDCZ"
    raw.close()


@test
def a_client_that_dies_takes_its_statement_along(sandbox):
    running = ("select count(*) from pg_stat_activity where query like '%pg_sleep(77)%' "
               "and pid <> pg_backend_pid() and state = 'active'")
    with contextlib.closing(sandbox.connect()) as watcher:
        watcher.autocommit = True
        raw = Raw(sandbox)
        raw.send(b"Q", b"select pg_sleep(77)\0")
        wait_for(lambda: one(watcher, running) == 1)
        raw.close()
        wait_for(lambda: one(watcher, running) == 0)


@test
def a_slow_reader_costs_no_memory(sandbox):
    with open(os.path.join(sandbox.dir, "sandbox.ini")) as file:
        pid = next(line.split("=")[1].strip() for line in file if line.startswith("wire_pid="))

    def resident():
        with open(f"/proc/{pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    raw = Raw(sandbox)
    before = resident()
    raw.send(b"Q", b"select a.*, b.* from listing a, venue b\0")
    raw.file.read(1)
    time_end = time.monotonic() + 1
    wait_for(lambda: time.monotonic() > time_end)
    assert resident() - before < 20 * 1024, resident() - before
    raw.close()


@test
def a_query_is_in_the_log(sandbox):
    with contextlib.closing(sandbox.connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("set query_group to 'nightly'")
            cursor.execute("select 4711 as logged")
        status, label = (
            one(connection, f"select trim({column}) from sys_query_history "
                            "where query_text like 'select 4711%'")
            for column in ("status", "query_label"))
    assert (status, label) == ("success", "nightly"), (status, label)


@test
def a_fault_drops_the_connection(sandbox):
    sandbox.run("fault", "wire drop statement='insert into dropped' when=after count=1")
    with contextlib.closing(sandbox.connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("create table dropped (a int)")
            try:
                cursor.execute("INSERT INTO dropped VALUES (1)")
                raise AssertionError("the connection lives")
            except psycopg2.OperationalError:
                pass
    with contextlib.closing(sandbox.connect()) as connection:
        assert one(connection, "select count(*) from dropped") == 1
    sandbox.run("fault", "--clear")


@test
def bytes_can_be_counted_to_a_drop(sandbox):
    sandbox.run("fault", "wire drop after_bytes=100000 count=1")
    with contextlib.closing(sandbox.connect()) as connection:
        with connection.cursor() as cursor:
            try:
                cursor.execute("select * from users")
                raise AssertionError("the connection lives")
            except psycopg2.OperationalError:
                pass
    with contextlib.closing(sandbox.connect()) as connection:
        assert one(connection, "select count(*) from users") == 49990


@test
def many_sessions_work_at_once(sandbox):
    failures = []

    def work():
        try:
            with contextlib.closing(sandbox.connect()) as connection:
                for number in range(20):
                    assert one(connection, f"select {number}") == number
        except Exception as error:  # shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures


@test
def garbage_is_survived(sandbox):
    for junk in (b"GET / HTTP/1.0\r\n\r\n", b"\0\0\0\x08\x04\xd2\x16\x2f" * 9, b"\xff" * 64,
                 b"\0\0\0\x09\0\x03\0\0x"):
        with socket.create_connection((sandbox.env["PGHOST"], int(sandbox.env["PGPORT"]))) as other:
            other.sendall(junk)
            other.shutdown(socket.SHUT_WR)
            other.settimeout(10)
            with contextlib.suppress(ConnectionError):
                while other.recv(4096):
                    pass
    for kind, body in ((b"B", b"no end"), (b"D", b""), (b"P", b"x"), (b"C", b"S")):
        raw = Raw(sandbox)
        raw.send(kind, body)
        raw.send(b"S")
        assert code(raw.until_ready()) == "08P01", kind
        raw.close()
    with contextlib.closing(sandbox.connect()) as connection:
        assert one(connection, "select 1") == 1


def main():
    if not os.access(PROGRAM, os.X_OK):
        print("1..0 # SKIP redsmith-sandbox was not built")
        return
    print(f"1..{len(TESTS)}", flush=True)
    sandbox = Sandbox()
    try:
        for number, function in enumerate(TESTS, 1):
            try:
                function(sandbox)
                print(f"ok {number} - {function.__name__.replace('_', ' ')}", flush=True)
            except Exception as error:  # a test that fails must not hide the others
                print(f"not ok {number} - {function.__name__.replace('_', ' ')}")
                print("# " + f"{type(error).__name__}: {error}".replace("\n", "\n# "), flush=True)
    finally:
        sandbox.close()


main()
