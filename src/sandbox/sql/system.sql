-- What the cluster did and does: Redshift's STV, STL, SVV and SYS views over the log tables. CHAR(n)
-- columns are blank padded, durations are microseconds. STL numbers statements otherwise than SYS
-- does, so that a client which mixes the two finds nothing here, as it would there.
CREATE FUNCTION redsmith_catalog.stl_id(query_id bigint) RETURNS int
    LANGUAGE sql IMMUTABLE RETURN (query_id + 100000)::int;

CREATE FUNCTION redsmith_catalog.microseconds(span interval) RETURNS bigint
    LANGUAGE sql IMMUTABLE RETURN (extract(epoch FROM span) * 1000000)::bigint;

-- STV_RECENTS
CREATE VIEW redsmith_catalog.stv_recents AS
SELECT user_id AS userid, CASE status WHEN 'running' THEN 'Running' ELSE 'Done' END::char(20) AS status,
       start_time AS starttime,
       redsmith_catalog.microseconds(coalesce(end_time, clock_timestamp() AT TIME ZONE 'UTC')
                                     - start_time)::int AS duration,
       user_name::char(50) AS user_name, database_name::char(50) AS db_name,
       query_text::char(600) AS query,
       CASE status WHEN 'running' THEN session_id ELSE -1 END AS pid
FROM redsmith_sandbox.query_log
WHERE redsmith_catalog.sees(user_id)
ORDER BY start_time DESC LIMIT 100;

-- STV_INFLIGHT
CREATE VIEW redsmith_catalog.stv_inflight AS
SELECT user_id AS userid, 0 AS slice, redsmith_catalog.stl_id(query_id) AS query,
       coalesce(query_label, 'default')::char(320) AS label, transaction_id AS xid,
       session_id AS pid, start_time AS starttime, query_text::char(100) AS text, 0 AS suspended,
       0 AS insert_pristine, 0 AS concurrency_scaling_status
FROM redsmith_sandbox.query_log
WHERE status = 'running' AND redsmith_catalog.sees(user_id);

-- STL_QUERY
CREATE VIEW redsmith_catalog.stl_query AS
SELECT user_id AS userid, redsmith_catalog.stl_id(query_id) AS query,
       coalesce(query_label, 'default')::char(320) AS label, transaction_id AS xid,
       session_id AS pid, database_name::char(32) AS database, query_text::char(4000) AS querytxt,
       start_time AS starttime, end_time AS endtime, (status <> 'success')::int AS aborted,
       0 AS insert_pristine, 0 AS concurrency_scaling_status
FROM redsmith_sandbox.query_log
WHERE status <> 'running' AND redsmith_catalog.sees(user_id);

-- SVL_QLOG
CREATE VIEW redsmith_catalog.svl_qlog AS
SELECT userid, query, xid, pid, starttime, endtime,
       redsmith_catalog.microseconds(endtime - starttime) AS elapsed, aborted, label,
       querytxt::char(60) AS substring, NULL::int AS source_query,
       '0 - Ran on the main cluster'::text AS concurrency_scaling_status_txt, 0 AS from_sp_call
FROM redsmith_catalog.stl_query;

-- SYS_QUERY_HISTORY
CREATE VIEW redsmith_catalog.sys_query_history AS
SELECT user_id, query_id, coalesce(query_label, 'default')::char(320) AS query_label, transaction_id,
       session_id, database_name::char(128) AS database_name, query_type::char(32) AS query_type,
       status::char(10) AS status, false AS result_cache_hit, start_time, end_time,
       redsmith_catalog.microseconds(t.elapsed) AS elapsed_time, 0::bigint AS queue_time,
       redsmith_catalog.microseconds(t.elapsed) AS execution_time,
       coalesce(error_message, '')::char(512) AS error_message, returned_rows,
       NULL::bigint AS returned_bytes, query_text::char(4000) AS query_text,
       redsmith_catalog.release()::char(256) AS redshift_version, ''::char(150) AS usage_limit,
       'primary'::varchar(32) AS compute_type, 0::bigint AS compile_time, 0::bigint AS planning_time,
       0::bigint AS lock_wait_time, 100 AS service_class_id,
       'Default queue'::char(64) AS service_class_name, 'Normal'::char(20) AS query_priority,
       'false'::char(10) AS short_query_accelerated, md5(query_text)::char(40) AS user_query_hash,
       md5(query_text)::char(40) AS generic_query_hash, 1 AS query_hash_version,
       NULL::int AS result_cache_query_id, user_name::varchar(128) AS username
