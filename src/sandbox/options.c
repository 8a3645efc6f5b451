#include "sandbox/options.h"

#include <errno.h>
#include <string.h>

/* --- refusals ----------------------------------------------------------------------------------- */

gboolean refuse(Refusal *refusal, const char *sqlstate, const char *format, ...)
{
    if (refusal->message != NULL)
        return FALSE;
    va_list args;
    va_start(args, format);
    refusal->message = g_strdup_vprintf(format, args);
    va_end(args);
    g_strlcpy(refusal->sqlstate, sqlstate, sizeof(refusal->sqlstate));
    return FALSE;
}

gboolean refuse_unsupported(Refusal *refusal, const char *what)
{
    return refuse(refusal, "0A000", "%s is not supported by the sandbox", what);
}

void refusal_clear(Refusal *refusal)
{
    g_clear_pointer(&refusal->message, g_free);
    g_clear_pointer(&refusal->detail, g_free);
    refusal->sqlstate[0] = '\0';
}

char *boxed_detail(const char *error, int code, const char *context, gint64 query_id,
                   const char *location, int pid)
{
    static const char rule[] = "-----------------------------------------------";
    return g_strdup_printf("\n  %s\n  error:  %s\n  code:      %d\n  context:   %s\n"
                           "  query:     %" G_GINT64_FORMAT
                           "\n  location:  %s\n  process:   padbmaster [pid=%d]\n  %s\n",
                           rule, error, code, context, query_id, location, pid, rule);
}

/* --- reading ------------------------------------------------------------------------------------ */

OptionReader option_reader(const char *sql, Refusal *refusal)
{
    OptionReader reader = {.lexer = sql_lexer(sql, -1), .refusal = refusal};
    sql_next(&reader.lexer, &reader.token);
    return reader;
}

static void advance(OptionReader *reader)
{
    sql_next(&reader->lexer, &reader->token);
}

gboolean option_at(const OptionReader *reader, const char *word)
{
    return sql_token_is(&reader->lexer, &reader->token, word);
}

gboolean option_at_end(const OptionReader *reader)
{
    if (reader->token.kind == SQL_END)
        return TRUE;
    SqlLexer rest = reader->lexer;
    SqlToken token;
    return option_at(reader, ";") && !sql_next(&rest, &token);
}

gboolean option_take(OptionReader *reader, const char *word)
{
    if (!option_at(reader, word))
        return FALSE;
    advance(reader);
    return TRUE;
}

gboolean option_syntax_error(OptionReader *reader)
{
    if (option_at_end(reader))
        return refuse(reader->refusal, "42601", "syntax error at end of input");
    g_autofree char *text = sql_token_text(&reader->lexer, &reader->token);
    return refuse(reader->refusal, "42601", "syntax error at or near \"%s\"", text);
}

gboolean option_need(OptionReader *reader, const char *word)
{
    return option_take(reader, word) || option_syntax_error(reader);
}

gboolean option_need_string(OptionReader *reader, char **value)
{
    if (reader->token.kind != SQL_STRING)
        return option_syntax_error(reader);
    g_free(*value);
    *value = sql_token_value(&reader->lexer, &reader->token);
    advance(reader);
    return TRUE;
}

gboolean option_need_as_string(OptionReader *reader, char **value)
{
    option_take(reader, "as");
    return option_need_string(reader, value);
}

gboolean option_skip_string(OptionReader *reader, gpointer into)
{
    g_autofree char *text = NULL;
    return option_need_as_string(reader, &text);
}

static gboolean token_is_literal(const OptionReader *reader, const char *const *literals)
{
    g_autofree char *text = sql_token_text(&reader->lexer, &reader->token);
    return g_strv_contains(literals, text);
}

gboolean option_need_null_string(OptionReader *reader, char **value, gboolean *nul)
{
    static const char *const backslash_n[] = {"'\\N'", "'\\\\N'", NULL};
    static const char *const zero[] = {"'\\0'", "'\\000'", "'\\\\0'", "'\\\\000'", NULL};
    gboolean is_n = token_is_literal(reader, backslash_n);
    gboolean is_zero = token_is_literal(reader, zero);
    if (!option_need_string(reader, value))
        return FALSE;
    if (is_n) {
        g_free(*value);
        *value = g_strdup("\\N");
    } else if (is_zero) {
        g_free(*value);
        *value = g_strdup("");
    }
    *nul = is_zero;
    return TRUE;
}

/* What is left of '\\t' and '\\011' after the literal's own escapes. */
static char *unescape_character(const char *text)
{
    if (text[0] != '\\' || text[1] == '\0')
        return NULL;
    if (text[1] == 't' && text[2] == '\0')
        return g_strdup("\t");
    gsize digits = strspn(text + 1, "01234567");
    if (digits == 0 || digits > 3 || text[1 + digits] != '\0')
        return NULL;
    char c = (char)g_ascii_strtoull(text + 1, NULL, 8);
    return g_strndup(&c, 1);
}

gboolean option_need_characters(OptionReader *reader, char **value)
{
    if (!option_need_string(reader, value))
        return FALSE;
    char *character = unescape_character(*value);
    if (character != NULL) {
        g_free(*value);
        *value = character;
    }
    return TRUE;
}

