-- Users and groups as Redshift has them, over PostgreSQL's roles, so that what a user may not do is really
-- refused. Redshift guide, CREATE USER, ALTER USER, CREATE GROUP; a password as sha256|.. asks for code 13.
-- Superusers are the database's owner and those that CREATEUSER made: members of the owner. The owner in
-- turn is a member of every ordinary user, and so may do with their objects what a superuser may.

CREATE TABLE redsmith_sandbox.user_note (
    role_oid oid PRIMARY KEY,
    password_kind text NOT NULL DEFAULT 'md5', -- md5, sha256, disabled
    syslog boolean NOT NULL DEFAULT false);    -- SYSLOG ACCESS UNRESTRICTED

CREATE FUNCTION redsmith_sandbox.is_superuser(role_name name) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT coalesce((SELECT r.rolsuper OR pg_has_role(r.oid, d.datdba, 'USAGE')
                     FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
                     WHERE r.rolname = role_name AND d.datname = current_database()), false);
$$;

CREATE FUNCTION redsmith_sandbox.sees_all(role_name name) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT redsmith_sandbox.is_superuser(role_name) OR EXISTS (
        SELECT FROM redsmith_sandbox.user_note n JOIN pg_catalog.pg_roles r ON r.oid = n.role_oid
        WHERE r.rolname = role_name AND n.syslog);
$$;

-- The role of that name, of the kind that the statement is about.
CREATE FUNCTION redsmith_sandbox.find_role(kind text, role_name text) RETURNS oid
    LANGUAGE plpgsql AS $$
DECLARE
    found oid;
BEGIN
    SELECT oid INTO found FROM pg_catalog.pg_roles
    WHERE rolname = role_name AND rolcanlogin = (kind = 'user') AND NOT rolsuper
      AND rolname NOT LIKE 'pg!_%' ESCAPE '!';
    IF found IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42704', MESSAGE = format('%s "%s" does not exist', kind, role_name);
    END IF;
    RETURN found;
END $$;

CREATE FUNCTION redsmith_sandbox.set_password(role_oid oid, role_name text, password text)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kind text := CASE WHEN password IS NULL THEN 'disabled'
                      WHEN password LIKE 'sha256|%' THEN 'sha256' ELSE 'md5' END;
    hash text := CASE WHEN kind <> 'md5' THEN NULL
                      WHEN password ~ '^md5[0-9a-f]{32}$' THEN password
                      ELSE 'md5' || md5(password || role_name) END;
BEGIN
    EXECUTE format('ALTER ROLE %I PASSWORD %L', role_name, hash);
    UPDATE redsmith_sandbox.user_note n SET password_kind = kind
    WHERE n.role_oid = set_password.role_oid;
END $$;

CREATE FUNCTION redsmith_sandbox.set_superuser(role_name text, yes boolean) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    owner_name text := (SELECT pg_get_userbyid(datdba) FROM pg_catalog.pg_database
                        WHERE datname = current_database());
BEGIN
    IF yes THEN
        EXECUTE format('REVOKE %I FROM %I', role_name, owner_name);
        EXECUTE format('GRANT %I TO %I', owner_name, role_name);
    ELSE
        EXECUTE format('REVOKE %I FROM %I', owner_name, role_name);
        EXECUTE format('GRANT %I TO %I', role_name, owner_name);
    END IF;
END $$;

-- One option of CREATE USER or ALTER USER.
CREATE FUNCTION redsmith_sandbox.set_user_option(role_oid oid, role_name text, option text, value text)
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CASE option
    WHEN 'password' THEN PERFORM redsmith_sandbox.set_password(role_oid, role_name, value);
    WHEN 'disable' THEN PERFORM redsmith_sandbox.set_password(role_oid, role_name, NULL);
    WHEN 'createdb' THEN EXECUTE format('ALTER ROLE %I CREATEDB', role_name);
    WHEN 'nocreatedb' THEN EXECUTE format('ALTER ROLE %I NOCREATEDB', role_name);
    WHEN 'createuser' THEN PERFORM redsmith_sandbox.set_superuser(role_name, true);
    WHEN 'nocreateuser' THEN
        IF redsmith_sandbox.is_superuser(role_name) THEN
            PERFORM redsmith_sandbox.set_superuser(role_name, false);
        END IF;
    WHEN 'syslog' THEN
        UPDATE redsmith_sandbox.user_note n SET syslog = value = 'unrestricted'
        WHERE n.role_oid = set_user_option.role_oid;
    WHEN 'group' THEN
        PERFORM redsmith_sandbox.find_role('group', value);
        EXECUTE format('GRANT %I TO %I', value, role_name);
    WHEN 'valid' THEN EXECUTE format('ALTER ROLE %I VALID UNTIL %L', role_name, value);
    WHEN 'limit' THEN EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', role_name, value::int);
    WHEN 'rename' THEN EXECUTE format('ALTER ROLE %I RENAME TO %I', role_name, value);
    END CASE;
END $$;

