#!/usr/bin/python3
"""Secrets Manager, Redshift, Redshift Serverless and the Data API of the sandbox, seen by Debian's
boto3 and awscli, unmodified, and by plain signed requests where boto3 is too old. TAP."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

try:
    import boto3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.exceptions import ClientError
except ImportError:
    print("1..0 # SKIP python3-boto3 is not installed")
    sys.exit(0)

BUILD = os.environ.get("REDSMITH_BUILDDIR", os.getcwd())
PROGRAM = os.path.join(BUILD, "redsmith-sandbox")
CLUSTER = "sandbox-cluster"
WHERE = {"ClusterIdentifier": CLUSTER, "Database": "dev"}
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
        self.keys = {"aws_access_key_id": self.env["AWS_ACCESS_KEY_ID"],
                     "aws_secret_access_key": self.env["AWS_SECRET_ACCESS_KEY"]}

    def run(self, command, *options):
        return subprocess.run([PROGRAM, command, "--dir", self.dir, *options], check=True,
                              capture_output=True, text=True, timeout=120).stdout

    def client(self, service, **keys):
        return boto3.client(service, region_name="us-east-1",
                            endpoint_url=self.env["AWS_ENDPOINT_URL"],
                            config=Config(retries={"mode": "standard", "max_attempts": 3}),
                            **(keys or self.keys))

    def psql(self, user, password, sql, **more):
        env = {**os.environ, **self.env, "PGUSER": user, "PGPASSWORD": password, **more}
        return subprocess.run(["psql", "-XAtc", sql], env=env, capture_output=True, text=True,
                              timeout=60)

    def aws(self, *words):
        env = {**os.environ, **self.env, "AWS_PAGER": "", "HOME": self.dir,
               "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        env.pop("AWS_SESSION_TOKEN", None)
        env.pop("AWS_PROFILE", None)
        done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.env["AWS_ENDPOINT_URL"],
                               "--output", "json", *words], env=env, capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def call(self, operation, **body):
        """One signed request of the Data API, for what boto3 does not know yet."""
        request = AWSRequest("POST", self.env["AWS_ENDPOINT_URL"] + "/", data=json.dumps(body),
                             headers={"X-Amz-Target": "RedshiftData." + operation,
                                      "Content-Type": "application/x-amz-json-1.1"})
        keys = Credentials(self.env["AWS_ACCESS_KEY_ID"], self.env["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(keys, "redshift-data", "us-east-1").add_auth(request)
        plain = urllib.request.Request(request.url, data=request.body,
                                       headers=dict(request.headers), method="POST")
        try:
            with urllib.request.urlopen(plain, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def close(self):
        subprocess.run([PROGRAM, "reset", "--dir", self.dir], capture_output=True, timeout=120)
        shutil.rmtree(self.dir, ignore_errors=True)


def refused(code, function, **arguments):
    try:
        function(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError("not refused with " + code)


def until(condition, seconds=30):
    """The first true answer of condition, asked again and again."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        pause.wait(0.02)
    raise AssertionError("what was waited for did not come")


def wait(data, statement):
    def ended():
        told = data.describe_statement(Id=statement)
        return told if told["Status"] in ("FINISHED", "FAILED", "ABORTED") else None
    return until(ended)


def run(data, sql, **more):
    place = {} if "SessionId" in more else WHERE
    return wait(data, data.execute_statement(Sql=sql, **{**place, **more})["Id"])


@test
def secrets_by_name_and_arn(sandbox):
    client = sandbox.client("secretsmanager")
    by_name = client.get_secret_value(SecretId="redsmith/sandbox")
    told = json.loads(by_name["SecretString"])
    assert told["engine"] == "redshift" and told["dbClusterIdentifier"] == CLUSTER
    assert (told["username"], told["dbname"]) == ("awsuser", "dev")
    for part in (by_name["ARN"], by_name["ARN"][:-7]):
        assert client.get_secret_value(SecretId=part)["SecretString"] == by_name["SecretString"]
    assert sandbox.psql(told["username"], told["password"], "select 1").stdout == "1\n"
    refused("ResourceNotFoundException", client.get_secret_value, SecretId="nobody")


@test
def secrets_are_listed_by_filter_and_page(sandbox):
    client = sandbox.client("secretsmanager")
    pages = client.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 1})
    assert [len(page["SecretList"]) for page in pages] == [1, 1]
    found = client.list_secrets(Filters=[{"Key": "name", "Values": ["redshift!"]}])["SecretList"]
    assert [secret["OwningService"] for secret in found] == ["redshift"]
    found = client.list_secrets(Filters=[{"Key": "name", "Values": ["!redshift!"]}])["SecretList"]
    assert [secret["Name"] for secret in found] == ["redsmith/sandbox"]


