#include "redshift/activity_sources.h"

#define UNENDED "'planning', 'queued', 'running', 'returning'"
#define AGE_MS(from) "greatest(0, datediff(ms, " from ", sysdate))"

#define SUPERUSERS "superusers, the role sys:monitor, or GRANT SELECT on it"

/* --- sessions -----------------------------------------------------------------------------------*/

static const ActivityColumn session_columns[] = {
    {"pid", ACTIVITY_NUMBER},
    {"user", ACTIVITY_TEXT},
    {"database", ACTIVITY_TEXT},
    {"started", ACTIVITY_TIME},
    {"age_ms", ACTIVITY_MILLISECONDS},
    {"state", ACTIVITY_TEXT},
    {"running_ms", ACTIVITY_MILLISECONDS},
    {"statement", ACTIVITY_TEXT},
    {0},
};

static const ActivitySource session_sources[] = {
    {.views = "stv_sessions, stv_recents",
     .sql = "SELECT s.process, trim(s.user_name), trim(s.db_name), s.starttime, " AGE_MS(
         "s.starttime") ", CASE WHEN r.pid IS NULL THEN 'idle' ELSE 'running' END, "
                        "r.duration / 1000, trim(r.query) "
                        "FROM stv_sessions s LEFT JOIN (SELECT pid, duration, query FROM "
                        "stv_recents WHERE status = 'Running') r ON r.pid = s.process WHERE 1 = 1",
     .running = "r.pid IS NOT NULL",
     .order = "6 DESC, 7 DESC, 4",
     .opens = SUPERUSERS,
     .is_never_empty = TRUE},
    {.views = "sys_session_history, sys_query_history",
     .sql = "SELECT s.session_id, trim(s.user_id), trim(s.database_name), s.start_time, " AGE_MS(
         "s.start_time") ", CASE WHEN q.session_id IS NULL THEN 'idle' ELSE trim(q.status) END, "
                         "q.elapsed_time / 1000, trim(q.query_text) "
                         "FROM sys_session_history s LEFT JOIN (SELECT session_id, status, "
                         "elapsed_time, query_text FROM sys_query_history WHERE status IN "
                         "(" UNENDED ")) q ON q.session_id = s.session_id "
                         "WHERE s.end_time IS NULL",
     .running = "q.session_id IS NOT NULL",
     .order = "6 DESC, 7 DESC, 4",
     .lacks = "users are shown by their numbers"},
    {0},
};

/* --- queries ------------------------------------------------------------------------------------*/

static const ActivityColumn query_columns[] = {
    {"query_id", ACTIVITY_NUMBER},
    {"pid", ACTIVITY_NUMBER},
    {"user", ACTIVITY_TEXT},
    {"database", ACTIVITY_TEXT},
    {"status", ACTIVITY_TEXT},
    {"started", ACTIVITY_TIME},
    {"duration_ms", ACTIVITY_MILLISECONDS},
    {"queued_ms", ACTIVITY_MILLISECONDS},
    {"rows", ACTIVITY_NUMBER},
    {"label", ACTIVITY_TEXT},
    {"error", ACTIVITY_TEXT},
    {"statement", ACTIVITY_TEXT},
    {0},
};

#define QUERY_SELECT(user)                                                                         \
    "SELECT query_id, session_id, " user ", trim(database_name), trim(status), start_time, "       \
    "elapsed_time / 1000, queue_time / 1000, returned_rows, trim(query_label), "                   \
    "nullif(trim(error_message), ''), trim(query_text) FROM sys_query_history WHERE 1 = 1"
#define QUERY_ORDER "CASE WHEN status IN (" UNENDED ") THEN 0 ELSE 1 END, start_time DESC"

