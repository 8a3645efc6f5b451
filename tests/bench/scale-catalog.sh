#!/bin/sh
# scale-catalog.sh [TABLES [COLUMNS [SCHEMAS]]]: fills the running sandbox of $REDSMITH_SANDBOX_DIR with a catalog
# of the size that large clusters have: 100,000 tables of 10 columns in 100 schemas, unless told
# otherwise. For the bench of the catalog, and to look at by hand; not part of `make check`.
#
# The tables are made over the sandbox's private socket by two sessions, without the event triggers that
# note each table, which are told of all in the end. Measured on two cores: see the last line it prints.
set -eu

tables=${1:-100000}
columns=${2:-10}
schemas=${3:-100}
dir=${REDSMITH_SANDBOX_DIR:?names the folder of a running sandbox}
key()
{
    sed -n "s/^$1=//p" "$dir/sandbox.ini"
}

superuser()
{
    PGSSLMODE=disable PGOPTIONS='-c session_replication_role=replica -c synchronous_commit=off' \
        PGPASSWORD= psql -qXAt -v ON_ERROR_STOP=1 -h "$(key socket_dir)" -p 5432 -U "$(key superuser)" \
        -d "$(key database)" "$@"
}

# fill FROM STEP: every STEP-th schema. 500 tables per transaction: each holds a lock until it ends.
fill()
{
    superuser <<SQL
DO \$\$
DECLARE
    owner_name text := '$(key user)';
    per_schema int := $tables / $schemas;
    columns text := (SELECT string_agg(CASE n % 4
        WHEN 0 THEN format('c%s_name varchar(100)', n) WHEN 1 THEN format('c%s_id bigint', n)
        WHEN 2 THEN format('c%s_price numeric(18, 2)', n) ELSE format('c%s_at timestamp', n) END,
        ', ') FROM generate_series(1, $columns) n);
BEGIN
    FOR s IN $1 .. $schemas - 1 BY $2 LOOP
        EXECUTE format('CREATE SCHEMA scale_%s AUTHORIZATION %I', lpad(s::text, 3, '0'), owner_name);
        EXECUTE format('SET ROLE %I', owner_name);
        FOR t IN 1 .. per_schema LOOP
            EXECUTE format('CREATE TABLE scale_%s.events_%s (%s)', lpad(s::text, 3, '0'),
                           lpad(t::text, 5, '0'), columns);
            IF t % 500 = 0 THEN
                COMMIT;
            END IF;
        END LOOP;
        COMMIT;
        RESET ROLE;
    END LOOP;
END \$\$;
SQL
}

begin=$(date +%s)
fill 0 2 &
other=$!
fill 1 2
wait $other
superuser <<'SQL'
INSERT INTO redsmith_sandbox.table_note (table_oid, noted)
SELECT c.oid, true FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname LIKE 'scale\_%' ON CONFLICT DO NOTHING;
ANALYZE pg_catalog.pg_class;
ANALYZE pg_catalog.pg_attribute;
SQL
echo "$((tables / schemas * schemas)) tables of $columns columns in $schemas schemas: $(($(date +%s) - begin)) s"