gboolean option_need_integer(OptionReader *reader, gint64 *value)
{
    if (reader->token.kind != SQL_NUMBER)
        return option_syntax_error(reader);
    g_autofree char *text = sql_token_text(&reader->lexer, &reader->token);
    if (strspn(text, "0123456789") != strlen(text))
        return option_syntax_error(reader);
    errno = 0;
    *value = g_ascii_strtoll(text, NULL, 10);
    if (errno == ERANGE)
        return refuse(reader->refusal, "22003", "value \"%s\" is out of range", text);
    advance(reader);
    return TRUE;
}

gboolean option_need_name(OptionReader *reader, char **name)
{
    if (reader->token.kind != SQL_WORD && reader->token.kind != SQL_QUOTED)
        return option_syntax_error(reader);
    g_autofree char *written = sql_token_value(&reader->lexer, &reader->token);
    g_free(*name);
    *name = g_utf8_validate(written, -1, NULL) ? g_utf8_strdown(written, -1)
                                               : g_ascii_strdown(written, -1);
    advance(reader);
    return TRUE;
}

gboolean option_need_names(OptionReader *reader, GPtrArray **names)
{
    if (!option_need(reader, "("))
        return FALSE;
    g_clear_pointer(names, g_ptr_array_unref);
    *names = g_ptr_array_new_with_free_func(g_free);
    do {
        char *name = NULL;
        if (!option_need_name(reader, &name))
            return FALSE;
        g_ptr_array_add(*names, name);
    } while (option_take(reader, ","));
    return option_need(reader, ")");
}

gboolean option_need_size(OptionReader *reader, guint64 *bytes)
{
    if (reader->token.kind != SQL_NUMBER)
        return option_syntax_error(reader);
    g_autofree char *text = sql_token_text(&reader->lexer, &reader->token);
    double size = g_ascii_strtod(text, NULL);
    advance(reader);
    double unit = 1024.0 * 1024.0;
    if (option_take(reader, "gb"))
        unit *= 1024.0;
    else
        option_take(reader, "mb");
    *bytes = (guint64)MIN(size * unit, 1e18);
    return TRUE;
}

gboolean option_take_switch(OptionReader *reader)
{
    if (option_take(reader, "off") || option_take(reader, "false"))
        return FALSE;
    if (!option_take(reader, "on"))
        option_take(reader, "true");
    return TRUE;
}

gboolean option_need_widths(OptionReader *reader, GArray **widths)
{
    g_autofree char *text = NULL;
    if (!option_need_string(reader, &text))
        return FALSE;
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(int));
    for (char **part = parts; *part != NULL; part++) {
        const char *colon = strrchr(*part, ':');
        guint64 width = 0;
        if (colon == NULL ||
            !g_ascii_string_to_unsigned(g_strstrip((char *)colon + 1), 10, 1, 65535, &width, NULL))
            return refuse(reader->refusal, "42601", "Invalid FIXEDWIDTH specification: \"%s\"",
                          text);
        int number = (int)width;
        g_array_append_val(list, number);
    }
    if (list->len == 0)
        return refuse(reader->refusal, "42601", "Invalid FIXEDWIDTH specification: \"%s\"", text);
    g_clear_pointer(widths, g_array_unref);
    *widths = g_steal_pointer(&list);
    return TRUE;
}

gboolean option_split_url(const char *url, char **bucket, char **key)
{
    if (g_ascii_strncasecmp(url, "s3://", 5) != 0)
        return FALSE;
    const char *start = url + 5, *slash = strchr(start, '/');
    gsize length = slash != NULL ? (gsize)(slash - start) : strlen(start);
    if (length == 0)
        return FALSE;
    *bucket = g_strndup(start, length);
    *key = g_strdup(slash != NULL ? slash + 1 : "");
    return TRUE;
}

/* --- tables of options ------------------------------------------------------------------------ */

gboolean option_given(const OptionReader *reader, int option)
{
    return (reader->given & (guint64)1 << option) != 0;
}

gboolean option_take_row(OptionReader *reader, const OptionRow *rows, gsize n_rows,
                         AuthClause *auth, gpointer into)
{
    OptionResult result = option_take_auth(reader, auth);
    if (result != OPTION_NOT_HERE)
        return result == OPTION_TAKEN;
    for (const OptionRow *row = rows; row < rows + n_rows; row++) {
        if (!option_take(reader, row->word))
            continue;
        if (option_given(reader, row->option))
            return refuse(reader->refusal, "42601", "conflicting or redundant options");
        reader->given |= (guint64)1 << row->option;
        return row->take == NULL || row->take(reader, into);
    }
    return option_syntax_error(reader);
}

gboolean option_check_conflicts(guint64 given, const OptionConflict *conflicts, gsize count,
                                const char *const *names, const char *statement, Refusal *refusal)
{
    for (gsize i = 0; i < count; i++) {
        guint64 both = given & conflicts[i].others;
        if ((given & conflicts[i].first) == 0 || both == 0)
            continue;
        return refuse(refusal, "0A000", "%s argument is not supported for %s based %s",
                      names[g_bit_nth_lsf((gulong)both, -1)], conflicts[i].first_name, statement);
    }
    return TRUE;
}
