#!/bin/sh
# UNLOAD and COPY of the sandbox as psql and the AWS CLI see them: file names, manifests, round trips,
# load errors, progress, cancel. TAP.
. "${REDSMITH_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/sandbox-lib.sh"

tap_needs psql aws python3

tap_plan 91
sandbox_begin
work=$REDSMITH_SANDBOX_DIR/test-files
mkdir "$work"

# run SQL...: the rows, then the messages of all statements
run()
{
    printf '%s\n' "$@" | psql -XAtq -v VERBOSITY=verbose 2>"$work/messages"
}

messages()
{
    cat "$work/messages"
}

# files PREFIX: what the last UNLOAD under that prefix wrote, without the prefix
files()
{
    run "select right(trim(file_name), -length('s3://sandbox-stage/$1')) from sys_unload_detail
         where file_name like 's3://sandbox-stage/$1%' order by 1" | tr '\n' ' ' | sed 's/ $//'
}

object()
{
    aws s3 cp "s3://sandbox-stage/$1" -
}

# --- names and counts ------------------------------------------------------------------------------

run "unload ('select * from sales') to 's3://sandbox-stage/a/sales_' iam_role default gzip;" >/dev/null
tap_like "the notice counts the rows" "$(messages)" \
    'INFO: .*UNLOAD completed, 172456 record(s) unloaded successfully\.'
tap_is "four slices write a part each" "$(files a/)" \
    "sales_0000_part_00.gz sales_0001_part_00.gz sales_0002_part_00.gz sales_0003_part_00.gz"
tap_is "the AWS CLI lists them" \
    "$(aws s3 ls s3://sandbox-stage/a/ | awk '{ print $4 }' | tr '\n' ' ')" \
    "sales_0000_part_00.gz sales_0001_part_00.gz sales_0002_part_00.gz sales_0003_part_00.gz "
tap_is "gzip reads them" "$(object a/sales_0001_part_00.gz | gzip -dc | awk -F'|' '{ print NF }' | sort -u)" 10

run "unload ('select * from sales') to 's3://sandbox-stage/b/' iam_role default parallel off zstd;" >/dev/null
tap_is "PARALLEL OFF writes serial names" "$(files b/)" 000.zst
run "unload ('select salesid, buyerid, pricepaid from sales order by salesid')
     to 's3://sandbox-stage/c/' iam_role default csv header extension 'csv';" >/dev/null
tap_is "an ordered query writes one file" "$(files c/)" 0000_part_00csv
tap_is "in its order, below the header" "$(object c/0000_part_00csv | head -n 3 | cut -d, -f1 | tr '\n' ' ')" \
    "salesid 1 2 "
run "unload ('select * from sales') to 's3://sandbox-stage/d/' iam_role default maxfilesize 5 mb;" >/dev/null
tap_is "MAXFILESIZE is above what these need" "$(files d/ | wc -w)" 4
run "unload ('select a.* from sales a, category where catid < 4') to 's3://sandbox-stage/e/' iam_role default maxfilesize 5 mb parallel off;" >/dev/null
tap_ok "MAXFILESIZE starts the next part" test "$(files e/ | wc -w)" -gt 5
tap_is "no part is larger" \
    "$(run "select count(*) from sys_unload_detail where file_name like '%/e/%' and transfer_size > 5242880")" 0
tap_is "and all rows are there" \
    "$(run "select sum(line_count) from sys_unload_detail where file_name like '%/e/%'")" 517368
aws s3 rm --recursive --quiet s3://sandbox-stage/e/

run "unload ('select catid, catgroup, catname from category') to 's3://sandbox-stage/p' iam_role default
     csv partition by (catgroup) manifest;" >/dev/null
tap_is "a partition is a folder" "$(files p/)" \
    "catgroup=Concerts/0000_part_00 catgroup=Shows/0000_part_00 catgroup=Sports/0000_part_00"
tap_is "its column stays out of the file" "$(object p/catgroup=Concerts/0000_part_00 | head -n 1 | tr -cd , | wc -c)" 1
tap_is "one manifest lies at the root" "$(object p/manifest | grep -c '"url"')" 3

