-- Further system views over what runs: workload management, disk, privileges, procedures. What the
-- sandbox has no measure for is 0 or NULL, and said so here. Redshift guide, "System tables and views".

-- STL_QUERYTEXT: the text in pieces of 200.
CREATE VIEW redsmith_catalog.stl_querytext AS
SELECT user_id AS userid, transaction_id AS xid, session_id AS pid,
       redsmith_catalog.stl_id(query_id) AS query, n AS sequence,
       substr(query_text, n * 200 + 1, 200)::char(200) AS text
FROM redsmith_sandbox.query_log, generate_series(0, (length(query_text) - 1) / 200) n
WHERE redsmith_catalog.sees(user_id);

-- STV_WLM_*: one automatic queue that lets everything run at once, and the superusers' queue.
CREATE VIEW redsmith_catalog.stv_wlm_query_state AS
SELECT transaction_id AS xid, 0 AS task, redsmith_catalog.stl_id(query_id) AS query,
       100 AS service_class, 1 AS slot_count, start_time AS wlm_start_time,
       'Running'::char(16) AS state, 0::bigint AS queue_time,
       redsmith_catalog.microseconds(clock_timestamp() AT TIME ZONE 'UTC' - start_time) AS exec_time,
       'Normal'::char(20) AS query_priority
FROM redsmith_sandbox.query_log
WHERE status = 'running' AND redsmith_catalog.sees(user_id);

CREATE VIEW redsmith_catalog.stv_wlm_query_queue_state AS
SELECT 0 AS service_class, 0 AS position, 0 AS task, 0 AS query, 0 AS slot_count,
       NULL::timestamp AS start_time, 0::bigint AS queue_time
WHERE false;

CREATE VIEW redsmith_catalog.stv_wlm_service_class_config AS
SELECT c.service_class, ''::char(256) AS queueing_strategy, c.tasks AS num_query_tasks,
       c.tasks AS target_num_query_tasks, 'false'::char(8) AS evictable, 0::bigint AS eviction_threshold,
       NULL::int AS query_working_mem, NULL::int AS target_query_working_mem,
       NULL::int AS min_step_mem, c.name::char(64) AS name, 0::bigint AS max_execution_time,
       true AS user_group_wild_card, false AS query_group_wild_card,
       'off'::char(20) AS concurrency_scaling, 'Normal'::char(20) AS query_priority,
       false AS user_role_wild_card
FROM (VALUES (5, 1, 'Service class for super user'), (100, -1, 'Default queue'))
     AS c (service_class, tasks, name)
WHERE redsmith_sandbox.is_superuser(current_user);

CREATE VIEW redsmith_catalog.stv_wlm_service_class_state AS
SELECT c.service_class, 0 AS num_queued_queries,
       count(q.query_id) FILTER (WHERE q.status = 'running')::int AS num_executing_queries,
       count(q.query_id)::int AS num_serviced_queries,
       count(q.query_id) FILTER (WHERE q.status <> 'running')::int AS num_executed_queries,
       0 AS num_evicted_queries, 0 AS num_concurrency_scaling_queries
FROM redsmith_catalog.stv_wlm_service_class_config c
LEFT JOIN redsmith_sandbox.query_log q ON c.service_class = 100
GROUP BY c.service_class;

CREATE VIEW redsmith_catalog.stl_wlm_query AS
SELECT user_id AS userid, transaction_id AS xid, 0 AS task, redsmith_catalog.stl_id(query_id) AS query,
       100 AS service_class, 1 AS slot_count, start_time AS service_class_start_time,
       start_time AS queue_start_time, start_time AS queue_end_time, 0::bigint AS total_queue_time,
       start_time AS exec_start_time, end_time AS exec_end_time,
       redsmith_catalog.microseconds(end_time - start_time) AS total_exec_time,
       end_time AS service_class_end_time, 'Completed'::char(16) AS final_state,
       0::bigint AS est_peak_mem, 'Normal'::char(20) AS query_priority,
       'Default queue'::char(64) AS service_class_name
FROM redsmith_sandbox.query_log
WHERE status <> 'running' AND redsmith_catalog.sees(user_id);

