#include "sandbox/rewrite.h"

#include <string.h>

/* Statements that pass: what PostgreSQL is given, and what has to be among the statements around it. */
typedef struct {
    const char *sql, *expected, *around;
} PassCase;

static void check_pass(const PassCase *cases, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        g_autoptr(Rewrite) rewrite = rewrite_statement(cases[i].sql);
        g_test_message("%s", cases[i].sql);
        if (rewrite->kind == REWRITE_REFUSE)
            g_test_message("refused: %s", rewrite->message);
        g_assert_cmpint(rewrite->kind, ==, REWRITE_PASS);
        if (cases[i].expected != NULL)
            g_assert_cmpstr(rewrite->sql, ==, cases[i].expected);
        if (cases[i].around != NULL) {
            g_autofree char *around =
                g_strconcat(rewrite->before != NULL ? rewrite->before : "", "|",
                            rewrite->after != NULL ? rewrite->after : "", NULL);
            g_test_message("around: %s", around);
            g_assert_nonnull(strstr(around, cases[i].around));
        }
    }
}

typedef struct {
    const char *sql, *sqlstate;
} RefuseCase;

static void check_refused(const RefuseCase *cases, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        g_autoptr(Rewrite) rewrite = rewrite_statement(cases[i].sql);
        g_test_message("%s -> %s", cases[i].sql, rewrite->message);
        g_assert_cmpint(rewrite->kind, ==, REWRITE_REFUSE);
        g_assert_cmpstr(rewrite->sqlstate, ==, cases[i].sqlstate);
        g_assert_cmpstr(rewrite->message, !=, "");
    }
}

static void test_functions_and_words_mean_what_redshift_means(void)
{
    static const PassCase cases[] = {
        {"select nvl(a, isnull(b, 1))", "select coalesce(a, coalesce(b, 1))", NULL},
        {"select nvl2(a, b+1, c)", "select CASE WHEN (a) IS NOT NULL THEN ( b+1) ELSE ( c) END",
         NULL},
        {"select decode(a, 1, 'x', 'y')",
         "select CASE WHEN (a) IS NOT DISTINCT FROM ( 1) THEN ( 'x') ELSE ( 'y') END", NULL},
        {"select decode(a, 'hex')", "select decode(a, 'hex')", NULL},
        {"select dateadd(mon, 1, d), datediff(QTR, a, b)",
         "select redsmith_catalog.dateadd('month', 1, d), redsmith_catalog.datediff('quarter', a, "
         "b)",
         NULL},
        {"select date_part('dw', d), date_trunc('mons', d)",
         "select date_part('dow', d), date_trunc('month', d)", NULL},
        {"select date_part(w.part, d)", "select date_part(w.part, d)", NULL},
        {"select listagg(distinct a, ',') within group (order by a desc) from t",
         "select string_agg(DISTINCT a::text, ( ',') order by a desc) from t", NULL},
        {"select median(x) from t",
         "select percentile_cont(0.5) WITHIN GROUP (ORDER BY (x)) from t", NULL},
        {"select approximate count(distinct x) from t", "select  count(distinct x) from t", NULL},
        {"select sysdate, getdate()", "select localtimestamp, redsmith_catalog.getdate()", NULL},
        {"select a from t minus select a from u", "select a from t EXCEPT select a from u", NULL},
        {"select top 5 a from t order by a", "select a from t order by a LIMIT 5", NULL},
        {"select * from (select top 5 a from t) s", "select * from (select a from t LIMIT 5) s",
         NULL},
        {"select s.len, s.version, version() from s",
         "select s.len, s.version, redsmith_catalog.version() from s", NULL},
        {"select pg_catalog.version()", "select redsmith_catalog.version()", NULL},
        {"select a::varchar(max), cast(b as nvarchar(9))",
         "select a::varchar(65535), cast(b as varchar(9))", NULL},
        {"delete t where a = 1", "delete FROM t where a = 1", NULL},
        {"select 'nvl(a, b)', \"nvl\" from t -- top 5", "select 'nvl(a, b)', \"nvl\" from t", NULL},
    };
    check_pass(cases, G_N_ELEMENTS(cases));
}

