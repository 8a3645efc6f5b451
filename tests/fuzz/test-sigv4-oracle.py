#!/usr/bin/python3
"""Random requests, signed by us (sigv4-sign) and by botocore's own signers: every stage must agree. TAP.

SIGV4_ORACLE_REQUESTS sets how many (100000), SIGV4_ORACLE_SEED which ones (1).

The oracle gets the decoded key and query, or its own encoding of them; sigv4-sign gets the key itself or
what a client might put on the wire for it. Where botocore does not follow the service, no request is made:
  - header values hold only spaces and tabs as blanks: botocore also folds Unicode spaces and control
    characters, which no HTTP field may hold, or which the service leaves alone;
  - connection, te, upgrade, proxy-* and the like are not sent: botocore would sign what proxies change;
  - no Date header: botocore rewrites it and then leaves X-Amz-Date out;
  - outside S3 no path ends in a dot segment: botocore drops the slash that RFC 3986 (5.2.4) leaves there;
  - a path begins with "/" for S3: botocore leaves an empty one empty, its own requests have none;
  - presigned queries name each parameter once: botocore reads them into a dictionary, as it says itself;
  - queries have no empty part ("a&&b"), which the service skips and botocore makes "=";
  - names and values are UTF-8, and keys have no NUL: neither fits the JSON in between, nor botocore.
"""

import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
from urllib.parse import parse_qsl, quote, urlsplit

try:
    from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.config import Config
    from botocore.credentials import Credentials
except ImportError:
    print("1..0 # SKIP python3-botocore is not installed")
    sys.exit(0)

PROGRAM = os.path.join(os.environ.get("REDSMITH_BUILDDIR", os.getcwd()), "sigv4-sign")
COUNT = int(os.environ.get("SIGV4_ORACLE_REQUESTS", "100000"))
SEED = int(os.environ.get("SIGV4_ORACLE_SEED", "1"))
BATCH = 2500
STAGES = ("canonical", "to_sign", "signature", "authorization", "parameters")
SHOWN = 3

PRINTABLE = "".join(map(chr, range(0x20, 0x7f)))
FOREIGN = "éßøÿ€漢字😀\u0301\u00a0\u2028ı"
AWKWARD = "  ++%%//..&==~*'\"?#;:,"
TEXT = PRINTABLE + FOREIGN + AWKWARD
CONTROL = "\t\n\r\x01\x7f"
UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
WORD = "abcdefghijklmnopqrstuvwxyz0123456789"
PIECES = ["", ".", "..", "a", "b c", "x+y", "%", "%25", "100%", "é", "...", ".a", "a.", "key=1", "~"]
# Prefixes of one another, and names that differ in what sorts before or after '-' and digits.
HEADERS = ["X-Amz-Meta-A", "X-Amz-Meta-A-B", "X-Amz-Meta-Ab", "X-Amz-Meta-A1", "X-Amz-Meta", "X-Amz-Acl",
           "x-amz-meta-a", "X-AMZ-META-AB", "Content-Type", "Content-MD5", "Content", "Range", "My-Header",
           "My-Header1", "My-Header-1", "My_Header", "Accept", "User-Agent", "X-Amzn-Trace-Id", "Expect",
           "If-Match", "If-None-Match", "Cache-Control", "Zz"]
HOSTS = ["examplebucket.s3.amazonaws.com", "s3.eu-central-1.amazonaws.com", "localhost:9000",
         "127.0.0.1:4566", "redshift-data.us-east-1.amazonaws.com"]
QUERY_NAMES = ["prefix", "list-type", "uploads", "partNumber", "uploadId", "marker", "a", "A", "a-b", "ab",
               "delete", "max-keys", "continuation-token", "x-id", "Foo", "foo[]", "a b", "ключ", ""]
UNSIGNED = Config(s3={"payload_signing_enabled": False})


def ways_to_write(character, bare, plus):
    """Every way one character may stand in a URL; the usual way counts for more."""
    escapes = character.encode()
    upper = "".join(f"%{byte:02X}" for byte in escapes)
    ways = [upper, upper, upper.lower()]
    if character in UNRESERVED:
        ways = [character] * 30 + ways
    elif character in bare:
        ways += [character] * 2
    if plus and character == " ":
        ways += ["+", "+"]
    return ways


EVERYTHING = set(TEXT + CONTROL + "\0" + "".join(PIECES) + "".join(QUERY_NAMES))
IN_PATH = {c: ways_to_write(c, "!$&'()*+,;=:@", False) for c in EVERYTHING}
IN_QUERY = {c: ways_to_write(c, "!$'()*,;:@/?", True) for c in EVERYTHING}
# botocore takes this path as the wire has it: any bytes but those that end a path.
RAW_PATH = {c: ways_to_write(c, "!$&'()*+,;=:@", False) for c in EVERYTHING}