FROM redsmith_sandbox.query_log,
LATERAL (SELECT coalesce(end_time, clock_timestamp() AT TIME ZONE 'UTC') - start_time AS elapsed) t
WHERE redsmith_catalog.sees(user_id);

-- SYS_QUERY_TEXT
CREATE VIEW redsmith_catalog.sys_query_text AS
SELECT user_id, query_id, transaction_id, session_id, start_time, n AS sequence,
       substr(query_text, n * 4000 + 1, 4000)::char(4000) AS text, NULL::char(36) AS query_uuid
FROM redsmith_sandbox.query_log, generate_series(0, length(query_text) / 4000) n
WHERE redsmith_catalog.sees(user_id);

-- SYS_LOAD_HISTORY
CREATE VIEW redsmith_catalog.sys_load_history AS
SELECT user_id, query_id, transaction_id, session_id, database_name, status, table_name, start_time,
       end_time,
       redsmith_catalog.microseconds(coalesce(end_time, clock_timestamp() AT TIME ZONE 'UTC')
                                     - start_time) AS duration,
       data_source, file_format, loaded_rows, loaded_bytes, source_file_count, source_file_bytes,
       file_count_scanned, file_bytes_scanned, error_count, -1::bigint AS copy_job_id
FROM redsmith_sandbox.load_log
WHERE redsmith_catalog.sees(user_id);

-- SYS_LOAD_DETAIL
CREATE VIEW redsmith_catalog.sys_load_detail AS
SELECT user_id, query_id::int, file_name::char(256) AS file_name,
       least(bytes_scanned, 2147483647)::int AS bytes_scanned,
       least(lines_scanned, 2147483647)::int AS lines_scanned, end_time AS record_time,
       1 AS splits_scanned, start_time, end_time, NULL::char(256) AS file_etag,
       NULL::timestamp AS file_last_modified
FROM redsmith_sandbox.load_file
WHERE redsmith_catalog.sees(user_id);

-- SYS_LOAD_ERROR_DETAIL
CREATE VIEW redsmith_catalog.sys_load_error_detail AS
SELECT user_id, query_id, transaction_id, session_id, database_name::char(64) AS database_name,
       table_id, start_time, file_name::char(256) AS file_name, line_number,
       column_name::char(127) AS column_name, column_type::char(10) AS column_type,
       column_length::char(10) AS column_length, position, error_code,
       error_message::char(512) AS error_message
FROM redsmith_sandbox.load_error
WHERE redsmith_catalog.sees(user_id);

-- STL_LOAD_ERRORS
CREATE VIEW redsmith_catalog.stl_load_errors AS
SELECT user_id AS userid, slice, table_id AS tbl, start_time AS starttime, session_id AS session,
       redsmith_catalog.stl_id(query_id) AS query, file_name::char(256) AS filename, line_number,
       column_name::char(127) AS colname, column_type::char(10) AS type,
       column_length::char(10) AS col_length, position, raw_line::char(1024) AS raw_line,
       raw_field_value::char(1024) AS raw_field_value, error_code AS err_code,
       error_message::char(100) AS err_reason, 0 AS is_partial, 0::bigint AS start_offset,
       -1::bigint AS copy_job_id
FROM redsmith_sandbox.load_error
WHERE redsmith_catalog.sees(user_id);

-- STL_LOADERROR_DETAIL: the field that was refused; the engine keeps no others.
CREATE VIEW redsmith_catalog.stl_loaderror_detail AS
SELECT user_id AS userid, slice, session_id AS session, redsmith_catalog.stl_id(query_id) AS query,
       file_name::char(256) AS filename, line_number, 0 AS field,
       column_name::char(1024) AS colname, raw_field_value::char(1024) AS value,
       (raw_field_value IS NULL)::int AS is_null, column_type::char(10) AS type,
       column_length::char(10) AS col_length