static void test_names_fold_and_the_catalog_is_redshifts(void)
{
    static const PassCase cases[] = {
        {"select \"EventID\", \"A \"\"b\" from T", "select \"eventid\", \"a \"\"b\" from T", NULL},
        {"select * from #t", "select * from \"#t\"", NULL},
        {"select * into #t from u", "select * into TEMP \"#t\" from u", NULL},
        {"insert into #t values (1)", "insert into \"#t\" values (1)", NULL},
        {"select * from pg_table_def", "select * from redsmith_catalog.pg_table_def", NULL},
        {"select c.oid from pg_catalog.pg_class c, SVV_TABLES",
         "select c.oid from redsmith_catalog.pg_class c, redsmith_catalog.svv_tables", NULL},
        {"select x.pg_class, y as pg_class from x", "select x.pg_class, y as pg_class from x",
         NULL},
        {"select 'pg_class'::regclass", "select 'pg_class'::regclass", NULL},
    };
    check_pass(cases, G_N_ELEMENTS(cases));
}

static void test_create_table_keeps_what_postgresql_has_no_words_for(void)
{
    static const PassCase cases[] = {
        {"create table ev (id bigint identity(1,1), k varchar(40) encode zstd not null, "
         "seen_at timestamp sortkey, payload super, primary key (id)) diststyle key distkey (k)",
         "CREATE TABLE \"ev\" (\"id\" bigint GENERATED ALWAYS AS IDENTITY (START 1 INCREMENT 1 "
         "MINVALUE -9223372036854775808 MAXVALUE 9223372036854775807), \"k\" varchar(40) NOT NULL, "
         "\"seen_at\" timestamp, \"payload\" redsmith_catalog.super)",
         "|CALL redsmith_catalog.note_key('\"ev\"', NULL, 'p', ARRAY['id'], NULL, NULL, true); "
         "CALL redsmith_catalog.note_table('\"ev\"', 'KEY', 'k', 'COMPOUND', ARRAY['seen_at'], "
         "ARRAY['k', 'zstd'], true)"},
        {"create table s.t (a text, b varchar, c char, d decimal, e bpchar, f varchar(max), g "
         "nvarchar)",
         "CREATE TABLE \"s\".\"t\" (\"a\" varchar(256), \"b\" varchar(256), \"c\" char(1), "
         "\"d\" numeric(18, 0), \"e\" char(256), \"f\" varchar(65535), \"g\" varchar(256))",
         NULL},
        {"create table t (a int default -1 null, b boolean default 'N' not null, c date default "
         "getdate())",
         "CREATE TABLE \"t\" (\"a\" integer DEFAULT -1, \"b\" boolean DEFAULT 'N' NOT NULL, "
         "\"c\" date DEFAULT redsmith_catalog.getdate())",
         NULL},
        {"create table if not exists #t (a int generated by default as identity(10,-2)) backup no",
         "CREATE TEMP TABLE IF NOT EXISTS \"#t\" (\"a\" integer GENERATED BY DEFAULT AS IDENTITY "
         "(START 10 INCREMENT -2 MINVALUE -2147483648 MAXVALUE 2147483647))",
         "NULL, NULL, false)"},
        {"create temp table st (like target including defaults)",
         "CREATE TEMP TABLE \"st\" (LIKE \"target\" INCLUDING DEFAULTS)",
         "CALL redsmith_catalog.note_like('\"st\"', '\"target\"')"},
        {"create table c (a int references p(x) unique, b int, foreign key (a, b) references q)",
         NULL, "'f', ARRAY['a', 'b'], '\"q\"', NULL, true)"},
        {"create table u diststyle all sortkey(a) as select top 1 a from t",
         "CREATE TABLE \"u\" AS select a from t LIMIT 1",
         "note_table('\"u\"', 'ALL', NULL, 'COMPOUND', ARRAY['a'], NULL, true)"},
        {"create table t (a int encode raw, b int encode az64) interleaved sortkey(b, a)", NULL,
         "'INTERLEAVED', ARRAY['b', 'a'], ARRAY['a', 'none', 'b', 'az64'], true)"},
    };
    check_pass(cases, G_N_ELEMENTS(cases));
}

