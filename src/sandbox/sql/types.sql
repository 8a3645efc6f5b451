-- The schema of Redshift's own catalog, and Redshift's types as base types: a domain would report the
-- base type's OID on the wire, a base type keeps its own, which the front can translate.
--
-- redsmith_catalog is on every search_path behind the user's schemas. pg_catalog stays before public,
-- because the table public.date brings a row type "date" with it, which would hide the type.
CREATE SCHEMA redsmith_catalog;
GRANT USAGE ON SCHEMA redsmith_catalog TO PUBLIC;

-- Redshift's types have its numbers on the wire and in the catalog: a type that
-- has only a name yet is given its number, and all that comes later refers to that. Numbers below 12000
-- are PostgreSQL's own, which nothing can drop; none of these is one of its types.
CREATE FUNCTION redsmith_sandbox.name_type(type_name text, number oid) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    made oid;
BEGIN
    SET LOCAL allow_system_table_mods = on;
    EXECUTE format('CREATE TYPE redsmith_catalog.%I', type_name);
    SELECT oid INTO made FROM pg_catalog.pg_type
    WHERE typname = type_name AND typnamespace = 'redsmith_catalog'::regnamespace;
    UPDATE pg_catalog.pg_type SET oid = number WHERE oid = made;
    UPDATE pg_catalog.pg_depend SET objid = number
    WHERE classid = 'pg_catalog.pg_type'::regclass AND objid = made;
    RESET allow_system_table_mods;
END $$;

-- SUPER holds JSON. Redshift guide, "SUPER type".
SELECT redsmith_sandbox.name_type('super', 4000);
CREATE FUNCTION redsmith_catalog.super_in(cstring) RETURNS redsmith_catalog.super
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'jsonb_in';
CREATE FUNCTION redsmith_catalog.super_out(redsmith_catalog.super) RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'jsonb_out';
CREATE FUNCTION redsmith_catalog.super_recv(internal) RETURNS redsmith_catalog.super
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'jsonb_recv';
CREATE FUNCTION redsmith_catalog.super_send(redsmith_catalog.super) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'jsonb_send';
CREATE TYPE redsmith_catalog.super (
    INPUT = redsmith_catalog.super_in, OUTPUT = redsmith_catalog.super_out,
    RECEIVE = redsmith_catalog.super_recv, SEND = redsmith_catalog.super_send,
    LIKE = jsonb, SUBSCRIPT = jsonb_subscript_handler);
CREATE CAST (redsmith_catalog.super AS jsonb) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (jsonb AS redsmith_catalog.super) WITHOUT FUNCTION AS ASSIGNMENT;

-- A string becomes a JSON string only through JSON_PARSE or a cast; a cast of an array or an object to
-- VARCHAR is NULL, and so is one of anything but a number to a number. Redshift guide, "SUPER type", casting.
CREATE FUNCTION redsmith_catalog.super_to_varchar(value redsmith_catalog.super) RETURNS varchar
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(value::jsonb) IN ('object', 'array', 'null') THEN NULL
                ELSE value::jsonb #>> '{}' END;
CREATE CAST (redsmith_catalog.super AS varchar)
    WITH FUNCTION redsmith_catalog.super_to_varchar(redsmith_catalog.super) AS ASSIGNMENT;
CREATE FUNCTION redsmith_catalog.super_from_varchar(value varchar) RETURNS redsmith_catalog.super
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_jsonb(value)::redsmith_catalog.super;
CREATE CAST (varchar AS redsmith_catalog.super)
    WITH FUNCTION redsmith_catalog.super_from_varchar(varchar) AS ASSIGNMENT;
CREATE FUNCTION redsmith_catalog.super_to_numeric(value redsmith_catalog.super) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(value::jsonb) = 'number' THEN value::jsonb::numeric END;
CREATE CAST (redsmith_catalog.super AS numeric)
    WITH FUNCTION redsmith_catalog.super_to_numeric(redsmith_catalog.super) AS ASSIGNMENT;
CREATE FUNCTION redsmith_catalog.super_to_double(value redsmith_catalog.super)
    RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(value::jsonb) = 'number' THEN value::jsonb::double precision END;
CREATE CAST (redsmith_catalog.super AS double precision)
    WITH FUNCTION redsmith_catalog.super_to_double(redsmith_catalog.super) AS ASSIGNMENT;
CREATE FUNCTION redsmith_catalog.super_to_bigint(value redsmith_catalog.super) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value::jsonb::bigint;
CREATE CAST (redsmith_catalog.super AS bigint)
    WITH FUNCTION redsmith_catalog.super_to_bigint(redsmith_catalog.super) AS ASSIGNMENT;
CREATE FUNCTION redsmith_catalog.super_to_integer(value redsmith_catalog.super) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value::jsonb::integer;
CREATE CAST (redsmith_catalog.super AS integer)
    WITH FUNCTION redsmith_catalog.super_to_integer(redsmith_catalog.super) AS ASSIGNMENT;
CREATE FUNCTION redsmith_catalog.super_to_boolean(value redsmith_catalog.super) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN jsonb_typeof(value::jsonb) = 'boolean' THEN value::jsonb::boolean END;
CREATE CAST (redsmith_catalog.super AS boolean)
    WITH FUNCTION redsmith_catalog.super_to_boolean(redsmith_catalog.super) AS ASSIGNMENT;

