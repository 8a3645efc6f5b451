-- Redshift's functions that PostgreSQL lacks. sandbox/rewrite writes date parts as strings, in the long
-- form, so that these functions and PostgreSQL's own see one spelling.

-- version(). Redshift guide, VERSION.
CREATE FUNCTION redsmith_catalog.release() RETURNS text
    LANGUAGE sql IMMUTABLE RETURN '1.0.70000';
CREATE FUNCTION redsmith_catalog.version() RETURNS text
    LANGUAGE sql IMMUTABLE RETURN
    'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 '
    '(Red Hat 3.4.2-6.fc3), Redshift ' || redsmith_catalog.release();

-- GETDATE(): the statement's time, whole seconds; SYSDATE becomes the transaction's time.
CREATE FUNCTION redsmith_catalog.getdate() RETURNS timestamp
    LANGUAGE sql STABLE RETURN date_trunc('second', statement_timestamp()::timestamp);

-- LEN, CHARINDEX, STRTOL, SHA2
CREATE FUNCTION redsmith_catalog.len(value text) RETURNS int
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN char_length(value);
CREATE FUNCTION redsmith_catalog.textlen(value text) RETURNS int
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN char_length(value);
CREATE FUNCTION redsmith_catalog.charindex(part text, value text) RETURNS int
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN strpos(value, part);
CREATE FUNCTION redsmith_catalog.strtol(digits text, base int) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    n numeric := 0;
    text_digits text := lower(ltrim(digits));
    negative boolean := starts_with(text_digits, '-');
    digit int;
BEGIN
    IF base = 16 AND digits ~ '^[0-9a-f]{1,15}$' THEN -- of digests, which come by the million
        RETURN ('x' || lpad(digits, 16, '0'))::bit(64)::bigint;
    END IF;
    IF base NOT BETWEEN 2 AND 36 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'The base must be between 2 and 36';
    END IF;
    text_digits := ltrim(text_digits, '+-');
    IF base = 16 AND starts_with(text_digits, '0x') THEN
        text_digits := substr(text_digits, 3);
    END IF;
    FOR i IN 1 .. length(text_digits) LOOP
        digit := strpos('0123456789abcdefghijklmnopqrstuvwxyz', substr(text_digits, i, 1)) - 1;
        IF digit NOT BETWEEN 0 AND base - 1 THEN
            RAISE EXCEPTION USING ERRCODE = '22023',
                MESSAGE = format('The input %s is not valid to be converted to base %s', digits, base);
        END IF;
        n := n * base + digit;
    END LOOP;
    RETURN CASE WHEN negative THEN -n ELSE n END;
END $$;
CREATE FUNCTION redsmith_catalog.sha2(value text, bits int) RETURNS varchar
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    CASE bits WHEN 0 THEN encode(sha256(convert_to(value, 'UTF8')), 'hex')
              WHEN 224 THEN encode(sha224(convert_to(value, 'UTF8')), 'hex')
              WHEN 256 THEN encode(sha256(convert_to(value, 'UTF8')), 'hex')
              WHEN 384 THEN encode(sha384(convert_to(value, 'UTF8')), 'hex')
              WHEN 512 THEN encode(sha512(convert_to(value, 'UTF8')), 'hex') END;

-- DATEADD(part, n, when): adding months keeps to the month's end as PostgreSQL does. A date gives a
-- timestamp. The text forms take bare literals.
CREATE FUNCTION redsmith_catalog.date_step(part text, n bigint) RETURNS interval
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    CASE part WHEN 'quarter' THEN make_interval(months => (n * 3)::int)
              WHEN 'week' THEN make_interval(weeks => n::int)
              ELSE (n::text || ' ' || part)::interval END;