static void test_create_table_refuses_what_redshift_refuses(void)
{
    static const RefuseCase cases[] = {
        {"create table bad (a int distkey, b int distkey)", "42P16"},
        {"create table bad (a int distkey) distkey(a)", "42P16"},
        {"create table bad (a int) diststyle key", "42P16"},
        {"create table bad (a int distkey) diststyle even", "42P16"},
        {"create table bad (a int sortkey, b int sortkey)", "42P16"},
        {"create table bad (a int sortkey) sortkey(a)", "42P16"},
        {"create table bad (a int primary key, primary key (a))", "42P16"},
        {"create table bad (like t) distkey(a)", "42P16"},
        {"create table bad (a varchar encode az64)", "0A000"},
        {"create table bad (a int encode text255)", "0A000"},
        {"create table bad (a smallint encode mostly16)", "0A000"},
        {"create table bad (a int encode gzip)", "42601"},
        {"create table bad (a int check (a > 0))", "0A000"},
        {"create table bad (a int, check (a > 0))", "0A000"},
        {"create table bad (a int[])", "0A000"},
        {"create table bad (a jsonb)", "0A000"},
        {"create table bad (a uuid)", "0A000"},
        {"create table bad (a serial)", "42704"},
        {"create table bad (oid int)", "42701"},
        {"create table bad (a varchar(65536))", "22023"},
        {"create table bad (a char(4097))", "22023"},
        {"create table bad (a decimal(39))", "22023"},
        {"create table bad (a varchar(10) identity(1,1))", "42611"},
        {"create table bad (a int identity(1,0))", "22023"},
        {"create table bad (a int generated always as (1) stored)", "0A000"},
        {"create table bad (a int) tablespace x", "42601"},
        {"create table bad (a int) interleaved sortkey(a,b,c,d,e,f,g,h,i)", "54011"},
        {"create table bad (a int collate ci)", "0A000"},
        {"create table bad encode zstd as select 1", "42601"},
        {"create table bad", "42601"},
        {"create table bad (a", "42601"},
        {"create table bad ()", "42601"},
        {"create table bad (a int b int)", "42704"},
        {"create table bad (a int,)", "42601"},
    };
    check_refused(cases, G_N_ELEMENTS(cases));
}

static void test_alter_table(void)
{
    static const PassCase cases[] = {
        {"alter table t add column a varchar(max) encode lzo",
         "ALTER TABLE \"t\" ADD COLUMN \"a\" varchar(65535)",
         "alter_note('\"t\"', NULL, NULL, NULL, NULL, ARRAY['a', 'lzo'])"},
        {"alter table t alter column a type varchar(9)",
         "ALTER TABLE \"t\" ALTER COLUMN \"a\" TYPE varchar(9)", "require_varchar('\"t\"', 'a')"},
        {"alter table t alter diststyle key distkey b",
         "CALL redsmith_catalog.alter_note('\"t\"', 'KEY', 'b', NULL, NULL, NULL)", NULL},
        {"alter table t alter compound sortkey (a, b), alter column c encode raw",
         "CALL redsmith_catalog.alter_note('\"t\"', NULL, NULL, 'COMPOUND', ARRAY['a', 'b'], "
         "ARRAY['c', 'none'])",
         NULL},
        {"alter table t alter sortkey none",
         "CALL redsmith_catalog.alter_note('\"t\"', NULL, NULL, 'NONE', NULL, NULL)", NULL},
        {"alter table t alter encode auto",
         "CALL redsmith_catalog.alter_note('\"t\"', NULL, NULL, NULL, NULL, '{}')", NULL},
        {"alter table t add constraint k unique (a)",
         "CALL redsmith_catalog.note_key('\"t\"', 'k', 'u', ARRAY['a'], NULL, NULL, false)", NULL},
        {"alter table t drop constraint k cascade", "CALL redsmith_catalog.drop_key('\"t\"', 'k')",
         NULL},
        {"alter table t rename column \"A\" to b", "alter table t rename column \"a\" to b", NULL},
        {"alter table t drop column a", "alter table t drop column a", NULL},
    };
    static const RefuseCase refused[] = {
        {"alter table t add column a int, add column b int", "0A000"},
        {"alter table t add column a int identity(1,1)", "0A000"},
        {"alter table t add check (a > 1)", "0A000"},
        {"alter table t alter column a type int", "0A000"},
        {"alter table t alter column a set default 1", "42601"},
        {"alter table t append from s", "0A000"},
        {"alter table t enable trigger x", "42601"},
    };
    check_pass(cases, G_N_ELEMENTS(cases));
    check_refused(refused, G_N_ELEMENTS(refused));
}