@test
def awscli_reads_a_secret(sandbox):
    told = sandbox.aws("secretsmanager", "get-secret-value", "--secret-id", "redsmith/sandbox")
    assert json.loads(told["SecretString"])["username"] == "awsuser"


@test
def temporary_users_log_in_until_they_expire(sandbox):
    client = sandbox.client("redshift")
    first = client.get_cluster_credentials(DbUser="awsuser", ClusterIdentifier=CLUSTER)
    second = client.get_cluster_credentials(DbUser="awsuser", ClusterIdentifier=CLUSTER)
    assert first["DbUser"] == "IAM:awsuser"
    for login in (first, second):
        done = sandbox.psql(login["DbUser"], login["DbPassword"], "select current_user")
        assert done.stdout == "awsuser\n", done.stderr
    state = open(os.path.join(sandbox.dir, "sandbox.ini"), encoding="utf-8").read()
    settings = dict(line.split("=", 1) for line in state.splitlines() if "=" in line)
    sandbox.psql(settings["superuser"], "",
                 "update redsmith_sandbox.temporary_logins set expires_at = now()",
                 PGHOST=settings["socket_dir"], PGPORT="5432")
    done = sandbox.psql(first["DbUser"], first["DbPassword"], "select 1")
    assert done.returncode != 0 and "password authentication failed" in done.stderr


@test
def users_are_created_only_when_asked_for(sandbox):
    client = sandbox.client("redshift")
    nobody = client.get_cluster_credentials(DbUser="newcomer", ClusterIdentifier=CLUSTER)
    assert sandbox.psql(nobody["DbUser"], nobody["DbPassword"], "select 1").returncode != 0
    made = client.get_cluster_credentials(DbUser="newcomer", ClusterIdentifier=CLUSTER,
                                          AutoCreate=True)
    assert made["DbUser"] == "IAMA:newcomer"
    done = sandbox.psql(made["DbUser"], made["DbPassword"], "select current_user")
    assert done.stdout == "newcomer\n", done.stderr
    refused("ClusterNotFound", client.get_cluster_credentials, DbUser="awsuser",
            ClusterIdentifier="other")


@test
def awscli_gets_logins_for_psql(sandbox):
    login = sandbox.aws("redshift", "get-cluster-credentials", "--db-user", "awsuser",
                        "--cluster-identifier", CLUSTER)
    assert sandbox.psql(login["DbUser"], login["DbPassword"], "select 2").stdout == "2\n"
    login = sandbox.aws("redshift-serverless", "get-credentials", "--workgroup-name",
                        "sandbox-workgroup")
    done = sandbox.psql(login["dbUser"], login["dbPassword"], "select count(*) from sales")
    assert done.stdout == "172456\n", done.stderr


@test
def the_cluster_says_where_it_is(sandbox):
    cluster = sandbox.client("redshift").describe_clusters()["Clusters"][0]
    assert cluster["Endpoint"]["Port"] == int(sandbox.env["PGPORT"])
    group = sandbox.aws("redshift-serverless", "get-workgroup", "--workgroup-name",
                        "sandbox-workgroup")["workgroup"]
    assert group["endpoint"]["port"] == int(sandbox.env["PGPORT"])


@test
def every_kind_of_field(sandbox):
    data = sandbox.client("redshift-data")
    told = run(data, "select 9223372036854775807::bigint, 1.50::numeric(9,2), true, null::int,"
                     " ''::varchar, 0.1::float8, 'NaN'::float8, date '2026-01-02'")
    assert told["HasResultSet"] and told["ResultRows"] == 1
    page = data.get_statement_result(Id=told["Id"])
    assert page["Records"][0] == [
        {"longValue": 9223372036854775807}, {"stringValue": "1.50"}, {"booleanValue": True},
        {"isNull": True}, {"stringValue": ""}, {"doubleValue": 0.1}, {"stringValue": "NaN"},
        {"stringValue": "2026-01-02"}]
    assert [column["typeName"] for column in page["ColumnMetadata"][:3]] == ["int8", "numeric",
                                                                            "bool"]


@test
def results_come_in_pages(sandbox):
    data = sandbox.client("redshift-data")
    told = run(data, "select salesid from sales order by salesid limit 2500")
    pages = list(data.get_paginator("get_statement_result").paginate(Id=told["Id"]))
    assert [len(page["Records"]) for page in pages] == [1000, 1000, 500]
    numbers = [row[0]["longValue"] for page in pages for row in page["Records"]]
    assert len(set(numbers)) == 2500 and numbers == sorted(numbers)