run "unload ('select * from sales where false') to 's3://sandbox-stage/z/' iam_role default csv;" >/dev/null
tap_like "no rows are a success" "$(messages)" 'UNLOAD completed, 0 record(s)'
tap_is "with empty files" "$(files z/ | wc -w)" 4
run "unload ('select * from sales where false') to 's3://sandbox-stage/y/' iam_role default json;" >/dev/null
tap_is "but none in JSON" "$(files y/)" ""
tap_is "functions tell counts and ids" \
    "$(run "unload ('select * from category') to 's3://sandbox-stage/n/' iam_role default;" \
        "select pg_last_unload_count(), pg_last_unload_id() > 0;")" "11|t"

# --- manifests -------------------------------------------------------------------------------------

run "unload ('select catid, catname, 1.50::numeric(12,2) as price from category')
     to 's3://sandbox-stage/m/cat_' iam_role default csv header manifest verbose;" >/dev/null
object m/cat_manifest >"$work/manifest"
cat >"$work/check.py" <<'PYTHON'
import json, sys
manifest = json.load(open(sys.argv[1]))
urls = [entry["url"] for entry in manifest["entries"]]
assert urls == ["s3://sandbox-stage/m/cat_000%d_part_00" % i for i in range(4)], urls
assert manifest["meta"]["record_count"] == 11 + 4, manifest["meta"]
assert manifest["meta"]["content_length"] == sum(e["meta"]["content_length"] for e in manifest["entries"])
elements = {e["name"]: e["type"] for e in manifest["schema"]["elements"]}
assert elements["catid"] == {"base": "smallint"}, elements
assert elements["catname"] == {"base": "character varying", "max_length": 10}, elements
assert elements["price"] == {"base": "numeric", "precision": 12, "scale": 2}, elements
assert manifest["author"] == {"name": "Amazon Redshift", "version": "1.0.0"}
PYTHON
tap_ok "a verbose manifest has entries, schema, totals and author" \
    /usr/bin/python3 "$work/check.py" "$work/manifest"
run "create table cat2 (like category);" \
    "copy cat2 (catid, catname, catdesc) from 's3://sandbox-stage/m/cat_manifest' iam_role default csv
     ignoreheader 1 manifest;" >/dev/null
tap_like "COPY reads UNLOAD's manifest" "$(messages)" \
    "INFO: .*Load into table 'cat2' completed, 11 record(s) loaded successfully\."
tap_is "columns that are not listed are NULL" "$(run "select count(*), count(catgroup) from cat2")" "11|0"

# --- refusals --------------------------------------------------------------------------------------

refused()
{
    run "$2" >/dev/null
    tap_like "$1" "$(messages)" "$3"
}

refused "an outer LIMIT is refused" \
    "unload ('select * from sales limit 5') to 's3://sandbox-stage/r/' iam_role default;" \
    'ERROR:  42601: Limit clause is not supported'
refused "a destination with files is refused" \
    "unload ('select * from sales') to 's3://sandbox-stage/a/sal' iam_role default;" \
    'ERROR:  XX000: Specified unload destination on S3 is not empty'
refused "another role cannot be assumed" \
    "unload ('select 1') to 's3://sandbox-stage/r/' iam_role 'arn:aws:iam::1:role/other';" \
    'ERROR:  XX000: .*not authorized to assume IAM Role arn:aws:iam::1:role/other'
refused "a missing bucket is S3's error" \
    "unload ('select 1') to 's3://nowhere-to-be/r/' iam_role default;" \
    'ERROR:  XX000: S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket'
refused "the inner query's errors come through" \
    "unload ('select * from nosuch') to 's3://sandbox-stage/r/' iam_role default;" \
    'ERROR:  42P01: relation "nosuch" does not exist'
refused "Parquet is refused by name" \
    "unload ('select 1') to 's3://sandbox-stage/r/' iam_role default parquet;" \
    'ERROR:  0A000: .*PARQUET is not supported by the sandbox'
refused "a prefix without files is an error" \
    "copy cat2 from 's3://sandbox-stage/nothing' iam_role default;" \
    "ERROR:  XX000: The specified S3 prefix 'nothing' does not exist"
refused "a missing table is an error" "copy nosuch from 's3://sandbox-stage/n/' iam_role default;" \
    'ERROR:  42P01: Cannot COPY into nonexistent table nosuch'
