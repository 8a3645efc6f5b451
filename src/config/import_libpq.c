/* What libpq connects with: keywords, services, variables. */
#include <string.h>

#include "base/error.h"
#include "config/import_private.h"

/* PostgreSQL manual, "Parameter Key Words" and "Environment Variables". */
static const struct {
    ImportRow row;
    const char *variable;
} keywords[] = {
    {{.option = "host", .field = "host"}, "PGHOST"},
    {{.option = "hostaddr",
      .is_refused = TRUE,
      .reason = "the certificate is checked against a name: give host"},
     "PGHOSTADDR"},
    {{.option = "port", .field = "port"}, "PGPORT"},
    {{.option = "dbname", .field = "database"}, "PGDATABASE"},
    {{.option = "user", .field = "user"}, "PGUSER"},
    {{.option = "password", .field = "password"}, "PGPASSWORD"},
    {{.option = "passfile",
      .is_refused = TRUE,
      .reason = "auth = pgpass reads PGPASSFILE and ~/.pgpass"},
     "PGPASSFILE"},
    {{.option = "sslmode", .field = "sslmode"}, "PGSSLMODE"},
    {{.option = "sslrootcert", .field = "sslrootcert"}, "PGSSLROOTCERT"},
    {{.option = "sslcert", .reason = "Redshift takes no client certificates", .is_refused = TRUE},
     "PGSSLCERT"},
    {{.option = "sslkey", .reason = "Redshift takes no client certificates", .is_refused = TRUE},
     "PGSSLKEY"},
    {{.option = "sslcrl", .reason = "revocation lists are not supported", .is_refused = TRUE},
     "PGSSLCRL"},
    {{.option = "sslsni", .reason = "the name is always sent"}, "PGSSLSNI"},
    {{.option = "sslcompression", .reason = "TLS is not compressed"}, "PGSSLCOMPRESSION"},
    {{.option = "ssl_min_protocol_version", .reason = "the system's TLS settings hold"},
     "PGSSLMINPROTOCOLVERSION"},
    {{.option = "requiressl", .reason = "sslmode says what is demanded"}, "PGREQUIRESSL"},
    {{.option = "channel_binding", .reason = "Redshift has no SCRAM logins"}, "PGCHANNELBINDING"},
    {{.option = "gssencmode", .reason = "Redshift has no GSSAPI encryption"}, "PGGSSENCMODE"},
    {{.option = "krbsrvname", .reason = "Redshift has no Kerberos logins", .is_refused = TRUE},
     "PGKRBSRVNAME"},
    {{.option = "connect_timeout", .field = "connect_timeout", .take = TAKE_SECONDS},
     "PGCONNECT_TIMEOUT"},
    {{.option = "keepalives_idle", .field = "keepalive"}, NULL},
    {{.option = "keepalives", .reason = "keepalives are always sent, see keepalive"}, NULL},
    {{.option = "keepalives_interval", .reason = "keepalive sets the pace"}, NULL},
    {{.option = "keepalives_count", .reason = "keepalive sets the pace"}, NULL},
    {{.option = "tcp_user_timeout", .reason = "keepalive notices a lost server"}, NULL},
    {{.option = "application_name", .reason = "sessions are called redsmith"}, "PGAPPNAME"},
    {{.option = "fallback_application_name", .reason = "sessions are called redsmith"}, NULL},
    {{.option = "client_encoding", .reason = "it is always UTF-8"}, "PGCLIENTENCODING"},
    {{.option = "options",
      .is_refused = TRUE,
      .reason = "Redshift refuses start-up options: use query_group and statement_timeout"},
     "PGOPTIONS"},
    {{.option = "target_session_attrs", .reason = "Redshift has one endpoint"},
     "PGTARGETSESSIONATTRS"},
    {{.option = "replication", .reason = "Redshift has no replication", .is_refused = TRUE}, NULL},
    {{.option = "service",
      .is_refused = TRUE,
      .reason = "import the service by its name: --from service=NAME"},
     "PGSERVICE"},
    {{.option = "servicefile", .reason = "PGSERVICEFILE names it"}, "PGSERVICEFILE"},
};

static ImportRow *table_of_keywords(void)
{
    ImportRow *rows = g_new0(ImportRow, G_N_ELEMENTS(keywords) + 1);
    for (gsize i = 0; i < G_N_ELEMENTS(keywords); i++)
        rows[i] = keywords[i].row;
    return rows;
}

gboolean import_libpq_option(Import *import, const char *option, const char *value, GError **error)
{
    g_autofree ImportRow *rows = table_of_keywords();
    if (g_ascii_strcasecmp(option, "host") == 0 && *value == '/') {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "host is the folder of a Unix socket; expected the name of an endpoint");
        return FALSE;
    }
    return import_take(import, rows, option, value, error);
}

