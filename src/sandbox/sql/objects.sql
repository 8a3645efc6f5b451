-- Kinds of relations that PostgreSQL lacks: late-binding views, external schemas and tables; and what
-- CREATE MATERIALIZED VIEW says beyond PostgreSQL's.

-- A late-binding view (WITH NO SCHEMA BINDING) is a view of PostgreSQL without its dependencies, so that
-- what it reads can be dropped. It is bound again when a table that it reads changes, and while it
-- cannot be, it stands for the error that reading it gives. Redshift guide, CREATE VIEW.
CREATE TABLE redsmith_sandbox.late_view (
    view_oid oid PRIMARY KEY,
    head text NOT NULL,      -- name and column list
    query text NOT NULL,     -- as PostgreSQL reads it
    statement text NOT NULL, -- as it was written
    bound boolean NOT NULL);
CREATE TABLE redsmith_sandbox.late_reference (view_oid oid, table_oid oid, PRIMARY KEY (table_oid, view_oid));

CREATE FUNCTION redsmith_catalog.unresolved(reason text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '42P01', MESSAGE = reason;
END $$;

-- Creates the view as the session's user, or as one that says why it cannot be read.
CREATE FUNCTION redsmith_catalog.make_late_view(head text, query text) RETURNS boolean
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE VIEW %s AS %s', head, query);
    RETURN true;
EXCEPTION WHEN undefined_table OR invalid_schema_name OR undefined_column OR undefined_function
               OR duplicate_column THEN
    EXECUTE format('CREATE VIEW %s AS SELECT NULL::varchar AS unresolved '
                   'WHERE redsmith_catalog.unresolved(%L)',
                   regexp_replace(head, '[(].*$', ''), SQLERRM);
    RETURN false;
END $$;

CREATE FUNCTION redsmith_sandbox.note_view(made oid, head text, query text, statement text,
                                           bound boolean) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    rule oid := (SELECT oid FROM pg_catalog.pg_rewrite WHERE ev_class = made);
BEGIN
    INSERT INTO redsmith_sandbox.late_view VALUES (made, head, query, statement, bound)
    ON CONFLICT (view_oid) DO UPDATE SET head = excluded.head, query = excluded.query,
        statement = excluded.statement, bound = excluded.bound;
    DELETE FROM redsmith_sandbox.late_reference WHERE view_oid = made;
    INSERT INTO redsmith_sandbox.late_reference
    SELECT DISTINCT made, refobjid FROM pg_catalog.pg_depend
    WHERE classid = 'pg_rewrite'::regclass AND objid = rule AND refclassid = 'pg_class'::regclass
      AND refobjid <> made;
    SET LOCAL allow_system_table_mods = on;
    DELETE FROM pg_catalog.pg_depend
    WHERE classid = 'pg_rewrite'::regclass AND objid = rule AND refobjid <> made;
    RESET allow_system_table_mods;
END $$;

CREATE PROCEDURE redsmith_catalog.note_late_view(view_name text, head text, query text,
                                                 statement text, bound boolean)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM redsmith_sandbox.note_view(redsmith_sandbox.own_table(view_name), head, query, statement,
                                       bound);
END $$;

CREATE PROCEDURE redsmith_catalog.create_late_view(view_name text, columns text, replace boolean,
                                                   query text, statement text)
    LANGUAGE plpgsql AS $$
DECLARE
    head text := view_name || ' ' || columns;
    bound boolean;
BEGIN
    IF replace AND to_regclass(view_name) IS NOT NULL THEN
        EXECUTE format('DROP VIEW %s', view_name);
    END IF;
    bound := redsmith_catalog.make_late_view(head, query);
    CALL redsmith_catalog.note_late_view(view_name, head, query, statement, bound);
END $$;

-- Binds a view anew; its owner stays, what was granted on it goes.
CREATE FUNCTION redsmith_sandbox.rebind(the_view redsmith_sandbox.late_view) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    owner_name text := (SELECT pg_get_userbyid(relowner) FROM pg_catalog.pg_class
                        WHERE oid = the_view.view_oid);
    view_name text := format('%s', (the_view.view_oid)::regclass);
    bound boolean;
BEGIN
    IF owner_name IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM redsmith_sandbox.late_view WHERE view_oid = the_view.view_oid;
    EXECUTE format('DROP VIEW %s', view_name);
    bound := redsmith_catalog.make_late_view(the_view.head, the_view.query);
    EXECUTE format('ALTER VIEW %s OWNER TO %I', view_name, owner_name);
    PERFORM redsmith_sandbox.note_view(view_name::regclass, the_view.head, the_view.query,
                                       the_view.statement, bound);
END $$;

CREATE FUNCTION redsmith_sandbox.on_late_change() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    the_view redsmith_sandbox.late_view;
BEGIN
    FOR the_view IN
        SELECT v.* FROM redsmith_sandbox.late_view v
        WHERE NOT v.bound OR EXISTS (
            SELECT FROM redsmith_sandbox.late_reference r
            JOIN pg_event_trigger_ddl_commands() c ON c.objid = r.table_oid
            WHERE r.view_oid = v.view_oid)
    LOOP
        PERFORM redsmith_sandbox.rebind(the_view);
    END LOOP;
END $$;
CREATE EVENT TRIGGER redsmith_late_change ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
    EXECUTE FUNCTION redsmith_sandbox.on_late_change();

CREATE FUNCTION redsmith_sandbox.on_late_drop() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    the_view redsmith_sandbox.late_view;
BEGIN
    DELETE FROM redsmith_sandbox.late_view v USING pg_event_trigger_dropped_objects() d
    WHERE d.objid = v.view_oid AND d.classid = 'pg_class'::regclass;
    DELETE FROM redsmith_sandbox.external_table e USING pg_event_trigger_dropped_objects() d
    WHERE d.objid = e.view_oid AND d.classid = 'pg_class'::regclass;
    DELETE FROM redsmith_sandbox.external_schema e USING pg_event_trigger_dropped_objects() d
    WHERE d.objid = e.esoid AND d.classid = 'pg_namespace'::regclass;
    FOR the_view IN
        SELECT v.* FROM redsmith_sandbox.late_view v
        JOIN redsmith_sandbox.late_reference r ON r.view_oid = v.view_oid
        JOIN pg_event_trigger_dropped_objects() d ON d.objid = r.table_oid
    LOOP
        PERFORM redsmith_sandbox.rebind(the_view);
    END LOOP;
END $$;

-- External schemas are schemas, external tables are views in them that refuse to be read: the sandbox
-- knows them by catalog only. Redshift guide, CREATE EXTERNAL SCHEMA, CREATE EXTERNAL TABLE.
CREATE TABLE redsmith_sandbox.external_schema (
    esoid oid PRIMARY KEY, eskind smallint NOT NULL, databasename text, esoptions text);
CREATE TABLE redsmith_sandbox.external_table (
    view_oid oid PRIMARY KEY, location text, input_format text, output_format text,
    serialization_lib text, serde_parameters text, parameters text,
    columns text[] NOT NULL, types text[] NOT NULL, partition_keys int NOT NULL);

CREATE EVENT TRIGGER redsmith_late_drop ON sql_drop EXECUTE FUNCTION redsmith_sandbox.on_late_drop();

CREATE FUNCTION redsmith_catalog.unreadable(table_name text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '0A000',
        MESSAGE = format('reading the external table %s is not supported by the sandbox', table_name);
END $$;

CREATE PROCEDURE redsmith_catalog.create_external_schema(schema_name text, if_not_exists boolean,
                                                         kind int, source_database text, options text)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NOT redsmith_sandbox.is_superuser(session_user) THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = format('permission denied for database %s', current_database());
    END IF;
    IF if_not_exists AND to_regnamespace(quote_ident(schema_name)) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', schema_name, session_user);
    INSERT INTO redsmith_sandbox.external_schema
    VALUES (quote_ident(schema_name)::regnamespace, kind, source_database, options);
END $$;

CREATE FUNCTION redsmith_sandbox.note_external(table_name text, details text[], columns text[],
                                               types text[], partition_keys int) RETURNS void
    LANGUAGE sql SECURITY DEFINER AS $$
    INSERT INTO redsmith_sandbox.external_table
    SELECT table_name::regclass, details[1], details[2], details[3], details[4], details[5],
           details[6], columns, types, partition_keys;
$$;

-- columns: all of them, those of PARTITIONED BY last.
CREATE PROCEDURE redsmith_catalog.create_external_table(schema_name text, table_name text,
                                                        details text[], columns text[], types text[],
                                                        partition_keys int)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    full_name text := format('%I.%I', schema_name, table_name);
    owner_name text := (SELECT pg_get_userbyid(nspowner) FROM pg_catalog.pg_namespace
                        WHERE nspname = schema_name);
    outputs text := (SELECT string_agg(format('NULL::varchar AS %I', c), ', ') FROM unnest(columns) c);
BEGIN
    IF NOT EXISTS (SELECT FROM redsmith_sandbox.external_schema e JOIN pg_catalog.pg_namespace n
                   ON n.oid = e.esoid WHERE n.nspname = schema_name) THEN
        RAISE EXCEPTION USING ERRCODE = '3F000',
            MESSAGE = format('Schema "%s" is not an external schema.', schema_name);
    END IF;
    IF NOT pg_has_role(session_user, owner_name, 'USAGE') THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = format('permission denied for schema %s', schema_name);
    END IF;
    EXECUTE format('CREATE VIEW %s AS SELECT %s WHERE redsmith_catalog.unreadable(%L)', full_name,
                   outputs, full_name);
    EXECUTE format('ALTER VIEW %s OWNER TO %I', full_name, owner_name);
    PERFORM redsmith_sandbox.note_external(full_name, details, columns, types, partition_keys);
END $$;

-- What CREATE MATERIALIZED VIEW said of refreshing. The other attributes change nothing here.
CREATE TABLE redsmith_sandbox.view_note (
    view_oid oid PRIMARY KEY, auto_refresh boolean NOT NULL, statement text NOT NULL);
CREATE PROCEDURE redsmith_catalog.note_materialized_view(view_name text, auto_refresh boolean,
                                                         statement text)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO redsmith_sandbox.view_note
    VALUES (redsmith_sandbox.own_table(view_name), auto_refresh, statement)
    ON CONFLICT (view_oid) DO UPDATE SET auto_refresh = excluded.auto_refresh,
        statement = excluded.statement;
END $$;

CREATE FUNCTION redsmith_sandbox.late_statement(the_view oid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER RETURN
    coalesce((SELECT statement FROM redsmith_sandbox.late_view WHERE view_oid = the_view),
             (SELECT statement FROM redsmith_sandbox.view_note WHERE view_oid = the_view));