refused "columnar options are refused as measured" \
    "copy cat2 from 's3://sandbox-stage/n/' iam_role default parquet truncatecolumns;" \
    'ERROR:  0A000: TRUNCATECOLUMNS argument is not supported for PARQUET based COPY'
refused "another region is redirected" \
    "copy cat2 from 's3://sandbox-stage/n/' iam_role default region 'eu-west-1';" \
    'ERROR:  XX000: S3ServiceException:.*Status 301,Error PermanentRedirect'
refused "a failure inside a transaction" \
    "begin; create table undone (a int); unload ('select 1 limit 1') to 's3://sandbox-stage/r/'
     iam_role default; select 1; commit;" 'ERROR:  25P02: current transaction is aborted'
tap_is "undoes it" "$(run "select count(*) from pg_table_def where tablename = 'undone'")" 0
run "unload ('select * from category') to 's3://sandbox-stage/n/' iam_role default allowoverwrite csv;" >/dev/null
tap_like "ALLOWOVERWRITE writes over" "$(messages)" 'UNLOAD completed, 11'
run "unload ('select * from category') to 's3://sandbox-stage/n/' iam_role default cleanpath parallel off;" >/dev/null
tap_is "CLEANPATH empties the prefix first" "$(aws s3 ls s3://sandbox-stage/n/ | awk '{ print $4 }')" 000

# --- round trips -----------------------------------------------------------------------------------