static void test_merge_has_redshifts_restrictions(void)
{
    static const PassCase cases[] = {
        {"merge into sales using stage_sales s on sales.sale_id = s.sale_id when matched then "
         "update set amount = s.amount, note = case when s.note = '' then null else s.note end "
         "when not matched then insert values (s.sale_id, s.region, s.amount, s.sold_on, s.note)",
         NULL, NULL},
        {"merge into sales using (select * from stage) as s on sales.id = s.id when matched then "
         "delete when not matched then insert (id) values (s.id)",
         NULL, NULL},
        {"merge into sales using stage_sales on sales.sale_id = stage_sales.sale_id remove "
         "duplicates",
         "WITH replaced AS (DELETE FROM \"sales\" USING stage_sales WHERE sales.sale_id = "
         "stage_sales.sale_id) INSERT INTO \"sales\" SELECT DISTINCT * FROM stage_sales",
         "require_same_shape('\"sales\"', '\"stage_sales\"')"},
    };
    static const RefuseCase refused[] = {
        {"merge into sales t using stage_sales s on t.sale_id = s.sale_id when matched then delete "
         "when not matched then insert (sale_id) values (s.sale_id)",
         "42601"},
        {"merge into t using s on t.a = s.a when matched then delete", "42601"},
        {"merge into t using s on t.a = s.a when not matched then insert values (s.a)", "42601"},
        {"merge into t using s on t.a = s.a when not matched then insert values (s.a) when matched "
         "then delete",
         "42601"},
        {"merge into t using s on t.a = s.a when matched and s.b then delete when not matched then "
         "insert values (s.a)",
         "42601"},
        {"merge into t using s on t.a = s.a when matched then do nothing when not matched then "
         "insert values (s.a)",
         "42601"},
        {"merge into t using s on t.a = s.a when matched then update set t.b = 1 when not matched "
         "then insert values (s.a)",
         "42601"},
        {"merge into t using t on t.a = t.a when matched then delete when not matched then insert "
         "values (t.a)",
         "0A000"},
        {"merge into t using (select * from t) s on t.a = s.a when matched then delete when not "
         "matched then insert values (s.a)",
         "0A000"},
        {"merge into t using s on t.a = s.a when matched then delete when not matched then insert "
         "values (s.a) returning a",
         "42601"},
        {"merge into t using s on t.a = s.a", "42601"},
    };
    check_pass(cases, G_N_ELEMENTS(cases));
    check_refused(refused, G_N_ELEMENTS(refused));
    g_autoptr(Rewrite) tagged = rewrite_statement(cases[0].sql);
    g_assert_cmpstr(tagged->tag, ==, "MERGE");
}

