#!/bin/sh
# What psql sees of the sandbox's database: the TICKIT-like data, Redshift's views with the guide's
# columns, Redshift's DDL and where it can be read again, keys that are shown and not enforced, lengths
# in bytes, MERGE's restrictions. TAP on standard output.
#
# Uses the running sandbox whose exports are in the environment, else one of its own.

program="${REDSMITH_BUILDDIR:-.}/redsmith-sandbox"
own=
if [ -z "$REDSMITH_SANDBOX_DIR" ] || [ -z "$PGPORT" ]; then
    [ -x "$program" ] || { echo "1..0 # SKIP redsmith-sandbox was not built"; exit 0; }
    own=$(mktemp -d "${TMPDIR:-/tmp}/redsmith-catalog-XXXXXX")/s
    trap '"$program" stop --dir "$own" >&2; rm -rf "$(dirname "$own")"' EXIT
    trap 'exit 1' HUP INT TERM
    "$program" start --dir "$own" >&2 || { echo "Bail out! the sandbox does not start"; exit 1; }
    eval "$("$program" env --dir "$own")"
fi
command -v psql >/dev/null || { echo "1..0 # SKIP there is no psql"; exit 0; }

count=0
failed=0

sql() { # sql STATEMENT...: rows as a|b, each statement by itself, errors as "ERROR SQLSTATE"
    for statement in "$@"; do
        psql -X -q -A -t -v VERBOSITY=sqlstate -c "$statement" 2>&1 |
            sed -n -e 's/^ERROR: *\([0-9A-Z]\{5\}\).*/ERROR \1/' -e '/^NOTICE/d' -e '/^INFO/d' -e '/^WARNING/d' -e p
    done
}

