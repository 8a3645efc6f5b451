#!/usr/bin/python3
"""Random queries over TICKIT and over a table of every type with awkward names and values: the rows of
the SQL that the product prints, read through the sandbox's Redshift front, equal those of an oracle,
SQL built here by other means and run straight on PostgreSQL. TAP.

RANDOM_QUERIES says how many (500; the full run is 5000), RANDOM_SEED which (1). A failure prints the
description, so that it can be run again.

The oracle writes values in dollar quotes with a cast, finds text by position(), left() and right() and
by regular expressions instead of LIKE, IN as a chain of =, BETWEEN as two comparisons, null-safe
equality as IS NOT DISTINCT FROM, EXISTS as a count, and reads SUPER with jsonb's own operators.
"""

import decimal
import json
import math
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from query_sandbox import NULL, Sandbox, call, col, op, rows, test, val  # noqa: E402

COUNT = int(os.environ.get("RANDOM_QUERIES", "500"))
SEED = int(os.environ.get("RANDOM_SEED", "1"))
BATCH = 100

ODD = "every \"type\" of.it's 100%\\"
LONG = "größe_" + "ü" * 25
# The awkward table: name, kind, type.
ODD_COLUMNS = {
    "id": ("integer", "int"), "select": ("integer", "smallint"), "order by": ("integer", "bigint"),
    "a.dot": ("decimal", "decimal(38,10)"), 'a "quote"': ("decimal", "decimal(8,2)"),
    "an 'apostrophe'": ("real", "real"), "semi;colon--": ("float", "float8"),
    "null": ("boolean", "boolean"), "100%": ("text", "varchar(200)"),
    "back\\slash": ("text", "varchar(200)"), LONG: ("text", "varchar(200)"),
    "date": ("date", "date"), "time": ("time", "time"), "/* c */": ("timestamp", "timestamp"),
    "日本語": ("timestamptz", "timestamptz"), "super": ("super", "super"),
    ":param": ("bytes", "varbyte"),
}
TABLES = {
    "venue": {"venueid": "integer", "venuename": "text", "venuecity": "text",
              "venueseats": "integer"},
    "category": {"catid": "integer", "catgroup": "text", "catname": "text", "catdesc": "text"},
    "date": {"dateid": "integer", "caldate": "date", "week": "integer", "year": "integer",
             "holiday": "boolean"},
    "event": {"eventid": "integer", "venueid": "integer", "catid": "integer", "dateid": "integer",
              "eventname": "text", "starttime": "timestamp"},
    "rq_sales": {"salesid": "integer", "eventid": "integer", "buyerid": "integer",
                 "qtysold": "integer", "pricepaid": "decimal", "saletime": "timestamp"},
    ODD: {name: kind for name, (kind, _) in ODD_COLUMNS.items()},
}
WEIGHTS = {"venue": 4, "category": 2, "date": 3, "event": 1, "rq_sales": 3, ODD: 8}
KEYS = {"venue": "venueid", "category": "catid", "date": "dateid", "event": "eventid",
        "rq_sales": "salesid", ODD: "id"}
JOINS = [("event", "venue", "venueid"), ("event", "category", "catid"), ("event", "date", "dateid"),
         ("rq_sales", "event", "eventid")]

TEXTS = ["", "a", "A", "it's", "100%", "a_b", "a\\b", "\\", "%", "_", "'", "''", '"', "x' OR '1'='1",
         "; DROP TABLE t; --", "/* x */", "line\nbreak", "tab\there", "naïve", "日本語", "😀", "NULL",
         "null", "true", "42", "4.5e1", "$$", "$rq$", "\\n", "\\'", ":name", "a.b", "(x)", "[1]",
         "and", "x or y", "é", "ab", "abc", "b%", "_c", "e\u0301", "  lead", "%s"]
