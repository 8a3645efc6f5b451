-- The schema of Redshift's own catalog, and Redshift's types as base types: a domain would report the
-- base type's OID on the wire, a base type keeps its own, which the front can translate.
--
-- redsmith_catalog is on every search_path behind the user's schemas. pg_catalog stays before public,
-- because the table public.date brings a row type "date" with it, which would hide the type.
CREATE SCHEMA redsmith_catalog;
GRANT USAGE ON SCHEMA redsmith_catalog TO PUBLIC;

-- SUPER holds JSON. Redshift guide, "SUPER type".
CREATE TYPE redsmith_catalog.super;
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
-- VARCHAR is NULL. Redshift guide, "SUPER type", casting.
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
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value::jsonb::numeric;
CREATE CAST (redsmith_catalog.super AS numeric)
    WITH FUNCTION redsmith_catalog.super_to_numeric(redsmith_catalog.super) AS ASSIGNMENT;
CREATE FUNCTION redsmith_catalog.super_to_bigint(value redsmith_catalog.super) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value::jsonb::bigint;
CREATE CAST (redsmith_catalog.super AS bigint)
    WITH FUNCTION redsmith_catalog.super_to_bigint(redsmith_catalog.super) AS ASSIGNMENT;
CREATE FUNCTION redsmith_catalog.super_to_integer(value redsmith_catalog.super) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value::jsonb::integer;
CREATE CAST (redsmith_catalog.super AS integer)
    WITH FUNCTION redsmith_catalog.super_to_integer(redsmith_catalog.super) AS ASSIGNMENT;
CREATE FUNCTION redsmith_catalog.super_to_boolean(value redsmith_catalog.super) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value::jsonb::boolean;
CREATE CAST (redsmith_catalog.super AS boolean)
    WITH FUNCTION redsmith_catalog.super_to_boolean(redsmith_catalog.super) AS ASSIGNMENT;

-- VARBYTE(n): bytes; its type modifier is n + 4, as VARCHAR's. Redshift guide, "VARBYTE type".
CREATE TYPE redsmith_catalog.varbyte;
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

-- What a varchar(n) or char(n) column's byte-length check calls when the bytes do not fit: VARCHAR(n)
-- counts bytes on Redshift and characters on PostgreSQL. Never returns.
CREATE FUNCTION redsmith_catalog.too_long(type_name text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '22001',
        MESSAGE = format('value too long for type %s', type_name);
END $$;
