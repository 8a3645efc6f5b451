#!/bin/sh
# What unload writes, write reads back: every format and compression, with the defaults, of a table whose
# values hold all that breaks text files. NULL and the empty string stay apart.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"

tap_needs redsmith psql aws

COMPRESSIONS="none gzip zstd"
tap_plan 33

sandbox_begin
XDG_STATE_HOME=$REDSMITH_SANDBOX_DIR/state
export XDG_STATE_HOME
work=$REDSMITH_SANDBOX_DIR/work
mkdir "$work"

redsmith()
{
    "$REDSMITH_BUILDDIR/redsmith" -p sandbox --progress none "$@" 2>>"$work/err"
}

sql()
{
    psql -XAtqc "$1" 2>>"$work/psql"
}

# Rows of one table that the other has not, both ways, duplicates counted.
differences()
{
    sql "select count(*) from ((select * from $1 except all select * from $2)
         union all (select * from $2 except all select * from $1)) x"
}

psql -XAtq <<'SQL' >/dev/null
create table odd (id int not null, text_value varchar(200), fixed char(6), amount decimal(18,4),
    ratio double precision, day date, moment timestamp, yes boolean, big bigint);
insert into odd values
    (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (2, '', '', 0, 0, '2024-02-29', '2024-02-29 23:59:59.123456', true, 9223372036854775807),
    (3, 'comma, quote " both "", pipe | tab ' || chr(9) || ' end', 'a"b', -1.5, 0.1, '0001-01-01',
        '1999-12-31 00:00:00', false, -9223372036854775808),
    (4, 'two' || chr(10) || 'lines' || chr(13) || chr(10) || 'and more', 'x', 12345678901234.5678, 1e300,
        '9999-12-31', NULL, true, 0),
    (5, 'back' || chr(92) || 'slash ' || chr(92) || chr(92) || ' ' || chr(92) || 'n', 'y', 0.0001,
        -1e-300, NULL, NULL, NULL, 1),
    (6, 'snowman ' || chr(9731) || ' and four bytes ' || chr(128169), 'z', NULL, NULL, NULL, NULL,
        NULL, NULL),
    (7, 'NULL', 'NULL', NULL, NULL, NULL, NULL, NULL, NULL),
    (8, ' leading and trailing ', ' a ', NULL, NULL, NULL, NULL, NULL, NULL),
    (9, chr(34), chr(34), NULL, NULL, NULL, NULL, NULL, NULL),
    (10, chr(10), ',', NULL, NULL, NULL, NULL, NULL, NULL),
    (11, '{"json": [1, "x"]}', '|', NULL, NULL, NULL, NULL, NULL, NULL),
    (12, chr(27) || '[31m' || chr(7), chr(13), NULL, NULL, NULL, NULL, NULL, NULL);
SQL

round_trip()
{
    rm -rf "$work/files"
    sql "drop table if exists back; create table back (like odd)" >/dev/null
    redsmith unload odd --to "$work/files" --yes --format "$1" "$2" "$3" $4 >/dev/null || return 1
    redsmith write "$work"/files/* --into back --yes >/dev/null || return 1
}

for format in csv text json; do
    for compression in $COMPRESSIONS; do
        round_trip "$format" --compression "$compression"
        tap_is "$format, $compression: written and read" "$?" 0
        tap_is "$format, $compression: the same rows" "$(sql 'select count(*) from back') $(differences odd back)" \
            "12 0"
    done
done
for format in csv text; do
    round_trip "$format" --compression gzip --header
    tap_is "$format with a header: written and read" "$?" 0
    tap_is "$format with a header: the same rows" "$(differences odd back)" 0
done

# the marker of NULL as a value: text and JSON carry it, CSV says that it cannot
sql "insert into odd (id, text_value) values (13, chr(92) || 'N')" >/dev/null
for format in text json; do
    round_trip "$format" --compression none
    tap_is "$format carries a value that looks like the NULL marker" "$? $(differences odd back)" "0 0"
done
: >"$work/err"
round_trip csv --compression none
tap_is "CSV refuses such a value before it unloads" "$(test -e "$work/files" && echo files) $(s3_count s3://sandbox-stage/)" " 0"
tap_like "and says so" "$(cat "$work/err")" "NULL"

# --- nothing at all ---------------------------------------------------------------------------------

redsmith unload odd --where 'id < 0' --to "$work/none" --format csv --header --yes >"$work/out"
tap_is "zero rows are an outcome, and no file" "$? $(test -e "$work/none" && echo exists)" "0 "
tap_like "which is said" "$(cat "$work/out" "$work/err")" "0 rows"

# --- straight from and to S3 ------------------------------------------------------------------------

sql "delete from odd where id = 13; drop table if exists back; create table back (like odd)" >/dev/null
redsmith unload odd --to s3://sandbox-data/odd_ --format csv --header --yes >/dev/null
tap_is "unload to S3" "$?" 0
redsmith write s3://sandbox-data/odd_ --format csv --header --into back --yes >/dev/null
tap_is "write from S3 leaves the manifest out" "$? $(differences odd back)" "0 0"
redsmith unload odd --to s3://sandbox-data/odd_ --format csv --header --yes >/dev/null
tap_is "a destination that is not empty is refused" "$?" 1
redsmith unload odd --to s3://sandbox-data/odd_ --format csv --header --overwrite --yes >/dev/null
tap_is "and replaced when asked" "$?" 0
tap_is "nothing of ours is left" "$(sql "select count(*) from pg_class where relname like 'redsmith\\\\_%'") $(s3_count s3://sandbox-stage/)" "0 0"

[ $tap_failed -eq 0 ] || sed 's/^/# /' "$work/err"
exit $((tap_failed > 0))
