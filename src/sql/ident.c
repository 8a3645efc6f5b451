#include "sql/ident.h"

#include <string.h>

#include "base/error.h"

#define MAX_PARTS 3

static void append_quoted(GString *out, const char *name)
{
    g_string_append_c(out, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *name);
    }
    g_string_append_c(out, '"');
}

char *sql_ident(const char *name)
{
    return sql_ident_pair(NULL, name);
}

char *sql_ident_pair(const char *schema, const char *name)
{
    GString *out = g_string_new(NULL);
    if (schema != NULL) {
        append_quoted(out, schema);
        g_string_append_c(out, '.');
    }
    append_quoted(out, name);
    return g_string_free(out, FALSE);
}

char *sql_ident_list(const char *const *names, guint n, const char *alias)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < n; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        if (alias != NULL) {
            append_quoted(out, alias);
            g_string_append_c(out, '.');
        }
        append_quoted(out, names[i]);
    }
    return g_string_free(out, FALSE);
}

gboolean sql_ident_check(const char *name, const char *what, GError **error)
{
    gsize length = name == NULL ? 0 : strlen(name);
    if (length == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "the %s has no name", what);
        return FALSE;
    }
    if (!g_utf8_validate(name, (gssize)length, NULL)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "the name of the %s is not valid UTF-8", what);
        return FALSE;
    }
    if (length > SQL_IDENT_MAX_BYTES) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "the name of the %s, \"%s\", has %" G_GSIZE_FORMAT
                    " bytes; Redshift holds at most %d",
                    what, name, length, SQL_IDENT_MAX_BYTES);
        return FALSE;
    }
    return TRUE;
}

/* The part in double quotes at *p; *p moves behind it. NULL when the quote does not close. */
static char *quoted_part(const char **p)
{
    GString *part = g_string_new(NULL);
    const char *q = *p + 1;
    for (; *q != '\0'; q++) {
        if (*q == '"' && q[1] != '"') {
            *p = q + 1;
            return g_string_free(part, FALSE);
        }
        if (*q == '"')
            q++;
        g_string_append_c(part, *q);
    }
    g_string_free(part, TRUE);
    return NULL;
}

/* Anything but marks and blanks is taken: the name is quoted on its way out, so my-table works. */
static char *bare_part(const char **p)
{
    const char *start = *p;
    while (**p != '\0' && strchr(".\"'();,", **p) == NULL && (guchar) * *p > ' ')
        (*p)++;
    return g_ascii_strdown(start, *p - start);
}

static gboolean refuse_name(const char *text, const char *why, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\" is not a name: %s", text, why);
    return FALSE;
}

static gboolean split_parts(const char *text, GPtrArray *parts, GError **error)
{
    for (const char *p = text;; p++) {
        if (parts->len == MAX_PARTS)
            return refuse_name(text, "more than three parts (database.schema.table)", error);
        char *part = *p == '"' ? quoted_part(&p) : bare_part(&p);
        if (part == NULL)
            return refuse_name(text, "a double quote is not closed", error);
        g_ptr_array_add(parts, part);
        if (!sql_ident_check(part, "object", error)) {
            g_prefix_error(error, "\"%s\" is not a name: ", text);
            return FALSE;
        }
        if (*p == '\0')
            return TRUE;
        if (*p != '.')
            return refuse_name(text, "put double quotes around a part with special characters",
                               error);
    }
}

char **sql_ident_split(const char *text, GError **error)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    if (!split_parts(text, parts, error))
        return NULL;
    g_ptr_array_add(parts, NULL);
    g_ptr_array_set_free_func(parts, NULL);
    return (char **)g_ptr_array_steal(parts, NULL);
}
