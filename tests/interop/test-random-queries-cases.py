#!/usr/bin/python3
"""The Spark connector's read cases on filters, escaping and types (its README and tests),
each through the structured query and through the text a user would type for it. TAP."""

import datetime
import decimal
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from query_sandbox import NULL, Sandbox, call, col, op, rows, test, val  # noqa: E402

T = {"testbyte": "integer", "testbool": "boolean", "testdate": "date", "testdouble": "float",
     "testfloat": "real", "testint": "integer", "testlong": "integer", "testshort": "integer",
     "teststring": "text", "testtimestamp": "timestamp"}
S = {"testid": "integer", "fixed": "text", "var": "text"}
L = "1239012341823719"
UNICODE = "Unicode's樂趣"
FIXTURES = [
    'CREATE TABLE public.t (testbyte int2, testbool bool, testdate date, testdouble float8, '
    'testfloat float4, testint int4, testlong int8, testshort int2, teststring varchar(256), '
    'testtimestamp timestamp)',
    'CREATE TABLE public.s (testid int, fixed char(256), var varchar(256))',
    'CREATE TABLE public.n (a varchar(10), b varchar(10))',
    'CREATE TABLE public.x (id int, d19 decimal(19,0), d194 decimal(19,4), r real, f float8, '
    's super, v varbyte, "table" varchar(20), "column name with spaces" varchar(20), '
    '"a ""quote"".dot" varchar(20), tz timestamptz)',
]
T_ROWS = [
    (None,) * 10,
    (0, None, "2015-07-03", 0.0, -1.0, 4141214, L, None, "f", "2015-07-03 12:34:56"),
    (0, False, None, -1234152.12312498, 100000.0, None, L, 24, "___|_123", None),
    (1, False, "2015-07-02", 0, 0, 42, L, -13, "asdf", "2015-07-02"),
    (1, True, "2015-07-01", 1234152.12312498, 1.0, 42, L, 23, UNICODE, "2015-07-01 00:00:00.001"),
]
CONTROLS = "\t \b\n\r\f\\'\""
S_ROWS = [(0, None), (1, "Hello World"), (2, "Controls" + CONTROLS), (3, "Specials/%"),
          (4, "Multi樂Byte趣Chars"), (5, ""), (6, "  Hello World  "),
          (7, "  \t\b\nFoo\r\f\\'\"  "), (8, "  /%Foo%/  "), (9, "  樂Multi趣  "), (10, "a\nb"),
          (11, "\\"), (12, '"'), (13, "___\\|_123")]
X_ROWS = [
    (1, "-9223372036854775807", "-922337203685477.5807", "NaN", "NaN", '[1,2,3]', "00ff", "r", "s",
     "q", "2015-07-03 00:00:00-03"),
    (2, "12345678910", "1234567.8910", "Infinity", "-Infinity", '{"hello":"world","n":{"x":1.5}}',
     "5c27", None, None, None, "2015-07-03 03:00:00+00"),
    (3, "0", "0", "0.1", "0.1", '"only text"', "", "it's", "a\\b", "", None),
    (4, None, None, "-Infinity", "1.7976931348623157E308", "true", None, None, None, None, None),
]


def t(name):
    return col(name, T[name])


def s(name):
    return col(name, S[name])


X = {"id": "integer", "d19": "decimal", "d194": "decimal", "r": "real", "f": "float", "s": "super",
     "v": "bytes", "table": "text", "column name with spaces": "text", 'a "quote".dot': "text",
     "tz": "timestamptz"}


def x(name, path=None):
    return col(name, X[name], path=path)


def i(text):
    return val("integer", str(text))


def string(text):
    return val("text", text)


def on_t(name, *where):
    return "t", [{"expr": t(name)}], list(where)


def count_t(*where):
    return "t", [{"expr": call("count")}], list(where)


def ids(table, *where):
    return table, [{"expr": s("testid") if table == "s" else x("id")}], list(where)


def compute(table, *exprs):
    """Values of row r4 (testlong is there in one row with that string), or of fixture row 1."""
    return table, [{"expr": e} for e in exprs], None