NUMBERS = {
    "integer": ["0", "1", "-1", "42", "32767", "-32768", "2147483647", "7", "8", "100"],
    "decimal": ["0", "0.01", "-0.01", "123.45", "999999.99", "-5", "12.5", "1.0000000001"],
    "real": ["0", "1.5", "-2.25", "0.1", "NaN", "Infinity", "-Infinity", "1e10"],
    "float": ["0", "1.5", "-2.25", "0.1", "NaN", "Infinity", "-Infinity", "1.7976931348623157e308",
              "2.2250738585072014e-308"],
}
MOMENTS = {
    "date": ["2008-01-31", "2008-02-29", "0001-01-01", "9999-12-31", "2008-07-04"],
    "time": ["00:00:00", "23:59:59.999999", "12:34:56.7", "01:02"],
    "timestamp": ["2008-01-31 00:00:00", "2008-02-29 23:59:59.999999", "2008-06-01 12:00:00.5",
                  "2008-10-09 08:07:06.000001", "2008-05-05"],
    "timestamptz": ["2008-01-31 00:00:00+00", "2008-02-29 23:59:59.999999+05:30",
                    "2008-06-01 12:00:00.5-08", "2008-10-09T08:07:06Z"],
}
BYTES = ["", "00", "ff", "5c27", "deadbeef00", "27", "0a"]
DOCUMENTS = [{"a": 1, "b": {"c": "x'y"}, "l": [1, 2.5, "three", None]}, {"a": "1", "l": []},
             {"a": None, "b": {"c": "100%"}}, [10, {"a": "in"}], "only text", 7, True,
             {"a": -2.5, "b": {"c": ""}, "L": 0}]
PATHS = [["a"], ["b", "c"], ["l", 1], ["l", 2], [1, "a"], [0], ["nothing"], ["b"]]


# --- the oracle ------------------------------------------------------------------------------------

TYPES = {"text": "text", "integer": "numeric", "decimal": "numeric", "real": "real",
         "float": "double precision", "boolean": "boolean", "date": "date", "time": "time",
         "timestamp": "timestamp", "timestamptz": "timestamptz"}


def name(text):
    return '"' + text.replace('"', '""') + '"'


def dollars(text):
    tag = "$oracle$"
    return tag + text + tag


def o_value(node):
    text, kind = node["value"], node["kind"]
    if text is None:
        return "NULL"
    if kind == "bytes":
        return f"decode({dollars(text)}, 'hex')"
    return f"({dollars(text)}::{TYPES[kind]})"


def o_column(node):
    start = f"{name(node['of'])}." if "of" in node else ""
    text = start + name(node["col"])
    if node.get("kind") == "bytes":
        return f"({text}::bytea)"
    if "path" in node:
        steps = ",".join('"' + str(step) + '"' for step in node["path"])
        return f"(({text}::jsonb) #> '{{{steps}}}')"
    return text


def o_text(node):
    """As text, for what looks into it."""
    inner = oracle(node)
    if node.get("path"):
        return (f"(CASE WHEN jsonb_typeof({inner}) IN ('object', 'array', 'null') THEN NULL "
                f"ELSE {inner} #>> '{{}}' END)")
    kind = node.get("kind")
    if kind == "bytes":
        return f"encode({inner}, 'hex')"
    if kind == "boolean":
        return f"({inner})::text"
    return f"(({inner})::varchar)"


def o_side(node, other):
    """One side of a comparison; a SUPER is taken as the kind of the other."""
    if "path" not in node:
        return oracle(node)
    kind = other.get("kind")
    if kind == "text":
        return o_text(node)
    inner = oracle(node)
    return f"(CASE WHEN jsonb_typeof({inner}) = 'number' THEN ({inner})::numeric END)"


def like_to_regex(pattern):
    out, i = "", 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\" and i + 1 < len(pattern):
            i += 1
            out += "\\" + pattern[i] if not pattern[i].isalnum() else pattern[i]
        elif c == "%":
            out += ".*"
        elif c == "_":
            out += "."
        else:
            out += c if c.isalnum() or c.isspace() or ord(c) > 127 else "\\" + c
        i += 1
    return "^(" + out + ")$"


def o_find(kind, node):
    text = o_text(node["args"][0])
    right = node["args"][1]
    part = o_text(right) if "col" in right else f"{dollars(right['value'])}::text"
    if kind == "contains":
        return f"(position({part} in {text}) > 0)"
    if kind == "starts":
        return f"(left({text}, length({part})) = {part})"
    return f"(right({text}, length({part})) = {part})"