@test
def awscli_runs_a_statement_with_parameters(sandbox):
    statement = sandbox.aws("redshift-data", "execute-statement", "--cluster-identifier", CLUSTER,
                            "--database", "dev", "--sql",
                            "select venuename from venue where venueid = :id and ':no' <> ''",
                            "--parameters", "name=id,value=1")
    assert wait(sandbox.client("redshift-data"), statement["Id"])["Status"] == "FINISHED"
    page = sandbox.aws("redshift-data", "get-statement-result", "--id", statement["Id"])
    assert page["TotalNumRows"] == 1


@test
def wrong_parameters_are_refused(sandbox):
    data = sandbox.client("redshift-data")
    refused("ValidationException", data.execute_statement, Sql="select :a", **WHERE)
    refused("ValidationException", data.execute_statement, Sql="select 1", **WHERE,
            Parameters=[{"name": "a", "value": "1"}])
    refused("ValidationException", data.execute_statement, Sql="select 1", Database="dev")


@test
def sql_errors_are_the_statements_own(sandbox):
    told = run(sandbox.client("redshift-data"), "select 1 frm nowhere")
    assert told["Status"] == "FAILED"
    assert told["Error"].startswith("ERROR: ") and "Position: " in told["Error"]
    refused("ResourceNotFoundException", sandbox.client("redshift-data").get_statement_result,
            Id=told["Id"])