static const char *keyword_of(const char *variable)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keywords); i++)
        if (g_strcmp0(keywords[i].variable, variable) == 0)
            return keywords[i].row.option;
    return NULL;
}

static gboolean is_keyword(const char *text, gsize length)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keywords); i++)
        if (strlen(keywords[i].row.option) == length &&
            g_ascii_strncasecmp(text, keywords[i].row.option, length) == 0)
            return TRUE;
    return FALSE;
}

gboolean import_is_libpq(const char *text)
{
    gsize length = strcspn(text, "= \t\r\n");
    const char *rest = text + length + strspn(text + length, " \t");
    /* "user = x" alone may open a list of the connector's options: those have url or data_api_. */
    return *rest == '=' && is_keyword(text, length) && strstr(text, "url") == NULL &&
           strstr(text, "data_api_") == NULL && strstr(text, "tempdir") == NULL;
}

/* A value of a connection string: bare, or in single quotes with \' and \\. Moves *at behind it. */
static char *read_value(const char **at)
{
    GString *value = g_string_new(NULL);
    gboolean is_quoted = **at == '\'';
    if (is_quoted)
        (*at)++;
    while (**at != '\0' && (is_quoted ? **at != '\'' : !g_ascii_isspace(**at))) {
        if (**at == '\\' && (*at)[1] != '\0')
            (*at)++;
        g_string_append_c(value, *(*at)++);
    }
    if (is_quoted && **at == '\'')
        (*at)++;
    else if (is_quoted) {
        g_string_free(value, TRUE);
        return NULL;
    }
    return g_string_free(value, FALSE);
}

gboolean import_conninfo(Import *import, const char *text, GError **error)
{
    while (*(text += strspn(text, " \t\r\n")) != '\0') {
        gsize length = strcspn(text, "= \t\r\n");
        g_autofree char *key = g_strndup(text, length);
        text += length + strspn(text + length, " \t");
        char *value = NULL;
        if (*text == '=') {
            text++;
            text += strspn(text, " \t");
            value = read_value(&text);
        }
        if (value == NULL) {
            g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                        "expected keyword=value pairs with blanks between them, values in single "
                        "quotes where they hold blanks");
            return FALSE;
        }
        gboolean taken = import_libpq_option(import, key, value, error);
        explicit_bzero(value, strlen(value));
        g_free(value);
        if (!taken)
            return FALSE;
    }
    return TRUE;
}

/* --- variables ---------------------------------------------------------------------------------- */

static const char *skip_export(const char *line)
{
    line += strspn(line, " \t");
    if (g_str_has_prefix(line, "export "))
        line += strlen("export ");
    return line + strspn(line, " \t");
}

gboolean import_is_variables(const char *text)
{
    const char *line = skip_export(text);
    gsize length = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    return length > 2 && g_str_has_prefix(line, "PG") && line[length] == '=';
}

static gboolean take_variable(Import *import, const char *name, const char *value, GError **error)
{
    const char *keyword = keyword_of(name);
    if (keyword != NULL)
        return import_libpq_option(import, keyword, value, error);
    import_note(import, IMPORT_IGNORED, name, "not a variable of a connection");
    return TRUE;
}

/* One line: NAME=value, quoted as a shell does. */
static gboolean take_line(Import *import, const char *line, GError **error)
{
    const char *name = skip_export(line), *equals = strchr(name, '=');
    if (equals == NULL || *name == '#')
        return TRUE;
    g_autofree char *key = g_strndup(name, (gsize)(equals - name));
    char *value = g_shell_unquote(equals + 1, NULL);
    gboolean taken =
        take_variable(import, g_strchomp(key), value != NULL ? value : equals + 1, error);
    if (value != NULL)
        explicit_bzero(value, strlen(value));
    g_free(value);
    return taken;
}

gboolean import_variables(Import *import, const char *text, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gboolean good = TRUE;
    for (char **line = lines; *line != NULL; line++) {
        good = good && take_line(import, g_strstrip(*line), error);
        explicit_bzero(*line, strlen(*line));
    }
    return good;
}

Import *import_environment(const char *name, GError **error)
{
    g_autoptr(Import) import = import_new(name, "environment");
    guint n_found = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(keywords); i++) {
        const char *value = keywords[i].variable != NULL ? g_getenv(keywords[i].variable) : NULL;
        if (value == NULL || *value == '\0')
            continue;
        n_found++;
        if (!import_libpq_option(import, keywords[i].row.option, value, error)) {
            g_prefix_error(error, "%s: ", keywords[i].variable);
            return NULL;
        }
    }
    if (n_found > 0)
        return g_steal_pointer(&import);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "the environment has no PG* variables: set PGHOST, PGUSER and PGDATABASE");
    return NULL;
}
