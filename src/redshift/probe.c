#include "redshift/probe.h"

#include "base/error.h"

gboolean probe_is_refusal(const GError *error)
{
    return g_error_matches(error, RS_ERROR, RS_ERROR_PERMISSION) ||
           g_error_matches(error, RS_ERROR, RS_ERROR_NOT_FOUND) ||
           g_error_matches(error, RS_ERROR, RS_ERROR_UNSUPPORTED) ||
           g_error_matches(error, RS_ERROR, RS_ERROR_USAGE) ||
           g_error_matches(error, RS_ERROR, RS_ERROR_INTERNAL);
}

GPtrArray *probe_query(Session *session, const char *sql, gboolean *refused,
                       GCancellable *cancellable, GError **error)
{
    gboolean no = session_in_transaction(session);
    GPtrArray *rows = NULL;
    GError *failure = NULL;
    if (!no)
        rows = session_query(session, sql, 0, NULL, cancellable, &failure);
    if (failure != NULL && probe_is_refusal(failure) && session_is_alive(session)) {
        g_clear_error(&failure);
        no = TRUE;
    }
    if (failure != NULL) {
        g_propagate_error(error, failure);
        return NULL;
    }
    if (refused != NULL)
        *refused = no;
    return rows != NULL ? rows : g_ptr_array_new_with_free_func(g_free);
}

const char *probe_text(const GPtrArray *rows, guint row, guint column)
{
    return ((char **)rows->pdata[row])[column];
}

gint64 probe_number(const GPtrArray *rows, guint row, guint column, gint64 fallback)
{
    const char *text = probe_text(rows, row, column);
    char *end = NULL;
    gint64 number = text == NULL ? 0 : g_ascii_strtoll(text, &end, 10);
    return text == NULL || end == text ? fallback : number;
}
