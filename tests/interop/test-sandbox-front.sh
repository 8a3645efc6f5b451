#!/bin/sh
# What the sandbox's front has of Redshift's users, types, views and system views.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"
tap_needs psql python3 psycopg2
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

sql()
{
    timeout 60 psql -XAt -F '|' -v ON_ERROR_STOP=1 -c "$1" 2>&1
}

as()
{
    as_user=$1
    shift
    PGUSER=$as_user PGPASSWORD=Abcdef12 sql "$@"
}

tap_plan 45
sandbox_begin

# Users and groups.
sql "CREATE GROUP readers" >/dev/null
sql "CREATE USER bob PASSWORD 'Abcdef12' IN GROUP readers" >/dev/null
sql "CREATE USER ann WITH PASSWORD 'Abcdef12' CREATEUSER" >/dev/null
sql "CREATE USER sha PASSWORD 'sha256|0123456789abcdef|0123'" >/dev/null
sql "GRANT SELECT ON category TO GROUP readers" >/dev/null
tap_is "a member reads what the group may" "$(as bob 'SELECT count(*) FROM category')" 11
tap_like "and nothing else" "$(as bob 'SELECT count(*) FROM sales')" \
    'permission denied for relation sales'
tap_like "an ordinary user makes no users" "$(as bob "CREATE USER eve PASSWORD 'x'")" \
    'must be superuser'
tap_is "a superuser reads all" "$(as ann 'SELECT count(*) FROM category')" 11
tap_is "pg_user knows the superusers" \
    "$(sql "SELECT usename FROM pg_user WHERE usesuper AND usename IN ('ann', 'bob')")" ann
tap_like "a password of type SHA-256 asks for code 13" "$(as sha 'SELECT 1')" \
    'authentication method 13 not supported'
tap_like "a user of an identity provider for code 14" "$(as AWSIDC:eve 'SELECT 1')" \
    'authentication method 14 not supported'
tap_is "everyone changes their own password" "$(as bob "ALTER USER bob PASSWORD 'Fedcba21'")" 'ALTER USER'
tap_like "the old one opens nothing" "$(as bob 'SELECT 1')" 'password authentication failed'
sql "ALTER USER bob PASSWORD 'Abcdef12' VALID UNTIL '2001-01-01'" >/dev/null
tap_like "nor does an expired one" "$(as bob 'SELECT 1')" 'password authentication failed'
sql "ALTER USER bob VALID UNTIL 'infinity'" >/dev/null
tap_is "an ordinary user sees their own statements" \
    "$(as bob "SELECT count(*) FROM sys_query_history WHERE username <> 'bob'")" 0
sql "ALTER USER bob SYSLOG ACCESS UNRESTRICTED" >/dev/null
tap_is "SYSLOG ACCESS UNRESTRICTED shows all" \
    "$(as bob "SELECT count(*) > 0 FROM sys_query_history WHERE username <> 'bob'")" t

# Types: their numbers and names.
sql "CREATE TABLE numbers (a super, b varbyte(9), c geometry, d geography, e hllsketch,
     f interval year to month, g interval day to second)" >/dev/null
tap_is "the catalog has Redshift's type numbers" \
    "$(sql "SELECT atttypid FROM pg_attribute WHERE attrelid = 'numbers'::regclass AND attnum > 0
            ORDER BY attnum" | tr '\n' ' ')" "4000 6551 3000 3001 2935 1188 1190 "
tap_is "and a result has them" \
    "$(/usr/bin/python3 -c "
import psycopg2
cursor = psycopg2.connect('').cursor()
cursor.execute('SELECT * FROM numbers')
print(*[column.type_code for column in cursor.description])" 2>&1)" "4000 6551 3000 3001 2935 1188 1190"
tap_is "format_type names them" \
    "$(sql "SELECT format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = 'numbers'::regclass AND attnum IN (2, 6) ORDER BY attnum" | tr '\n' ',')" \
    "binary varying(9),interval year to month,"

# VARBYTE: bare digits, also for rows of several columns and NULLs, and nothing else loses its backslash.
sql "INSERT INTO numbers (b) VALUES (FROM_HEX('00ff5c78')), (''), (NULL), ('abc')" >/dev/null
tap_is "VARBYTE is hexadecimal without a prefix" \
    "$(sql "SELECT b, 'x' || chr(92) || 'x61' AS text, b FROM numbers ORDER BY b" | tr '\n' ' ')" \
    '|x\x61| 00ff5c78|x\x61|00ff5c78 616263|x\x61|616263 |x\x61| '
tap_is "its own text after a result of another shape" "$(sql "SELECT chr(92) || 'x6162'")" '\x6162'
tap_is "FROM_HEX and TO_VARBYTE make the same bytes" \
    "$(sql "SELECT TO_HEX(b) FROM numbers WHERE b = FROM_HEX('616263') AND b = TO_VARBYTE('abc', 'utf8')")" \
    616263
