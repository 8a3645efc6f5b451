-- What really ran: written by the front and the engines over the log connection (autocommit), read by
-- the system views. Column names and units follow the SYS_/STL_/STV_ views of the Redshift guide;
-- durations are microseconds. Rows are written when a statement starts and updated while it runs.
CREATE SCHEMA IF NOT EXISTS redsmith_sandbox;

CREATE SEQUENCE IF NOT EXISTS redsmith_sandbox.query_id START 1000;

CREATE TABLE IF NOT EXISTS redsmith_sandbox.query_log (
    query_id bigint PRIMARY KEY,
    user_id int, user_name text, database_name text, session_id int, transaction_id bigint,
    query_label text, query_type text,
    status text,                   -- running, success, failed, canceled
    start_time timestamp, end_time timestamp,
    error_message text, returned_rows bigint, query_text text);

CREATE TABLE IF NOT EXISTS redsmith_sandbox.unload_log (
    query_id bigint PRIMARY KEY,
    user_id int, session_id int, transaction_id bigint, database_name text,
    status text,                   -- running, completed, aborted
    start_time timestamp, end_time timestamp,
    file_format text, compression_type text, unloaded_location text,
    unloaded_rows bigint, unloaded_files_count bigint, unloaded_files_size bigint,
    error_message text);

CREATE TABLE IF NOT EXISTS redsmith_sandbox.unload_file (
    query_id bigint, slice int, file_name text,
    user_id int, session_id int, transaction_id bigint,
    start_time timestamp, end_time timestamp,
    line_count bigint, transfer_size bigint, file_format text,
    PRIMARY KEY (query_id, file_name));

CREATE TABLE IF NOT EXISTS redsmith_sandbox.load_log (
    query_id bigint PRIMARY KEY,
    user_id int, session_id int, transaction_id bigint, database_name text,
    status text,                   -- running, completed, aborted
    table_name text, table_id int,
    start_time timestamp, end_time timestamp,
    data_source text, file_format text,
    loaded_rows bigint, loaded_bytes bigint,
    source_file_count int, source_file_bytes bigint,
    file_count_scanned int, file_bytes_scanned bigint, error_count bigint);

CREATE TABLE IF NOT EXISTS redsmith_sandbox.load_file (
    query_id bigint, slice int, file_name text,
    user_id int, session_id int, bytes_scanned bigint, lines_scanned bigint,
    start_time timestamp, end_time timestamp,
    PRIMARY KEY (query_id, file_name));

CREATE TABLE IF NOT EXISTS redsmith_sandbox.load_error (
    query_id bigint, slice int, user_id int, session_id int, transaction_id bigint,
    database_name text, table_id int, start_time timestamp,
    file_name text, line_number bigint,
    column_name text, column_type text, column_length text, position int,
    raw_line text, raw_field_value text, error_code int, error_message text);

-- The state of running loads, one row per slice; removed when the load ends.
CREATE TABLE IF NOT EXISTS redsmith_sandbox.load_state (
    query_id bigint, slice int, user_id int, session_id int, recordtime timestamp,
    bytes_to_load bigint, bytes_loaded bigint,
    bytes_to_load_compressed bigint, bytes_loaded_compressed bigint,
    lines bigint, num_files int, num_files_complete int, current_file text,
    PRIMARY KEY (query_id, slice));

-- What pg_last_copy_count() and its sisters answer, by the session's backend pid.
CREATE TABLE IF NOT EXISTS redsmith_sandbox.last_result (
    session_id int PRIMARY KEY,
    query_id bigint, copy_id bigint, copy_count bigint, unload_id bigint, unload_count bigint);
