-- Redshift's catalog over PostgreSQL's. The pg_* views carry Redshift's columns (PostgreSQL 8.0's, and
-- Redshift's own); sandbox/rewrite sends unqualified and pg_catalog-qualified names here. What belongs
-- to the sandbox itself is left out; the views in redsmith_catalog appear as pg_catalog's.

-- Redshift guide, "CREATE TABLE", names of types as the catalog prints them.
CREATE FUNCTION redsmith_catalog.type_text(type_oid oid, modifier int) RETURNS text
    LANGUAGE sql STABLE RETURN
    CASE type_oid
        WHEN 'redsmith_catalog.super'::regtype THEN 'super'
        WHEN 'redsmith_catalog.intervaly2m'::regtype THEN 'interval year to month'
        WHEN 'redsmith_catalog.intervald2s'::regtype THEN 'interval day to second'
        WHEN 'redsmith_catalog.varbyte'::regtype THEN 'binary varying'
             || CASE WHEN modifier > 4 THEN format('(%s)', modifier - 4)
                     WHEN modifier = -2 THEN '(64000)' ELSE '' END
        ELSE pg_catalog.format_type(type_oid, modifier) END;
CREATE FUNCTION redsmith_catalog.format_type(type_oid oid, modifier int) RETURNS text
    LANGUAGE sql STABLE RETURN redsmith_catalog.type_text(type_oid, coalesce(modifier, -1));

-- Superusers and users with SYSLOG ACCESS UNRESTRICTED see everybody's rows, others their own. Redshift
-- guide, "Visibility of data in system tables and views".
CREATE FUNCTION redsmith_catalog.sees(owner_id bigint) RETURNS boolean
    LANGUAGE sql STABLE RETURN
    owner_id = quote_ident(current_user)::regrole::oid::bigint
    OR redsmith_sandbox.sees_all(current_user);

-- Automatic compression: Redshift guide, CREATE TABLE, ENCODE AUTO.
CREATE FUNCTION redsmith_catalog.default_encoding(type_oid oid, is_sort_key boolean, is_temp boolean)
    RETURNS text LANGUAGE sql STABLE RETURN
    CASE WHEN is_sort_key OR is_temp THEN 'none'
         WHEN redsmith_catalog.type_text(type_oid, -1) IN ('character', 'character varying',
              'binary varying') THEN 'lzo'
         WHEN redsmith_catalog.type_text(type_oid, -1) = 'super' THEN 'zstd'
         WHEN redsmith_catalog.type_text(type_oid, -1) IN ('smallint', 'integer', 'bigint', 'numeric',
              'date', 'time without time zone', 'time with time zone',
              'timestamp without time zone', 'timestamp with time zone') THEN 'az64'
         ELSE 'none' END;

-- PG_ATTRIBUTE.attencodingtype as a number and back. Redshift guide, SVV_TABLE_INFO and the public
-- DDL views: format_encoding(attencodingtype::integer).
CREATE FUNCTION redsmith_catalog.encoding_number(name text) RETURNS smallint
    LANGUAGE sql IMMUTABLE RETURN
    CASE name WHEN 'none' THEN 0 WHEN 'runlength' THEN 1 WHEN 'delta' THEN 2 WHEN 'delta32k' THEN 3
              WHEN 'bytedict' THEN 4 WHEN 'mostly8' THEN 5 WHEN 'mostly16' THEN 6
              WHEN 'mostly32' THEN 7 WHEN 'lzo' THEN 8 WHEN 'text255' THEN 9 WHEN 'text32k' THEN 10
              WHEN 'zstd' THEN 11 WHEN 'az64' THEN 12 ELSE 0 END;
CREATE FUNCTION redsmith_catalog.format_encoding(number int) RETURNS text
    LANGUAGE sql IMMUTABLE RETURN
    (ARRAY['none', 'runlength', 'delta', 'delta32k', 'bytedict', 'mostly8', 'mostly16', 'mostly32',
           'lzo', 'text255', 'text32k', 'zstd', 'az64'])[number + 1];