is() { # is NAME GOT EXPECTED
    count=$((count + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $count - $1"
    else
        failed=$((failed + 1))
        echo "not ok $count - $1"
        printf 'got:\n%s\nexpected:\n%s\n' "$2" "$3" | sed 's/^/# /'
    fi
}

# --- the data ---------------------------------------------------------------------------------------
while read -r table rows; do
    is "$table has $rows rows" "$(sql "select count(*) from public.$table")" "$rows"
done <<'ROWS'
users 49990
venue 202
category 11
date 365
event 8798
listing 192497
sales 172456
ROWS
is "public holds the seven tables and nothing else" \
    "$(sql "select count(*) from svv_tables where table_schema = 'public'")" 7
is "every sale belongs to a listing, an event, a day and two users" \
    "$(sql "select count(*) from sales s join listing l on l.listid = s.listid and l.sellerid =
            s.sellerid and l.eventid = s.eventid join date d on d.dateid = s.dateid and d.caldate =
            trunc(s.saletime) join users u on u.userid = s.buyerid join event e on e.eventid =
            s.eventid where s.qtysold between 1 and 8 and s.qtysold <= l.numtickets and s.commission
            = round(s.pricepaid * 0.15, 2) and s.saletime between l.listtime and e.starttime")" 172456
is "1 January 2008 is day 1827, a Tuesday and a holiday" \
    "$(sql "select dateid, trim(day), week, trim(month), trim(qtr), year, holiday from date
            where caldate = '2008-01-01'")" "1827|TU|1|JAN|1|2008|t"
is "the data is the same in every sandbox" \
    "$(sql "select sum(pricepaid), sum(qtysold), min(saletime), max(saletime) from sales" \
           "select username, city, email from users where userid = 4711")" \
    "$(cat <<'SAME'
292397442.00|497648|2008-01-01 01:02:42|2008-12-30 11:43:34
GSE98FMV|Crescent Falls|cato.oakston4711@example.com
SAME
)"
is "some flags, prices and seats are NULL, no pricepaid is" \
    "$(sql "select (select count(*) between 400 and 1100 from users where likejazz is null),
            (select count(*) > 0 from listing where priceperticket is null),
            (select count(*) > 0 from venue where venueseats is null),
            (select count(*) from sales where pricepaid is null)")" "t|t|t|0"

# --- columns of the views: names and order as the guide has them ---------------------------------------
while read -r view columns; do
    is "$view has the guide's columns" \
        "$(psql -X -q --csv -c "select * from $view limit 0" 2>&1 | head -1)" "$columns"
done <<'VIEWS'
svv_all_schemas database_name,schema_name,schema_owner,schema_type,schema_acl,source_database,schema_option
svv_all_tables database_name,schema_name,table_name,table_type,table_acl,remarks
svv_all_columns database_name,schema_name,table_name,column_name,ordinal_position,column_default,is_nullable,data_type,character_maximum_length,numeric_precision,numeric_scale,remarks
svv_redshift_databases database_name,database_owner,database_type,database_acl,database_options,database_isolation_level
svv_redshift_schemas database_name,schema_name,schema_owner,schema_type,schema_acl,schema_option
svv_redshift_tables database_name,schema_name,table_name,table_type,table_acl,remarks,table_owner
svv_redshift_columns database_name,schema_name,table_name,column_name,ordinal_position,data_type,column_default,is_nullable,encoding,distkey,sortkey,column_acl,remarks
svv_tables table_catalog,table_schema,table_name,table_type,remarks
svv_columns table_catalog,table_schema,table_name,column_name,ordinal_position,column_default,is_nullable,data_type,character_maximum_length,numeric_precision,numeric_precision_radix,numeric_scale,datetime_precision,interval_type,interval_precision,character_set_catalog,character_set_schema,character_set_name,collation_catalog,collation_schema,collation_name,domain_name,remarks
svv_external_schemas esoid,eskind,schemaname,esowner,databasename,esoptions
svv_external_tables redshift_database_name,schemaname,tablename,tabletype,location,input_format,output_format,serialization_lib,serde_parameters,compressed,parameters
svv_external_columns redshift_database_name,schemaname,tablename,columnname,external_type,columnnum,part_key,is_nullable
svv_table_info database,schema,table_id,table,encoded,diststyle,sortkey1,max_varchar,sortkey1_enc,sortkey_num,size,pct_used,empty,unsorted,stats_off,tbl_rows,skew_sortkey1,skew_rows,estimated_visible_rows,risk_event,vacuum_sort_benefit,create_time
pg_table_def schemaname,tablename,column,type,encoding,distkey,sortkey,notnull
stv_tbl_perm slice,id,name,rows,sorted_rows,temp,db_id,insert_pristine,delete_pristine,backup,dist_style,block_count
stv_recents userid,status,starttime,duration,user_name,db_name,query,pid
stv_inflight userid,slice,query,label,xid,pid,starttime,text,suspended,insert_pristine,concurrency_scaling_status
stv_load_state userid,session,query,slice,pid,recordtime,bytes_to_load,bytes_loaded,bytes_to_load_compressed,bytes_loaded_compressed,lines,num_files,num_files_complete,current_file,pct_complete
stl_unload_log userid,query,slice,pid,path,start_time,end_time,line_count,transfer_size,file_format,user_query_id,transaction_id
stl_load_commits userid,query,slice,name,filename,byte_offset,lines_scanned,errors,curtime,status,file_format,is_partial,start_offset,copy_job_id
stl_load_errors userid,slice,tbl,starttime,session,query,filename,line_number,colname,type,col_length,position,raw_line,raw_field_value,err_code,err_reason,is_partial,start_offset,copy_job_id
stl_loaderror_detail userid,slice,session,query,filename,line_number,field,colname,value,is_null,type,col_length
stl_query userid,query,label,xid,pid,database,querytxt,starttime,endtime,aborted,insert_pristine,concurrency_scaling_status
svl_qlog userid,query,xid,pid,starttime,endtime,elapsed,aborted,label,substring,source_query,concurrency_scaling_status_txt,from_sp_call
sys_query_history user_id,query_id,query_label,transaction_id,session_id,database_name,query_type,status,result_cache_hit,start_time,end_time,elapsed_time,queue_time,execution_time,error_message,returned_rows,returned_bytes,query_text,redshift_version,usage_limit,compute_type,compile_time,planning_time,lock_wait_time,service_class_id,service_class_name,query_priority,short_query_accelerated,user_query_hash,generic_query_hash,query_hash_version,result_cache_query_id,username
sys_query_text user_id,query_id,transaction_id,session_id,start_time,sequence,text,query_uuid
sys_load_history user_id,query_id,transaction_id,session_id,database_name,status,table_name,start_time,end_time,duration,data_source,file_format,loaded_rows,loaded_bytes,source_file_count,source_file_bytes,file_count_scanned,file_bytes_scanned,error_count,copy_job_id
sys_load_detail user_id,query_id,file_name,bytes_scanned,lines_scanned,record_time,splits_scanned,start_time,end_time,file_etag,file_last_modified
sys_load_error_detail user_id,query_id,transaction_id,session_id,database_name,table_id,start_time,file_name,line_number,column_name,column_type,column_length,position,error_code,error_message
sys_unload_history user_id,query_id,transaction_id,session_id,database_name,status,start_time,end_time,duration,file_format,compression_type,unloaded_location,unloaded_rows,unloaded_files_count,unloaded_files_size,error_message
sys_unload_detail user_id,query_id,session_id,transaction_id,file_name,start_time,end_time,line_count,transfer_size,file_format
sys_session_history user_id,session_id,database_name,status,session_timeout,start_time,end_time
stv_sessions starttime,process,user_name,db_name,timeout_sec
svv_transactions txn_owner,txn_db,xid,pid,txn_start,lock_mode,lockable_object_type,relation,granted
stv_locks table_id,last_commit,last_update,lock_owner,lock_owner_pid,lock_owner_start_ts,lock_owner_end_ts,lock_status
stv_slices node,slice,localslice,type
VIEWS
is "CHAR columns of the views are blank padded" \
    "$(sql "select octet_length(status), octet_length(user_name) from stv_recents limit 1")" "20|50"

# --- DDL and where it shows ---------------------------------------------------------------------------
sql "drop schema if exists cat cascade" "create schema cat" >/dev/null
run() { # run STATEMENT...: in the schema cat, in one session
    script="set search_path to cat, public;"
    for statement in "$@"; do script="$script
$statement;"; done
    printf '%s\n' "$script" | psql -X -q -A -t -v VERBOSITY=sqlstate 2>&1 |
        sed -n -e 's/^psql:[^ ]* *//' -e 's/^ERROR: *\([0-9A-Z]\{5\}\).*/ERROR \1/' \
            -e '/^NOTICE/d' -e '/^INFO/d' -e '/^WARNING/d' -e p
}
is "CREATE TABLE's attributes are in pg_table_def" "$(run \
    'create table ev (id bigint identity(1,1), k varchar(40) encode zstd not null, seen_at timestamp
     sortkey, payload super, primary key (id)) diststyle key distkey (k)' \
    "select \"column\", type, trim(encoding), distkey, sortkey, \"notnull\" from pg_table_def
     where schemaname = 'cat' and tablename = 'ev'")" "id|bigint|az64|f|0|t