CREATE FUNCTION redsmith_catalog.dateadd(part text, n bigint, moment timestamp) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN moment + redsmith_catalog.date_step(part, n);
CREATE FUNCTION redsmith_catalog.dateadd(part text, n bigint, moment date) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN moment + redsmith_catalog.date_step(part, n);
CREATE FUNCTION redsmith_catalog.dateadd(part text, n bigint, moment timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN moment + redsmith_catalog.date_step(part, n);
CREATE FUNCTION redsmith_catalog.dateadd(part text, n bigint, moment text) RETURNS timestamp
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN moment::timestamp + redsmith_catalog.date_step(part, n);

-- DATEDIFF(part, a, b): how many boundaries of that part lie between.
CREATE FUNCTION redsmith_catalog.date_ordinal(part text, moment timestamp) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    CASE part
        WHEN 'millennium' THEN extract(millennium FROM moment)
        WHEN 'century' THEN extract(century FROM moment)
        WHEN 'decade' THEN extract(decade FROM moment)
        WHEN 'year' THEN extract(year FROM moment)
        WHEN 'quarter' THEN extract(year FROM moment) * 4 + extract(quarter FROM moment)
        WHEN 'month' THEN extract(year FROM moment) * 12 + extract(month FROM moment)
        WHEN 'week' THEN floor((moment::date - date '2000-01-02') / 7.0)
        WHEN 'day' THEN (moment::date - date '2000-01-01')
        WHEN 'hour' THEN floor(extract(epoch FROM moment) / 3600)
        WHEN 'minute' THEN floor(extract(epoch FROM moment) / 60)
        WHEN 'second' THEN floor(extract(epoch FROM moment))
        WHEN 'milliseconds' THEN floor(extract(epoch FROM moment) * 1000)
        WHEN 'microseconds' THEN extract(epoch FROM moment) * 1000000
    END::bigint;
CREATE FUNCTION redsmith_catalog.datediff(part text, a timestamp, b timestamp) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN redsmith_catalog.date_ordinal(part, b) - redsmith_catalog.date_ordinal(part, a);
CREATE FUNCTION redsmith_catalog.datediff(part text, a date, b date) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN redsmith_catalog.date_ordinal(part, b) - redsmith_catalog.date_ordinal(part, a);
CREATE FUNCTION redsmith_catalog.datediff(part text, a timestamptz, b timestamptz) RETURNS bigint
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN redsmith_catalog.date_ordinal(part, b::timestamp)
         - redsmith_catalog.date_ordinal(part, a::timestamp);
CREATE FUNCTION redsmith_catalog.datediff(part text, a text, b text) RETURNS bigint
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN redsmith_catalog.date_ordinal(part, b::timestamp)
         - redsmith_catalog.date_ordinal(part, a::timestamp);

-- ADD_MONTHS, LAST_DAY, TRUNC(timestamp), CONVERT_TIMEZONE
CREATE FUNCTION redsmith_catalog.last_day(moment timestamp) RETURNS date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (date_trunc('month', moment) + interval '1 month' - interval '1 day')::date;
CREATE FUNCTION redsmith_catalog.last_day(moment date) RETURNS date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN redsmith_catalog.last_day(moment::timestamp);
CREATE FUNCTION redsmith_catalog.add_months(moment timestamp, n bigint) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    CASE WHEN moment::date = redsmith_catalog.last_day(moment)
         THEN redsmith_catalog.last_day(moment + make_interval(months => n::int)) + moment::time
         ELSE moment + make_interval(months => n::int) END;
CREATE FUNCTION redsmith_catalog.add_months(moment date, n bigint) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN redsmith_catalog.add_months(moment::timestamp, n);
CREATE FUNCTION redsmith_catalog.trunc(moment timestamp) RETURNS date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN moment::date;
CREATE FUNCTION redsmith_catalog.convert_timezone(source text, target text, moment timestamp)
    RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN moment AT TIME ZONE source AT TIME ZONE target;
CREATE FUNCTION redsmith_catalog.convert_timezone(target text, moment timestamp) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN moment AT TIME ZONE 'UTC' AT TIME ZONE target;
CREATE FUNCTION redsmith_catalog.convert_timezone(target text, moment timestamptz) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN moment AT TIME ZONE target;

-- JSON_PARSE, JSON_SERIALIZE, IS_VALID_JSON, IS_VALID_JSON_ARRAY, JSON_EXTRACT_PATH_TEXT
CREATE FUNCTION redsmith_catalog.json_parse(document text) RETURNS redsmith_catalog.super
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN document::jsonb::redsmith_catalog.super;
-- Compact, as SUPER prints: jsonb's text has a blank after each comma and colon, which only those
-- outside strings may lose.
CREATE FUNCTION redsmith_catalog.json_serialize(value redsmith_catalog.super) RETURNS varchar
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    j jsonb := value::jsonb;
BEGIN
    CASE jsonb_typeof(j)
    WHEN 'object' THEN
        RETURN '{' || coalesce((SELECT string_agg(to_json(key)::text || ':' ||
                       redsmith_catalog.json_serialize(e.value::redsmith_catalog.super), ',')
                       FROM jsonb_each(j) AS e), '') || '}';
    WHEN 'array' THEN
        RETURN '[' || coalesce((SELECT string_agg(
                       redsmith_catalog.json_serialize(e.value::redsmith_catalog.super), ','
                       ORDER BY n)
                       FROM jsonb_array_elements(j) WITH ORDINALITY AS e (value, n)), '') || ']';
    ELSE
        RETURN j::text;
    END CASE;
END $$;
CREATE FUNCTION redsmith_catalog.is_valid_json(document text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN jsonb_typeof(document::jsonb) = 'object';
EXCEPTION WHEN invalid_text_representation OR untranslatable_character THEN
    RETURN false;
END $$;
CREATE FUNCTION redsmith_catalog.is_valid_json_array(document text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN jsonb_typeof(document::jsonb) = 'array';
EXCEPTION WHEN invalid_text_representation OR untranslatable_character THEN
    RETURN false;
END $$;
CREATE FUNCTION redsmith_catalog.json_extract_path_text(document text, VARIADIC path text[])
    RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN coalesce(pg_catalog.json_extract_path_text(document::json, VARIADIC path), '');

-- ANY_VALUE. LISTAGG and MEDIAN are written anew by the rewriter.
CREATE FUNCTION redsmith_catalog.first_value_of(state anyelement, value anyelement)
    RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT state';
CREATE AGGREGATE redsmith_catalog.any_value(anyelement) (
    SFUNC = redsmith_catalog.first_value_of, STYPE = anyelement, PARALLEL = SAFE,
    COMBINEFUNC = redsmith_catalog.first_value_of);

-- TO_VARBYTE(text, format) and FROM_VARBYTE(bytes, format): Redshift guide, "VARBYTE functions".
CREATE FUNCTION redsmith_catalog.to_varbyte(value text, format text) RETURNS redsmith_catalog.varbyte
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN lower(format) IN ('hex', 'base64') THEN decode(value, lower(format))
                ELSE convert_to(value, 'UTF8') END::redsmith_catalog.varbyte;
-- FROM_HEX(text) and TO_HEX(bytes): Redshift guide, "FROM_HEX function", "TO_HEX function".
CREATE FUNCTION redsmith_catalog.from_hex(value text) RETURNS redsmith_catalog.varbyte
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN decode(value, 'hex')::redsmith_catalog.varbyte;
CREATE FUNCTION redsmith_catalog.to_hex(value redsmith_catalog.varbyte) RETURNS varchar
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN encode(value::bytea, 'hex');
CREATE FUNCTION redsmith_catalog.from_varbyte(value redsmith_catalog.varbyte, format text)
    RETURNS varchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN lower(format) IN ('hex', 'base64') THEN encode(value::bytea, lower(format))
                ELSE convert_from(value::bytea, 'UTF8') END;