def o_test(node):
    kind, args = node["test"], node["args"]
    if kind in ("contains", "starts", "ends"):
        return o_find(kind, node)
    if kind in ("like", "not like"):
        match = f"({o_text(args[0])} ~ {dollars(like_to_regex(args[1]['value']))})"
        return match if kind == "like" else f"(NOT {match})"
    if kind == "~":
        return f"(regexp_replace({o_text(args[0])}, {dollars(args[1]['value'])}, chr(1)) <> " \
               f"{o_text(args[0])})"
    if kind == "is null":
        return f"({oracle(args[0])} IS NULL)"
    if kind == "is not null":
        return f"(NOT ({oracle(args[0])} IS NULL))"
    left = o_side(args[0], args[1] if len(args) > 1 else {})
    if kind == "in":
        if len(args) == 2 and "query" in args[1]:
            return f"({left} = ANY ({o_query(args[1]['query'])}))"
        parts = [f"{left} = {oracle(value)}" for value in args[1:]]
        return "(" + " OR ".join(parts) + ")" if parts else "false"
    if kind == "between":
        return f"({left} >= {oracle(args[1])} AND {left} <= {oracle(args[2])})"
    right = o_side(args[1], args[0])
    if kind == "<=>":
        return f"({left} IS NOT DISTINCT FROM {right})"
    return f"({left} {kind} {right})"


def o_call(node):
    args = [oracle(arg) for arg in node["args"]]
    kinds = [arg.get("kind") for arg in node["args"]]
    distinct = "DISTINCT " if node.get("distinct") else ""
    match node["call"]:
        case "count":
            return f"count({distinct}{args[0]})" if args else "count(*)"
        case "avg":
            value = f"{args[0]}::double precision" if kinds[0] == "integer" else args[0]
            return f"avg({distinct}{value})"
        case "median":
            return f"percentile_cont(0.5) WITHIN GROUP (ORDER BY ({args[0]})::double precision)"
        case "listagg":
            return (f"(CASE WHEN count({args[0]}) > 0 THEN array_to_string(array_agg(({args[0]})"
                    f"::varchar ORDER BY ({args[0]})::varchar), {args[1]}) END)")
        case "stddev":
            return f"sqrt(var_samp({args[0]}))"
        case "sum" | "min" | "max" | "var_pop" as same:
            return f"{same}({distinct}{args[0]})"
        case "length":
            return f"char_length({args[0]})"
        case "concat":
            return "(" + " || ".join(args) + ")"
        case "if":
            return f"(CASE WHEN {args[0]} THEN {args[1]} ELSE {args[2]} END)"
        case "coalesce":
            return f"(CASE WHEN {args[0]} IS NOT NULL THEN {args[0]} ELSE {args[1]} END)"
        case "date_add":
            return f"({args[0]}::date + ({args[1]})::int)"
        case "substring":
            return f"substr({args[0]}, ({args[1]})::int, ({args[2]})::int)"
        case other:
            return f"{other}({', '.join(args)})"


def o_operation(node):
    args = [oracle(arg) for arg in node["args"]]
    if node["op"] == "/":
        return f"({args[0]}::double precision / {args[1]}::double precision)"
    return "(" + f" {node['op']} ".join(args) + ")"


def oracle(node):
    if "col" in node:
        return o_column(node)
    if "value" in node:
        return o_value(node)
    if "test" in node:
        return o_test(node)
    if "call" in node:
        return o_call(node)
    if "op" in node:
        return o_operation(node)
    if "cast" in node:
        inner = node["args"][0]
        return o_text(inner) if node["cast"] == "varchar(100)" else f"({oracle(inner)})::{node['cast']}"
    if "case" in node:
        when, then, other = (oracle(part) for part in node["case"])
        return f"(CASE WHEN {when} THEN {then} ELSE {other} END)"
    if "all" in node:
        return "(" + " AND ".join(["true", *map(oracle, node["all"])]) + ")"
    if "any" in node:
        return "(" + " OR ".join(["false", *map(oracle, node["any"])]) + ")"
    if "not" in node:
        return f"(NOT {oracle(node['not'])})"
    if "exists" in node:
        return f"((SELECT count(*) FROM ({o_query(node['exists'])}) AS e) > 0)"
    return f"({o_query(node['query'])})"