@test
def a_batch_is_one_transaction(sandbox):
    data = sandbox.client("redshift-data")
    batch = data.batch_execute_statement(Sqls=["create table svc_batch (a int)",
                                               "insert into svc_batch values (1), (2)",
                                               "select sum(a) from svc_batch"], **WHERE)
    told = wait(data, batch["Id"])
    assert [part["Status"] for part in told["SubStatements"]] == ["FINISHED"] * 3, told
    assert told["SubStatements"][1]["ResultRows"] == 2
    page = data.get_statement_result(Id=batch["Id"] + ":3")
    assert page["Records"] == [[{"longValue": 3}]]
    batch = data.batch_execute_statement(Sqls=["delete from svc_batch", "select 1/0", "select 2"],
                                         **WHERE)
    told = wait(data, batch["Id"])
    assert [part["Status"] for part in told["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert told["Error"].startswith("Query #2 failed with ERROR")
    page = data.get_statement_result(Id=run(data, "select count(*) from svc_batch")["Id"])
    assert page["Records"] == [[{"longValue": 2}]]


@test
def a_token_means_one_statement(sandbox):
    token = str(uuid.uuid4())
    ids = {sandbox.call("ExecuteStatement", Sql="select 1", ClientToken=token, **WHERE)["Id"]
           for _ in range(3)}
    assert len(ids) == 1


@test
def a_statement_is_cancelled(sandbox):
    data = sandbox.client("redshift-data")
    statement = data.execute_statement(
        Sql="select count(*) from sales a, sales b, sales c", **WHERE)["Id"]
    until(lambda: data.describe_statement(Id=statement)["Status"] == "STARTED")
    assert sandbox.aws("redshift-data", "cancel-statement", "--id", statement)["Status"] is True
    assert wait(data, statement)["Status"] == "ABORTED"
    refused("ValidationException", data.cancel_statement, Id=statement)


@test
def catalog_lists(sandbox):
    data = sandbox.client("redshift-data")
    assert "dev" in data.list_databases(**WHERE)["Databases"]
    assert "public" in data.list_schemas(SchemaPattern="pub%", **WHERE)["Schemas"]
    pages = data.get_paginator("list_tables").paginate(
        SchemaPattern="public", PaginationConfig={"PageSize": 3}, **WHERE)
    names = [table["name"] for page in pages for table in page["Tables"]]
    assert {"sales", "venue", "users"} <= set(names) and len(names) == len(set(names)), names
    table = sandbox.aws("redshift-data", "describe-table", "--cluster-identifier", CLUSTER,
                        "--database", "dev", "--schema", "public", "--table", "sales")
    assert table["ColumnList"][0]["name"] == "salesid"
    assert table["ColumnList"][0]["typeName"] == "int4"


@test
def statements_are_listed(sandbox):
    data = sandbox.client("redshift-data")
    for number in range(3):
        run(data, "select %d" % number, StatementName="listed-%d" % number)
    pages = data.get_paginator("list_statements").paginate(StatementName="listed-",
                                                           PaginationConfig={"PageSize": 2})
    names = [told["StatementName"] for page in pages for told in page["Statements"]]
    assert names == ["listed-2", "listed-1", "listed-0"], names


@test
def secrets_and_workgroups_run_statements(sandbox):
    data = sandbox.client("redshift-data")
    arn = sandbox.client("secretsmanager").get_secret_value(SecretId="redsmith/sandbox")["ARN"]
    for more, user in (({"SecretArn": arn}, "awsuser"), ({"DbUser": "awsuser"}, "awsuser"),
                       ({}, "IAM:sandbox")):
        told = run(data, "select current_user", **more)
        page = data.get_statement_result(Id=told["Id"])
        assert page["Records"] == [[{"stringValue": user}]], page["Records"]
    statement = data.execute_statement(Sql="select 1", WorkgroupName="sandbox-workgroup",
                                       Database="dev")["Id"]
    assert wait(data, statement)["Status"] == "FINISHED"


@test
def unload_and_copy_run_too(sandbox):
    data = sandbox.client("redshift-data")
    place = sandbox.env["REDSMITH_TEMPDIR"] + "/svc/"
    role = sandbox.env["REDSMITH_IAM_ROLE"]
    told = run(data, "unload ('select * from venue') to '%s' iam_role '%s' csv" % (place, role))
    assert told["Status"] == "FINISHED", told.get("Error")
    told = run(data, "create table svc_venue (like venue)")
    assert told["Status"] == "FINISHED", told.get("Error")
    told = run(data, "copy svc_venue from '%s' iam_role '%s' csv" % (place, role))
    assert told["Status"] == "FINISHED", told.get("Error")
    page = data.get_statement_result(Id=run(
        data, "select (select count(*) from venue) = (select count(*) from svc_venue)")["Id"])
    assert page["Records"] == [[{"booleanValue": True}]]


@test
def long_polls_sessions_and_csv(sandbox):
    first = sandbox.call("ExecuteStatement", Sql="create temp table mine as select 7 as a",
                         SessionKeepAliveSeconds=60, WaitTimeSeconds=20, **WHERE)
    assert first["Status"] == "FINISHED", first
    second = sandbox.call("ExecuteStatement", Sql="select a, null::int as b, '' as c from mine",
                          SessionId=first["SessionId"], ResultFormat="CSV", WaitTimeSeconds=20)
    assert second["Status"] == "FINISHED" and second["HasResultSet"], second
    page = sandbox.call("GetStatementResultV2", Id=second["Id"])
    assert page["Records"] == [{"CSVRecords": 'a,b,c\r\n7,,""\r\n'}], page
    sessions = sandbox.call("ListSessions", SessionId=first["SessionId"])["Sessions"]
    assert [session["Status"] for session in sessions] == ["AVAILABLE"], sessions
    wrong = sandbox.call("ExecuteStatement", Sql="select 1", SessionId=first["SessionId"], **WHERE)
    assert wrong["__type"] == "ValidationException", wrong
    sandbox.call("ExecuteStatement", Sql="select 1", SessionId=first["SessionId"],
                 SessionKeepAliveSeconds=0, WaitTimeSeconds=20)
    until(lambda: not sandbox.call("ListSessions", SessionId=first["SessionId"])["Sessions"])


@test
def wrong_keys_are_refused(sandbox):
    bad = {**sandbox.keys, "aws_secret_access_key": "wrong"}
    refused("InvalidSignatureException", sandbox.client("secretsmanager", **bad).list_secrets)
    bad["aws_access_key_id"] = "AKIAUNKNOWN"
    refused("UnrecognizedClientException",
            sandbox.client("redshift-data", **bad).list_statements)


@test
def fault_rules_throttle(sandbox):
    sandbox.run("fault", "redshift-data ListStatements status=400 code=ThrottlingException count=1")
    data = sandbox.client("redshift-data")
    answer = data.list_statements()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


def main():
    if not os.access(PROGRAM, os.X_OK):
        print("1..0 # SKIP redsmith-sandbox was not built")
        return 0
    print("1..%d" % len(TESTS), flush=True)
    sandbox = Sandbox()
    failed = 0
    try:
        for number, function in enumerate(TESTS, 1):
            name = function.__name__.replace("_", " ")
            try:
                function(sandbox)
                print("ok %d - %s" % (number, name), flush=True)
            except Exception as error:  # a test that breaks is a test that fails
                failed += 1
                print("not ok %d - %s" % (number, name), flush=True)
                print("# " + repr(error).replace("\n", "\n# "), flush=True)
    finally:
        sandbox.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