tap_is "a prepared statement's rows are written alike" \
    "$(sql "PREPARE bytes AS SELECT b FROM numbers WHERE b = FROM_HEX(\$1); EXECUTE bytes('616263')" |
        tail -n 1)" 616263

# Views: late-binding ones outlive what they read; materialized ones take Redshift's attributes.
sql "CREATE TABLE base (a int)" >/dev/null
sql "CREATE VIEW public.late AS SELECT a FROM public.base WITH NO SCHEMA BINDING" >/dev/null
sql "CREATE VIEW public.early AS SELECT * FROM nowhere.t WITH NO SCHEMA BINDING" >/dev/null
tap_like "a late-binding view may be ahead of its table" "$(sql 'SELECT * FROM early')" \
    'relation "nowhere.t" does not exist'
tap_is "its columns are known to the function, not to pg_attribute" \
    "$(sql "SELECT col_name, col_type, (SELECT count(*) FROM pg_attribute
            WHERE attrelid = 'late'::regclass) FROM pg_get_late_binding_view_cols()
            cols(s name, v name, col_name name, col_type varchar, n int) WHERE v = 'late'")" 'a|integer|0'
tap_is "its definition is the statement" \
    "$(sql "SELECT pg_get_viewdef(oid) LIKE '%WITH NO SCHEMA BINDING' FROM pg_class
            WHERE relname = 'late' AND relnatts = 0")" t
sql "DROP TABLE base" >/dev/null
tap_like "the table can be dropped, and is then missed" "$(sql 'SELECT * FROM late')" \
    'relation "public.base" does not exist'
sql "CREATE TABLE base (a varchar(5)); INSERT INTO base VALUES ('back')" >/dev/null
tap_is "made anew with another type it is read again" "$(sql 'SELECT * FROM late')" back
sql "CREATE MATERIALIZED VIEW mv BACKUP NO DISTSTYLE KEY DISTKEY (catid) AUTO REFRESH YES
     AS SELECT catid FROM category" >/dev/null
tap_is "a materialized view with attributes" \
    "$(sql "SELECT (SELECT count(*) FROM mv), trim(autorefresh) FROM svv_mv_info WHERE name = 'mv'")" '11|t'

# External schemas and tables are in the catalog, and cannot be read.
sql "CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'lake' IAM_ROLE 'default'" >/dev/null
sql "CREATE EXTERNAL TABLE spectrum.events (id int, name varchar(20)) PARTITIONED BY (day date)
     STORED AS PARQUET LOCATION 's3://lake/events/' TABLE PROPERTIES ('numRows'='170000')" >/dev/null
tap_is "svv_external_columns" \
    "$(sql "SELECT columnname, external_type, part_key FROM svv_external_columns ORDER BY columnnum" |
        tr '\n' ' ')" 'id|int|0 name|varchar(20)|0 day|date|1 '
tap_is "svv_all_schemas says external" \
    "$(sql "SELECT schema_type, source_database FROM svv_all_schemas WHERE schema_name = 'spectrum'")" \
    'external|lake'
tap_like "reading one is refused" "$(sql 'SELECT * FROM spectrum.events')" 'not supported by the sandbox'

# What runs: a blocked session is seen, with who blocks it, and can be ended.
sql "CREATE TABLE contested (a int); INSERT INTO contested VALUES (1)" >/dev/null
cat >"$REDSMITH_SANDBOX_DIR/log/locks.py" <<'PYTHON'
import threading, time
import psycopg2

def connect(name):
    connection = psycopg2.connect("", application_name=name)
    return connection, connection.cursor(), connection.info.backend_pid

holder, holding, holder_pid = connect("holder")
waiter, waiting, waiter_pid = connect("waiter")
watcher, watching, _ = connect("watcher")
watcher.autocommit = True
holding.execute("UPDATE contested SET a = 2")
result = []

def update():
    try:
        waiting.execute("UPDATE contested SET a = 3")
    except psycopg2.Error as error:
        result.append(error)

thread = threading.Thread(target=update)
thread.start()
query = """SELECT w.pid, h.pid FROM svv_transactions w
    JOIN svv_transactions h ON h.relation = w.relation AND h.granted AND h.pid <> w.pid
    WHERE NOT w.granted AND w.lockable_object_type = 'relation' AND h.lock_mode = 'RowExclusiveLock'"""
end = time.monotonic() + 60
pairs = set()
while (waiter_pid, holder_pid) not in pairs and time.monotonic() < end:
    watching.execute(query)
    pairs = set(watching.fetchall())