def like_any(*texts):
    return [test("contains", t("teststring"), string(text)) for text in texts]


D = datetime.date
B = decimal.Decimal
ALL_INT = [(4141214,), (42,), (42,)]
# number in section 8, what is asked, what comes out (in any order)
CASES = [
    (40, on_t("testbyte"), [(None,), (0,), (0,), (1,), (1,)]),
    (41, on_t("testint", test("=", t("testint"), i(42))), [(42,), (42,)]),
    (42, on_t("teststring", test("=", t("teststring"), string(UNICODE))), [(UNICODE,)]),
    (43, on_t("testint", test("=", t("testbool"), val("boolean", "true")),
              test("=", t("teststring"), string(UNICODE)),
              test(">", t("testdouble"), val("float", "1000.0")),
              test("<", t("testdouble"), val("float", "1.7976931348623157E308")),
              test(">=", t("testfloat"), val("real", "1.0")),
              test("<=", t("testint"), i(43))), [(42,)]),
    (44, on_t("testint", test("=", t("teststring"), string("asdf"))), [(42,)]),
    (45, on_t("teststring", test("starts", t("teststring"), string("asd"))), [("asdf",)]),
    (45, on_t("teststring", test("contains", t("teststring"), string("sd"))), [("asdf",)]),
    (45, on_t("teststring", test("ends", t("teststring"), string("sdf"))), [("asdf",)]),
    (45, on_t("teststring", test("like", t("teststring"), string("%sd%"))), [("asdf",)]),
    (46, on_t("teststring", test("like", t("teststring"), string("as%f"))), [("asdf",)]),
    (47, count_t(test("like", t("teststring"), string("%'s樂趣"))), [(1,)]),
    (47, count_t(test("like", t("teststring"), string("Unicode'%"))), [(1,)]),
    (47, count_t(test("like", t("teststring"), string("%'%"))), [(1,)]),
    (47, count_t(test("contains", t("teststring"), string("'"))), [(1,)]),
    (48, count_t(test("starts", t("teststring"), string("x" * 2000))), [(0,)]),
    (48, count_t(test("ends", t("teststring"), string("x" * 2000))), [(0,)]),
    (48, count_t(test("contains", t("teststring"), string("x" * 2000))), [(0,)]),
    (49, on_t("testint", test("=", t("testint"), i(4141214))), [(4141214,)]),
    (49, on_t("testint", test(">", t("testint"), i(45))), [(4141214,)]),
    (49, on_t("testint", test(">=", t("testint"), i(45))), [(4141214,)]),
    (50, on_t("testshort", test("<", t("testshort"), i(0))), [(-13,)]),
    (50, on_t("testshort", test("<=", t("testshort"), i(0))), [(-13,)]),
    (50, on_t("testshort", test("between", t("testshort"), i(-15), i(0))), [(-13,)]),
    (50, on_t("testshort", test("in", t("testshort"), i(-15), i(-13), i(0))), [(-13,)]),
    (50, on_t("testshort", {"all": [test(">", t("testshort"), i(-15)),
                                    test("<", t("testshort"), i(0))]}), [(-13,)]),
    (51, ("t", [{"expr": t("testshort")}, {"expr": t("testint")}],
          [{"any": [test("<", t("testshort"), i(0)), test(">", t("testint"), i(45))]}]),
     [(None, 4141214), (-13, 42)]),
    (52, count_t(test("is null", t("testshort"))), [(2,)]),
    (52, on_t("testshort", test("is not null", t("testshort"))), [(24,), (-13,), (23,)]),
    (53, on_t("testlong", {"not": test("=", t("testlong"), i(L))}), []),
    (54, ("t", [{"expr": t("teststring")}, {"expr": t("testfloat")}],
          [{"not": {"any": [test("=", t("teststring"), string("asdf")),
                            test(">", t("testfloat"), val("real", "0"))]}}]), [("f", -1.0)]),
    (55, on_t("testlong", {"not": test("like", t("teststring"), string("asd%"))}),
     [(int(L),)] * 3),
    (56, ("n", [{"expr": col("a", "text")}, {"expr": col("b", "text")}],
          [test("<=>", col("a", "text"), col("b", "text"))]), [(None, None), ("a", "a")]),
    (56, ("n", [{"expr": col("a", "text")}], [{"not": test("<=>", col("a", "text"),
                                                           col("b", "text"))}]), [("a",)]),
    (56, ("n", [{"expr": col("b", "text")}], [test("<=>", col("a", "text"), NULL)]), [(None,)]),
    (57, count_t(test("<", t("testbyte"), t("testint")), test("<", t("testint"), t("testlong"))),
     [(3,)]),
    (58, count_t(test("=", i(1), i(1)), test("=", i(2), i(2))), [(5,)]),
    (58, count_t({"any": [test("=", i(1), i(0)), test("=", i(1), i(1))]}), [(5,)]),
    (58, count_t({"any": [val("boolean", "true"), test("=", t("testint"), i(7))]}), [(5,)]),
    (59, on_t("testdate", test("=", t("testdate"), val("date", "2015-07-03")),
              test("=", t("testfloat"), val("real", "-1.0"))), [(D(2015, 7, 3),)]),
    (60, on_t("teststring", test("=", t("testtimestamp"),
                                 val("timestamp", "2015-07-01 00:00:00.001"))), [(UNICODE,)]),
    (61, on_t("testint", test("in", t("testint"), *[i(n) for n in (42, 4141214, *range(11), 0, 42)])),
     ALL_INT),
    (0, count_t(test("in", t("testint"))), [(0,)]),
    (0, count_t({"not": test("in", t("testint"))}), [(5,)]),
    (0, count_t({"not": test("in", t("testint"), i(1), NULL)}), [(0,)]),
    (0, count_t(test("in", t("testint"), i(42), NULL)), [(2,)]),
    (0, count_t(test("=", t("testint"), NULL)), [(0,)]),
    (0, count_t({"not": test("=", t("testint"), NULL)}), [(0,)]),
    (62, on_t("teststring", test("=", call("replace", t("teststring"), string("\\"), string("")),
                                 string("asdf"))), [("asdf",)]),
    (63, ("t", [{"expr": string("\\Unicode's樂趣"), "as": "v"}],
          [test("=", t("testint"), i(4141214))]), [("\\Unicode's樂趣",)]),
    (64, ids("s", test("=", s("var"), string("a\nb"))), [(10,)]),
    (64, ids("s", test("=", s("var"), string("\\"))), [(11,)]),
    (64, ids("s", test("=", s("var"), string('"'))), [(12,)]),
    (64, ids("s", test("contains", s("var"), string("\\"))), [(2,), (7,), (11,), (13,)]),
    (65, ids("s", test("starts", s("var"), string("___\\|"))), [(13,)]),
    (67, ids("s", test("=", s("var"), string(""))), [(5,)]),
    (67, ids("s", test("is null", s("var"))), [(0,)]),
    (68, ("s", [{"expr": s("var")}], [test("in", s("testid"), i(2), i(4), i(6), i(7))]),
     [(S_ROWS[n][1],) for n in (2, 4, 6, 7)]),
    (69, ids("x", test("=", x("table"), string("it's"))), [(3,)]),
    (69, ids("x", test("=", x("column name with spaces"), string("a\\b"))), [(3,)]),
    (69, ids("x", test("=", x('a "quote".dot'), string("q"))), [(1,)]),
    (71, ids("x", test("=", x("f"), val("float", "1.7976931348623157E308"))), [(4,)]),
    (73, count_t(test("<", t("testtimestamp"), val("timestamp", "2015-07-01 00:00:00.001001")),
                 test(">", t("testtimestamp"), val("timestamp", "2015-07-01 00:00:00.000999"))),
     [(1,)]),
    (74, on_t("testint", test("=", t("testbool"), val("boolean", "t"))), [(42,)]),
    (74, on_t("testint", {"not": t("testbool")}), [(None,), (42,)]),
    (75, ids("x", test("=", x("r"), val("real", "NaN"))), [(1,)]),
    (75, ids("x", test("=", x("r"), val("real", "Infinity"))), [(2,)]),
    (75, ids("x", test("=", x("f"), val("float", "-Infinity"))), [(2,)]),
    (75, ids("x", test("=", x("r"), val("real", "0.1"))), [(3,)]),
    (76, ids("x", test("=", x("tz"), val("timestamptz", "2015-07-03 00:00:00.000-0300"))),
     [(1,), (2,)]),
    (77, ids("x", test("=", x("d19"), val("decimal", "-9223372036854775807"))), [(1,)]),
    (77, ("x", [{"expr": op("+", x("d194"), i(0)), "as": "v"}],
          [test("=", x("d194"), val("decimal", "-922337203685477.5807"))]),
     [(B("-922337203685477.5807"),)]),
    (81, ("t", [{"expr": call("count", t("testbool"), distinct=True, approximate=True)}], []), [(2,)]),
    (84, ids("x", test("=", x("v"), val("bytes", "5c27"))), [(2,)]),
    (84, ids("x", test("=", x("v"), val("bytes", ""))), [(3,)]),
    (84, ids("x", test("contains", x("v"), string("0ff"))), [(1,)]),
    (85, ids("x", test("=", x("s", [1]), i(2))), [(1,)]),
    (85, ids("x", test("=", x("s", ["hello"]), string("world"))), [(2,)]),
    (85, ids("x", test(">", x("s", ["n", "x"]), val("decimal", "1.4"))), [(2,)]),
    (85, ids("x", test("is null", x("s", ["nothing", "there"]))), [(1,), (2,), (3,), (4,)]),
    (85, ids("x", test("=", x("s"), string("[1,2,3]"))), [(1,)]),
    (107, count_t(), [(5,)]),
    (108, ("t", [{"expr": t("testbool")}, {"expr": call("count")}], [],
           {"group": [t("testbool")]}), [(True, 1), (False, 2), (None, 2)]),
    (110, ("t", [{"expr": call("sum", t("testfloat"))}, {"expr": call("max", t("testdouble"))},
                 {"expr": call("count", t("testdouble"), distinct=True)}], []),
     [(100000.0, 1234152.12312498, 3)]),
    (111, ("t", [{"expr": op("/", t("testint"), i(2))}, {"expr": op("/", t("testbyte"), i(2))}],
           [test("=", t("testint"), i(42))]), [(21.0, 0.5), (21.0, 0.5)]),
    (112, ("t", [{"expr": op("-", t("testint"), i(2147483648))}],
           [test("is not null", t("testint"))]), [(-2147483606,), (-2147483606,), (-2143342434,)]),
    (113, ("t", [{"expr": op("+", i(1), t("testdate"))}], [test("=", t("testint"), i(4141214))]),
     [(D(2015, 7, 4),)]),
    (114, ("t", [{"expr": call(f, t("testdouble"))} for f in ("ceil", "floor", "round")],
           [test("=", t("testshort"), i(24))]), [(-1234152.0, -1234153.0, -1234152.0)]),
    (115, ("s", [{"expr": call("lpad", s("var"), i(13))}, {"expr": call("rpad", s("var"), i(13))},
                 {"expr": call("lpad", s("var"), i(15), string("AB"))},
                 {"expr": call("lpad", s("var"), i(5))}], [test("=", s("testid"), i(1))]),
     [("  Hello World", "Hello World  ", "ABABHello World", "Hello")]),
    (116, ("s", [{"expr": call("translate", s("var"), string("loz"), string("LOZ"))},
                 {"expr": call("translate", s("var"), string("loz"), string(""))}],
           [test("=", s("testid"), i(1))]), [("HeLLO WOrLd", "He Wrd")]),
    (116, ("s", [{"expr": call("translate", s("var"), string("/%"), string("%/"))}],
           [test("=", s("testid"), i(3))]), [("Specials%/",)]),
    (117, ("s", [{"expr": call("substring", s("var"), i(1), i(5))},
                 {"expr": call("substring", s("var"), i(7), i(5))},
                 {"expr": call("substring", s("var"), i(7))}], [test("=", s("testid"), i(1))]),
     [("Hello", "World", "World")]),
    (118, ids("s", test("like", s("var"), string("______World"))), [(1,)]),
    (118, ids("s", test("like", s("var"), string("______W0rld"))), []),
    (119, ("t", [{"expr": call("date_add", t("testdate"), i(1))},
                 {"expr": call("date_sub", t("testtimestamp"), i(1))}],
           [test("=", t("testint"), i(4141214))]), [(D(2015, 7, 4), D(2015, 7, 2))]),
    (121, ("t", [{"expr": col("testint", "integer", of="a")}, {"expr": col("testshort", "integer",
                                                                           of="b")}],
           [test("=", col("teststring", "text", of="a"), string("asdf"))],
           {"as": "a", "joins": [{"kind": "inner", "schema": "public", "table": "t", "as": "b",
                                  "on": test("=", col("testint", "integer", of="a"),
                                             col("testint", "integer", of="b"))}]}),
     [(42, -13), (42, 23)]),
]