k|character varying(40)|zstd|t|0|t
seen_at|timestamp without time zone|none|f|1|f
payload|super|zstd|f|0|f"
is "IDENTITY counts by itself and cannot be given" "$(run "insert into ev (k) values ('a'), ('b')" \
    "insert into ev (id, k) values (9, 'c')" 'select id, k from ev order by id')" "ERROR 428C9
1|a
2|b"
is "a default's text tells IDENTITY" "$(run "select column_default like '\"identity\"(%, 0, ''1,1''::text)'
    from svv_columns where table_schema = 'cat' and table_name = 'ev' and column_name = 'id'")" t
is "keys are shown and not enforced" "$(run \
    'create table child (a int, b int unique, primary key (b), foreign key (a) references ev(id))' \
    'insert into child values (7, 1), (7, 1)' \
    "select contype, conkey, pg_get_constraintdef(oid) from pg_constraint where conrelid =
     'cat.child'::regclass order by contype" 'select count(*) from child')" \
    "f|{1}|FOREIGN KEY (a) REFERENCES ev(id)
p|{2}|PRIMARY KEY (b)
u|{2}|UNIQUE (b)
2"
is "a primary key's columns are NOT NULL, and that is enforced" \
    "$(run 'insert into child values (1, null)')" "ERROR 23502"
is "keys and attributes follow a rename" "$(run 'alter table child rename to kid' \
    'alter table kid rename column b to bb' 'alter table kid alter distkey bb' \
    'alter table kid alter sortkey (bb, a)' 'alter table kid alter column a encode zstd' \
    "select \"column\", trim(encoding), distkey, sortkey from pg_table_def where tablename = 'kid'" \
    "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'kid'::regclass and
     contype = 'p'")" "a|zstd|f|2
bb|none|t|1
PRIMARY KEY (bb)"
is "LIKE copies distribution, sort keys and encodings, no keys" "$(run 'create table twin (like kid)' \
    "select \"column\", trim(encoding), distkey, sortkey, \"notnull\" from pg_table_def where
     tablename = 'twin'" "select count(*) from pg_constraint where conrelid = 'twin'::regclass")" \
    "a|zstd|f|2|f
bb|none|t|1|t
0"
is "CREATE TABLE AS takes attributes" "$(run \
    'create table made diststyle all interleaved sortkey (catid, catname) as select * from category' \
    "select diststyle, sortkey1, sortkey_num, tbl_rows from svv_table_info where \"table\" = 'made'" \
    "select sortkey from pg_table_def where tablename = 'made' and sortkey <> 0 order by 1")" \
    "ALL|INTERLEAVED|2|11