-- SYS_QUERY_DETAIL: one step per statement, because PostgreSQL reports none while it runs.
CREATE VIEW redsmith_catalog.sys_query_detail AS
SELECT q.user_id, q.query_id, 1 AS child_query_sequence, 0 AS stream_id, 0 AS segment_id, 0 AS step_id,
       'return'::text AS step_name, NULL::int AS table_id, NULL::char(136) AS table_name,
       'f'::char(1) AS is_rrscan, q.start_time, q.end_time,
       redsmith_catalog.microseconds(coalesce(q.end_time, clock_timestamp() AT TIME ZONE 'UTC')
                                     - q.start_time) AS duration,
       ''::text AS alert, NULL::bigint AS input_bytes, NULL::bigint AS input_rows,
       NULL::bigint AS output_bytes, q.returned_rows AS output_rows, 0::bigint AS blocks_read,
       0::bigint AS blocks_write, 0::bigint AS local_read_io, 0::bigint AS remote_read_io,
       ''::text AS source, 0 AS data_skewness, 0 AS time_skewness,
       CASE q.status WHEN 'running' THEN 't' ELSE 'f' END::char(1) AS is_active,
       0::bigint AS spilled_block_local_disk, 0::bigint AS spilled_block_remote_disk,
       ''::char(64) AS step_attribute, 'step'::char(64) AS metrics_level, NULL::int AS plan_parent_id,
       NULL::int AS plan_node_id
FROM redsmith_sandbox.query_log q
WHERE redsmith_catalog.sees(q.user_id);

-- STV_PARTITIONS: a disk per node, as large as the database and the rest of 64 GB. Superuser only.
CREATE VIEW redsmith_catalog.stv_partitions AS
SELECT node AS owner, node AS host, 0 AS diskno, 0::bigint AS part_begin,
       65536::bigint * 1048576 AS part_end,
       (pg_database_size(current_database()) / 1048576 / 2)::int AS used, 0 AS tossed,
       65536 AS capacity, 0::bigint AS reads, 0::bigint AS writes, 0 AS seek_forward, 0 AS seek_back,
       0 AS is_san, 0 AS failed, 0 AS mbps, format('/dev/xvd%s', node)::char(256) AS mount
FROM generate_series(0, 1) node
WHERE redsmith_sandbox.is_superuser(current_user);

-- STV_BLOCKLIST: PostgreSQL's pages of a table spread over its columns and the slices. Superuser only.
CREATE VIEW redsmith_catalog.stv_blocklist AS
SELECT s.slice, a.attnum - 1 AS col, c.oid::bigint::int AS tbl, b AS blocknum,
       (greatest(c.reltuples, 0)::bigint / 4 / t.blocks)::int AS num_values, 0 AS extended_limits,
       NULL::bigint AS minvalue, NULL::bigint AS maxvalue, 0 AS sb_pos, 0 AS pinned, 1 AS on_disk,
       0 AS modified, 0 AS hdr_modified, 0 AS unsorted, 0 AS tombstone, 0 AS preferred_diskno,
       0 AS temporary, 0 AS newblock, 0 AS num_readers, 0 AS flags
FROM pg_catalog.pg_class c
JOIN redsmith_sandbox.table_note n ON n.table_oid = c.oid
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN redsmith_catalog.stv_slices s,
LATERAL (SELECT greatest(1, c.relpages / 128 / 4 / greatest(c.relnatts, 1)) AS blocks) t,
LATERAL generate_series(0, t.blocks - 1) b
WHERE c.reltuples > 0 AND redsmith_sandbox.is_superuser(current_user);

CREATE VIEW redsmith_catalog.svv_diskusage AS
SELECT d.oid::bigint::int AS db_id, c.relname::char(72) AS name, b.slice, b.col, b.tbl, b.blocknum,
       b.num_values, b.minvalue, b.maxvalue, b.sb_pos, b.pinned, b.on_disk, b.modified,
       b.hdr_modified, b.unsorted, b.tombstone, b.preferred_diskno, b.temporary, b.newblock
FROM redsmith_catalog.stv_blocklist b
JOIN pg_catalog.pg_class c ON c.oid = b.tbl::oid
JOIN pg_catalog.pg_database d ON d.datname = current_database();

-- SVV_ALTER_TABLE_RECOMMENDATIONS: nobody advises here. Superuser only.
CREATE VIEW redsmith_catalog.svv_alter_table_recommendations AS
SELECT NULL::char(30) AS type, NULL::char(128) AS database, NULL::int AS table_id,
       NULL::int AS group_id, NULL::char(1024) AS ddl, NULL::char(1) AS auto_eligible