def o_output(column):
    """Bytes as hex; a driver may see \\x before them."""
    node = column["expr"]
    text = oracle(node)
    if node.get("kind") == "super":
        return f"({text})::jsonb::text"
    return f"encode({text}, 'hex')" if node.get("kind") == "bytes" and "col" in node else text


def o_from(query):
    text = f"{name(query['schema'])}.{name(query['table'])} AS {name(query.get('as', query['table']))}"
    for join in query.get("joins", []):
        alias = name(join.get("as", join["table"]))
        text += f" {join['kind']} JOIN public.{name(join['table'])} AS {alias} ON {oracle(join['on'])}"
    return text


def o_order(query, columns):
    keys = []
    for order in query.get("order", []):
        keys.append(oracle(order["expr"]) + (" DESC" if order.get("desc") else " ASC") +
                    (f" NULLS {order['nulls']}" if order.get("nulls") else ""))
    return f" ORDER BY {', '.join(keys)}" if keys else ""


def o_query(query):
    columns = query["columns"] or query.get("group", [])
    sql = "SELECT " + ("DISTINCT " if query.get("distinct") else "")
    sql += ", ".join(f"{o_output(column)} AS c{i}" for i, column in enumerate(columns))
    sql += f" FROM {o_from(query)}"
    if query.get("where"):
        sql += " WHERE " + oracle({"all": query["where"]})
    if query.get("group"):
        sql += " GROUP BY " + ", ".join(map(oracle, query["group"]))
    if query.get("having"):
        sql += " HAVING " + oracle({"all": query["having"]})
    for other in query.get("sets", []):
        sql += f" {other['kind']} {o_query(other['query'])}"
    sql += o_order(query, columns)
    if query.get("limit", -1) >= 0:
        sql += f" FETCH FIRST {query['limit']} ROWS ONLY"
    return sql


# --- the generator ---------------------------------------------------------------------------------