FROM redsmith_sandbox.load_error
WHERE redsmith_catalog.sees(user_id);

-- STL_LOAD_COMMITS
CREATE VIEW redsmith_catalog.stl_load_commits AS
SELECT f.user_id AS userid, redsmith_catalog.stl_id(f.query_id) AS query, f.slice,
       ''::char(256) AS name, f.file_name::char(256) AS filename, 0 AS byte_offset,
       f.lines_scanned::int AS lines_scanned,
       (SELECT count(*) FROM redsmith_sandbox.load_error e
        WHERE e.query_id = f.query_id AND e.file_name = f.file_name)::int AS errors,
       f.end_time AS curtime, 1 AS status, l.file_format::char(16) AS file_format, 0 AS is_partial,
       0::bigint AS start_offset, -1::bigint AS copy_job_id
FROM redsmith_sandbox.load_file f
LEFT JOIN redsmith_sandbox.load_log l USING (query_id)
WHERE f.end_time IS NOT NULL AND redsmith_catalog.sees(f.user_id);

-- STV_LOAD_STATE
CREATE VIEW redsmith_catalog.stv_load_state AS
SELECT user_id AS userid, session_id AS session, redsmith_catalog.stl_id(query_id) AS query, slice,
       session_id AS pid, recordtime, bytes_to_load, bytes_loaded, bytes_to_load_compressed,
       bytes_loaded_compressed, lines::int AS lines, num_files, num_files_complete,
       current_file::char(256) AS current_file,
       CASE WHEN bytes_to_load > 0 THEN least(100, bytes_loaded * 100 / bytes_to_load)
            ELSE 0 END::int AS pct_complete
FROM redsmith_sandbox.load_state
WHERE redsmith_catalog.sees(user_id);

-- SYS_UNLOAD_HISTORY
CREATE VIEW redsmith_catalog.sys_unload_history AS
SELECT user_id, query_id, transaction_id, session_id, database_name, status, start_time, end_time,
       redsmith_catalog.microseconds(coalesce(end_time, clock_timestamp() AT TIME ZONE 'UTC')
                                     - start_time) AS duration,
       file_format, compression_type, unloaded_location, unloaded_rows, unloaded_files_count,
       unloaded_files_size, error_message
FROM redsmith_sandbox.unload_log
WHERE redsmith_catalog.sees(user_id);

-- SYS_UNLOAD_DETAIL
CREATE VIEW redsmith_catalog.sys_unload_detail AS
SELECT user_id, query_id::int, session_id, transaction_id, file_name::char(1280) AS file_name,
       start_time, end_time, line_count, transfer_size, file_format::char(10) AS file_format
FROM redsmith_sandbox.unload_file
WHERE redsmith_catalog.sees(user_id);

-- STL_UNLOAD_LOG
CREATE VIEW redsmith_catalog.stl_unload_log AS
SELECT user_id AS userid, redsmith_catalog.stl_id(query_id) AS query, slice, session_id AS pid,
       file_name::char(1280) AS path, start_time, end_time, line_count, transfer_size,
       file_format::char(10) AS file_format, query_id AS user_query_id, transaction_id
FROM redsmith_sandbox.unload_file
WHERE redsmith_catalog.sees(user_id);

-- Backends as this database sees them; read with the definer's rights, which pg_stat_activity wants.
CREATE FUNCTION redsmith_sandbox.backends()
    RETURNS TABLE (user_id oid, user_name name, database_name name, pid int, started timestamp,
                   txn_start timestamp, xid bigint)
    LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT usesysid, usename, datname, pid, backend_start AT TIME ZONE 'UTC',
           xact_start AT TIME ZONE 'UTC', coalesce(backend_xid::text, backend_xmin::text)::bigint
    FROM pg_catalog.pg_stat_activity
    WHERE backend_type = 'client backend' AND datname = current_database()
      AND usesysid NOT IN (SELECT oid FROM pg_catalog.pg_roles WHERE rolsuper);