print("blocked" if (waiter_pid, holder_pid) in pairs else pairs)
watching.execute("SELECT trim(status) FROM stv_recents WHERE pid = %s", (waiter_pid,))
print("recents", *watching.fetchone())
watching.execute("SELECT count(*) FROM stv_inflight WHERE pid = %s", (waiter_pid,))
print("inflight", *watching.fetchone())
watching.execute("SELECT pg_terminate_backend(%s)", (waiter_pid,))
thread.join(60)
print("terminated", *watching.fetchone(), len(result))
PYTHON
locks_say=$(timeout 120 /usr/bin/python3 "$REDSMITH_SANDBOX_DIR/log/locks.py" 2>&1)
tap_like "svv_transactions shows who waits for whom" "$locks_say" '^blocked$'
tap_like "stv_recents has it running" "$locks_say" '^recents Running$'
tap_like "stv_inflight too" "$locks_say" '^inflight 1$'
tap_like "and it can be terminated" "$locks_say" '^terminated True 1$'
tap_like "not by somebody else" "$(as bob "SELECT pg_terminate_backend(process) FROM stv_sessions
    UNION ALL SELECT pg_cancel_backend(pid) FROM svv_transactions" >/dev/null; as bob \
    "SELECT pg_terminate_backend($(timeout 20 psql -XAtc 'SELECT pg_backend_pid()'))")" '^f$'
tap_is "every further system view answers" "$(for view in stl_querytext stv_wlm_query_state \
    stv_wlm_query_queue_state stv_wlm_service_class_config stv_wlm_service_class_state stl_wlm_query \
    sys_query_detail stv_partitions stv_blocklist svv_diskusage svv_alter_table_recommendations \
    svv_datashares svv_relation_privileges svv_schema_privileges pg_proc pg_proc_info pg_group \
    svv_user_info stv_active_cursors stv_locks stl_unload_log stl_load_commits; do
    sql "SELECT count(*) FROM $view" | grep -q '^[0-9]*$' || echo "$view"; done)" ""
tap_is "a function and a procedure are listed" \
    "$(sql 'CREATE FUNCTION twice(int) RETURNS int STABLE AS $$ SELECT $1 * 2 $$ LANGUAGE sql' >/dev/null
       sql 'CREATE PROCEDURE quiet(a int) AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql' >/dev/null
       sql "SELECT proname, prokind FROM pg_proc_info WHERE proname IN ('twice', 'quiet') ORDER BY 1" |
           tr '\n' ' ')" 'quiet|p twice|f '

# EXPLAIN in Redshift's form, with the way that the rows of a join get together.
plan=$(sql "EXPLAIN SELECT l.listid FROM sales s JOIN listing l ON l.listid = s.listid ORDER BY 1")
tap_like "what is sorted is merged on the leader" "$plan" '^XN Merge  (cost=.*rows=.*width='
tap_like "one level further in" "$plan" '^        ->  XN Sort  (cost='
tap_like "two tables by the same key stay where they are" "$plan" \
    '^              ->  XN .* Join DS_DIST_NONE  (cost='
tap_like "conditions compare outer and inner" "$plan" 'Cond: ("outer".listid = "inner".listid)'
tap_like "a small inner side is sent to all" \
    "$(sql 'EXPLAIN SELECT 1 FROM sales s JOIN event e ON e.eventid = s.eventid')" 'DS_BCAST_INNER'
tap_like "the catalog is the leader's" "$(sql 'EXPLAIN SELECT relname FROM pg_class')" '^LD '
tap_is "psycopg2 reads it too" "$(/usr/bin/python3 -c "
import psycopg2
cursor = psycopg2.connect('').cursor()
cursor.execute('EXPLAIN SELECT catid FROM category')
print(cursor.fetchone()[0].split('  ')[0])" 2>&1)" 'XN Seq Scan on category'
tap_is "system views show no passwords" "$(sql "CREATE USER hidden PASSWORD 'Planted99'" >/dev/null
    sql "SELECT trim(query_text) FROM sys_query_history WHERE query_text LIKE 'CREATE USER hidden%'
         OR query_text LIKE '%Planted%' AND query_text NOT LIKE 'SELECT%'")" \
    "CREATE USER hidden PASSWORD '***'"

# Temporary logins that last as long as the test wants.
if [ -n "$AWS_PROGRAM" ]; then
    "$SANDBOX_PROGRAM" stop --dir "$REDSMITH_SANDBOX_DIR" >/dev/null
    sandbox_start "$REDSMITH_SANDBOX_DIR" --credential-seconds 1
    eval "$("$SANDBOX_PROGRAM" env --dir "$REDSMITH_SANDBOX_DIR")"
    temporary=$(aws redshift get-cluster-credentials --cluster-identifier "$REDSMITH_CLUSTER_IDENTIFIER" \
        --db-user bob --output text --query '[DbUser,DbPassword]' 2>&1)
    temporary_user=${temporary%%	*}
    temporary_password=${temporary##*	}
    refused()
    {
        PGUSER=$temporary_user PGPASSWORD=$temporary_password psql -XAtc 'SELECT 1' 2>&1 |
            grep -q 'password authentication failed'
    }
    tap_is "a temporary user has the name of the one it acts for" "$temporary_user" IAM:bob
    tap_ok "its password opens nothing when its time is over" wait_until 60 refused
else
    tap_skip "the AWS CLI is not installed" "a temporary user's name" "its password ends"
fi