-- PG_NAMESPACE
CREATE VIEW redsmith_catalog.pg_namespace AS
SELECT oid, nspname, nspowner, nspacl FROM pg_catalog.pg_namespace
WHERE nspname NOT IN ('redsmith_sandbox', 'redsmith_catalog', 'pg_toast')
  AND nspname NOT LIKE 'pg!_toast!_temp!_%' ESCAPE '!';

-- PG_CLASS; reldiststyle and releffectivediststyle: Redshift guide, PG_CLASS_INFO. A small AUTO table
-- is held as ALL.
CREATE VIEW redsmith_catalog.pg_class AS
SELECT c.oid, c.relname,
       CASE WHEN n.nspname = 'redsmith_catalog' THEN 'pg_catalog'::regnamespace::oid
            ELSE c.relnamespace END AS relnamespace,
       c.reltype, c.relowner, c.relam, c.relfilenode, c.reltablespace, c.relpages,
       CASE WHEN c.reltuples < 0 THEN 0.001 ELSE c.reltuples END::real AS reltuples,
       0::oid AS reltoastrelid, 0::oid AS reltoastidxid, false AS relhasindex, c.relisshared,
       CASE c.relkind WHEN 'm' THEN 'v' ELSE c.relkind END AS relkind,
       CASE WHEN l.view_oid IS NULL THEN c.relnatts ELSE 0 END::smallint AS relnatts,
       0::oid AS relexternid, false AS relisreplicated,
       false AS relispinned,
       CASE t.dist_style WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8 WHEN 'AUTO' THEN 9 ELSE 0
       END::smallint AS reldiststyle,
       0::oid AS relprojbaseid, 0::smallint AS relchecks, 0::smallint AS reltriggers,
       0::smallint AS relukeys, 0::smallint AS relfkeys, 0::smallint AS relrefs,
       false AS relhasoids,
       EXISTS (SELECT FROM redsmith_sandbox.constraint_note k
               WHERE k.table_oid = c.oid AND k.kind = 'p') AS relhaspkey,
       c.relhasrules, c.relhassubclass, c.relacl
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN redsmith_sandbox.table_note t ON t.table_oid = c.oid
LEFT JOIN redsmith_sandbox.late_view l ON l.view_oid = c.oid
WHERE NOT EXISTS (SELECT FROM redsmith_sandbox.external_table e WHERE e.view_oid = c.oid)
  AND CASE n.nspname
      WHEN 'redsmith_sandbox' THEN false
      WHEN 'pg_toast' THEN false
      WHEN 'redsmith_catalog' THEN c.relkind = 'v'
      WHEN 'pg_catalog' THEN NOT EXISTS (
          SELECT FROM pg_catalog.pg_class ours
          WHERE ours.relname = c.relname AND ours.relnamespace = 'redsmith_catalog'::regnamespace)
      ELSE c.relkind IN ('r', 'v', 'm') END; -- there are no sequences and no indexes on Redshift

-- PG_CLASS_INFO: pg_class with the creation time and the style in effect.
CREATE VIEW redsmith_catalog.pg_class_info AS
SELECT c.*, t.create_time AS relcreationtime,
       CASE WHEN c.reldiststyle <> 9 THEN c.reldiststyle
            WHEN c.relkind <> 'r' THEN 0
            WHEN c.relpages <= 128 THEN 10 ELSE 11 END::int AS releffectivediststyle
FROM redsmith_catalog.pg_class c
LEFT JOIN redsmith_sandbox.table_note t ON t.table_oid = c.oid;

