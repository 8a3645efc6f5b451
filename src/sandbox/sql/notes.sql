-- What Redshift keeps of a table and PostgreSQL does not: distribution, sort keys, encodings, and
-- primary, unique and foreign keys, which Redshift accepts, shows and never enforces (Redshift guide,
-- "Table constraints"). Keyed by oid and column number, so that renames change nothing.

CREATE TABLE redsmith_sandbox.table_note (
    table_oid oid PRIMARY KEY,
    noted boolean NOT NULL DEFAULT false,         -- the statement's own attributes are in
    dist_style text NOT NULL DEFAULT 'AUTO',      -- AUTO, EVEN, KEY, ALL
    sort_style text NOT NULL DEFAULT 'AUTO',      -- AUTO, NONE, COMPOUND, INTERLEAVED
    encode_auto boolean NOT NULL DEFAULT true,
    backup boolean NOT NULL DEFAULT true,
    create_time timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'));

CREATE TABLE redsmith_sandbox.column_note (
    table_oid oid, attnum smallint,
    encoding text,                                -- lower case, 'none' for RAW; NULL: by type
    is_dist_key boolean NOT NULL DEFAULT false,
    sort_key int NOT NULL DEFAULT 0,              -- from 1; sign alternates in an interleaved key
    PRIMARY KEY (table_oid, attnum));

CREATE SEQUENCE redsmith_sandbox.constraint_oid START 2000000000;
CREATE TABLE redsmith_sandbox.constraint_note (
    constraint_oid oid PRIMARY KEY DEFAULT nextval('redsmith_sandbox.constraint_oid')::bigint::oid,
    name name NOT NULL, kind "char" NOT NULL,     -- p, u, f
    table_oid oid NOT NULL, columns smallint[] NOT NULL,
    foreign_oid oid NOT NULL DEFAULT 0, foreign_columns smallint[]);
CREATE INDEX ON redsmith_sandbox.constraint_note (table_oid);

CREATE FUNCTION redsmith_sandbox.forget_table(oid) RETURNS void LANGUAGE sql AS $$
    DELETE FROM redsmith_sandbox.table_note WHERE table_oid = $1;
    DELETE FROM redsmith_sandbox.column_note WHERE table_oid = $1;
    DELETE FROM redsmith_sandbox.constraint_note WHERE table_oid = $1 OR foreign_oid = $1;
$$;

-- The byte-length checks that a table lacks, without those of another width that ALTER COLUMN TYPE left
-- behind. A fitting value costs one octet_length. One ALTER TABLE, because it fires the trigger again,
-- which then finds nothing to do.
CREATE FUNCTION redsmith_sandbox.check_lengths(the_table oid) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    actions text;
BEGIN
    WITH sized AS (
        SELECT attname, attnum, atttypmod - 4 AS width,
               format_type(atttypid, atttypmod) AS type_name,
               format('redsmith_bytes_%s_%s', attnum, atttypmod - 4) AS check_name
        FROM pg_catalog.pg_attribute
        WHERE attrelid = the_table AND attnum > 0 AND NOT attisdropped
          AND atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND atttypmod > 4)
    SELECT string_agg(action, ', ' ORDER BY action DESC) INTO actions FROM (
        SELECT format('DROP CONSTRAINT %I', conname) AS action FROM pg_catalog.pg_constraint
        WHERE conrelid = the_table AND contype = 'c' AND starts_with(conname, 'redsmith_bytes_')
          AND conname NOT IN (SELECT check_name FROM sized)
        UNION ALL
        SELECT format('ADD CONSTRAINT %I CHECK (CASE WHEN octet_length(%I) > %s '
                      'THEN redsmith_catalog.too_long(%L) END) NOT VALID',
                      check_name, attname, width, type_name)
        FROM sized
        WHERE check_name NOT IN (SELECT conname FROM pg_catalog.pg_constraint
                                 WHERE conrelid = the_table)) AS wanted;
    IF actions IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s %s', the_table::regclass, actions);
    END IF;
END $$;

CREATE FUNCTION redsmith_sandbox.on_table_change() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    changed record;
BEGIN
    FOR changed IN SELECT DISTINCT objid, command_tag FROM pg_event_trigger_ddl_commands()
                   WHERE object_type IN ('table', 'table column')
                     AND schema_name NOT IN ('redsmith_sandbox', 'redsmith_catalog')
    LOOP
        IF changed.command_tag <> 'ALTER TABLE' THEN
            PERFORM redsmith_sandbox.forget_table(changed.objid);
            INSERT INTO redsmith_sandbox.table_note (table_oid) VALUES (changed.objid);
        END IF;
        PERFORM redsmith_sandbox.check_lengths(changed.objid);
    END LOOP;
END $$;
CREATE EVENT TRIGGER redsmith_table_change ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
    EXECUTE FUNCTION redsmith_sandbox.on_table_change();

CREATE FUNCTION redsmith_sandbox.on_table_drop() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    dropped record;
BEGIN
    FOR dropped IN SELECT objid, objsubid FROM pg_event_trigger_dropped_objects()
                   WHERE classid = 'pg_class'::regclass
    LOOP
        IF dropped.objsubid = 0 THEN
            PERFORM redsmith_sandbox.forget_table(dropped.objid);
        ELSE
            DELETE FROM redsmith_sandbox.column_note
            WHERE table_oid = dropped.objid AND attnum = dropped.objsubid;
            DELETE FROM redsmith_sandbox.constraint_note
            WHERE table_oid = dropped.objid AND dropped.objsubid = ANY (columns);
        END IF;
    END LOOP;
END $$;
CREATE EVENT TRIGGER redsmith_table_drop ON sql_drop
    EXECUTE FUNCTION redsmith_sandbox.on_table_drop();

-- What follows is called by rewritten statements, as the session's user, with the definer's rights:
-- each looks first whether the table is the caller's.

CREATE FUNCTION redsmith_sandbox.own_table(table_name text) RETURNS oid
    LANGUAGE plpgsql AS $$
DECLARE
    found oid := to_regclass(table_name);
BEGIN
    IF found IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42P01',
            MESSAGE = format('relation %s does not exist', table_name);
    END IF;
    IF NOT (SELECT pg_has_role(session_user, relowner, 'USAGE') FROM pg_catalog.pg_class
            WHERE oid = found) THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = format('must be owner of relation %s', found::regclass);
    END IF;
    RETURN found;
END $$;

CREATE FUNCTION redsmith_sandbox.column_number(the_table oid, column_name text) RETURNS smallint
    LANGUAGE plpgsql AS $$
DECLARE
    number smallint;
BEGIN
    SELECT attnum INTO number FROM pg_catalog.pg_attribute
    WHERE attrelid = the_table AND attname = column_name AND attnum > 0 AND NOT attisdropped;
    IF number IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42703',
            MESSAGE = format('column "%s" named in key does not exist', column_name);
    END IF;
    RETURN number;
END $$;

CREATE FUNCTION redsmith_sandbox.note_column(the_table oid, column_name text)
    RETURNS redsmith_sandbox.column_note LANGUAGE sql AS $$
    INSERT INTO redsmith_sandbox.column_note (table_oid, attnum)
    VALUES (the_table, redsmith_sandbox.column_number(the_table, column_name))
    ON CONFLICT (table_oid, attnum) DO UPDATE SET attnum = excluded.attnum
    RETURNING *;
$$;

-- Types that may be a distribution or sort key. Redshift guide, CREATE TABLE.
CREATE FUNCTION redsmith_sandbox.require_key_type(the_table oid, the_column smallint, what text)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    type_name text;
BEGIN
    SELECT redsmith_catalog.type_text(atttypid, -1) INTO type_name FROM pg_catalog.pg_attribute
    WHERE attrelid = the_table AND attnum = the_column
      AND redsmith_catalog.type_text(atttypid, -1) IN
          ('super', 'binary varying', 'geometry', 'geography', 'hllsketch',
           'interval year to month', 'interval day to second');
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '0A000',
            MESSAGE = format('Column of type %s cannot be a %s', type_name, what);
    END IF;
END $$;

CREATE FUNCTION redsmith_sandbox.set_dist(the_table oid, style text, key_column text) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    number smallint;
BEGIN
    UPDATE redsmith_sandbox.column_note SET is_dist_key = false WHERE table_oid = the_table;
    UPDATE redsmith_sandbox.table_note SET dist_style = style WHERE table_oid = the_table;
    IF key_column IS NOT NULL THEN
        number := (redsmith_sandbox.note_column(the_table, key_column)).attnum;
        PERFORM redsmith_sandbox.require_key_type(the_table, number, 'distribution key');
        UPDATE redsmith_sandbox.column_note SET is_dist_key = true
        WHERE table_oid = the_table AND attnum = number;
    END IF;
END $$;

CREATE FUNCTION redsmith_sandbox.set_sort(the_table oid, style text, key_columns text[])
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    number smallint;
    position int := 0;
    key_column text;
BEGIN
    UPDATE redsmith_sandbox.column_note SET sort_key = 0 WHERE table_oid = the_table;
    UPDATE redsmith_sandbox.table_note SET sort_style = style WHERE table_oid = the_table;
    FOREACH key_column IN ARRAY coalesce(key_columns, '{}') LOOP
        position := position + 1;
        number := (redsmith_sandbox.note_column(the_table, key_column)).attnum;
        PERFORM redsmith_sandbox.require_key_type(the_table, number, 'sort key');
        UPDATE redsmith_sandbox.column_note
        SET sort_key = CASE WHEN style = 'INTERLEAVED' AND position % 2 = 0 THEN -position
                            ELSE position END
        WHERE table_oid = the_table AND attnum = number;
    END LOOP;
END $$;

CREATE FUNCTION redsmith_sandbox.set_encoding(the_table oid, column_name text, new_encoding text)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    number smallint := (redsmith_sandbox.note_column(the_table, column_name)).attnum;
BEGIN
    UPDATE redsmith_sandbox.column_note SET encoding = new_encoding
    WHERE table_oid = the_table AND attnum = number;
    UPDATE redsmith_sandbox.table_note SET encode_auto = false WHERE table_oid = the_table;
END $$;

-- After CREATE TABLE: nothing when the table was there before (IF NOT EXISTS). Encodings come as
-- pairs: column, encoding, column, encoding ...
CREATE PROCEDURE redsmith_catalog.note_table(table_name text, dist_style text, dist_key text,
                                             sort_style text, sort_keys text[], encodings text[],
                                             backup boolean)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    the_table oid := redsmith_sandbox.own_table(table_name);
BEGIN
    UPDATE redsmith_sandbox.table_note n SET noted = true, backup = note_table.backup
    WHERE n.table_oid = the_table AND NOT noted;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF dist_style IS NOT NULL THEN
        PERFORM redsmith_sandbox.set_dist(the_table, dist_style, dist_key);
    END IF;
    IF sort_style IS NOT NULL THEN
        PERFORM redsmith_sandbox.set_sort(the_table, sort_style, sort_keys);
    END IF;
    FOR i IN 1 .. coalesce(array_length(encodings, 1), 0) BY 2 LOOP
        PERFORM redsmith_sandbox.set_encoding(the_table, encodings[i], encodings[i + 1]);
    END LOOP;
END $$;

-- CREATE TABLE (LIKE parent): distribution, sort keys, encodings and BACKUP come along, the primary
-- and foreign keys do not. Redshift guide, CREATE TABLE, LIKE.
CREATE PROCEDURE redsmith_catalog.note_like(table_name text, parent_name text)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    the_table oid := redsmith_sandbox.own_table(table_name);
    parent oid := to_regclass(parent_name);
BEGIN
    UPDATE redsmith_sandbox.table_note n
    SET noted = true, dist_style = p.dist_style, sort_style = p.sort_style,
        encode_auto = p.encode_auto, backup = p.backup
    FROM redsmith_sandbox.table_note p
    WHERE n.table_oid = the_table AND NOT n.noted AND p.table_oid = parent;
    IF FOUND THEN
        INSERT INTO redsmith_sandbox.column_note
        SELECT the_table, mine.attnum, encoding, is_dist_key, sort_key
        FROM redsmith_sandbox.column_note c
        JOIN pg_catalog.pg_attribute theirs
          ON theirs.attrelid = c.table_oid AND theirs.attnum = c.attnum
        JOIN pg_catalog.pg_attribute mine
          ON mine.attrelid = the_table AND mine.attname = theirs.attname
        WHERE c.table_oid = parent;
    END IF;
END $$;

-- A key that is shown and never enforced. kind: p, u, f. name NULL: named as PostgreSQL would.
-- if_new: only while the table that this statement created is not noted yet.
CREATE PROCEDURE redsmith_catalog.note_key(table_name text, key_name text, key_kind text,
                                           key_columns text[], foreign_name text,
                                           foreign_columns text[], if_new boolean)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    the_table oid := redsmith_sandbox.own_table(table_name);
    foreign_table oid := coalesce(to_regclass(foreign_name)::oid, 0);
    numbers smallint[];
    foreign_numbers smallint[];
BEGIN
    IF if_new AND (SELECT noted FROM redsmith_sandbox.table_note WHERE table_oid = the_table) THEN
        RETURN;
    END IF;
    IF foreign_name IS NOT NULL AND foreign_table = 0 THEN
        RAISE EXCEPTION USING ERRCODE = '42P01',
            MESSAGE = format('relation %s does not exist', foreign_name);
    END IF;
    IF key_kind = 'p' AND EXISTS (SELECT FROM redsmith_sandbox.constraint_note
                                  WHERE table_oid = the_table AND kind = 'p') THEN
        RAISE EXCEPTION USING ERRCODE = '42P16',
            MESSAGE = format('multiple primary keys for table "%s" are not allowed',
                             the_table::regclass);
    END IF;
    SELECT array_agg(redsmith_sandbox.column_number(the_table, c) ORDER BY n) INTO numbers
    FROM unnest(key_columns) WITH ORDINALITY AS k (c, n);
    IF key_kind = 'f' AND foreign_columns IS NULL THEN
        SELECT columns INTO foreign_numbers FROM redsmith_sandbox.constraint_note
        WHERE table_oid = foreign_table AND kind = 'p';
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = '42704',
                MESSAGE = format('there is no primary key for referenced table "%s"',
                                 foreign_table::regclass);
        END IF;
    ELSIF key_kind = 'f' THEN
        SELECT array_agg(redsmith_sandbox.column_number(foreign_table, c) ORDER BY n)
        INTO foreign_numbers FROM unnest(foreign_columns) WITH ORDINALITY AS k (c, n);
    END IF;
    INSERT INTO redsmith_sandbox.constraint_note
        (name, kind, table_oid, columns, foreign_oid, foreign_columns)
    SELECT coalesce(key_name, relname || CASE key_kind WHEN 'p' THEN '' ELSE '_' || key_columns[1] END
                    || CASE key_kind WHEN 'p' THEN '_pkey' WHEN 'u' THEN '_key' ELSE '_fkey' END),
           key_kind, the_table, numbers, foreign_table, foreign_numbers
    FROM pg_catalog.pg_class WHERE oid = the_table;
    -- The columns of a primary key are NOT NULL, and that is enforced.
    IF key_kind = 'p' THEN
        EXECUTE (SELECT format('ALTER TABLE %s ', the_table::regclass)
                        || string_agg(format('ALTER COLUMN %I SET NOT NULL', c), ', ')
                 FROM unnest(key_columns) c);
    END IF;
END $$;

-- ALTER TABLE .. DROP CONSTRAINT name.
CREATE PROCEDURE redsmith_catalog.drop_key(table_name text, key_name text)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    the_table oid := redsmith_sandbox.own_table(table_name);
BEGIN
    DELETE FROM redsmith_sandbox.constraint_note WHERE table_oid = the_table AND name = key_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '42704',
            MESSAGE = format('constraint "%s" of relation "%s" does not exist', key_name,
                             the_table::regclass);
    END IF;
END $$;

-- ALTER TABLE .. ALTER DISTSTYLE, DISTKEY, SORTKEY, ENCODE; NULL leaves a thing as it is.
CREATE PROCEDURE redsmith_catalog.alter_note(table_name text, dist_style text, dist_key text,
                                             sort_style text, sort_keys text[], encodings text[])
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    the_table oid := redsmith_sandbox.own_table(table_name);
BEGIN
    IF dist_style IS NOT NULL THEN
        PERFORM redsmith_sandbox.set_dist(the_table, dist_style, dist_key);
    END IF;
    IF sort_style IS NOT NULL THEN
        PERFORM redsmith_sandbox.set_sort(the_table, sort_style, sort_keys);
    END IF;
    IF encodings = '{}' THEN
        UPDATE redsmith_sandbox.table_note SET encode_auto = true WHERE table_oid = the_table;
    END IF;
    FOR i IN 1 .. coalesce(array_length(encodings, 1), 0) BY 2 LOOP
        PERFORM redsmith_sandbox.set_encoding(the_table, encodings[i], encodings[i + 1]);
    END LOOP;
END $$;

-- ALTER COLUMN TYPE: only a VARCHAR can be altered. Redshift guide, ALTER TABLE.
CREATE PROCEDURE redsmith_catalog.require_varchar(table_name text, column_name text)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    the_table oid := redsmith_sandbox.own_table(table_name);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                   WHERE attrelid = the_table
                     AND attnum = redsmith_sandbox.column_number(the_table, column_name)
                     AND atttypid = 'varchar'::regtype) THEN
        RAISE EXCEPTION USING ERRCODE = '0A000',
            MESSAGE = 'ALTER COLUMN TYPE can only change the length of a VARCHAR column';
    END IF;