class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def one_in(self, n):
        return self.r.randrange(n) == 0

    def literal(self, kind):
        r = self.r
        if kind in NUMBERS:
            return val(kind, r.choice(NUMBERS[kind]))
        if kind in MOMENTS:
            return val(kind, r.choice(MOMENTS[kind]))
        if kind == "bytes":
            return val(kind, r.choice(BYTES))
        if kind == "boolean":
            return val(kind, r.choice(["true", "false"]))
        return val("text", r.choice(TEXTS))

    def column(self, kinds=None):
        names = [(n, k, of) for of, columns in self.sources for n, k in columns.items()
                 if kinds is None or k in kinds]
        if not names:
            return None
        column, kind, of = self.r.choice(names)
        return col(column, kind, of if len(self.sources) > 1 or self.one_in(4) else None)

    def value(self, kinds):
        """An expression of one of the kinds."""
        base = self.column(kinds)
        if base is None:
            return self.literal(self.r.choice(kinds))
        kind = base["kind"]
        if not self.one_in(3):
            return base
        if kind == "text":
            return self.r.choice([
                lambda: call("lower", base), lambda: call("upper", base),
                lambda: call("substring", base, val("integer", "1"), val("integer", "3")),
                lambda: call("concat", base, self.literal("text")),
                lambda: call("coalesce", base, self.literal("text")),
                lambda: {"case": [self.condition(0), base, self.literal("text")], "kind": "text"},
            ])() | {"kind": "text"}
        if kind == "integer" and base["col"] not in ("order by",):
            return self.r.choice([
                lambda: op(self.r.choice("+-"), base, val("integer", self.r.choice("1235"))),
                lambda: op("/", base, val("integer", "4")) | {"kind": "float"},
                lambda: op("%", base, val("integer", "7")),
                lambda: call("abs", base),
                lambda: call("if", self.condition(0), base, val("integer", "0")),
            ])()
        if kind == "date" and base["col"] == "caldate":
            return call("date_add", base, val("integer", "30"))
        return base

    def text_test(self):
        left = self.column(["text", "text", "integer", "boolean", "date", "bytes", "decimal"])
        kind = self.r.choice(["contains", "starts", "ends", "like", "not like", "~"])
        if kind == "~":
            return test(kind, left, val("text", self.r.choice(["^a", "[0-9]+", "b$", "'", "%"])))
        if kind in ("like", "not like"):
            pattern = self.r.choice(["%a%", "_a%", "%\\%%", "a\\_b", "%'%", "", "%", "___", "%\\\\%",
                                     "1%", "t%"])
            return test(kind, left, val("text", pattern))
        if left["kind"] == "text" and self.one_in(6):
            return test(kind, left, self.column(["text"]))
        return test(kind, left, val("text", self.r.choice(TEXTS)))

    def super_test(self, left):
        left = {**left, "path": self.r.choice(PATHS)}
        if self.one_in(4):
            return test(self.r.choice(["is null", "is not null"]), left)
        if self.one_in(2):
            return test(self.r.choice(["=", "<>", "contains"]), left,
                        val("text", self.r.choice(["1", "three", "x'y", "100%", "in", ""])))
        return test(self.r.choice(["=", "<", ">="]), left,
                    val(*self.r.choice([("integer", "1"), ("decimal", "2.5"), ("integer", "10")])))

    def comparison(self):
        left = self.column()
        kind = left["kind"]
        if kind == "super":
            return self.super_test(left)
        if self.one_in(4):
            left = self.value([kind])
            kind = left.get("kind", kind)
        what = self.r.randrange(10)
        if what == 0:
            return test(self.r.choice(["is null", "is not null"]), left)
        if what == 1:
            values = [self.literal(kind) for _ in range(self.r.randrange(5))]
            return test("in", left, *values, *([NULL] if self.one_in(5) and values else []))
        if what == 2:
            return test("between", left, self.literal(kind), self.literal(kind))
        if what == 3:
            return test("<=>", left, self.r.choice([NULL, self.literal(kind)]))
        other = self.column([kind]) if what == 4 else None
        if what == 5 and self.one_in(3):
            return test(self.r.choice(["=", "<"]), left, NULL)
        return test(self.r.choice(["=", "<>", "<", "<=", ">", ">=", "<=>"] if other else
                                  ["=", "<>", "<", "<=", ">", ">="]), left,
                    other or self.literal(kind))

    def condition(self, depth):
        what = self.r.randrange(8)
        if depth > 0 and what < 3:
            group = "all" if what == 0 else "any"
            return {group: [self.condition(depth - 1) for _ in range(2 + self.r.randrange(2))]}
        if depth > 0 and what == 3:
            return {"not": self.condition(depth - 1)}
        if what == 4:
            column = self.column(["boolean"])
            if column is not None:
                return column
        return self.text_test() if what == 5 else self.comparison()

    def sub_query(self):
        """What a semi join or IN looks into: venues and events, the same key on both sides."""
        inner = {"schema": "public", "table": "event", "columns": [{"expr": col("venueid", "integer")}],
                 "where": [test("<", col("eventid", "integer"), val("integer", "300"))], "limit": -1}
        if self.one_in(2):
            return test("in", col("venueid", "integer"), {"query": inner})
        inner["where"].append(test("=", col("venueid", "integer"),
                                   col("venueid", "integer", of="venue")))
        return {"exists": inner}

    def start(self):
        table = self.r.choices(list(WEIGHTS), weights=list(WEIGHTS.values()))[0]
        query = {"schema": "public", "table": table, "where": [], "columns": [], "limit": -1}
        self.sources = [(table, TABLES[table])]
        joins = [join for join in JOINS if join[0] == table]
        if joins and self.one_in(2):
            _, other, key = self.r.choice(joins)
            alias = self.r.choice([other, "j", 'the "other"'])
            query["joins"] = [{"kind": self.r.choice(["inner", "left"]), "schema": "public",
                               "table": other,
                               "on": test("=", col(key, "integer", of=table),
                                          col(key, "integer", of=alias))}]
            if alias != other:
                query["joins"][0]["as"] = alias
            self.sources.append((alias, TABLES[other]))
        return query

    def aggregate(self):
        number = self.column(["integer", "decimal"])
        text = self.column(["text"])
        choices = [call("count"), call("count", self.column()),
                   call("count", self.column([k for k in TYPES]), distinct=True,
                        approximate=self.one_in(3))]
        if number is not None and number["col"] != "order by":
            choices += [call(f, number) for f in ("sum", "avg", "min", "max", "stddev", "median",
                                                  "var_pop")]
            choices += [call("sum", number, distinct=True)]
        if text is not None:
            choices += [call("max", text), call("listagg", text, val("text", ";"))]
        picked = self.r.choice(choices)
        return picked if not any(arg.get("kind") == "super" for arg in picked["args"]) else \
            call("count")

    def grouped(self, query):
        groups = []
        for _ in range(1 + self.r.randrange(2)):
            column = self.column(["integer", "text", "boolean", "date", "decimal"])
            if column not in groups:
                groups.append(column)
        query["group"] = groups
        query["columns"] = [{"expr": group} for group in groups]
        query["columns"] += [{"expr": self.aggregate(), "as": f"agg {i}"}
                             for i in range(1 + self.r.randrange(3))]
        if self.one_in(3):
            query["having"] = [test(self.r.choice([">", "<=", "<>"]), call("count"),
                                    val("integer", self.r.choice("123")))]
        if self.one_in(2):
            query["order"] = [{"expr": group, "desc": self.one_in(2),
                               "nulls": self.r.choice([None, "first", "last"])} for group in groups]
            if self.one_in(2):
                query["limit"] = self.r.randrange(20)

    def plain(self, query):
        for i in range(1 + self.r.randrange(4)):
            expr = self.column() if not self.one_in(3) else self.value(
                ["text", "integer", "date"])
            alias = self.r.choice([None, f"c {i}", 'a "b"', "from"]) if self.one_in(3) else None
            if expr.get("kind") == "super" and self.one_in(2):
                expr = {**expr, "path": self.r.choice(PATHS)}
            query["columns"].append({"expr": expr, "as": alias} if alias else {"expr": expr})
        if any(c["expr"].get("kind") == "super" for c in query["columns"]) or not self.one_in(6):
            return self.ordered(query)
        query["distinct"] = True

    def ordered(self, query):
        if not self.one_in(2):
            return
        table = query["table"]
        orders = [{"expr": self.column([k for k in TYPES]), "desc": self.one_in(2),
                   "nulls": self.r.choice([None, "first", "last"])}]
        keys = [col(KEYS[table], "integer", table)]
        for join in query.get("joins", []):
            keys.append(col(KEYS[join["table"]], "integer", join.get("as", join["table"])))
        query["order"] = orders + [{"expr": key} for key in keys]
        if self.one_in(2):
            query["limit"] = self.r.randrange(30)

    def query(self):
        query = self.start()
        query["where"] = [self.condition(2) for _ in range(self.r.randrange(3))]
        typed = True
        if query["table"] == "venue" and self.one_in(4):
            query["where"].append(self.sub_query())
            typed = False
        if self.one_in(3):
            self.grouped(query)
        else:
            self.plain(query)
        if typed:
            query["relations"] = dict(self.sources)
        return query


