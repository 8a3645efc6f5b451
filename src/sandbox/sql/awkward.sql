-- What clients stumble over: one table with every supported type, and names and values that need care.
-- Names are lower case, as Redshift folds even quoted ones.
CREATE SCHEMA awkward;

CREATE TABLE awkward.types (
    id integer NOT NULL, a_smallint smallint, an_integer integer, a_bigint bigint,
    a_decimal numeric(38, 10), a_small_decimal numeric(5, 2), a_real real,
    a_double double precision, a_boolean boolean, a_char char(10), a_varchar varchar(65535),
    a_date date, a_time time, a_timetz timetz, a_timestamp timestamp, a_timestamptz timestamptz,
    an_interval_ym redsmith_catalog.intervaly2m, an_interval_ds redsmith_catalog.intervald2s,
    a_super redsmith_catalog.super, a_varbyte redsmith_catalog.varbyte);
COMMENT ON TABLE awkward.types IS 'Every type the sandbox has: least, greatest, special, NULL';
INSERT INTO awkward.types VALUES
    (1, -32768, -2147483648, -9223372036854775808, -9999999999999999999999999999.9999999999, -999.99,
     -3.4028235e38, -1.7976931348623157e308, false, '', '', '0001-01-01', '00:00:00',
     '00:00:00-12:00', '0001-01-01 00:00:00', '0001-01-01 00:00:00+00', '-178 years -11 months',
     '-1 days -02:03:04.000005', 'null', ''),
    (2, 32767, 2147483647, 9223372036854775807, 9999999999999999999999999999.9999999999, 999.99,
     'NaN', 'NaN', true, 'ten chars.', repeat('x', 65535), '9999-12-31', '23:59:59.999999',
     '23:59:59.999999+14:00', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+00',
     '1 year 2 months', '1 day 02:03:04.5',
     '{"name": "a \"b\" c", "list": [1, 2.50, "x, y", null, true], "deep": {"a": {"b": [[]]}}}',
     '\xdeadbeef00'),
    (3, 0, 0, 0, 0.0000000001, 0.01, 'Infinity', '-Infinity', NULL, '  lead', ' both ', '2000-02-29',
     '12:34:56.7', '12:34:56.7+05:30', '2000-02-29 12:34:56.7', '2000-02-29 12:34:56.7+00', '0 months',
     '0', '"only a string"', '\x00'),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL);

CREATE TABLE awkward."order by ""me"".please" (
    id integer NOT NULL, "select" integer, "a.dot" varchar(20), "a ""quote""" varchar(20),
    "an 'apostrophe'" varchar(20), "a space " varchar(20), "semi;colon--" varchar(20),
    "größe" varchar(20), "100%" varchar(20), "back\slash" varchar(20));
COMMENT ON TABLE awkward."order by ""me"".please" IS 'Names that must be quoted';
INSERT INTO awkward."order by ""me"".please" VALUES
    (1, 10, 'dot', 'quote', 'apostrophe', 'space', 'semicolon', 'größe', 'percent', 'backslash'),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Values that a terminal would obey, that a file format would trip over, that a quick eye confuses.
CREATE TABLE awkward.strings (id integer NOT NULL, what varchar(60) NOT NULL, value varchar(400));
COMMENT ON TABLE awkward.strings IS 'Strings that terminals, files and parsers trip over';
INSERT INTO awkward.strings VALUES
    (1, 'null', NULL), (2, 'empty', ''), (3, 'one blank', ' '), (4, 'blanks around', '  x  '),
    (5, 'the word NULL', 'NULL'), (6, 'backslash N', '\N'), (7, 'a backslash at the end', 'x\'),
    (8, 'quotes', 'say "hi", it''s ''fine'''), (9, 'delimiters', 'a,b|c' || chr(9) || 'd;e'),
    (10, 'line ends', 'a' || chr(10) || 'b' || chr(13) || chr(10) || 'c'),
    (11, 'escape sequence: red, clear', chr(27) || '[31mred' || chr(27) || '[0m' || chr(27) || '[2J'),
    (12, 'escape sequence: title', chr(27) || ']0;owned' || chr(7)),
    (13, 'other controls', chr(1) || chr(8) || chr(127) || chr(155)),
    (14, 'bidi override', 'abc' || U&'\202E' || 'fdp.exe' || U&'\202C'),
    (15, 'four bytes', U&'\+01F600\+020BB7\+01D11E'), (16, 'combining', 'e' || U&'\0301' || ' ' || U&'\00E9'),
    (17, 'zero width', 'a' || U&'\200B' || 'b' || U&'\FEFF' || 'c'), (18, 'wide', U&'\65E5\672C\8A9E'),
    (19, 'formula', '=1+1'), (20, 'json', '{"a": [1, "\u00e9"]}'),
    (21, 'percent and dollar', '100% $1 :name'), (22, 'semicolon and comment', 'x; -- y /* z */');