$$;

-- STV_SESSIONS
CREATE VIEW redsmith_catalog.stv_sessions AS
SELECT started AS starttime, pid AS process, user_name::char(50) AS user_name,
       database_name::char(50) AS db_name, 0 AS timeout_sec
FROM redsmith_sandbox.backends()
WHERE redsmith_catalog.sees(user_id::bigint);

-- SYS_SESSION_HISTORY
CREATE VIEW redsmith_catalog.sys_session_history AS
SELECT user_id::text::char(50) AS user_id, pid AS session_id,
       database_name::char(50) AS database_name, 'active'::char(10) AS status, 0 AS session_timeout,
       started AS start_time, NULL::timestamp AS end_time
FROM redsmith_sandbox.backends()
WHERE redsmith_catalog.sees(user_id::bigint);

-- SVV_TRANSACTIONS: the locks of open transactions on tables and on their own ids. Redshift locks tables
-- where PostgreSQL locks rows: who waits for another's row waits, here, for its table.
CREATE VIEW redsmith_catalog.svv_transactions AS
SELECT b.user_name::text AS txn_owner, b.database_name::text AS txn_db, coalesce(b.xid, 0) AS xid,
       b.pid, b.txn_start, 'ShareRowExclusiveLock'::text AS lock_mode,
       'relation'::text AS lockable_object_type, t.relation::bigint::int AS relation,
       false AS granted
FROM redsmith_sandbox.backends() b
JOIN pg_catalog.pg_locks t ON t.pid = b.pid AND t.locktype = 'tuple'
WHERE EXISTS (SELECT FROM pg_catalog.pg_locks w WHERE w.pid = b.pid AND NOT w.granted
              AND w.locktype IN ('transactionid', 'tuple'))
  AND redsmith_catalog.sees(b.user_id::bigint)
UNION ALL
SELECT b.user_name::text AS txn_owner, b.database_name::text AS txn_db, coalesce(b.xid, 0) AS xid,
       b.pid, b.txn_start, l.mode AS lock_mode, l.locktype AS lockable_object_type,
       l.relation::bigint::int AS relation, l.granted
FROM redsmith_sandbox.backends() b
JOIN pg_catalog.pg_locks l ON l.pid = b.pid
LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
WHERE (l.locktype = 'transactionid' OR c.relkind = 'r'
       AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'redsmith_sandbox'::regnamespace))
  AND redsmith_catalog.sees(b.user_id::bigint);

-- STV_LOCKS: tables that somebody writes. Superuser only.
CREATE VIEW redsmith_catalog.stv_locks AS
SELECT l.relation::bigint AS table_id, NULL::timestamp AS last_commit,
       NULL::timestamp AS last_update, coalesce(b.xid, 0) AS lock_owner,
       b.pid::bigint AS lock_owner_pid, b.txn_start AS lock_owner_start_ts,
       NULL::timestamp AS lock_owner_end_ts,
       CASE WHEN l.granted THEN 'Holding write lock' ELSE 'Waiting' END::char(22) AS lock_status
FROM redsmith_sandbox.backends() b
JOIN pg_catalog.pg_locks l ON l.pid = b.pid AND l.locktype = 'relation'
JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind = 'r'
 AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'redsmith_sandbox'::regnamespace)
WHERE l.mode <> 'AccessShareLock' AND redsmith_catalog.sees(0);

-- STV_SLICES: two nodes of two slices.
CREATE VIEW redsmith_catalog.stv_slices AS
SELECT n / 2 AS node, n AS slice, n % 2 AS localslice, 'D'::char(1) AS type
FROM generate_series(0, 3) n;