-- PG_ATTRIBUTE with attisdistkey, attsortkeyord and attencodingtype. Late-binding views have no rows in it
-- (Redshift guide, PG_GET_LATE_BINDING_VIEW_COLS), though SVV_COLUMNS shows their columns.
CREATE VIEW redsmith_sandbox.attribute AS
SELECT a.attrelid, a.attname, a.atttypid, a.attstattarget, a.attlen, a.attnum, a.attndims,
       a.attcacheoff, a.atttypmod, a.attbyval, a.attstorage, a.attalign, a.attnotnull,
       a.atthasdef OR a.attidentity <> '' AS atthasdef, a.attisdropped, a.attislocal,
       a.attinhcount, coalesce(n.is_dist_key, false) AS attisdistkey, false AS attispreloaded,
       coalesce(n.sort_key, 0) AS attsortkeyord,
       CASE WHEN c.relkind = 'r' AND a.attnum > 0
            THEN redsmith_catalog.encoding_number(coalesce(n.encoding,
                     redsmith_catalog.default_encoding(a.atttypid, coalesce(n.sort_key, 0) <> 0,
                                                       c.relpersistence = 't')))
            ELSE 0 END::smallint AS attencodingtype,
       0::smallint AS attencrypttype
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
LEFT JOIN redsmith_sandbox.column_note n ON n.table_oid = a.attrelid AND n.attnum = a.attnum;
CREATE VIEW redsmith_catalog.pg_attribute AS
SELECT a.* FROM redsmith_sandbox.attribute a
WHERE NOT EXISTS (SELECT FROM redsmith_sandbox.late_view l WHERE l.view_oid = a.attrelid);

-- PG_ATTRDEF: adsrc is the default's text; adbin holds the same text, for pg_get_expr below. An IDENTITY
-- column's default reads "identity"(table, column, 'seed,step').
CREATE VIEW redsmith_catalog.pg_attrdef AS
SELECT d.oid, d.adrelid, d.adnum, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS adbin,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS adsrc
FROM pg_catalog.pg_attrdef d
UNION ALL
SELECT s.seqrelid, a.attrelid, a.attnum, i.source, i.source
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_depend e ON e.refclassid = 'pg_catalog.pg_class'::regclass
 AND e.refobjid = a.attrelid AND e.refobjsubid = a.attnum AND e.deptype = 'i'
 AND e.classid = 'pg_catalog.pg_class'::regclass
JOIN pg_catalog.pg_sequence s ON s.seqrelid = e.objid,
LATERAL (SELECT format('%s(%s, %s, ''%s,%s''::text)',
                       CASE a.attidentity WHEN 'a' THEN '"identity"' ELSE 'default_identity' END,
                       a.attrelid, a.attnum - 1, s.seqstart, s.seqincrement) AS source) i
WHERE a.attidentity <> '';
CREATE FUNCTION redsmith_catalog.pg_get_expr(expression text, relation oid) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT RETURN expression;
CREATE FUNCTION redsmith_catalog.pg_get_expr(expression pg_node_tree, relation oid) RETURNS text
    LANGUAGE sql STABLE STRICT RETURN pg_catalog.pg_get_expr(expression, relation);

-- PG_CONSTRAINT: the keys that are noted and never enforced.
CREATE VIEW redsmith_catalog.pg_constraint AS
SELECT k.constraint_oid AS oid, k.name AS conname, c.relnamespace AS connamespace,
       k.kind AS contype, false AS condeferrable, false AS condeferred, k.table_oid AS conrelid,
       0::oid AS contypid, k.foreign_oid AS confrelid,
       CASE k.kind WHEN 'f' THEN 'a' ELSE ' ' END::"char" AS confupdtype,
       CASE k.kind WHEN 'f' THEN 'a' ELSE ' ' END::"char" AS confdeltype,
       CASE k.kind WHEN 'f' THEN 's' ELSE ' ' END::"char" AS confmatchtype,
       k.columns AS conkey, k.foreign_columns AS confkey, NULL::text AS conbin,
       NULL::text AS consrc
FROM redsmith_sandbox.constraint_note k
JOIN pg_catalog.pg_class c ON c.oid = k.table_oid;

CREATE FUNCTION redsmith_catalog.column_list(relation oid, numbers smallint[]) RETURNS text
    LANGUAGE sql STABLE RETURN
    (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.position)
     FROM unnest(numbers) WITH ORDINALITY AS k (number, position)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attnum = k.number);