# --- running ---------------------------------------------------------------------------------------

def fill(sandbox, r):
    columns = ", ".join(f"{name(n)} {t}" for n, (_, t) in ODD_COLUMNS.items())
    with sandbox.redshift.cursor() as cursor:
        cursor.execute(f"CREATE TABLE public.{name(ODD)} ({columns})")
        cursor.execute("CREATE TABLE public.rq_sales AS SELECT salesid, eventid, buyerid, qtysold, "
                       "pricepaid, saletime FROM public.sales WHERE salesid % 100 = 7")
    generator = Generator(r.random())
    with sandbox.pg.cursor() as cursor:
        for number in range(60):
            values = []
            for column, (kind, sql_type) in ODD_COLUMNS.items():
                values.append(odd_value(generator, r, number, column, kind))
            places = ["%s::jsonb::redsmith_catalog.super" if kind == "super" else
                      "decode(%s, 'hex')::redsmith_catalog.varbyte" if kind == "bytes" else "%s"
                      for kind, _ in ODD_COLUMNS.values()]
            cursor.execute(f"INSERT INTO public.{name(ODD)} VALUES ({', '.join(places)})"
                           .replace("100%\\", "100%%\\"), values)


def odd_value(generator, r, number, column, kind):
    if column == "id":
        return number
    if r.randrange(6) == 0:
        return None
    if kind == "super":
        return json.dumps(r.choice(DOCUMENTS))
    if column == "select":
        return str(r.randrange(-20, 20))
    if column == 'a "quote"':
        return r.choice(["0", "12.5", "-0.01", "123.45", "999999.99"])
    return generator.literal(kind)["value"]