def select(table, columns, where, more=None, **clauses):
    return {"schema": "public", "table": table, "columns": columns, "where": where,
            "limit": -1, **(more or {}), **clauses}


def sets_of(kind):
    def side(where):
        return select("t", [{"expr": t("teststring")}, {"expr": t("testshort")}], where)
    return {**side([]), "sets": [{"kind": kind, "query": side([test("=", t("teststring"),
                                                                    string("f"))])}]}


def local(value):
    return {"columns": [{"expr": i(value), "as": "v"}]}


SHAPES = [
    (120, "INTERSECT", sets_of("intersect"), [("f", None)]),
    (120, "UNION ALL has all rows", sets_of("union all"), 6),
    (120, "UNION", sets_of("union"), 5),
    (120, "EXCEPT", sets_of("except"), 4),
    (123, "a join with rows of our own",
     {"schema": "public", "table": "t", "columns": [{"expr": col("v", of="l")}],
      "joins": [{"kind": "inner", "as": "l",
                 "query": {**local(42), "sets": [{"kind": "union all", "query": local(7)}]},
                 "on": test("=", t("testint"), col("v", of="l"))}]}, [(42,), (42,)]),
    (0, "semi join", select("t", [{"expr": t("testint")}], [{"exists": select(
        "s", [{"expr": i(1)}], [test("=", s("var"), col("teststring", "text", of="t")),
                               test("=", s("testid"), i(1))])}]), []),
    (0, "anti join keeps NULL", select("t", [{"expr": t("testbyte")}], [{"not": {"exists": select(
        "s", [{"expr": i(1)}], [test("=", s("var"), col("teststring", "text", of="t"))])}}]), 5),
    (0, "NOT IN a sub-query with NULL is never true", select(
        "t", [{"expr": t("testbyte")}],
        [{"not": test("in", t("teststring"), {"query": select("s", [{"expr": s("var")}], [])})}]), []),
    (0, "a scalar sub-query", select("t", [{"expr": t("testint")}], [test(
        "=", t("testint"), {"query": select("t", [{"expr": call("max", t("testint"))}], [])})]),
     [(4141214,)]),
    (0, "a query over a query", {"from": select("t", [{"expr": t("testbool"), "as": "b"}, {
        "expr": call("count"), "as": "n"}], [], group=[t("testbool")]), "as": "q",
        "columns": [{"expr": call("max", col("n", "integer"))}]}, [(2,)]),
    (0, "nulls first and last", select(
        "t", [{"expr": t("testshort")}], [], order=[{"expr": t("testshort"), "desc": True,
                                                     "nulls": "last"}], limit=2), [(24,), (23,)]),
    (0, "having", select("t", [{"expr": t("testbool")}], [], group=[t("testbool")],
                         having=[test("=", call("count"), i(1))]), [(True,)]),
    (0, "distinct with a constant (co#176)", select(
        "t", [{"expr": t("testbyte")}, {"expr": i(1), "as": "one"}], [], distinct=True),
     [(None, 1), (0, 1), (1, 1)]),
]