CREATE FUNCTION redsmith_sandbox.refuse_name(kind text, role_name text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
        RAISE EXCEPTION USING ERRCODE = '42710', MESSAGE = format('%s "%s" already exists', kind, role_name);
    END IF;
    IF role_name = 'public' OR role_name LIKE 'pg!_%' ESCAPE '!' THEN
        RAISE EXCEPTION USING ERRCODE = '42939', MESSAGE = format('%s name "%s" is reserved', kind, role_name);
    END IF;
END $$;

-- verb: create_user, alter_user, drop_user; options: name, value, name, value ...
CREATE PROCEDURE redsmith_catalog.user_change(verb text, role_name text, options text[])
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    role_oid oid;
    owner_name text := (SELECT pg_get_userbyid(datdba) FROM pg_catalog.pg_database
                        WHERE datname = current_database());
    own boolean := verb = 'alter_user' AND role_name = session_user
                   AND options[1] IN ('password', 'disable') AND cardinality(options) = 2;
BEGIN
    IF NOT own AND NOT redsmith_sandbox.is_superuser(session_user) THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = format('must be superuser to %s users', split_part(verb, '_', 1));
    END IF;
    IF verb = 'create_user' THEN
        PERFORM redsmith_sandbox.refuse_name('user', role_name);
        EXECUTE format('CREATE ROLE %I LOGIN', role_name);
        EXECUTE format('GRANT %I TO %I', role_name, owner_name);
    END IF;
    role_oid := redsmith_sandbox.find_role('user', role_name);
    INSERT INTO redsmith_sandbox.user_note VALUES (role_oid) ON CONFLICT DO NOTHING;
    FOR i IN 1 .. coalesce(cardinality(options), 0) BY 2 LOOP
        PERFORM redsmith_sandbox.set_user_option(role_oid, role_name, options[i], options[i + 1]);
    END LOOP;
END $$;

-- What DROP USER and DROP GROUP do with each name.
CREATE PROCEDURE redsmith_catalog.role_drop(kind text, if_exists boolean, names text[])
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    role_name text;
    dropped oid;
BEGIN
    IF NOT redsmith_sandbox.is_superuser(session_user) THEN
        RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = format('must be superuser to drop %ss', kind);
    END IF;
    FOREACH role_name IN ARRAY names LOOP
        CONTINUE WHEN if_exists AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles
                                                WHERE rolname = role_name);
        dropped := redsmith_sandbox.find_role(kind, role_name);
        BEGIN
            EXECUTE format('DROP ROLE %I', role_name);
        EXCEPTION WHEN dependent_objects_still_exist THEN
            RAISE EXCEPTION USING ERRCODE = '55006',
                MESSAGE = format('%s "%s" cannot be dropped because the %1$s has a privilege on some object',
                                 kind, role_name);
        END;
        DELETE FROM redsmith_sandbox.user_note n WHERE n.role_oid = dropped;
    END LOOP;
END $$;

-- verb: create_group, add_users, drop_users, rename_group (members[1] is the new name).
CREATE PROCEDURE redsmith_catalog.group_change(verb text, role_name text, members text[])
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    member text;
BEGIN
    IF NOT redsmith_sandbox.is_superuser(session_user) THEN
        RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'must be superuser to change groups';
    END IF;
    IF verb = 'create_group' THEN
        PERFORM redsmith_sandbox.refuse_name('group', role_name);
        EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
    END IF;
    PERFORM redsmith_sandbox.find_role('group', role_name);
    IF verb = 'rename_group' THEN
        EXECUTE format('ALTER ROLE %I RENAME TO %I', role_name, members[1]);
        RETURN;
    END IF;
    FOREACH member IN ARRAY members LOOP
        PERFORM redsmith_sandbox.find_role('user', member);
        IF verb = 'drop_users' THEN
            EXECUTE format('REVOKE %I FROM %I', role_name, member);
        ELSE
            EXECUTE format('GRANT %I TO %I', role_name, member);
        END IF;
    END LOOP;
END $$;

-- PG_GROUP
CREATE VIEW redsmith_catalog.pg_group AS
SELECT rolname AS groname, oid::int AS grosysid,
       (SELECT array_agg(m.member::int ORDER BY m.member) FROM pg_catalog.pg_auth_members m
        WHERE m.roleid = r.oid) AS grolist
FROM pg_catalog.pg_roles r
WHERE NOT rolcanlogin AND rolname NOT LIKE 'pg!_%' ESCAPE '!';

-- PG_USER_INFO, SVV_USER_INFO: who there is. Passwords are never shown.
CREATE VIEW redsmith_catalog.svv_user_info AS
SELECT rolname::varchar(128) AS user_name, oid::int AS user_id, rolcreatedb AS createdb,
       redsmith_sandbox.is_superuser(rolname) AS superuser, false AS catalog_update,
       CASE WHEN rolconnlimit < 0 THEN 'UNLIMITED' ELSE rolconnlimit::text END::varchar(128)
           AS connection_limit,
       CASE WHEN redsmith_sandbox.sees_all(rolname) THEN 'UNRESTRICTED' ELSE 'RESTRICTED' END
           ::varchar(128) AS syslog_access,
       rolvaliduntil::timestamp AS last_ddl_timestamp, NULL::int AS session_timeout,
       NULL::varchar(128) AS external_user_id
FROM pg_catalog.pg_roles WHERE rolcanlogin AND NOT rolsuper;