static const ActivitySource query_sources[] = {
    {.views = "sys_query_history",
     .sql = QUERY_SELECT("trim(username)"),
     .running = "status IN (" UNENDED ")",
     .order = QUERY_ORDER},
    {.views = "sys_query_history",
     .sql = QUERY_SELECT("user_id::varchar"),
     .running = "status IN (" UNENDED ")",
     .order = QUERY_ORDER,
     .lacks = "users are shown by their numbers"},
    {.views = "stl_query, stv_inflight",
     .sql =
         "SELECT * FROM (SELECT query, pid, userid::varchar AS user_id, NULL::varchar, "
         "'running' AS status, starttime, " AGE_MS(
             "starttime") ", NULL::bigint, NULL::bigint, "
                          "trim(label), NULL::varchar, trim(text) FROM stv_inflight UNION ALL "
                          "SELECT query, pid, userid::varchar, trim(database), CASE WHEN aborted = "
                          "0 THEN 'success' ELSE 'failed' END, starttime, datediff(ms, starttime, "
                          "endtime), NULL::bigint, NULL::bigint, trim(label), NULL::varchar, "
                          "trim(querytxt) FROM stl_query) q WHERE 1 = 1",
     .running = "status = 'running'",
     .order = "CASE WHEN status = 'running' THEN 0 ELSE 1 END, starttime DESC",
     .lacks = "queue times, rows and error texts are in sys_query_history only"},
    {0},
};

/* --- locks: the list that the tree is made of ---------------------------------------------------*/

static const ActivityColumn lock_columns[] = {
    {"pid", ACTIVITY_TEXT}, /* indented by depth */
    {"user", ACTIVITY_TEXT},
    {"state", ACTIVITY_TEXT},
    {"waits_for", ACTIVITY_NUMBER},
    {"mode", ACTIVITY_TEXT},
    {"relation", ACTIVITY_TEXT},
    {"age_ms", ACTIVITY_MILLISECONDS},
    {"transaction", ACTIVITY_NUMBER},
    {"statement", ACTIVITY_TEXT},
    {0},
};

#define LOCK_SELECT(name)                                                                          \
    "SELECT t.pid, trim(t.txn_owner), " name ", trim(t.lock_mode), t.txn_start, " AGE_MS(          \
        "t.txn_start") ", t.xid, t.granted, coalesce(t.relation, 0) FROM svv_transactions t"
#define LOCK_WHERE " WHERE t.lockable_object_type = 'relation' AND t.pid <> pg_backend_pid()"

static const ActivitySource lock_sources[] = {
    {.views = "svv_transactions",
     .sql = LOCK_SELECT(
         "trim(n.nspname) || '.' || trim(c.relname)") " LEFT JOIN pg_class c ON c.oid = t.relation "
                                                      "LEFT JOIN pg_namespace n ON n.oid = "
                                                      "c.relnamespace" LOCK_WHERE,
     .running = "NOT t.granted",
     .order = "t.txn_start, t.pid, t.granted"},
    {.views = "svv_transactions",
     .sql = LOCK_SELECT("t.relation::varchar") LOCK_WHERE,
     .running = "NOT t.granted",
     .order = "t.txn_start, t.pid, t.granted",
     .lacks = "tables are shown by their numbers"},
    {0},
};

/* --- loads and unloads --------------------------------------------------------------------------*/

static const ActivityColumn load_columns[] = {
    {"query_id", ACTIVITY_NUMBER},   {"pid", ACTIVITY_NUMBER},
    {"status", ACTIVITY_TEXT},       {"table", ACTIVITY_TEXT},
    {"started", ACTIVITY_TIME},      {"duration_ms", ACTIVITY_MILLISECONDS},
    {"rows", ACTIVITY_NUMBER},       {"bytes", ACTIVITY_BYTES},
    {"files_done", ACTIVITY_NUMBER}, {"files", ACTIVITY_NUMBER},
    {"errors", ACTIVITY_NUMBER},     {"first_error", ACTIVITY_TEXT},
    {"source", ACTIVITY_TEXT},       {0},
};

#define LOAD_SELECT(first_error)                                                                   \
    "SELECT l.query_id, l.session_id, trim(l.status), trim(l.table_name), l.start_time, "          \
    "l.duration / 1000, l.loaded_rows, l.loaded_bytes, l.file_count_scanned, "                     \
    "l.source_file_count, l.error_count, " first_error ", trim(l.data_source) "                    \
    "FROM sys_load_history l"
#define LOAD_ORDER "CASE WHEN l.status = 'running' THEN 0 ELSE 1 END, l.start_time DESC"