RELATIVE = [("last", 7, "day", 2), ("next", 2, "hour", 1), ("this", 1, "year", None),
            ("last", 1, "year", 3), ("previous", 1, "day", None), ("last", 90, "minute", 1)]


def fill(sandbox):
    for statement in FIXTURES:
        rows_of(sandbox.redshift, statement)
    with sandbox.pg.cursor() as cursor:
        cursor.executemany("INSERT INTO public.t VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)", T_ROWS)
        cursor.executemany("INSERT INTO public.s VALUES (%s, 'x', %s)", S_ROWS)
        cursor.executemany("INSERT INTO public.n VALUES (%s,%s)",
                           [(None, None), ("a", None), ("a", "a")])
        cursor.executemany(
            "INSERT INTO public.x VALUES (%s,%s,%s,%s,%s,%s::jsonb::redsmith_catalog.super,"
            "decode(%s,'hex')::redsmith_catalog.varbyte,%s,%s,%s,%s)", X_ROWS)
        cursor.execute("CREATE TABLE public.w AS SELECT (now() AT TIME ZONE 'UTC' + d)::timestamp AS at"
                       " FROM unnest(ARRAY['-1 hour', '-3 days', '-100 days', '-500 days', '1 hour',"
                       " '3 days']::interval[]) d")
        cursor.execute("GRANT SELECT ON public.w TO PUBLIC")