# round_trip NAME TABLE UNLOAD-OPTIONS COPY-OPTIONS
round=0
round_trip()
{
    for codec in '' gzip zstd; do
        round=$((round + 1))
        result=$(run "drop table if exists back;" "create table back (like $2);" \
            "unload ('select * from $2') to 's3://sandbox-stage/t$round/' iam_role default $3 $codec;" \
            "copy back from 's3://sandbox-stage/t$round/' iam_role default $4 $codec;" \
            "select (select count(*) from $2) - (select count(*) from back)
              || '/' || (select count(*) from (select * from $2 except select * from back) a)
              || '/' || (select count(*) from (select * from back except select * from $2) b);")
        tap_is "$1 ${codec:-uncompressed}: nothing is lost or changed" "$result" 0/0/0
    done
}

round_trip "text with ESCAPE" awkward.strings "escape null as '\\N'" "escape"
round_trip "quoted text" awkward.strings "addquotes escape delimiter '\\t' null as '\\N'" \
    "removequotes escape delimiter '\\t'"
round_trip "CSV" awkward.strings "csv null as '@null@'" "csv null as '@null@'"
round_trip "JSON" awkward.strings "json" "json 'auto'"
run "create table types_text as select id, a_smallint, an_integer, a_bigint, a_decimal, a_small_decimal,
     a_real, a_double, a_boolean, a_char, a_varchar, a_date, a_time, a_timetz, a_timestamp, a_timestamptz
     from awkward.types;" "create table types_json as select * from types_text;" >/dev/null
round_trip "every plain type as text" types_text "escape null as '\\N'" "escape"
round_trip "every plain type as JSON" types_json "json" "json"
run "create table super_csv as select id, a_super, a_varbyte from awkward.types where id > 1;" >/dev/null
round_trip "SUPER and VARBYTE as CSV" super_csv "csv" "csv"
tap_is "fixed width" "$(run "create table fixed_back (a int, b varchar(12));" \
    "unload ('select catid::int, catname from category') to 's3://sandbox-stage/fixed/' iam_role default
     fixedwidth 'a:4,b:10';" \
    "copy fixed_back from 's3://sandbox-stage/fixed/' iam_role default fixedwidth 'a:4,b:10' trimblanks;" \
    "select count(*) from fixed_back join category on a = catid and b = catname;")" 11

# --- bad rows --------------------------------------------------------------------------------------

mkdir "$work/in"
printf 'id,name,born,score\n1,ann,2001-02-03,1.25\nx2,bob,2001-02-03,1\n3,"c\nd",2001-02-31,1\n4,toolongname,,\n,e,,\n6,f,2006-06-06\n7,"g"h,,\n8,caf\351,,\n9,i,2009-09-09,9.999\n' >"$work/in/people.csv"
printf '1|a\n2|b|2002-02-02\n3|c|2003-03-03|3.5|\n' >"$work/in/short.txt"
printf '{"id": 1, "name": "one", "extra": {"deep": [10, 20]}}\n{"id": 2, "name": null}\n' >"$work/in/docs.json"
printf '{"jsonpaths": ["$.id", "$.extra.deep[1]"]}' >"$work/in/paths.json"
printf '1,10\n2,20\n' >"$work/in/pairs.csv"
aws s3 cp --quiet --recursive "$work/in" s3://sandbox-data/in/
run "create table people (id int not null, name varchar(8), born date, score decimal(5,2));" >/dev/null

run "copy people from 's3://sandbox-data/in/people.csv' iam_role default csv ignoreheader 1;" >/dev/null
tap_like "a bad row fails the load" "$(messages)" \
    "ERROR:  XX000: Load into table 'people' failed.  Check 'stl_load_errors' system table for details."
tap_is "the first bad row is told with its place" \
    "$(run "select trim(filename), line_number, trim(colname), trim(type), trim(raw_line),
            trim(raw_field_value), err_code, trim(err_reason) from stl_load_errors")" \
    "s3://sandbox-data/in/people.csv|3|id|int4|x2,bob,2001-02-03,1|x2|1207|Invalid digit, Value 'x', Pos 0, Type: Integer"
tap_is "the target is as before" "$(run "select count(*) from people")" 0
tap_is "and the history says aborted" "$(run "select status, loaded_rows, error_count from sys_load_history
    where table_name = 'people'")" "aborted|0|1"
run "copy people from 's3://sandbox-data/in/people.csv' iam_role default csv ignoreheader 1 maxerror 7;" >/dev/null
tap_like "MAXERROR n fails at the n-th" "$(messages)" "ERROR:  XX000: Load into table 'people' failed"
tap_is "a failed COPY counts 0 and has an id" \
    "$(run "copy people from 's3://sandbox-data/in/people.csv' iam_role default csv ignoreheader 1;" \
        "select pg_last_copy_count(), pg_last_copy_id() > 0;")" "0|t"
result=$(run "copy people from 's3://sandbox-data/in/people.csv' iam_role default csv ignoreheader 1 maxerror 8;" \
    "select pg_last_copy_count();")
tap_is "MAXERROR skips fewer than n" "$result" 2
tap_like "and says how many" "$(messages)" "completed, 7 record(s) could not be loaded"
tap_is "good rows are in, decimals are cut" "$(run "select * from people order by id" | tr '\n' ' ')" \
    "1|ann|2001-02-03|1.25 9|i|2009-09-09|9.99 "
tap_is "every bad row has its line, code and column" \
    "$(run "select line_number || ':' || err_code || ':' || trim(colname) from stl_load_errors
            where query = (select max(query) from stl_load_errors) order by line_number" | tr '\n' ' ')" \
    "3:1207:id 4:1205:born 6:1204:name 7:1213:id 8:1203:score 9:1214:name 10:1220:name "
tap_is "an embedded line break keeps the count right" \
    "$(run "select trim(raw_field_value) from stl_load_errors where err_code = 1205
            order by query desc limit 1")" 2001-02-31

run "truncate people;" "copy people from 's3://sandbox-data/in/short.txt' iam_role default fillrecord;" >/dev/null
tap_is "FILLRECORD fills" "$(run "select * from people order by id" | tr '\n' ' ')" \
    "1|a|| 2|b|2002-02-02| 3|c|2003-03-03|3.50 "
result=$(run "begin;" "copy people from 's3://sandbox-data/in/short.txt' iam_role default fillrecord;" \
    "select count(*) from people;" "rollback;" "select count(*) from people;" | tr '\n' ' ')
tap_is "COPY is part of the transaction" "$result" "6 3 "
result=$(run "copy people from 's3://sandbox-data/in/short.txt' iam_role default fillrecord noload;" \
    "select count(*) from people;")
tap_is "NOLOAD loads nothing" "$result" 3
run "create table docs (id int, name varchar(20) default 'none');" \
    "copy docs from 's3://sandbox-data/in/docs.json' iam_role default json 'auto';" >/dev/null
tap_is "JSON by names" "$(run "select id, name is null from docs order by id" | tr '\n' ' ')" "1|f 2|t "
run "truncate docs;" \
    "copy docs from 's3://sandbox-data/in/docs.json' iam_role default json 's3://sandbox-data/in/paths.json';" >/dev/null
tap_is "JSON by paths" "$(run "select id, coalesce(name, '-') from docs order by id" | tr '\n' ' ')" "1|20 2|- "
run "create table made (id bigint identity(100,1), a int, b int);" \
    "copy made from 's3://sandbox-data/in/pairs.csv' iam_role default csv;" >/dev/null
tap_is "IDENTITY values are made" "$(run "select * from made order by 1" | tr '\n' ' ')" "100|1|10 101|2|20 "
run "copy made (id, a) from 's3://sandbox-data/in/pairs.csv' iam_role default csv;" >/dev/null
tap_like "and loaded only with EXPLICIT_IDS" "$(messages)" 'ERROR: .*EXPLICIT_IDS'
run "copy made (id, a) from 's3://sandbox-data/in/pairs.csv' iam_role default csv explicit_ids;" >/dev/null
tap_is "then as they are" "$(run "select id, a from made where b is null order by 1" | tr '\n' ' ')" "1|10 2|20 "
tap_is "temporary tables can be unloaded" \
    "$(run "create temp table mine as select 1 as a;" \
        "unload ('select * from mine') to 's3://sandbox-stage/temp/' iam_role default;" \
        "select pg_last_unload_count();")" 1

# --- progress and cancel ---------------------------------------------------------------------------

"$SANDBOX_PROGRAM" fault --dir "$REDSMITH_SANDBOX_DIR" 'unload rows_per_second=2000' 'copy rows_per_second=2000'

unloaded_rows()
{
    run "select unloaded_rows from sys_unload_history where status = 'running'"
}

grows()
{
    now=$($1)
    [ "${now:-0}" -gt "$2" ]
}

psql -XAtq -c "unload ('select * from sales') to 's3://sandbox-stage/slow/' iam_role default" \
    >"$work/slow" 2>&1 &
unloading=$!
tap_ok "a running UNLOAD shows rows" wait_until 20 grows unloaded_rows 0
seen=$(unloaded_rows)
tap_ok "that grow" wait_until 20 grows unloaded_rows "${seen:-0}"
tap_ok "and so do its files" test "$(run "select count(*) from sys_unload_detail
    where file_name like '%/slow/%' and line_count > 0 and end_time is null")" -ge 1
kill -INT "$unloading"
wait "$unloading"
tap_like "a cancel ends it" "$(cat "$work/slow")" "ERROR: .*cancelled on user's request"
tap_is "as aborted" "$(run "select status from sys_unload_history where unloaded_location like '%/slow/'")" aborted
tap_ok "its partial files stay" test -n "$(aws s3 ls s3://sandbox-stage/slow/)"
run "unload ('select 1') to 's3://sandbox-stage/slow/' iam_role default;" >/dev/null
tap_like "and are in the way of the next try" "$(messages)" 'is not empty'

loaded_rows()
{
    run "select loaded_rows from sys_load_history where status = 'running'"
}

run "create table sales2 (like sales);" >/dev/null
psql -XAtq -c "copy sales2 from 's3://sandbox-stage/a/' iam_role default gzip" >"$work/slow" 2>&1 &
loading=$!
tap_ok "a running COPY shows rows" wait_until 20 grows loaded_rows 0
seen=$(loaded_rows)
tap_ok "that grow" wait_until 20 grows loaded_rows "${seen:-0}"
tap_is "and the state of each slice" "$(run "select count(*), sum(num_files) from stv_load_state")" "4|4"
kill -INT "$loading"
wait "$loading"
tap_like "a cancel ends it" "$(cat "$work/slow")" "ERROR: .*cancelled on user's request"
tap_is "nothing was loaded" "$(run "select count(*) from sales2")" 0
tap_is "no state is left" "$(run "select count(*) from stv_load_state")" 0
"$SANDBOX_PROGRAM" fault --dir "$REDSMITH_SANDBOX_DIR" --clear
run "copy sales2 from 's3://sandbox-stage/a/' iam_role default gzip;" >/dev/null
tap_is "the whole table comes back" "$(run "select (select count(*) from sales2), (select count(*) from
    (select * from sales except select * from sales2) a)")" "172456|0"
exit 0