static void test_session_statements(void)
{
    static const PassCase cases[] = {
        {"set query_group to 'it''s'", "SET redsmith.query_group TO 'it''s'", NULL},
        {"set session wlm_query_slot_count = 3", "SET redsmith.wlm_query_slot_count TO '3'", NULL},
        {"reset query_group", "SET redsmith.query_group TO 'default'", NULL},
        {"set search_path to a, \"B\"", "set search_path to a, \"b\", redsmith_catalog", NULL},
        {"set search_path to default", "set search_path to default", NULL},
        {"set statement_timeout to 100", "set statement_timeout to 100", NULL},
        {"set enable_case_sensitive_identifier to off",
         "SET redsmith.enable_case_sensitive_identifier TO 'off'", NULL},
        {"truncate table t", "truncate table t", "|COMMIT"},
        {"lock a, b", "lock a, b IN ACCESS EXCLUSIVE MODE", NULL},
        {"vacuum sort only t to 99 percent boost", "VACUUM \"t\"", NULL},
        {"analyze verbose t (a) predicate columns", "ANALYZE t (a)", NULL},
        {"cancel 123 'stop'", "CALL redsmith_catalog.cancel(123)", NULL},
        {"create user Bob with password 'a''b' in group g, h connection limit unlimited",
         "CALL redsmith_catalog.user_change('create_user', 'bob', ARRAY['password', 'a''b', 'group', "
         "'g', 'group', 'h', 'limit', '-1']::text[])",
         NULL},
        {"alter user bob rename to rob",
         "CALL redsmith_catalog.user_change('alter_user', 'bob', ARRAY['rename', 'rob']::text[])", NULL},
        {"create group g with user a, b",
         "CALL redsmith_catalog.group_change('create_group', 'g', ARRAY['a', 'b']::text[])", NULL},
        {"create group g",
         "CALL redsmith_catalog.group_change('create_group', 'g', ARRAY[]::text[])", NULL},
        {"drop user if exists a, b",
         "CALL redsmith_catalog.role_drop('user', true, ARRAY['a', 'b'])", NULL},
        {"show table s.t",
         "SELECT redsmith_catalog.show_table('\"s\".\"t\"') AS \"Show Table DDL "
         "statement\"",
         NULL},
        {"create schema s authorization u quota 5 gb", "create schema s authorization u", NULL},
    };
    static const RefuseCase refused[] = {
        {"set enable_case_sensitive_identifier to true", "0A000"},
        {"set standard_conforming_strings to on", "42704"},
        {"show tables from schema s", "0A000"},
        {"lock t in share mode", "42601"},
        {"analyze compression t", "0A000"},
        {"cancel 'x'", "42601"},
    };
    check_pass(cases, G_N_ELEMENTS(cases));
    check_refused(refused, G_N_ELEMENTS(refused));
}

static void test_what_postgresql_would_take_and_redshift_does_not(void)
{
    static const RefuseCase cases[] = {
        {"create index i on t (a)", "0A000"},
        {"create sequence s", "0A000"},
        {"create trigger x after insert on t execute function f()", "0A000"},
        {"create user u", "42601"},
        {"create user u password 'x' session timeout 60", "0A000"},
        {"create function f() returns int stable as $$ return 1 $$ language plpythonu", "0A000"},
        {"grant drop on t to u", "0A000"},
        {"create external table s.t (a int) stored as parquet", "42601"},
        {"create unlogged table t (a int)", "0A000"},
        {"insert into t values (1) returning a", "42601"},
        {"insert into t values (1) on conflict do nothing", "42601"},
        {"select distinct on (a) * from t", "0A000"},
        {"select * from t, lateral (select 1) u", "42601"},
        {"select count(*) filter (where a) from t", "42601"},
        {"select array[1,2]", "42601"},
        {"select e'a\\n'", "42704"},
        {"select u&'a'", "42601"},
        {"select a::jsonb", "42704"},
        {"select * from t for update", "0A000"},
        {"select * from t qualify row_number() over () = 1", "0A000"},
        {"select * from t pivot (sum(a) for b in (1))", "0A000"},
        {"savepoint a", "0A000"},
        {"rollback to savepoint a", "42601"},
        {"prepare transaction 'x'", "42601"},
        {"discard all", "42601"},
        {"listen a", "0A000"},
        {"do $$ begin end $$", "42601"},
        {"explain analyze select 1", "42601"},
        {"explain (costs off) select 1", "42601"},
        {"copy t from stdin", "0A000"},
        {"copy t to stdout", "42601"},
        {"copy job list", "0A000"},
        {"select 1 as a234567890123456789012345678901234567890123456789012345678901234567890",
         "0A000"},
    };
    check_refused(cases, G_N_ELEMENTS(cases));
}