def rows_of(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


def same(got, expected):
    if isinstance(expected, int):
        return len(got) == expected
    return sorted(map(repr, got)) == sorted(map(repr, expected))


def check(sandbox, description, relations, expected):
    if relations:
        description = {**description, "relations": relations}
    printed = sandbox.print(description)
    if "error" in printed:
        return printed["error"]
    if relations and printed["typed"] != printed["sql"]:
        return "typed: " + printed["typed"] + "\nnot:   " + printed["sql"]
    got = rows(sandbox.redshift, printed["sql"])
    return None if same(got, expected) else f"{printed['sql']}\ngot {got}\nnot {expected}"


RELATIONS = {"t": T, "s": S, "x": X, "n": {"a": "text", "b": "text"}}


def case_tests():
    for number, asked, expected in CASES:
        table = asked[0]
        description = select(*asked)
        names = {description.get("as", table): RELATIONS[table]}
        for join in description.get("joins", []):
            names[join["as"]] = RELATIONS[join["table"]]
        yield f"case {number}: {expected!r:.60}", description, names, expected
    for number, name, description, expected in SHAPES:
        yield f"case {number}: {name}", description, None, expected


def relative_tests(sandbox):
    for which, n, unit, expected in RELATIVE:
        description = select("w", [{"expr": call("count")}], [
            {"during": which, "count": n, "unit": unit, "args": [col("at", "timestamp")]}])
        if expected is None:
            start = f"date_trunc('{unit}', now() AT TIME ZONE 'UTC')"
            step = -1 if which == "previous" else 0
            expected = rows(sandbox.pg, f"SELECT count(*) FROM public.w WHERE at >= {start} + "
                            f"interval '{step} {unit}' AND at < {start} + "
                            f"interval '{step + 1} {unit}'")[0][0]
        yield f"{which} {n} {unit}", description, {"w": {"at": "timestamp"}}, [(expected,)]


def main():
    sandbox = Sandbox()
    failed = 0
    try:
        fill(sandbox)
        tests = [*case_tests(), *relative_tests(sandbox)]
        print(f"1..{len(tests)}", flush=True)
        for number, (name, description, relations, expected) in enumerate(tests, 1):
            try:
                problem = check(sandbox, description, relations, expected)
            except Exception as error:  # the next case must be tried all the same
                problem = f"{sandbox.print(description)}\n{error}"
            failed += problem is not None
            print(f"{'ok' if problem is None else 'not ok'} {number} - {name}")
            if problem is not None:
                print("# " + problem.replace("\n", "\n# "), flush=True)
    finally:
        sandbox.close()
    sys.exit(1 if failed else 0)


main()
