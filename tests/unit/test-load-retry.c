#include <glib/gstdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "job/load_lines.h"
#include "job/load_widen.h"
#include "redshift/catalog.h"

/* --- the lines around a refused row --------------------------------------------------------------*/

static char *file_with(const char *suffix, const char *bytes, gsize length)
{
    g_autofree char *name = g_strdup_printf("redsmith-lines-XXXXXX%s", suffix);
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), name, NULL);
    int fd = g_mkstemp(path);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
    return g_steal_pointer(&path);
}

static void check_lines(const LoadPlace *place, const char *before, const char *line,
                        const char *after)
{
    g_auto(LoadLines) lines = {0};
    g_autoptr(GError) error = NULL;
    guint64 budget = 1 << 20;
    g_assert_true(load_lines_read(place, NULL, &budget, &lines, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(lines.before, ==, before);
    g_assert_cmpstr(lines.line, ==, line);
    g_assert_cmpstr(lines.after, ==, after);
}

static void test_a_line_comes_with_its_neighbours(void)
{
    static const char text[] = "head\r\none\r\n\ntwo\nlast";
    static const struct {
        guint64 offset, line;
        const char *before, *at, *after;
    } cases[] = {
        {0, 1, NULL, "head", "one"}, {0, 2, "head", "one", ""}, {0, 3, "one", "", "two"},
        {0, 5, "two", "last", NULL}, {6, 1, NULL, "one", ""},   {6, 4, "two", "last", NULL},
    };
    g_autofree char *path = file_with(".csv", text, sizeof text - 1);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        LoadPlace place = {path, cases[i].offset, cases[i].line};
        check_lines(&place, cases[i].before, cases[i].at, cases[i].after);
    }
    g_unlink(path);
}

static void test_compressed_files_are_decoded(void)
{
    static const struct {
        const char *suffix;
        CodecKind kind;
    } cases[] = {{".csv.gz", CODEC_GZIP}, {".csv.zst", CODEC_ZSTD}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = codec_compress(cases[i].kind, 0, "a\nb\nc\n", 6, &error);
        g_assert_no_error(error);
        g_autofree char *path =
            file_with(cases[i].suffix, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        LoadPlace place = {path, 0, 2};
        check_lines(&place, "a", "b", "c");
        g_unlink(path);
    }
}

static void test_what_cannot_be_read_is_said(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 100000; i++)
        g_string_append(text, "a line\n");
    g_autofree char *path = file_with(".txt", text->str, text->len);
    static const struct {
        guint64 line, budget;
        RsErrorCode code;
    } cases[] = {{100001, 1 << 30, RS_ERROR_NOT_FOUND}, {90000, 1000, RS_ERROR_LIMIT}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        LoadPlace place = {path, 0, cases[i].line};
        g_auto(LoadLines) lines = {0};
        g_autoptr(GError) error = NULL;
        guint64 budget = cases[i].budget;
        g_assert_false(load_lines_read(&place, NULL, &budget, &lines, NULL, &error));
        g_assert_error(error, RS_ERROR, (int)cases[i].code);
        g_assert_null(lines.line);
    }
    g_unlink(path);
}

static void test_a_budget_is_spent_and_no_more(void)
{
    g_autofree char *path = file_with(".txt", "a\nb\nc\n", 6);
    LoadPlace place = {path, 0, 3};
    g_auto(LoadLines) lines = {0};
    g_autoptr(GError) error = NULL;
    guint64 budget = 100;
    g_assert_true(load_lines_read(&place, NULL, &budget, &lines, NULL, &error));
    g_assert_cmpuint(budget, ==, 94);
    g_unlink(path);
}

/* --- a wider column ------------------------------------------------------------------------------*/

static void test_lengths_are_rounded_up(void)
{
    static const struct {
        gsize bytes;
        guint present, length;
    } cases[] = {
        {1, 0, 8},        {8, 4, 8},         {9, 8, 16},    {19, 8, 24},   {130, 100, 144},
        {1000, 10, 1024}, {65535, 1, 65535}, {65536, 1, 0}, {0, 100, 104}, {0, 40000, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint length = load_widen_length(cases[i].bytes, cases[i].present);
        g_test_message("%" G_GSIZE_FORMAT " bytes", cases[i].bytes);
        if (cases[i].bytes == 0 && cases[i].length > 0)
            g_assert_cmpuint(length, >=, cases[i].present * 2);
        else
            g_assert_cmpuint(length, ==, cases[i].length);
    }
}

static GPtrArray *columns_new(void)
{
    static const struct {
        const char *name, *type, *default_value, *encoding;
    } rows[] = {
        {"id", "integer", NULL, NULL},
        {"name", "character varying(8)", NULL, "lzo"},
        {"kind", "character varying(8)", "'x'::character varying", "lzo"},
        {"word", "character varying(8)", NULL, "text255"},
        {"odd=one", "character varying(8)", NULL, NULL},
    };
    GPtrArray *columns = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_column_free);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        CatalogColumn *column = g_new0(CatalogColumn, 1);
        column->name = g_strdup(rows[i].name);
        column->type = g_strdup(rows[i].type);
        column->default_value = g_strdup(rows[i].default_value);
        column->encoding = g_strdup(rows[i].encoding);
        g_ptr_array_add(columns, column);
    }
    return columns;
}

