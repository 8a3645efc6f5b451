/*
 * redsmith.conf(5) against the tables of fields: every field's paragraph is there, word by word, in the
 * order of the table. REDSMITH_MAN_UPDATE=1 in the environment rewrites the two sections instead.
 */
#include <string.h>

#include "config/profile.h"
#include "config/settings.h"

static char *man_path(void)
{
    const char *source = g_getenv("REDSMITH_SRCDIR");
    return g_build_filename(source != NULL ? source : ".", "man", "redsmith.conf.5", NULL);
}

/* What troff would take for its own. */
static char *escape(const char *text)
{
    GString *out = g_string_new(text);
    g_string_replace(out, "\\", "\\e", 0);
    g_string_replace(out, "-", "\\-", 0);
    g_string_replace(out, "'", "\\(aq", 0);
    return g_string_free(out, FALSE);
}

static void append_field(GString *out, const FieldRow *row)
{
    g_autofree char *range = field_range(row), *name = escape(row->name);
    g_autofree char *words = escape(range), *sentence = escape(row->sentence);
    g_string_append_printf(out, ".TP\n.B %s\n%c%s.\n.br\nAccepts: %s.", name,
                           g_ascii_toupper(*sentence), sentence + 1, words);
    if (row->fallback != NULL) {
        g_autofree char *fallback = escape(row->fallback);
        g_string_append_printf(out, " Default: %s.", fallback);
    }
    g_string_append_c(out, '\n');
}

static char *section(const FieldRow *rows)
{
    GString *out = g_string_new(NULL);
    for (; rows->name != NULL; rows++) {
        if (rows->group != NULL)
            g_string_append_printf(out, ".SS %s\n", rows->group);
        append_field(out, rows);
    }
    return g_string_free(out, FALSE);
}

typedef struct {
    const char *begin, *end; /* comment lines around the section */
    const FieldRow *rows;
} Section;

/* By line, so that a failure shows the one that differs. */
static void assert_same_lines(const char *written, const char *expected)
{
    g_auto(GStrv) ours = g_strsplit(expected, "\n", -1), theirs = g_strsplit(written, "\n", -1);
    for (gsize i = 0; ours[i] != NULL && theirs[i] != NULL; i++)
        g_assert_cmpstr(theirs[i], ==, ours[i]);
    g_assert_cmpuint(g_strv_length(theirs), ==, g_strv_length(ours));
}

static void check_section(char **man, const Section *wanted)
{
    g_autofree char *text = section(wanted->rows);
    char *begin = strstr(*man, wanted->begin);
    g_assert_nonnull(begin);
    begin += strlen(wanted->begin);
    char *end = strstr(begin, wanted->end);
    g_assert_nonnull(end);
    g_autofree char *written = g_strndup(begin, (gsize)(end - begin));
    if (g_getenv("REDSMITH_MAN_UPDATE") == NULL) {
        assert_same_lines(written, text);
        return;
    }
    g_autofree char *head = g_strndup(*man, (gsize)(begin - *man));
    char *updated = g_strconcat(head, text, end, NULL);
    g_free(*man);
    *man = updated;
}

static void test_the_manual_is_the_table(void)
{
    const Section sections[] = {
        {".\\\" fields of a profile\n", ".\\\" end of the fields\n", profile_fields()},
        {".\\\" settings\n", ".\\\" end of the settings\n", settings_fields()},
    };
    g_autofree char *path = man_path(), *man = NULL;
    g_assert_true(g_file_get_contents(path, &man, NULL, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++)
        check_section(&man, &sections[i]);
    if (g_getenv("REDSMITH_MAN_UPDATE") != NULL)
        g_assert_true(g_file_set_contents(path, man, -1, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/profile/the-manual-is-the-table", test_the_manual_is_the_table);
    return g_test_run();
}