-- STV_TBL_PERM: rows of each table over the slices. Superuser only.
CREATE VIEW redsmith_catalog.stv_tbl_perm AS
SELECT s.slice, i.table_id::bigint::int AS id, i."table"::char(72) AS name,
       (i.tbl_rows::bigint / 4 + CASE WHEN s.slice < i.tbl_rows::bigint % 4 THEN 1 ELSE 0 END)
           AS rows,
       (i.tbl_rows::bigint / 4 + CASE WHEN s.slice < i.tbl_rows::bigint % 4 THEN 1 ELSE 0 END)
           AS sorted_rows,
       0 AS temp, d.oid::bigint::int AS db_id, 0 AS insert_pristine, 0 AS delete_pristine,
       1 AS backup, c.reldiststyle::int AS dist_style, (i.size / 4 + 1)::int AS block_count
FROM redsmith_catalog.svv_table_info i
JOIN redsmith_catalog.pg_class c ON c.oid = i.table_id
JOIN redsmith_catalog.pg_database d ON true
CROSS JOIN redsmith_catalog.stv_slices s;

-- What this session's last statements did. Redshift guide, "System administration functions". Two
-- places hold it: a row of last_result, written outside the session's transaction, and the session's own
-- settings redsmith.last_copy and redsmith.last_unload ("query id:rows"), which a transaction sees
-- whatever its snapshot. The newer one answers: a rollback takes the setting back, an old snapshot hides
-- the row.
CREATE FUNCTION redsmith_sandbox.last_of_session() RETURNS redsmith_sandbox.last_result
    LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
    WITH noted AS (
        SELECT nullif(split_part(current_setting('redsmith.last_copy', true), ':', 1), '')::bigint
                   AS copy_id,
               nullif(split_part(current_setting('redsmith.last_copy', true), ':', 2), '')::bigint
                   AS copy_count,
               nullif(split_part(current_setting('redsmith.last_unload', true), ':', 1), '')::bigint
                   AS unload_id,
               nullif(split_part(current_setting('redsmith.last_unload', true), ':', 2), '')::bigint
                   AS unload_count)
    SELECT pg_backend_pid(), greatest(r.query_id, n.copy_id, n.unload_id),
           greatest(r.copy_id, n.copy_id),
           CASE WHEN n.copy_id >= coalesce(r.copy_id, -1) THEN n.copy_count ELSE r.copy_count END,
           greatest(r.unload_id, n.unload_id),
           CASE WHEN n.unload_id >= coalesce(r.unload_id, -1) THEN n.unload_count
                ELSE r.unload_count END
    FROM noted n LEFT JOIN redsmith_sandbox.last_result r ON r.session_id = pg_backend_pid();
$$;
CREATE FUNCTION redsmith_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql VOLATILE
    SECURITY DEFINER RETURN coalesce((redsmith_sandbox.last_of_session()).copy_count, 0);
CREATE FUNCTION redsmith_catalog.pg_last_copy_id() RETURNS int LANGUAGE sql VOLATILE
    SECURITY DEFINER RETURN
    coalesce(redsmith_catalog.stl_id(nullif((redsmith_sandbox.last_of_session()).copy_id, -1)), -1);
CREATE FUNCTION redsmith_catalog.pg_last_unload_count() RETURNS bigint LANGUAGE sql VOLATILE
    SECURITY DEFINER RETURN coalesce((redsmith_sandbox.last_of_session()).unload_count, 0);
CREATE FUNCTION redsmith_catalog.pg_last_unload_id() RETURNS int LANGUAGE sql VOLATILE
    SECURITY DEFINER RETURN
    coalesce(redsmith_catalog.stl_id(nullif((redsmith_sandbox.last_of_session()).unload_id, -1)), -1);
CREATE FUNCTION redsmith_catalog.pg_last_query_id() RETURNS int LANGUAGE sql VOLATILE
    SECURITY DEFINER RETURN
    coalesce(redsmith_catalog.stl_id(nullif((redsmith_sandbox.last_of_session()).query_id, -1)), -1);
CREATE FUNCTION redsmith_catalog.last_user_query_id() RETURNS bigint LANGUAGE sql VOLATILE
    SECURITY DEFINER RETURN coalesce((redsmith_sandbox.last_of_session()).query_id, -1);

GRANT SELECT ON ALL TABLES IN SCHEMA redsmith_catalog TO PUBLIC;