static void test_engines_get_the_statement_as_it_was(void)
{
    static const struct {
        const char *sql;
        RewriteKind kind;
    } cases[] = {
        {"unload ('select top 1 E''x''') to 's3://b/p' iam_role default", REWRITE_UNLOAD},
        {"UNLOAD ($$select 1$$) TO 's3://b/p' IAM_ROLE default", REWRITE_UNLOAD},
        {"/* x */ copy public.t (a, b) from 's3://b/p' iam_role default csv", REWRITE_COPY},
        {"copy job from 's3://b/p' iam_role default", REWRITE_COPY},
        {"select 'unload'", REWRITE_PASS},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Rewrite) rewrite = rewrite_statement(cases[i].sql);
        g_assert_cmpint(rewrite->kind, ==, cases[i].kind);
        g_assert_cmpstr(rewrite->sql, ==, cases[i].sql);
    }
}

/* Whatever comes in, something well-formed goes out: every prefix of hard statements. */
static void test_cut_statements_are_survived(void)
{
    static const char *const statements[] = {
        ("create table if not exists s.t (a decimal(10,2) default nvl(1,2) encode raw, b int "
         "identity(1,1), primary key (a), foreign key (a) references u(b)) diststyle key "
         "distkey(a) sortkey(a, b)"),
        ("merge into a.b using (select case when 1 then 2 end) s on a.b.c = s.c when matched then "
         "update set x = 1 when not matched then insert (x) values (decode(1,2,3,4))"),
        "alter table t alter column a encode zstd, alter sortkey (a), alter distkey b",
        "select top 5 listagg(distinct a, ',') within group (order by nvl2(a, b, c)) from \"T\" "
        "minus x",
        "set session query_group to 'x'",
        "vacuum sort only t to 5 percent boost",
        "cancel 1 'x'",
        "copy job t (a) from 's3://x'",
        "show table a.b.c",
        "explain verbose create table t as select 1",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(statements); i++)
        for (gsize length = strlen(statements[i]); length > 0; length--) {
            g_autofree char *cut = g_strndup(statements[i], length);
            g_autoptr(Rewrite) rewrite = rewrite_statement(cut);
            g_assert_true(rewrite->kind == REWRITE_REFUSE ? rewrite->message != NULL
                                                          : rewrite->sql != NULL);
        }
}

static void test_messages_are_redshifts(void)
{
    static const struct {
        const char *sqlstate, *message, *expected;
    } cases[] = {
        {"21000", "MERGE command cannot affect row a second time",
         "Found multiple matches to update the same tuple."},
        {"23502", "null value in column \"k\" of relation \"t\" violates not-null constraint",
         "Cannot insert a NULL value into column k"},
        {"428C9", "cannot insert a non-DEFAULT value into column \"id\"",
         "cannot set an identity column to a value"},
        {"57014", "canceling statement due to user request", "Query cancelled on user's request"},
        {"42P01", "relation \"redsmith_catalog.x\" does not exist",
         "relation \"x\" does not exist"},
        {"22001", "value too long for type character varying(3)",
         "value too long for type character varying(3)"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message = rewrite_message(cases[i].sqlstate, cases[i].message);
        g_assert_cmpstr(message, ==, cases[i].expected);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rewrite/functions-and-words",
                    test_functions_and_words_mean_what_redshift_means);
    g_test_add_func("/rewrite/names-and-catalog", test_names_fold_and_the_catalog_is_redshifts);
    g_test_add_func("/rewrite/create-table",
                    test_create_table_keeps_what_postgresql_has_no_words_for);
    g_test_add_func("/rewrite/create-table-refused",
                    test_create_table_refuses_what_redshift_refuses);
    g_test_add_func("/rewrite/alter-table", test_alter_table);
    g_test_add_func("/rewrite/merge", test_merge_has_redshifts_restrictions);
    g_test_add_func("/rewrite/session", test_session_statements);
    g_test_add_func("/rewrite/not-redshift", test_what_postgresql_would_take_and_redshift_does_not);
    g_test_add_func("/rewrite/engines", test_engines_get_the_statement_as_it_was);
    g_test_add_func("/rewrite/cut-statements", test_cut_statements_are_survived);
    g_test_add_func("/rewrite/messages", test_messages_are_redshifts);
    return g_test_run();
}