CREATE FUNCTION redsmith_catalog.pg_get_constraintdef(constraint_id oid) RETURNS text
    LANGUAGE sql STABLE RETURN
    (SELECT CASE contype WHEN 'p' THEN 'PRIMARY KEY ' WHEN 'u' THEN 'UNIQUE '
                         ELSE 'FOREIGN KEY ' END
            || format('(%s)', redsmith_catalog.column_list(conrelid, conkey))
            || CASE contype WHEN 'f' THEN format(' REFERENCES %s(%s)', confrelid::regclass,
                    redsmith_catalog.column_list(confrelid, confkey)) ELSE '' END
     FROM redsmith_catalog.pg_constraint WHERE oid = constraint_id);
CREATE FUNCTION redsmith_catalog.pg_get_constraintdef(constraint_id oid, pretty boolean)
    RETURNS text
    LANGUAGE sql STABLE RETURN redsmith_catalog.pg_get_constraintdef(constraint_id);

-- The definition of a view; of a late-binding one its whole statement, as Redshift has it.
CREATE FUNCTION redsmith_catalog.pg_get_viewdef(view_oid oid) RETURNS text
    LANGUAGE sql STABLE RETURN
    coalesce(redsmith_sandbox.late_statement(view_oid), pg_catalog.pg_get_viewdef(view_oid));
CREATE FUNCTION redsmith_catalog.pg_get_viewdef(view_oid oid, pretty boolean) RETURNS text
    LANGUAGE sql STABLE RETURN
    coalesce(redsmith_sandbox.late_statement(view_oid), pg_catalog.pg_get_viewdef(view_oid, pretty));

-- PG_USER, PG_DATABASE, PG_TABLES, PG_VIEWS
CREATE VIEW redsmith_catalog.pg_user AS
SELECT r.rolname AS usename, r.oid::int AS usesysid, r.rolcreatedb OR r.oid = d.datdba AS usecreatedb,
       r.rolsuper OR redsmith_sandbox.is_superuser(r.rolname) AS usesuper, false AS usecatupd, '********'::text AS passwd,
       r.rolvaliduntil AS valuntil, NULL::text[] AS useconfig
FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
WHERE r.rolcanlogin AND d.datname = current_database();

CREATE VIEW redsmith_catalog.pg_database AS
SELECT oid, datname, datdba, encoding, datistemplate, datallowconn, 0::oid AS datlastsysoid,
       0::oid AS datvacuumxid, datfrozenxid, dattablespace, NULL::text[] AS datconfig, datacl
FROM pg_catalog.pg_database WHERE datname = current_database();

CREATE VIEW redsmith_catalog.pg_tables AS
SELECT n.nspname AS schemaname, c.relname AS tablename, pg_get_userbyid(c.relowner) AS tableowner,
       NULL::name AS tablespace, false AS hasindexes, c.relhasrules AS hasrules,
       false AS hastriggers
FROM redsmith_catalog.pg_class c
JOIN redsmith_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r';

CREATE VIEW redsmith_catalog.pg_views AS
SELECT n.nspname AS schemaname, c.relname AS viewname, pg_get_userbyid(c.relowner) AS viewowner,
       redsmith_catalog.pg_get_viewdef(c.oid) AS definition
FROM redsmith_catalog.pg_class c
JOIN redsmith_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v';

-- The relations and columns that the SVV views list, once.
CREATE VIEW redsmith_sandbox.relation AS
SELECT c.oid, current_database()::text AS database_name, n.nspname::text AS schema_name,
       c.relname::text AS table_name, c.relkind, c.relowner, c.relacl,
       obj_description(c.oid, 'pg_class') AS remarks
FROM redsmith_catalog.pg_class c
JOIN redsmith_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm') AND NOT pg_is_other_temp_schema(n.oid);

