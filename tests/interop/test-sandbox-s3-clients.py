#!/usr/bin/python3
"""The sandbox's S3, seen by Debian's boto3, s3cmd and awscli, unmodified. TAP."""

import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

try:
    import boto3
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config
    from botocore.exceptions import ClientError
except ImportError:
    boto3 = None

BUILD = os.environ.get("REDSMITH_BUILDDIR", os.getcwd())
PROGRAM = os.path.join(BUILD, "redsmith-sandbox")
MB = 1000 * 1000
LARGE = 200 * MB
ODD = ["a b", "a+b", "100%", "%2F", "%25", "q?x=1&y=2", "#top", "it's \"so\"", "é漢😀", "~-._!*()",
       "a//b", "[x]{y}|z\\^`", "<&>", ";:@,=$", " both ends ", "dots/.../x"]
TESTS = []


def test(client):
    """Marks a test of that client, which it is skipped without."""
    def mark(function):
        TESTS.append((client, function))
        return function
    return mark


def missing(client):
    if client == "boto3":
        return None if boto3 else "python3-boto3 is not installed"
    program = {"s3cmd": "/usr/bin/s3cmd", "awscli": "/usr/bin/aws"}[client]
    return None if os.access(program, os.X_OK) else f"{client} is not installed"


class Sandbox:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="redsmith-test-")
        self.run("start", "--template", os.path.join(BUILD, "sandbox-template"))
        self.env = {}
        for line in self.run("env").splitlines():
            if line.startswith("export "):
                name, value = line[len("export "):].split("=", 1)
                self.env[name] = value.strip("'")
        self.url = self.env["AWS_ENDPOINT_URL"]
        self.work = tempfile.mkdtemp(prefix="redsmith-test-")
        # Nothing of this account's own settings.
        self.client_env = {**os.environ, **self.env, "HOME": self.work, "AWS_PAGER": "",
                           "AWS_CONFIG_FILE": "/dev/null",
                           "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        self.client_env.pop("AWS_PROFILE", None)
        self.client_env.pop("AWS_SESSION_TOKEN", None)

    def run(self, command, *options):
        return subprocess.run([PROGRAM, command, "--dir", self.dir, *options], check=True,
                              capture_output=True, text=True, timeout=120).stdout

    def boto3(self, **config):
        return boto3.client("s3", endpoint_url=self.url, region_name="us-east-1",
                            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
                            config=Config(signature_version="s3v4",
                                          s3={"addressing_style": "path"}, **config))

    def client(self, *words, fails=False):
        done = subprocess.run(words, env=self.client_env, cwd=self.work, capture_output=True,
                              text=True, timeout=120)
        assert (done.returncode != 0) == fails, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout + (done.stderr if fails else "")

    def s3cmd(self, *words, **more):
        host = self.url.split("//", 1)[1]
        return self.client("/usr/bin/s3cmd", "--config=/dev/null", "--no-ssl", f"--host={host}",
                           f"--host-bucket={host}", "--region=us-east-1", "--no-progress",
                           f"--access_key={self.env['AWS_ACCESS_KEY_ID']}",
                           f"--secret_key={self.env['AWS_SECRET_ACCESS_KEY']}", *words, **more)

    def aws(self, *words, **more):
        return self.client("/usr/bin/aws", "--endpoint-url", self.url, "--region", "us-east-1",
                           "--output", "json", *words, **more)

    def file(self, name, content):
        path = os.path.join(self.work, name)
        with open(path, "wb") as out:
            out.write(content)
        return path

    def close(self):
        subprocess.run([PROGRAM, "reset", "--dir", self.dir], capture_output=True, timeout=120)
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.rmtree(self.work, ignore_errors=True)


def same(got, expected):
    assert got == expected, f"got {got!r}, expected {expected!r}"


def refused(code, function, **arguments):
    try:
        function(**arguments)
    except ClientError as error:
        same(error.response["Error"]["Code"], code)
        return
    raise AssertionError("nothing failed")


def content(path):
    with open(path, "rb") as file:
        return file.read()


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


def fetch_fails(url):
    try:
        fetch(url)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    raise AssertionError("nothing failed")


@test("boto3")
def buckets_are_made_listed_and_removed(sandbox):
    s3 = sandbox.boto3()
    s3.create_bucket(Bucket="boto-bucket")
    s3.head_bucket(Bucket="boto-bucket")
    assert "boto-bucket" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.put_object(Bucket="boto-bucket", Key="x", Body=b"x")
    refused("BucketNotEmpty", s3.delete_bucket, Bucket="boto-bucket")
    s3.delete_object(Bucket="boto-bucket", Key="x")
    s3.delete_bucket(Bucket="boto-bucket")
    refused("404", s3.head_bucket, Bucket="boto-bucket")
    refused("NoSuchBucket", s3.list_objects_v2, Bucket="boto-bucket")


@test("boto3")
def odd_keys_come_back_as_they_were(sandbox):
    s3 = sandbox.boto3()
    keys = [f"odd/{name}" for name in ODD]
    for key in keys:
        s3.put_object(Bucket="sandbox-stage", Key=key, Body=key.encode())
    listed = s3.list_objects_v2(Bucket="sandbox-stage", Prefix="odd/")["Contents"]
    same([item["Key"] for item in listed], sorted(keys, key=str.encode))
    for key in keys:
        same(s3.get_object(Bucket="sandbox-stage", Key=key)["Body"].read(), key.encode())
        url = s3.generate_presigned_url("get_object", {"Bucket": "sandbox-stage", "Key": key}, 60)
        same(fetch(url), key.encode())
    done = s3.delete_objects(Bucket="sandbox-stage", Delete={"Objects": [{"Key": k} for k in keys]})
    same(sorted(item["Key"] for item in done["Deleted"]), sorted(keys))
    same(s3.list_objects_v2(Bucket="sandbox-stage", Prefix="odd/")["KeyCount"], 0)


@test("boto3")
def two_hundred_megabytes_go_up_and_down_in_parts(sandbox):
    s3 = sandbox.boto3()
    body = random.Random(7).randbytes(MB) * (LARGE // MB)
    settings = TransferConfig(multipart_threshold=8 * MB, multipart_chunksize=16 * MB)
    s3.upload_fileobj(io.BytesIO(body), "sandbox-stage", "large", Config=settings)
    head = s3.head_object(Bucket="sandbox-stage", Key="large")
    same(head["ContentLength"], LARGE)
    parts = [hashlib.md5(body[at:at + 16 * MB]).digest() for at in range(0, LARGE, 16 * MB)]
    same(head["ETag"], f'"{hashlib.md5(b"".join(parts)).hexdigest()}-{len(parts)}"')
    path = os.path.join(sandbox.work, "large")
    s3.download_file("sandbox-stage", "large", path, Config=settings)
    same(hashlib.sha256(content(path)).hexdigest(), hashlib.sha256(body).hexdigest())
    os.unlink(path)
    part = s3.get_object(Bucket="sandbox-stage", Key="large", Range="bytes=15999990-16000009")
    same((part["Body"].read(), part["ContentRange"]),
         (body[15999990:16000010], f"bytes 15999990-16000009/{LARGE}"))
    last = s3.get_object(Bucket="sandbox-stage", Key="large", Range="bytes=-7")
    same(last["Body"].read(), body[-7:])
    refused("InvalidRange", s3.get_object, Bucket="sandbox-stage", Key="large",
            Range=f"bytes={LARGE}-")
    same(s3.list_multipart_uploads(Bucket="sandbox-stage").get("Uploads", []), [])
    s3.delete_object(Bucket="sandbox-stage", Key="large")


@test("boto3")
def keys_of_kms_are_told_and_etags_are_then_no_md5s(sandbox):
    s3, body = sandbox.boto3(), random.Random(3).randbytes(6 * MB)
    kms = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "1234abcd"}
    place = {"Bucket": "sandbox-stage", "Key": "kms/parts"}
    upload = s3.create_multipart_upload(**place, **kms)
    same(upload["ServerSideEncryption"], "aws:kms")
    parts = []
    for number, piece in enumerate((body[:5 << 20], body[5 << 20:]), 1):
        part = s3.upload_part(**place, UploadId=upload["UploadId"], PartNumber=number, Body=piece)
        same(part["ServerSideEncryption"], "aws:kms")
        assert part["ETag"].strip('"') != hashlib.md5(piece).hexdigest(), part["ETag"]
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    done = s3.complete_multipart_upload(**place, UploadId=upload["UploadId"],
                                        MultipartUpload={"Parts": parts})
    got = s3.get_object(**place)
    same(got["Body"].read(), body)
    same((got["ServerSideEncryption"], got["ETag"]), ("aws:kms", done["ETag"]))
    same(got["SSEKMSKeyId"].rsplit("/", 1)[1], "1234abcd")


@test("boto3")
def small_pages_hold_every_key_once(sandbox):
    s3 = sandbox.boto3()
    keys = [f"page/{number:02}" for number in range(23)]
    for key in keys:
        s3.put_object(Bucket="sandbox-stage", Key=key, Body=b"")
    pages = list(s3.get_paginator("list_objects_v2").paginate(
        Bucket="sandbox-stage", Prefix="page/", PaginationConfig={"PageSize": 5}))
    same([len(page["Contents"]) for page in pages], [5, 5, 5, 5, 3])
    same([item["Key"] for page in pages for item in page["Contents"]], keys)
    s3.delete_objects(Bucket="sandbox-stage", Delete={"Objects": [{"Key": key} for key in keys]})


@test("boto3")
def presigned_requests_hold_for_what_they_say_only(sandbox):
    s3 = sandbox.boto3()
    where = {"Bucket": "sandbox-stage", "Key": "signed"}
    put = urllib.request.Request(s3.generate_presigned_url("put_object", where, 60), b"sent",
                                 {"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(put, timeout=30).close()
    url = s3.generate_presigned_url("get_object", where, 60)
    same(fetch(url), b"sent")
    same(fetch_fails(url.replace("/signed?", "/other?")), 403)
    same(fetch_fails(f"{sandbox.url}/sandbox-stage/signed"), 403)
    s3.delete_object(**where)


@test("s3cmd")
def s3cmd_makes_and_removes_buckets(sandbox):
    sandbox.s3cmd("mb", "s3://s3cmd-bucket")
    assert "s3://s3cmd-bucket" in sandbox.s3cmd("ls")
    sandbox.s3cmd("rb", "s3://s3cmd-bucket")
    assert "s3://s3cmd-bucket" not in sandbox.s3cmd("ls")


@test("s3cmd")
def s3cmd_puts_gets_lists_and_deletes(sandbox):
    body = random.Random(8).randbytes(12 * 1024 * 1024 + 5)
    path = sandbox.file("s3cmd-in", body)
    back = os.path.join(sandbox.work, "s3cmd-back")
    for name in ("plain", "a b+c%25é~()", "q?x=1&y=2"):
        sandbox.s3cmd("put", "--multipart-chunk-size-mb=5", path, f"s3://sandbox-stage/s3cmd/{name}")
        assert f"s3://sandbox-stage/s3cmd/{name}" in sandbox.s3cmd("ls", "s3://sandbox-stage/s3cmd/")
        sandbox.s3cmd("get", "--force", f"s3://sandbox-stage/s3cmd/{name}", back)
        assert content(back) == body, name
    url = sandbox.s3cmd("signurl", "s3://sandbox-stage/s3cmd/plain", "+60").strip()
    assert "/s3cmd/plain" in url, url
    sandbox.s3cmd("del", "--recursive", "--force", "s3://sandbox-stage/s3cmd/")
    same(sandbox.s3cmd("ls", "s3://sandbox-stage/s3cmd/").strip(), "")
    assert "NoSuchBucket" in sandbox.s3cmd("ls", "s3://sandbox-none", fails=True)


@test("awscli")
def awscli_makes_and_removes_buckets(sandbox):
    sandbox.aws("s3", "mb", "s3://awscli-bucket")
    names = json.loads(sandbox.aws("s3api", "list-buckets", "--query", "Buckets[].Name"))
    assert "awscli-bucket" in names, names
    sandbox.aws("s3", "rb", "s3://awscli-bucket")
    assert "NoSuchBucket" in sandbox.aws("s3", "ls", "s3://awscli-bucket", fails=True)


@test("awscli")
def awscli_puts_gets_lists_and_deletes(sandbox):
    body = random.Random(9).randbytes(20 * MB)
    path, back = sandbox.file("aws-in", body), os.path.join(sandbox.work, "aws-back")
    key = "aws/a b+c%25é~().bin"
    sandbox.aws("s3", "cp", "--quiet", path, f"s3://sandbox-stage/{key}")
    sandbox.aws("s3", "cp", "--quiet", f"s3://sandbox-stage/{key}", back)
    assert content(back) == body, "20 MB differ"
    sandbox.aws("s3api", "get-object", "--bucket", "sandbox-stage", "--key", key, "--range",
                "bytes=8388600-8388615", back)
    same(content(back), body[8388600:8388616])
    url = sandbox.aws("s3", "presign", f"s3://sandbox-stage/{key}", "--expires-in", "60").strip()
    same(hashlib.sha256(fetch(url)).hexdigest(), hashlib.sha256(body).hexdigest())
    listed = sandbox.aws("s3api", "list-objects-v2", "--bucket", "sandbox-stage", "--prefix", "aws/",
                         "--page-size", "1", "--query", "Contents[].[Key,Size]")
    same(json.loads(listed), [[key, 20 * MB]])
    batch = json.dumps({"Objects": [{"Key": key}, {"Key": "aws/none"}]})
    done = json.loads(sandbox.aws("s3api", "delete-objects", "--bucket", "sandbox-stage", "--delete",
                                  batch))
    same(sorted(item["Key"] for item in done["Deleted"]), sorted([key, "aws/none"]))


def main():
    if not os.access(PROGRAM, os.X_OK):
        print("1..0 # SKIP redsmith-sandbox was not built")
        return 0
    print(f"1..{len(TESTS)}", flush=True)
    failed = 0
    sandbox = Sandbox()
    try:
        for number, (client, function) in enumerate(TESTS, 1):
            name = f"{number} - {client}: {function.__name__.replace('_', ' ')}"
            reason = missing(client)
            if reason:
                print(f"ok {name} # SKIP {reason}", flush=True)
                continue
            try:
                function(sandbox)
                print(f"ok {name}", flush=True)
            except Exception as error:  # a test that fails must not hide the others
                failed += 1
                print(f"not ok {name}")
                print("# " + f"{type(error).__name__}: {error}".replace("\n", "\n# "), flush=True)
    finally:
        sandbox.close()
    return 1 if failed else 0


sys.exit(main())