def shown(value):
    """A value as it is compared: SUPER by its meaning, floats to the digits that a sum keeps."""
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, (float, decimal.Decimal, int)):
        number = decimal.Decimal(value)
        if not number.is_finite():
            return str(number).lower()
        if isinstance(value, float):
            return f"{float(value):.9e}" if not math.isclose(value, 0, abs_tol=1e-12) else "0"
        return exact(number)
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    return repr(value)


def exact(number):
    with decimal.localcontext() as context:
        context.prec = 60
        text = format(number.quantize(decimal.Decimal("1e-10")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def approximate(query):
    """The columns whose digits depend on how a mean was rounded."""
    names = ("avg", "median", "stddev", "var_pop")
    return {i for i, c in enumerate(query["columns"])
            if c["expr"].get("call") in names or c["expr"].get("op") == "/"}


def of_kind(query, kind):
    return {i for i, c in enumerate(query["columns"]) if c["expr"].get("kind") == kind}


def normal(query, result):
    loose, supers, hexes = approximate(query), of_kind(query, "super"), of_kind(query, "bytes")
    out = []
    for row in result:
        cells = []
        for i, value in enumerate(row):
            if i in supers and isinstance(value, str):
                cells.append(json.dumps(json.loads(value), sort_keys=True))
            elif i in hexes and value is not None:
                cells.append(str(value).removeprefix("\\x"))
            elif i in loose and value is not None:
                cells.append(f"{float(value):.6e}")
            else:
                cells.append(shown(value))
        out.append(tuple(cells))
    return out if query.get("order") else sorted(out)


def run(connection, sql):
    try:
        return rows(connection, sql), None
    except Exception as error:
        return None, str(error)


def check(sandbox, query):
    """What is wrong or None, and whether neither side could compute it (an overflow)."""
    printed = sandbox.print(query)
    if "error" in printed:
        return "refused: " + printed["error"], False
    if "relations" in query and printed.get("typed") != printed["sql"]:
        return f"typed: {printed.get('typed')}\nnot:   {printed['sql']}", False
    got, problem = run(sandbox.redshift, printed["sql"])
    expected, other = run(sandbox.pg, o_query(query))
    if problem is not None and other is not None:
        return None, True
    if problem is not None or other is not None:
        return f"{printed['sql']}\n{o_query(query)}\nproduct: {problem}\noracle: {other}", False
    a, b = normal(query, got), normal(query, expected)
    if a != b:
        return f"{printed['sql']}\n{o_query(query)}\ngot {a[:5]} ({len(a)})\nnot {b[:5]} ({len(b)})", \
            False
    return None, False


def main():
    sandbox = Sandbox()
    batches = (COUNT + BATCH - 1) // BATCH
    print(f"1..{batches + 1}", flush=True)
    failed = refused = 0
    try:
        r = random.Random(SEED)
        fill(sandbox, r)
        for batch in range(batches):
            problems = []
            for number in range(batch * BATCH, min((batch + 1) * BATCH, COUNT)):
                query = Generator(f"{SEED} {number}").query()
                problem, both = check(sandbox, query)
                refused += both
                if problem is not None:
                    problems.append(f"query {number}: {problem}\n{json.dumps(query)}")
            failed += len(problems)
            print(f"{'not ok' if problems else 'ok'} {batch + 1} - queries {batch * BATCH} to "
                  f"{number} of seed {SEED}", flush=True)
            for problem in problems[:3]:
                print("# " + problem.replace("\n", "\n# "), flush=True)
        good = refused * 20 <= COUNT
        print(f"{'ok' if good else 'not ok'} {batches + 1} - the server could compute nearly all: "
              f"{refused} of {COUNT} it could not, either way")
        print(f"# {COUNT} queries, {failed} wrong")
    finally:
        sandbox.close()
    sys.exit(1 if failed or not good else 0)


main()
