-- The data belongs to the sandbox's user, whose name the caller put into redsmith.user; every user may
-- create in public, as on Redshift. The last statement marks the database as complete.
DO $$
DECLARE
    owner text := current_setting('redsmith.user');
    the_table regclass;
BEGIN
    EXECUTE format('ALTER SCHEMA awkward OWNER TO %I', owner);
    FOR the_table IN SELECT oid FROM pg_catalog.pg_class
                     WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'awkward'::regnamespace)
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %I', the_table, owner);
    END LOOP;
END $$;
GRANT ALL ON SCHEMA public TO PUBLIC;
CREATE TABLE redsmith_sandbox.prepared (layout int NOT NULL, at timestamptz NOT NULL DEFAULT now());