-- VARBYTE(n): bytes; its type modifier is n + 4, as VARCHAR's. Redshift guide, "VARBYTE type".
SELECT redsmith_sandbox.name_type('varbyte', 6551);
CREATE FUNCTION redsmith_catalog.varbyte_in(cstring) RETURNS redsmith_catalog.varbyte
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteain';
CREATE FUNCTION redsmith_catalog.varbyte_out(redsmith_catalog.varbyte) RETURNS cstring
    LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'byteaout';
CREATE FUNCTION redsmith_catalog.varbyte_recv(internal) RETURNS redsmith_catalog.varbyte
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bytearecv';
CREATE FUNCTION redsmith_catalog.varbyte_send(redsmith_catalog.varbyte) RETURNS bytea
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
CREATE TYPE redsmith_catalog.varbyte (
    INPUT = redsmith_catalog.varbyte_in, OUTPUT = redsmith_catalog.varbyte_out,
    RECEIVE = redsmith_catalog.varbyte_recv, SEND = redsmith_catalog.varbyte_send,
    TYPMOD_IN = varchartypmodin, TYPMOD_OUT = varchartypmodout, LIKE = bytea);
CREATE CAST (redsmith_catalog.varbyte AS bytea) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (bytea AS redsmith_catalog.varbyte) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE FUNCTION redsmith_catalog.varbyte_from_varchar(value varchar)
    RETURNS redsmith_catalog.varbyte
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN convert_to(value, 'UTF8')::redsmith_catalog.varbyte;
CREATE CAST (varchar AS redsmith_catalog.varbyte)
    WITH FUNCTION redsmith_catalog.varbyte_from_varchar(varchar) AS ASSIGNMENT;

-- INTERVAL YEAR TO MONTH and INTERVAL DAY TO SECOND: PostgreSQL's interval under two numbers, and as one
-- in every expression. Redshift guide, "Interval literals and types".
SELECT redsmith_sandbox.name_type('intervaly2m', 1188);
SELECT redsmith_sandbox.name_type('intervald2s', 1190);
DO $$
DECLARE
    type_name text;
BEGIN
    FOREACH type_name IN ARRAY ARRAY['intervaly2m', 'intervald2s'] LOOP
        EXECUTE format($make$
            CREATE FUNCTION redsmith_catalog.%1$I_in(cstring, oid, int4)
                RETURNS redsmith_catalog.%1$I
                LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'interval_in';
            CREATE FUNCTION redsmith_catalog.%1$I_out(redsmith_catalog.%1$I) RETURNS cstring
                LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'interval_out';
            CREATE FUNCTION redsmith_catalog.%1$I_recv(internal, oid, int4)
                RETURNS redsmith_catalog.%1$I
                LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'interval_recv';
            CREATE FUNCTION redsmith_catalog.%1$I_send(redsmith_catalog.%1$I) RETURNS bytea
                LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'interval_send';
            CREATE TYPE redsmith_catalog.%1$I (
                INPUT = redsmith_catalog.%1$I_in, OUTPUT = redsmith_catalog.%1$I_out,
                RECEIVE = redsmith_catalog.%1$I_recv, SEND = redsmith_catalog.%1$I_send,
                LIKE = interval);
            CREATE CAST (redsmith_catalog.%1$I AS interval) WITHOUT FUNCTION AS IMPLICIT;
            CREATE CAST (interval AS redsmith_catalog.%1$I) WITHOUT FUNCTION AS ASSIGNMENT;
            $make$, type_name);
    END LOOP;
END $$;

-- GEOMETRY, GEOGRAPHY and HLLSKETCH: kept and shown as the text that Redshift shows them as (hexadecimal
-- EWKB, JSON of a sparse sketch). No function computes with them here, and none checks them.
SELECT redsmith_sandbox.name_type('geometry', 3000);
SELECT redsmith_sandbox.name_type('geography', 3001);
SELECT redsmith_sandbox.name_type('hllsketch', 2935);
DO $$
DECLARE
    type_name text;
BEGIN
    FOREACH type_name IN ARRAY ARRAY['geometry', 'geography', 'hllsketch'] LOOP
        EXECUTE format($make$
            CREATE FUNCTION redsmith_catalog.%1$I_in(cstring) RETURNS redsmith_catalog.%1$I
                LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
            CREATE FUNCTION redsmith_catalog.%1$I_out(redsmith_catalog.%1$I) RETURNS cstring
                LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
            CREATE TYPE redsmith_catalog.%1$I (
                INPUT = redsmith_catalog.%1$I_in, OUTPUT = redsmith_catalog.%1$I_out, LIKE = text);
            CREATE CAST (redsmith_catalog.%1$I AS varchar) WITHOUT FUNCTION AS ASSIGNMENT;
            CREATE CAST (varchar AS redsmith_catalog.%1$I) WITHOUT FUNCTION AS ASSIGNMENT;
            $make$, type_name);
    END LOOP;
END $$;

-- What a varchar(n) or char(n) column's byte-length check calls when the bytes do not fit: VARCHAR(n)
-- counts bytes on Redshift and characters on PostgreSQL. Never returns.
CREATE FUNCTION redsmith_catalog.too_long(type_name text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '22001',
        MESSAGE = format('value too long for type %s', type_name);
END $$;