static const ActivitySource load_sources[] = {
    {.views = "sys_load_history, sys_load_error_detail",
     .sql = LOAD_SELECT(
         "trim(e.message)") " LEFT JOIN (SELECT query_id, min(error_message) AS message FROM "
                            "sys_load_error_detail GROUP BY query_id) e ON e.query_id = l.query_id "
                            "WHERE 1 = 1",
     .running = "l.status = 'running'",
     .order = LOAD_ORDER},
    {.views = "sys_load_history",
     .sql = LOAD_SELECT("NULL::varchar") " WHERE 1 = 1",
     .running = "l.status = 'running'",
     .order = LOAD_ORDER,
     .lacks = "the texts of refused rows are in sys_load_error_detail"},
    {.views = "stl_load_commits",
     .sql = "SELECT * FROM (SELECT query, NULL::int, 'completed' AS status, NULL::varchar, "
            "min(curtime) AS began, datediff(ms, min(curtime), max(curtime)), sum(lines_scanned), "
            "NULL::bigint, count(*) AS done, count(*) AS files, sum(errors), NULL::varchar, "
            "min(trim(filename)) FROM stl_load_commits GROUP BY query) l WHERE 1 = 1",
     .running = "l.status = 'running'",
     .order = "began DESC",
     .lacks = "running loads, tables and bytes are in sys_load_history only"},
    {0},
};

static const ActivityColumn unload_columns[] = {
    {"query_id", ACTIVITY_NUMBER},
    {"pid", ACTIVITY_NUMBER},
    {"status", ACTIVITY_TEXT},
    {"started", ACTIVITY_TIME},
    {"duration_ms", ACTIVITY_MILLISECONDS},
    {"rows", ACTIVITY_NUMBER},
    {"bytes", ACTIVITY_BYTES},
    {"files", ACTIVITY_NUMBER},
    {"format", ACTIVITY_TEXT},
    {"compression", ACTIVITY_TEXT},
    {"location", ACTIVITY_TEXT},
    {"error", ACTIVITY_TEXT},
    {0},
};

static const ActivitySource unload_sources[] = {
    {.views = "sys_unload_history",
     .sql = "SELECT query_id, session_id, trim(status), start_time, duration / 1000, "
            "unloaded_rows, unloaded_files_size, unloaded_files_count, trim(file_format), "
            "trim(compression_type), trim(unloaded_location), nullif(trim(error_message), '') "
            "FROM sys_unload_history WHERE 1 = 1",
     .running = "status = 'running'",
     .order = "CASE WHEN status = 'running' THEN 0 ELSE 1 END, start_time DESC"},
    {.views = "stl_unload_log",
     .sql = "SELECT * FROM (SELECT query, min(pid), 'completed' AS status, min(start_time) AS "
            "began, datediff(ms, min(start_time), max(end_time)), sum(line_count), "
            "sum(transfer_size), count(*) AS files, min(trim(file_format)), NULL::varchar, "
            "min(trim(path)), NULL::varchar AS error FROM stl_unload_log GROUP BY query) u "
            "WHERE 1 = 1",
     .running = "status = 'running'",
     .order = "began DESC",
     .lacks = "running and failed unloads are in sys_unload_history only"},
    {0},
};

/* --- space and queues ---------------------------------------------------------------------------*/

static const ActivityColumn space_columns[] = {
    {"schema", ACTIVITY_TEXT},
    {"table", ACTIVITY_TEXT},
    {"bytes", ACTIVITY_BYTES},
    {"rows", ACTIVITY_NUMBER},
    {"percent_of_disk", ACTIVITY_NUMBER},
    {"unsorted_percent", ACTIVITY_NUMBER},
    {"stats_off_percent", ACTIVITY_NUMBER},
    {"skew_rows", ACTIVITY_NUMBER},
    {"dist_style", ACTIVITY_TEXT},
    {"sort_key", ACTIVITY_TEXT},
    {0},
};