-2
1"
is "IF NOT EXISTS leaves an old table's attributes" "$(run \
    'create table if not exists made (x int distkey)' \
    "select diststyle from svv_table_info where \"table\" = 'made'")" ALL
is "SHOW TABLE writes it all down" "$(run 'create table shown (a int default 5 not null encode mostly8,
    b varchar(max) unique) backup no diststyle even compound sortkey (a)' 'show table shown')" \
    "CREATE TABLE cat.shown (
    a integer NOT NULL DEFAULT 5 ENCODE mostly8,
    b character varying(65535) ENCODE lzo,
    UNIQUE (b)
) BACKUP NO DISTSTYLE EVEN SORTKEY ( a );"
is "a dropped table leaves no notes" "$(run 'drop table kid' \
    "select count(*) from pg_constraint where conname like 'child%'")" 0
is "a key column that is not there undoes the whole statement" "$(run \
    'create table lost (a int) sortkey (nope)' "select count(*) from svv_tables where table_name = 'lost'")" \
    "ERROR 42703
0"
is "a SUPER column cannot be a key" "$(run 'create table lost (a super) distkey (a)')" "ERROR 0A000"
is "svv_table_info leaves out empty tables" \
    "$(run "select count(*) from svv_table_info where \"table\" = 'shown'")" 0

# --- lengths in bytes --------------------------------------------------------------------------------
is "VARCHAR(n) counts bytes" "$(run 'create table bytes (v varchar(3), c char(2))' \
    "insert into bytes (v) values ('éé')" "insert into bytes (v) values ('éa'), (null), ('')" \
    "insert into bytes (c) values ('é')" 'select count(*) from bytes')" "ERROR 22001
ERROR 22001
3"
is "so does a widened column, a copy and a temporary table" "$(run \
    'alter table bytes alter column v type varchar(5)' "insert into bytes (v) values ('éé')" \
    "insert into bytes (v) values ('ééé')" 'create table copied as select * from bytes' \
    "insert into copied (v) values ('ééé')" 'create temp table t (like bytes)' \
    "insert into t (v) values ('ééé')" "insert into #u values (1)")" "ERROR 22001
ERROR 22001
ERROR 22001
ERROR 42P01"
is "the checks behind it are not in the catalog" "$(run "select count(*) from pg_constraint where
    conrelid = 'bytes'::regclass" "select relchecks from pg_class where oid = 'bytes'::regclass")" "0
0"

# --- MERGE -------------------------------------------------------------------------------------------
is "MERGE updates and inserts" "$(run 'create table goal (id int, v varchar(5))' \
    'create table src (id int, v varchar(5))' "insert into goal values (1, 'a'), (2, 'b')" \
    "insert into src values (2, 'B'), (3, 'C')" 'merge into goal using src s on goal.id = s.id when
     matched then update set v = s.v when not matched then insert values (s.id, s.v)' \
    'select * from goal order by id')" "1|a
2|B
3|C"
is "a row matched twice fails and changes nothing" "$(run "insert into src values (3, 'D')" \
    'merge into goal using src on goal.id = src.id when matched then update set v = src.v when not
     matched then insert values (src.id, src.v)' 'select * from goal order by id')" "ERROR 21000
1|a
2|B
3|C"
is "REMOVE DUPLICATES replaces and collapses" "$(run "insert into src values (4, 'E'), (4, 'E')" \
    'merge into goal using src on goal.id = src.id remove duplicates' 'select * from goal order by 1, 2')" \
    "1|a
2|B
3|C
3|D
4|E"

# --- transactions, settings, names ---------------------------------------------------------------------
is "TRUNCATE commits" "$(run begin 'insert into bytes (v) values (1)' 'truncate bytes' rollback \
    'select count(*) from bytes')" 0
is "the session's own settings" "$(run "set query_group to 'a''b'" 'show query_group' \
    'reset query_group' 'show query_group' 'show search_path')" "a'b
default
cat, public"
is "names fold even when quoted, and three parts are read" \
    "$(run 'select "CatID" from dev.public."CATEGORY" where catid = 1')" 1
is "version and pg_class are Redshift's" "$(run "select version() like 'PostgreSQL 8.0.2 on % Redshift 1.0.%'" \
    "select reldiststyle, relhaspkey from pg_catalog.pg_class where oid = 'public.sales'::regclass")" "t
1|f"
is "the sandbox's own schemas do not show" \
    "$(run "select nspname from pg_namespace where nspname not like 'pg_temp%' order by 1" | tr '\n' ' ')" \
    "awkward cat information_schema pg_catalog public "

sql "drop schema cat cascade" >/dev/null
echo "1..$count"
[ "$failed" -eq 0 ]
