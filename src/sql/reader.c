#include "sql/reader.h"

#include <string.h>

#include "base/error.h"

gboolean sql_read_fail(const SqlReader *reader, GError **error, const char *expected)
{
    if (*reader->p == '\0')
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\": expected %s at the end", reader->text,
                    expected);
    else
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\": expected %s at \"%s\"", reader->text,
                    expected, reader->p);
    return FALSE;
}

void sql_read_blanks(SqlReader *reader)
{
    while (g_ascii_isspace(*reader->p))
        reader->p++;
}

/* A mark behind blanks. */
gboolean sql_read_mark(SqlReader *reader, char mark)
{
    sql_read_blanks(reader);
    if (*reader->p != mark)
        return FALSE;
    reader->p++;
    return TRUE;
}

static gboolean is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || c == '#' || (guchar)c >= 0x80;
}

char *sql_peek_word(const SqlReader *reader)
{
    const char *end = reader->p;
    while (is_word_byte(*end))
        end++;
    return g_ascii_strdown(reader->p, end - reader->p);
}

gboolean sql_read_phrase(SqlReader *reader, const char *phrase)
{
    const char *p = reader->p;
    while (*phrase != '\0') {
        if (*phrase == ' ') {
            if (!g_ascii_isspace(*p))
                return FALSE;
            while (g_ascii_isspace(*p))
                p++;
            phrase++;
        } else if (g_ascii_tolower(*p++) != *phrase++) {
            return FALSE;
        }
    }
    if (is_word_byte(p[-1]) && is_word_byte(*p))
        return FALSE;
    reader->p = p;
    return TRUE;
}

/* Text between quotes, where a doubled quote stands for one. Backslashes mean themselves. */
char *sql_read_quoted(SqlReader *reader, char quote, GError **error)
{
    GString *out = g_string_new(NULL);
    const char *p = reader->p + 1;
    for (; *p != '\0'; p++) {
        if (*p == quote && p[1] != quote) {
            reader->p = p + 1;
            return g_string_free(out, FALSE);
        }
        if (*p == quote)
            p++;
        g_string_append_c(out, *p);
    }
    g_string_free(out, TRUE);
    sql_read_fail(reader, error,
                  quote == '\'' ? "a closing single quote" : "a closing double quote");
    return NULL;
}

char *sql_read_name(SqlReader *reader, GError **error)
{
    sql_read_blanks(reader);
    if (*reader->p == '"')
        return sql_read_quoted(reader, '"', error);
    char *name = sql_peek_word(reader);
    if (*name != '\0') {
        reader->p += strlen(name);
        return name;
    }
    g_free(name);
    sql_read_fail(reader, error, "a column name");
    return NULL;
}