END $$;

-- MERGE .. REMOVE DUPLICATES: the same number, order and types of columns.
CREATE PROCEDURE redsmith_catalog.require_same_shape(target text, source text)
    LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT array_agg(atttypid ORDER BY attnum) FROM pg_catalog.pg_attribute
        WHERE attrelid = target::regclass AND attnum > 0 AND NOT attisdropped)
       IS DISTINCT FROM
       (SELECT array_agg(atttypid ORDER BY attnum) FROM pg_catalog.pg_attribute
        WHERE attrelid = source::regclass AND attnum > 0 AND NOT attisdropped) THEN
        RAISE EXCEPTION USING ERRCODE = '42601',
            MESSAGE = 'Source and target of MERGE with REMOVE DUPLICATES must have the same columns';
    END IF;
END $$;

-- CANCEL pid.
CREATE PROCEDURE redsmith_catalog.cancel(session int) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_cancel_backend(session);
END $$;

-- ANALYZE and VACUUM without a table: the caller's own tables, because PostgreSQL would warn about each
-- of its catalogs.
CREATE PROCEDURE redsmith_catalog.analyze_own() LANGUAGE plpgsql AS $$
DECLARE
    the_table regclass;
BEGIN
    FOR the_table IN SELECT oid FROM pg_catalog.pg_class
                     WHERE relkind = 'r' AND pg_has_role(relowner, 'USAGE')
                       AND relpersistence = 'p'
    LOOP
        EXECUTE format('ANALYZE %s', the_table);
    END LOOP;
END $$;