WHERE false;

-- SVV_DATASHARES: the sandbox shares nothing.
CREATE VIEW redsmith_catalog.svv_datashares AS
SELECT NULL::varchar(128) AS share_name, NULL::int AS share_id, NULL::int AS share_owner,
       NULL::varchar(128) AS source_database, NULL::varchar(128) AS consumer_database,
       NULL::varchar(8) AS share_type, NULL::timestamp AS createdate,
       NULL::bool AS is_publicaccessible, NULL::varchar(256) AS share_acl,
       NULL::varchar(16) AS producer_account, NULL::varchar(64) AS producer_namespace,
       NULL::varchar(64) AS managed_by
WHERE false;

-- SVV_RELATION_PRIVILEGES, SVV_SCHEMA_PRIVILEGES: what was granted; the owner's own rights are none of it.
CREATE VIEW redsmith_catalog.svv_relation_privileges AS
SELECT c.schema_name::varchar(128) AS namespace_name, c.table_name::varchar(128) AS relation_name,
       a.privilege_type::varchar(128) AS privilege_type, a.grantee::bigint::int AS identity_id,
       coalesce(r.rolname, 'public')::varchar(128) AS identity_name,
       CASE WHEN a.grantee = 0 THEN 'public' WHEN r.rolcanlogin THEN 'user' ELSE 'group'
       END::varchar(32) AS identity_type, a.is_grantable AS admin_option,
       'TABLE'::varchar(128) AS privilege_scope
FROM redsmith_sandbox.relation c
CROSS JOIN LATERAL aclexplode(c.relacl) a
LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE a.grantee <> c.relowner;

CREATE VIEW redsmith_catalog.svv_schema_privileges AS
SELECT n.nspname::varchar(128) AS namespace_name, a.privilege_type::varchar(128) AS privilege_type,
       a.grantee::bigint::int AS identity_id,
       coalesce(r.rolname, 'public')::varchar(128) AS identity_name,
       CASE WHEN a.grantee = 0 THEN 'public' WHEN r.rolcanlogin THEN 'user' ELSE 'group'
       END::varchar(32) AS identity_type, a.is_grantable AS admin_option,
       'SCHEMA'::varchar(128) AS privilege_scope
FROM redsmith_catalog.pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE a.grantee <> n.nspowner;

-- PG_PROC with PostgreSQL 8.0's columns, PG_PROC_INFO with prooid and prokind (f, p, a).
CREATE VIEW redsmith_catalog.pg_proc AS
SELECT oid, proname, pronamespace, proowner, prolang, prokind = 'a' AS proisagg, prosecdef,
       proisstrict, proretset, provolatile, pronargs, prorettype, proargtypes, proargnames, prosrc,
       probin, proacl
FROM pg_catalog.pg_proc
WHERE pronamespace NOT IN ('redsmith_sandbox'::regnamespace, 'redsmith_catalog'::regnamespace);

CREATE VIEW redsmith_catalog.pg_proc_info AS
SELECT p.oid AS prooid, p.proname, p.pronamespace, p.proowner, p.prolang, p.proisagg, p.prosecdef,
       p.proisstrict, p.proretset, p.provolatile, p.pronargs, p.prorettype, p.proargtypes,
       p.proargnames, p.prosrc, p.probin, p.proacl, o.prokind, o.proargmodes, o.proallargtypes
FROM redsmith_catalog.pg_proc p JOIN pg_catalog.pg_proc o ON o.oid = p.oid;

-- PG_EXTERNAL_SCHEMA, SVV_EXTERNAL_*
CREATE VIEW redsmith_catalog.pg_external_schema AS
SELECT esoid, eskind, databasename AS esdbname, esoptions FROM redsmith_sandbox.external_schema;

CREATE VIEW redsmith_catalog.svv_external_schemas AS
SELECT e.esoid, e.eskind, n.nspname AS schemaname, n.nspowner::int AS esowner, e.databasename,
       e.esoptions
FROM redsmith_sandbox.external_schema e JOIN pg_catalog.pg_namespace n ON n.oid = e.esoid;