static const ActivitySource space_sources[] = {
    {.views = "svv_table_info",
     .sql = "SELECT trim(\"schema\"), trim(\"table\"), size * 1048576, tbl_rows, pct_used, "
            "unsorted, stats_off, skew_rows, trim(diststyle), trim(sortkey1) "
            "FROM svv_table_info WHERE 1 = 1",
     .order = "size DESC, 1, 2",
     .is_never_empty = TRUE,
     .opens = SUPERUSERS},
    {.views = "pg_class",
     .sql = "SELECT trim(n.nspname), trim(c.relname), NULL::bigint, CASE WHEN c.reltuples < 0 THEN "
            "NULL ELSE c.reltuples::bigint END, NULL::int, NULL::int, NULL::int, NULL::int, "
            "NULL::varchar, NULL::varchar FROM pg_class c JOIN pg_namespace n ON n.oid = "
            "c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\\\_%' AND "
            "n.nspname <> 'information_schema'",
     .order = "c.reltuples DESC, 1, 2",
     .lacks = "rows are the estimates of the last ANALYZE; sizes are not known"},
    {0},
};

static const ActivityColumn wlm_columns[] = {
    {"service_class", ACTIVITY_NUMBER},
    {"name", ACTIVITY_TEXT},
    {"queued", ACTIVITY_NUMBER},
    {"running", ACTIVITY_NUMBER},
    {"served", ACTIVITY_NUMBER},
    {"evicted", ACTIVITY_NUMBER},
    {"longest_queued_ms", ACTIVITY_MILLISECONDS},
    {"longest_running_ms", ACTIVITY_MILLISECONDS},
    {0},
};

static const ActivitySource wlm_sources[] = {
    {.views = "stv_wlm_service_class_state, stv_wlm_service_class_config, stv_wlm_query_state",
     .sql = "SELECT s.service_class, trim(c.name), s.num_queued_queries, s.num_executing_queries, "
            "s.num_executed_queries, s.num_evicted_queries, q.queued / 1000, q.running / 1000 "
            "FROM stv_wlm_service_class_state s LEFT JOIN stv_wlm_service_class_config c ON "
            "c.service_class = s.service_class LEFT JOIN (SELECT service_class, max(queue_time) AS "
            "queued, max(exec_time) AS running FROM stv_wlm_query_state GROUP BY service_class) q "
            "ON q.service_class = s.service_class WHERE s.service_class > 4",
     .order = "1",
     .opens = SUPERUSERS,
     .is_never_empty = TRUE},
    {.views = "sys_query_history",
     .sql = "SELECT * FROM (SELECT service_class_id, trim(service_class_name) AS name, "
            "sum(CASE WHEN status = 'queued' THEN 1 ELSE 0 END) AS queued, "
            "sum(CASE WHEN status IN ('running', 'returning') THEN 1 ELSE 0 END) AS running, "
            "sum(CASE WHEN status = 'success' THEN 1 ELSE 0 END) AS served, NULL::bigint, "
            "max(CASE WHEN status = 'queued' THEN queue_time END) / 1000, "
            "max(CASE WHEN status IN ('running', 'returning') THEN execution_time END) / 1000 "
            "FROM sys_query_history GROUP BY service_class_id, trim(service_class_name)) q "
            "WHERE 1 = 1",
     .order = "1",
     .lacks = "counts are of the statements that sys_query_history still keeps"},
    {0},
};

#define ROW(name, title, summary, columns, pid, statement, sources)                                \
    {                                                                                              \
        {name, title, summary, columns, pid, statement}, sources                                   \
    }

const ActivityReportRow activity_report_rows[ACTIVITY_KINDS] = {
    [ACTIVITY_SESSIONS] = ROW("sessions", "Sessions", "who is connected, and what each runs",
                              session_columns, 0, 7, session_sources),
    [ACTIVITY_QUERIES] = ROW("queries", "Queries", "running and queued first, then the last ones",
                             query_columns, 1, 11, query_sources),
    [ACTIVITY_LOCKS] =
        ROW("locks", "Locks", "who waits for whom", lock_columns, 0, 8, lock_sources),
    [ACTIVITY_LOADS] =
        ROW("loads", "Loads", "COPY, and what it refused", load_columns, 1, -1, load_sources),
    [ACTIVITY_UNLOADS] =
        ROW("unloads", "Unloads", "UNLOAD, and where to", unload_columns, 1, -1, unload_sources),
    [ACTIVITY_SPACE] = ROW("space", "Space", "tables by size, and what makes them slow",
                           space_columns, -1, -1, space_sources),
    [ACTIVITY_WLM] =
        ROW("wlm", "Queues", "the queues of workload management", wlm_columns, -1, -1, wlm_sources),
};