CREATE VIEW redsmith_sandbox.relation_column AS
SELECT r.*, a.attname::text AS column_name, a.attnum::int AS ordinal_position,
       CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable,
       d.adsrc AS column_default, redsmith_catalog.type_text(a.atttypid, -1) AS data_type,
       CASE WHEN a.atttypid IN ('bpchar'::regtype, 'varchar'::regtype,
                                'redsmith_catalog.varbyte'::regtype) AND a.atttypmod > 4
            THEN a.atttypmod - 4 END AS character_maximum_length,
       information_schema._pg_numeric_precision(a.atttypid, a.atttypmod)::int AS numeric_precision,
       information_schema._pg_numeric_precision_radix(a.atttypid, a.atttypmod)::int
           AS numeric_precision_radix,
       information_schema._pg_numeric_scale(a.atttypid, a.atttypmod)::int AS numeric_scale,
       information_schema._pg_datetime_precision(a.atttypid, a.atttypmod)::int
           AS datetime_precision,
       redsmith_catalog.format_encoding(a.attencodingtype) AS encoding,
       a.attisdistkey, a.attsortkeyord, col_description(r.oid, a.attnum) AS column_remarks
FROM redsmith_sandbox.relation r
JOIN redsmith_sandbox.attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN redsmith_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE has_table_privilege(r.oid, 'SELECT, INSERT, UPDATE, DELETE, REFERENCES');

-- PG_TABLE_DEF: only the schemas of the search_path.
CREATE VIEW redsmith_catalog.pg_table_def AS
SELECT r.schema_name::name AS schemaname, r.table_name::name AS tablename,
       a.attname AS "column", redsmith_catalog.type_text(a.atttypid,
           CASE WHEN a.atttypid = 'redsmith_catalog.varbyte'::regtype AND a.atttypmod = -1
                THEN -2 ELSE a.atttypmod END) AS type,
       redsmith_catalog.format_encoding(a.attencodingtype)::char(32) AS encoding,
       a.attisdistkey AS distkey, a.attsortkeyord AS sortkey, a.attnotnull AS "notnull"
FROM redsmith_sandbox.relation r
JOIN redsmith_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE r.relkind = 'r' AND r.schema_name = ANY (current_schemas(true))
ORDER BY 1, 2, a.attnum;

-- SVV_TABLES
CREATE VIEW redsmith_catalog.svv_tables AS
SELECT database_name::varchar AS table_catalog, schema_name::varchar AS table_schema,
       table_name::varchar,
       CASE relkind WHEN 'r' THEN 'BASE TABLE' ELSE 'VIEW' END::varchar AS table_type,
       remarks::varchar
FROM redsmith_sandbox.relation
WHERE has_table_privilege(oid, 'SELECT, INSERT, UPDATE, DELETE, REFERENCES');

-- SVV_COLUMNS
CREATE VIEW redsmith_catalog.svv_columns AS
SELECT database_name::varchar AS table_catalog, schema_name::varchar AS table_schema,
       table_name::varchar, column_name::varchar, ordinal_position, column_default::varchar,
       is_nullable::varchar, data_type::varchar, character_maximum_length, numeric_precision,
       numeric_precision_radix, numeric_scale, datetime_precision,
       NULL::varchar AS interval_type, NULL::varchar AS interval_precision,
       NULL::varchar AS character_set_catalog, NULL::varchar AS character_set_schema,
       NULL::varchar AS character_set_name, NULL::varchar AS collation_catalog,
       NULL::varchar AS collation_schema, NULL::varchar AS collation_name,
       NULL::varchar AS domain_name, column_remarks::varchar AS remarks
FROM redsmith_sandbox.relation_column
ORDER BY 2, 3, 5;

-- SVV_REDSHIFT_DATABASES
CREATE VIEW redsmith_catalog.svv_redshift_databases AS
SELECT datname::varchar(128) AS database_name, datdba::int AS database_owner,
       'local'::varchar(32) AS database_type, datacl::text::varchar(128) AS database_acl,
       NULL::varchar(128) AS database_options,
       'Snapshot Isolation'::varchar(128) AS database_isolation_level
FROM redsmith_catalog.pg_database;

