"""What the tests of queries share: a sandbox, the product's printer, and short spellings of trees.

The printer (query-text) is given JSON; col(), val() and the like make it. PG is a connection straight
to the sandbox's PostgreSQL, past the Redshift front, for oracles and for filling tables.
"""

import configparser
import json
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import psycopg2
except ImportError:
    print("1..0 # SKIP python3-psycopg2 is not installed")
    sys.exit(0)

BUILD = os.environ.get("REDSMITH_BUILDDIR", os.getcwd())
PROGRAM = os.path.join(BUILD, "redsmith-sandbox")


class Sandbox:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="redsmith-query-")
        self.run("start", "--template", os.path.join(BUILD, "sandbox-template"))
        self.env = {}
        for line in self.run("env").splitlines():
            if line.startswith("export "):
                name, value = line[len("export "):].split("=", 1)
                self.env[name] = value.strip("'")
        self.printer = subprocess.Popen([os.path.join(BUILD, "query-text")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.redshift = psycopg2.connect(
            host=self.env["PGHOST"], port=self.env["PGPORT"], user=self.env["PGUSER"],
            password=self.env["PGPASSWORD"], dbname=self.env["PGDATABASE"])
        self.redshift.autocommit = True
        self.pg = psycopg2.connect(**self.private())
        self.pg.autocommit = True

    def private(self):
        config = configparser.ConfigParser(interpolation=None)
        config.read(os.path.join(self.dir, "sandbox.ini"))
        values = {name: value for section in config.sections() for name, value in
                  config[section].items()}
        folder = values["socket_dir"]
        port = next(name for name in os.listdir(folder) if name.startswith(".s.PGSQL.")
                    and not name.endswith(".lock")).rsplit(".", 1)[1]
        return {"host": folder, "port": port, "user": values["superuser"],
                "dbname": self.env["PGDATABASE"]}

    def run(self, command, *options):
        return subprocess.run([PROGRAM, command, "--dir", self.dir, *options], check=True,
                              capture_output=True, text=True, timeout=300).stdout

    def print(self, description):
        """The SQL, made twice: from the structure, and from the text that a user would type."""
        self.printer.stdin.write(json.dumps(description) + "\n")
        self.printer.stdin.flush()
        return json.loads(self.printer.stdout.readline())

    def close(self):
        self.printer.stdin.close()
        self.printer.wait(timeout=60)
        subprocess.run([PROGRAM, "reset", "--dir", self.dir], capture_output=True, timeout=120)
        shutil.rmtree(self.dir, ignore_errors=True)


def rows(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def col(name, kind=None, of=None, path=None):
    node = {"col": name}
    if kind:
        node["kind"] = kind
    if of:
        node["of"] = of
    if path:
        node["path"] = path
    return node


def val(kind, text):
    return {"value": text, "kind": kind}


NULL = {"value": None, "kind": "unknown"}


def test(op, *args):
    return {"test": op, "args": list(args)}


def call(name, *args, **more):
    return {"call": name, "args": list(args), **more}


def op(name, *args):
    return {"op": name, "args": list(args)}