CREATE VIEW redsmith_catalog.svv_external_tables AS
SELECT current_database()::text AS redshift_database_name, n.nspname::text AS schemaname,
       c.relname::text AS tablename, 'TABLE'::text AS tabletype, e.location, e.input_format,
       e.output_format, e.serialization_lib, e.serde_parameters, 0 AS compressed, e.parameters
FROM redsmith_sandbox.external_table e
JOIN pg_catalog.pg_class c ON c.oid = e.view_oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace;

CREATE VIEW redsmith_catalog.svv_external_columns AS
SELECT current_database()::text AS redshift_database_name, n.nspname::text AS schemaname,
       c.relname::text AS tablename, u.columnname, u.external_type, u.columnnum::int AS columnnum,
       greatest(0, u.columnnum - (cardinality(e.columns) - e.partition_keys))::int AS part_key,
       'true'::text AS is_nullable
FROM redsmith_sandbox.external_table e
JOIN pg_catalog.pg_class c ON c.oid = e.view_oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(e.columns, e.types) WITH ORDINALITY u (columnname, external_type, columnnum);

-- STV_MV_INFO, SVV_MV_INFO
CREATE VIEW redsmith_catalog.stv_mv_info AS
SELECT current_database()::char(128) AS db_name, n.nspname::char(128) AS schema,
       c.relname::char(128) AS name, -1::bigint AS updated_upto_xid,
       CASE WHEN c.relispopulated THEN 'f' ELSE 't' END::char(1) AS is_stale,
       pg_get_userbyid(c.relowner)::char(128) AS owner_user_name, 1 AS state,
       CASE WHEN coalesce(v.auto_refresh, false) THEN 't' ELSE 'f' END::char(1) AS autorefresh,
       'f'::char(1) AS autorewrite
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN redsmith_sandbox.view_note v ON v.view_oid = c.oid
WHERE c.relkind = 'm';
CREATE VIEW redsmith_catalog.svv_mv_info AS
SELECT db_name AS database_name, schema AS schema_name, owner_user_name AS user_name, name,
       is_stale, state, autorewrite, autorefresh
FROM redsmith_catalog.stv_mv_info;

-- STV_ACTIVE_CURSORS: PostgreSQL shows a session its own only.
CREATE VIEW redsmith_catalog.stv_active_cursors AS
SELECT r.oid::int AS userid, c.name::char(256) AS name, 0::bigint AS xid, pg_backend_pid() AS pid,
       c.creation_time AT TIME ZONE 'UTC' AS starttime, 0::bigint AS row_count,
       0::bigint AS byte_count, 0::bigint AS fetched_rows
FROM pg_catalog.pg_cursors c JOIN pg_catalog.pg_roles r ON r.rolname = current_user;

-- PG_CANCEL_BACKEND, PG_TERMINATE_BACKEND: one's own sessions, a superuser's all (Redshift guide).
CREATE FUNCTION redsmith_sandbox.may_signal(session int) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    owner_name name := (SELECT user_name FROM redsmith_sandbox.backends() b WHERE b.pid = session);
BEGIN
    IF owner_name IS NULL THEN
        RETURN false;
    END IF;
    IF owner_name <> session_user AND NOT redsmith_sandbox.is_superuser(session_user) THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = 'must be superuser to signal other server processes';
    END IF;
    RETURN true;
END $$;
CREATE FUNCTION redsmith_catalog.pg_cancel_backend(session int) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
    SELECT redsmith_sandbox.may_signal(session) AND pg_catalog.pg_cancel_backend(session);
$$;
CREATE FUNCTION redsmith_catalog.pg_terminate_backend(session int) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
    SELECT redsmith_sandbox.may_signal(session) AND pg_catalog.pg_terminate_backend(session);
$$;

-- pg_get_late_binding_view_cols(), for a column definition list of five.
CREATE FUNCTION redsmith_catalog.pg_get_late_binding_view_cols() RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT n.nspname::name, c.relname::name, a.attname::name,
           redsmith_catalog.type_text(a.atttypid, a.atttypmod)::varchar, a.attnum::int
    FROM redsmith_sandbox.late_view v
    JOIN pg_catalog.pg_class c ON c.oid = v.view_oid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE v.bound
    ORDER BY 1, 2, 5;
$$;
GRANT SELECT ON ALL TABLES IN SCHEMA redsmith_catalog TO PUBLIC;