-- SVV_REDSHIFT_SCHEMAS
CREATE VIEW redsmith_catalog.svv_redshift_schemas AS
SELECT current_database()::varchar(128) AS database_name, nspname::varchar(128) AS schema_name,
       nspowner::int AS schema_owner, 'local'::varchar(16) AS schema_type,
       nspacl::text::varchar(128) AS schema_acl, NULL::varchar(128) AS schema_option
FROM redsmith_catalog.pg_namespace;

-- SVV_ALL_SCHEMAS
CREATE VIEW redsmith_catalog.svv_all_schemas AS
SELECT s.database_name, s.schema_name, s.schema_owner,
       CASE WHEN e.esoid IS NULL THEN s.schema_type ELSE 'external' END::varchar(128) AS schema_type,
       s.schema_acl, e.databasename::varchar(128) AS source_database,
       e.esoptions::varchar(256) AS schema_option
FROM redsmith_catalog.svv_redshift_schemas s
LEFT JOIN redsmith_sandbox.external_schema e ON e.esoid = to_regnamespace(quote_ident(s.schema_name));

-- SVV_REDSHIFT_TABLES
CREATE VIEW redsmith_catalog.svv_redshift_tables AS
SELECT database_name::varchar(128), schema_name::varchar(128), table_name::varchar(128),
       CASE relkind WHEN 'r' THEN 'TABLE' ELSE 'VIEW' END::varchar(128) AS table_type,
       relacl::text::varchar(128) AS table_acl, remarks::varchar(128),
       pg_get_userbyid(relowner)::varchar(128) AS table_owner
FROM redsmith_sandbox.relation
WHERE has_table_privilege(oid, 'SELECT, INSERT, UPDATE, DELETE, REFERENCES');

-- SVV_ALL_TABLES
CREATE VIEW redsmith_catalog.svv_all_tables AS
SELECT database_name, schema_name, table_name, table_type, table_acl, remarks::varchar(256)
FROM redsmith_catalog.svv_redshift_tables
UNION ALL
SELECT current_database(), n.nspname, c.relname, 'EXTERNAL TABLE', NULL, NULL
FROM redsmith_sandbox.external_table e
JOIN pg_catalog.pg_class c ON c.oid = e.view_oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace;

-- SVV_REDSHIFT_COLUMNS
CREATE VIEW redsmith_catalog.svv_redshift_columns AS
SELECT database_name::varchar(128), schema_name::varchar(128), table_name::varchar(128),
       column_name::varchar(128), ordinal_position, data_type::varchar(32),
       column_default::varchar(4000), is_nullable::varchar(3), encoding::varchar(128),
       attisdistkey AS distkey, attsortkeyord AS sortkey, NULL::varchar(128) AS column_acl,
       column_remarks::varchar(256) AS remarks
FROM redsmith_sandbox.relation_column
ORDER BY 2, 3, 5;

-- SVV_ALL_COLUMNS
CREATE VIEW redsmith_catalog.svv_all_columns AS
SELECT database_name::varchar(128), schema_name::varchar(128), table_name::varchar(128),
       column_name::varchar(128), ordinal_position, column_default::varchar(4000),
       is_nullable::varchar(3), data_type::varchar(128), character_maximum_length,
       numeric_precision, numeric_scale, column_remarks::varchar(256) AS remarks
FROM redsmith_sandbox.relation_column
ORDER BY 2, 3, 5;

-- Rows of a table: counted, unless somebody holds it exclusively, which a look at the catalog must not
-- wait for. Views are never counted: the planner may ask before it has filtered, and a view of the
-- catalog would ask in turn.
CREATE FUNCTION redsmith_catalog.row_count(relation oid) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
DECLARE
    n bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM redsmith_sandbox.table_note WHERE table_oid = row_count.relation) THEN
        RETURN 0;
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = row_count.relation
               AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()) THEN
        SELECT greatest(reltuples, 0) INTO n FROM pg_catalog.pg_class WHERE oid = row_count.relation;
    ELSE
        EXECUTE format('SELECT count(*) FROM %s', row_count.relation::regclass) INTO n;
    END IF;
    RETURN n;
END $$;

