#!/bin/sh
# What the sandbox's front has of Redshift's users, types, views and system views.
. "${REDSMITH_SRCDIR:-$(dirname "$0")/../..}/tests/sandbox-lib.sh"
command -v psql >/dev/null || tap_skip_all "psql is not installed"
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

tap_plan 15
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