static void test_a_wish_becomes_a_step(void)
{
    static const struct {
        const char *wish, *sql; /* sql NULL: no step */
    } cases[] = {
        {NULL, NULL},
        {"name=8", NULL},
        {"name=5", NULL},
        {"name=24", "ALTER TABLE \"public\".\"t\" ALTER COLUMN \"name\" TYPE varchar(24)"},
        {"NAME=24", "ALTER TABLE \"public\".\"t\" ALTER COLUMN \"name\" TYPE varchar(24)"},
        {"odd=one=9", "ALTER TABLE \"public\".\"t\" ALTER COLUMN \"odd=one\" TYPE varchar(9)"},
    };
    g_autoptr(GPtrArray) columns = columns_new();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Plan) plan = plan_new("write", "p");
        g_autoptr(GError) error = NULL;
        g_assert_true(load_widen_add(plan, cases[i].wish, "public", "t", columns, &error));
        g_assert_no_error(error);
        g_autofree char *failure = load_widen_on_failure(plan);
        g_assert_cmpint(strstr(failure, "wider") != NULL, ==, cases[i].sql != NULL);
        g_assert_cmpuint(plan->steps->len, ==, cases[i].sql != NULL);
        if (cases[i].sql == NULL)
            continue;
        const PlanStep *step = plan->steps->pdata[0];
        const PlanAction *action = step->actions->pdata[0];
        g_assert_cmpint(step->kind, ==, STEP_SQL);
        g_assert_cmpstr(action->sql, ==, cases[i].sql);
        g_assert_nonnull(step->done_sql);
    }
}

static void test_a_wish_that_cannot_be_is_refused(void)
{
    static const struct {
        const char *wish, *words;
        RsErrorCode code;
        gboolean no_table;
    } cases[] = {
        {"name", "COLUMN=BYTES", RS_ERROR_USAGE, FALSE},
        {"=8", "COLUMN=BYTES", RS_ERROR_USAGE, FALSE},
        {"name=0", "COLUMN=BYTES", RS_ERROR_USAGE, FALSE},
        {"name=65536", "65535", RS_ERROR_USAGE, FALSE},
        {"nome=9", "no column \"nome\"", RS_ERROR_USAGE, FALSE},
        {"name=9", "still to be made", RS_ERROR_USAGE, TRUE},
        {"id=9", "it is integer", RS_ERROR_UNSUPPORTED, FALSE},
        {"kind=9", "default value", RS_ERROR_UNSUPPORTED, FALSE},
        {"word=9", "encoding is text255", RS_ERROR_UNSUPPORTED, FALSE},
    };
    g_autoptr(GPtrArray) columns = columns_new();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Plan) plan = plan_new("write", "p");
        g_autoptr(GError) error = NULL;
        g_assert_false(load_widen_add(plan, cases[i].wish, "public", "t",
                                      cases[i].no_table ? NULL : columns, &error));
        g_assert_error(error, RS_ERROR, (int)cases[i].code);
        g_assert_nonnull(strstr(error->message, cases[i].words));
        g_assert_cmpuint(plan->steps->len, ==, 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/load-lines/neighbours", test_a_line_comes_with_its_neighbours);
    g_test_add_func("/load-lines/compressed", test_compressed_files_are_decoded);
    g_test_add_func("/load-lines/refusals", test_what_cannot_be_read_is_said);
    g_test_add_func("/load-lines/budget", test_a_budget_is_spent_and_no_more);
    g_test_add_func("/load-widen/length", test_lengths_are_rounded_up);
    g_test_add_func("/load-widen/step", test_a_wish_becomes_a_step);
    g_test_add_func("/load-widen/refusals", test_a_wish_that_cannot_be_is_refused);
    return g_test_run();
}