-- SVV_TABLE_INFO: leaves out empty, temporary and system tables. The size counts 1 MB blocks of
-- PostgreSQL's storage, which is the only one there is.
CREATE VIEW redsmith_catalog.svv_table_info AS
WITH listed AS MATERIALIZED (
    SELECT r.* FROM redsmith_sandbox.relation r
    JOIN pg_catalog.pg_class c ON c.oid = r.oid AND c.relpersistence <> 't' AND c.relkind = 'r'
    JOIN redsmith_sandbox.table_note t ON t.table_oid = r.oid),
counted AS MATERIALIZED (
    SELECT listed.*, redsmith_catalog.row_count(oid) AS tbl_rows FROM listed)
SELECT r.database_name AS database, r.schema_name AS schema, r.oid AS table_id,
       r.table_name AS "table",
       CASE WHEN t.encode_auto THEN 'Y, AUTO(ENCODE)'
            WHEN EXISTS (SELECT FROM redsmith_catalog.pg_attribute a WHERE a.attrelid = r.oid
                         AND a.attnum > 0 AND a.attencodingtype <> 0) THEN 'Y'
            ELSE 'N' END AS encoded,
       CASE t.dist_style
            WHEN 'KEY' THEN format('KEY(%s)', (SELECT attname FROM redsmith_catalog.pg_attribute
                                               WHERE attrelid = r.oid AND attisdistkey))
            WHEN 'AUTO' THEN CASE WHEN size.blocks <= 1 THEN 'AUTO(ALL)' ELSE 'AUTO(EVEN)' END
            ELSE t.dist_style END AS diststyle,
       CASE t.sort_style WHEN 'INTERLEAVED' THEN 'INTERLEAVED' WHEN 'AUTO' THEN 'AUTO(SORTKEY)'
            ELSE k.attname::text END AS sortkey1,
       w.widest AS max_varchar,
       redsmith_catalog.format_encoding(k.attencodingtype)::char(32) AS sortkey1_enc,
       (SELECT count(*) FROM redsmith_catalog.pg_attribute
        WHERE attrelid = r.oid AND attsortkeyord <> 0)::int AS sortkey_num,
       size.blocks AS size, (size.blocks / 40960.0)::numeric(10, 4) AS pct_used,
       0::bigint AS empty,
       CASE WHEN k.attname IS NULL THEN NULL ELSE 0 END::numeric(5, 2) AS unsorted,
       CASE WHEN c.reltuples < 0 THEN NULL
            ELSE least(abs(r.tbl_rows - c.reltuples) / nullif(r.tbl_rows, 0) * 100, 100)
       END::numeric(5, 2) AS stats_off,
       r.tbl_rows::numeric(38, 0) AS tbl_rows,
       CASE WHEN k.attname IS NULL THEN NULL ELSE 1 END::numeric(19, 2) AS skew_sortkey1,
       CASE WHEN t.dist_style = 'KEY' THEN 1 END::numeric(19, 2) AS skew_rows,
       r.tbl_rows::numeric(38, 0) AS estimated_visible_rows, NULL::text AS risk_event,
       NULL::numeric(12, 2) AS vacuum_sort_benefit, t.create_time
FROM counted r
JOIN redsmith_sandbox.table_note t ON t.table_oid = r.oid
JOIN pg_catalog.pg_class c ON c.oid = r.oid
LEFT JOIN redsmith_catalog.pg_attribute k ON k.attrelid = r.oid AND abs(k.attsortkeyord) = 1,
LATERAL (SELECT max(atttypmod - 4) FILTER (WHERE atttypid = 'varchar'::regtype
                                           AND atttypmod > 4) AS widest
         FROM pg_catalog.pg_attribute WHERE attrelid = r.oid AND NOT attisdropped) w,
LATERAL (SELECT greatest(1, (c.relpages::bigint * 8192 + 1048575) / 1048576) AS blocks) size
WHERE r.tbl_rows > 0 AND redsmith_catalog.sees(0);

GRANT SELECT ON ALL TABLES IN SCHEMA redsmith_catalog TO PUBLIC;