class Maker:
    """Makes one random request after the other, each as (for us, for botocore, presigned)."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.one = self.random.choice

    def chance(self, probability):
        return self.random.random() < probability

    def text(self, longest, alphabet=TEXT):
        return "".join(self.random.choices(alphabet, k=int(self.random.random() * (longest + 1))))

    def written(self, text, ways):
        pick = self.random.random
        return "".join(way[int(pick() * len(way))] for way in map(ways.__getitem__, text))

    def key(self):
        if self.chance(0.3):
            return self.text(25, TEXT + CONTROL)
        segments = [self.one(PIECES) if self.chance(0.5) else self.text(8)
                    for _ in range(self.random.randrange(1, 7))]
        return "/".join(segments)

    def pairs(self, unique):
        pairs = []
        for _ in range(self.one((0, 0, 1, 2, 3, 6))):
            name = self.one(QUERY_NAMES) if self.chance(0.7) else self.text(6)
            value = None if self.chance(0.2) else self.text(12, TEXT + CONTROL + "\0")
            if not name and not value:
                value = "x"
            pairs.append((name, value))
        if unique:
            pairs = list(dict(pairs).items())
        elif pairs and self.chance(0.3):
            pairs.append((self.one(pairs)[0], self.text(5)))
        self.random.shuffle(pairs)
        return pairs

    def wire_query(self, pairs):
        parts = []
        for name, value in pairs:
            part = self.written(name, IN_QUERY)
            parts.append(part if value is None else f"{part}={self.written(value, IN_QUERY)}")
        return "&".join(parts)

    def header_value(self):
        words = [self.text(8, PRINTABLE + "éß€") for _ in range(self.random.randrange(0, 4))]
        blanks = ["", " ", "  ", "\t", " \t  "]
        return self.one(blanks) + self.one([" ", "   ", "\t", " , "]).join(words) + self.one(blanks)

    def headers(self):
        headers = [[self.one(HEADERS), self.header_value()]
                   for _ in range(self.one((0, 1, 2, 3, 5)))]
        if headers and self.chance(0.3):
            headers.append([self.one(headers)[0].swapcase(), self.header_value()])
        return headers

    def path(self, mode, ours):
        """Fills in our path; botocore's is returned."""
        if mode == "double":
            wire = "/" + self.written(self.key(), RAW_PATH)
            while wire.rsplit("/", 1)[1] in (".", ".."):
                wire += self.one(("/", "x"))
            ours["path"] = "" if self.chance(0.02) else wire
            return ours["path"]
        key = "/" + self.key()
        if mode == "s3":
            ours["key"] = key
        else:
            ours["path"] = self.written(key, IN_PATH).replace("%2F", "/").replace("%2f", "/")
        return quote(key, safe="/~")

    def request(self):
        mode = self.one(("s3", "s3", "s3-service", "double"))
        presigned = self.chance(0.3)
        pairs, headers = self.pairs(presigned), self.headers()
        host, scheme = self.one(HOSTS), self.one(("http", "https"))
        ours = {"mode": mode, "method": self.one(("GET", "PUT", "POST", "DELETE", "HEAD")),
                "access": "AKIA" + self.text(12, WORD).upper(),
                "secret": self.text(40, UNRESERVED + "+/") or "s",
                "region": self.one(("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1")),
                "service": self.one(("redshift-data", "sts", "secretsmanager"))
                if mode == "double" else "s3",
                "time": self.random.randrange(946684800, 4102444800),
                "headers": headers + [["Host", host]], "sha256": mode != "double"}
        if self.chance(0.4):
            ours["token"] = self.text(60, UNRESERVED + "+/=") or "t"
        url = f"{scheme}://{host}{self.path(mode, ours)}"
        params = None
        if pairs and (presigned or self.chance(0.8)):
            ours["query"] = self.wire_query(pairs)
            if presigned:
                url += "?" + ours["query"]
            else:
                params = [(name, value or "") for name, value in pairs]
        elif pairs:
            ours["query"] = "&".join(f"{quote(n, safe='-_.~')}={quote(v or '', safe='-_.~')}"
                                     for n, v in pairs)
            url += "?" + ours["query"]
        sent = headers + [["Host", host]] if self.chance(0.5) else headers
        if not has_twice(headers):
            self.random.shuffle(ours["headers"])
        request = AWSRequest(method=ours["method"], url=url, params=params)
        for name, value in sent:
            request.headers[name] = value
        request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(ours["time"]))
        return ours, self.signer(ours, request, mode, presigned, scheme), request

    def signer(self, ours, request, mode, presigned, scheme):
        """Chooses the payload, in both, and botocore's class for it."""
        s3 = mode != "double"
        key = (Credentials(ours["access"], ours["secret"], ours.get("token")), ours["service"],
               ours["region"])
        if presigned:
            ours["expires"] = self.random.randrange(1, 604801)
            if not s3:
                ours["body"] = ""
            return (S3SigV4QueryAuth if s3 else SigV4QueryAuth)(*key, expires=ours["expires"])
        if self.chance(0.3) and (s3 or scheme == "https"):
            if s3:
                request.context["client_config"] = UNSIGNED
            else:
                request.context["payload_signing_enabled"] = False
            ours["sha256"] = True
        else:
            ours["body"] = "" if self.chance(0.4) else self.text(60)
            request.data = ours["body"].encode()
        return (S3SigV4Auth if s3 else SigV4Auth)(*key)


def has_twice(headers):
    """Whether their order matters."""
    names = [name.lower() for name, _ in headers]
    return len(set(names)) < len(names)


def ask_botocore(signer, request):
    """What add_auth does, by its own steps: it reads the clock, and keeps the stages to itself."""
    signer._modify_request_before_signing(request)
    canonical = signer.canonical_request(request)
    to_sign = signer.string_to_sign(request, canonical)
    signature = signer.signature(to_sign, request)
    signer._inject_signature_to_request(request, signature)
    answer = {"canonical": canonical, "to_sign": to_sign, "signature": signature}
    if isinstance(signer, SigV4QueryAuth):
        answer["parameters"] = sorted_query(urlsplit(request.url).query)
    else:
        answer["authorization"] = request.headers["Authorization"]
    return answer


def sorted_query(query):
    return sorted(parse_qsl(query, keep_blank_values=True))


def run_batch(number):
    """How many differ at each stage, a few of them, how many were presigned, and what keys held."""
    maker = Maker(SEED * 1000003 + number)
    size = min(BATCH, COUNT - number * BATCH)
    lines, expected = [], []
    for _ in range(size):
        ours, signer, request = maker.request()
        lines.append(json.dumps(ours))
        expected.append(ask_botocore(signer, request))
    done = subprocess.run([PROGRAM], input="\n".join(lines) + "\n", capture_output=True, text=True,
                          check=True, encoding="utf-8")
    answers = done.stdout.split("\n")[:-1]
    assert len(answers) == size, f"{len(answers)} answers for {size} requests"
    wrong, shown, presigned, seen = dict.fromkeys(STAGES, 0), [], 0, set()
    for line, want, answer in zip(lines, expected, answers):
        got = json.loads(answer)
        if "query" in got:
            got["parameters"] = sorted_query(got["query"])
            presigned += 1
        seen.update(json.loads(line).get("key", ""))
        bad = [stage for stage in STAGES if got.get(stage) != want.get(stage)]
        for stage in bad:
            wrong[stage] += 1
        if bad and len(shown) < SHOWN:
            shown.append(f"request {line}\nbotocore {want[bad[0]]!r}\nwe       {got[bad[0]]!r}")
    return wrong, shown, presigned, "".join(sorted(seen))


def main():
    wrong, shown, presigned, seen = dict.fromkeys(STAGES, 0), [], 0, set()
    with multiprocessing.Pool(min(os.cpu_count() or 1, 4)) as pool:
        for part, some, signed_queries, characters in pool.imap(run_batch, range(-(-COUNT // BATCH))):
            for stage in STAGES:
                wrong[stage] += part[stage]
            shown += some
            presigned += signed_queries
            seen.update(characters)
    names = {"canonical": "canonical request", "to_sign": "string to sign", "signature": "signature",
             "authorization": "Authorization header", "parameters": "presigned query"}
    print(f"1..{len(STAGES) + 1}")
    for number, stage in enumerate(STAGES, 1):
        print(f"{'not ok' if wrong[stage] else 'ok'} {number} - {COUNT} requests: the {names[stage]} "
              f"is botocore's{f' (not in {wrong[stage]})' if wrong[stage] else ''}")
    missing = set(PRINTABLE) - seen if COUNT >= 1000 else set()
    covered = not missing and (COUNT < 1000 or 0 < presigned < COUNT)
    print(f"{'ok' if covered else 'not ok'} {len(STAGES) + 1} - every printable character was in a key, "
          f"and {presigned} requests were presigned")
    for text in shown[:SHOWN]:
        print("# " + text.replace("\n", "\n# "))
    return 1 if any(wrong.values()) or not covered else 0


if __name__ == "__main__":
    sys.exit(main())
