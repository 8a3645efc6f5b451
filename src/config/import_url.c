/* JDBC URLs and connection URIs. */
#include <string.h>

#include "base/error.h"
#include "config/host.h"
#include "config/import_private.h"

/* What the drivers know. "Options for JDBC driver version 2.x configuration" of the Redshift management
 * guide, and the parameters that pgJDBC has beyond them. */
static const ImportRow jdbc_options[] = {
    {.option = "user", .field = "user"},
    {.option = "UID", .field = "user"},
    {.option = "password", .field = "password"},
    {.option = "PWD", .field = "password"},
    {.option = "DbUser", .field = "db_user"},
    {.option = "DbGroups", .field = "db_groups", .take = TAKE_COLONS},
    {.option = "AutoCreate", .field = "auto_create"},
    {.option = "Profile", .field = "aws_profile"},
    {.option = "AccessKeyID", .field = "access_key_id"},
    {.option = "SecretAccessKey", .field = "secret_access_key"},
    {.option = "SessionToken", .field = "session_token"},
    {.option = "ClusterID", .field = "cluster_identifier"},
    {.option = "Region", .field = "region"},
    {.option = "serverlessWorkGroup", .field = "workgroup_name"},
    {.option = "EndpointUrl",
     .field = "endpoint_url",
     .reason = "endpoint_url is the address of all AWS services, S3 too"},
    {.option = "StsEndpointUrl",
     .reason = "endpoint_url is the address of all AWS services",
     .is_refused = TRUE},
    {.option = "sslMode", .field = "sslmode"},
    {.option = "sslRootCert", .field = "sslrootcert"},
    {.option = "sslCert", .reason = "Redshift takes no client certificates", .is_refused = TRUE},
    {.option = "sslKey", .reason = "Redshift takes no client certificates", .is_refused = TRUE},
    {.option = "sslPassword",
     .reason = "Redshift takes no client certificates",
     .is_refused = TRUE},
    {.option = "queryGroup", .field = "query_group"},
    {.option = "readOnly", .field = "read_only"},
    {.option = "loginTimeout", .field = "connect_timeout", .take = TAKE_SECONDS},
    {.option = "connectTimeout", .field = "connect_timeout", .take = TAKE_SECONDS},
    {.option = "loginToRp", .reason = "SAML plug-ins are not supported", .is_refused = TRUE},
    {.option = "plugin_name",
     .is_refused = TRUE,
     .reason =
         "identity provider plug-ins are not supported: sign in with \"aws sso login\" and name "
         "the AWS profile in aws_profile"},
    {.option = "preferred_role",
     .is_refused = TRUE,
     .reason = "it chooses among the roles of a SAML answer: name the role in role_arn"},
    {.option = "roleArn", .field = "role_arn"},
    {.option = "role_session_name", .reason = "redsmith names its own role sessions"},
    {.option = "idp_host", .reason = "SAML plug-ins are not supported", .is_refused = TRUE},
    {.option = "idp_port", .reason = "SAML plug-ins are not supported", .is_refused = TRUE},
    {.option = "idp_tenant", .reason = "SAML plug-ins are not supported", .is_refused = TRUE},
    {.option = "client_id", .reason = "OAuth plug-ins are not supported", .is_refused = TRUE},
    {.option = "client_secret", .reason = "OAuth plug-ins are not supported", .is_refused = TRUE},
    {.option = "token", .reason = "token plug-ins are not supported", .is_refused = TRUE},
    {.option = "GroupFederation",
     .is_refused = TRUE,
     .reason = "leave db_user out: the IAM identity then logs in with its own groups"},
    {.option = "AllowDBUserOverride", .reason = "it belongs to SAML plug-ins"},
    {.option = "ForceLowercase", .reason = "it belongs to SAML plug-ins"},
    {.option = "IAMDuration", .reason = "credentials are renewed before they end"},
    {.option = "iamDisableCache", .reason = "credentials are not written to disk"},
    {.option = "serverlessAcctId", .reason = "the workgroup is enough"},
    {.option = "socketTimeout",
     .is_refused = TRUE,
     .reason = "a long statement is silent: statement_timeout limits it on the server"},
    {.option = "tcpKeepAlive", .reason = "keepalives are always sent, see keepalive"},
    {.option = "currentSchema",
     .is_refused = TRUE,
     .reason = "names are always shown with their schema; schema_filter limits what is shown"},
    {.option = "options",
     .is_refused = TRUE,
     .reason = "Redshift refuses start-up options: use query_group and statement_timeout"},
    {.option = "ApplicationName", .reason = "sessions are called redsmith"},
    {.option = "DatabaseMetadataCurrentDbOnly", .reason = "about the driver's own metadata"},
    {.option = "BlockingRowsMode", .reason = "rows are read as they are looked at"},
    {.option = "defaultRowFetchSize", .reason = "rows are read as they are looked at"},
    {.option = "enableFetchRingBuffer", .reason = "rows are read as they are looked at"},
    {.option = "fetchRingBufferSize", .reason = "rows are read as they are looked at"},
    {.option = "reWriteBatchedInserts", .reason = "rows are loaded by COPY"},
    {.option = "reWriteBatchedInsertsSize", .reason = "rows are loaded by COPY"},
    {.option = "LogLevel", .reason = "log_level of redsmith.conf is the log's"},
    {.option = "DSILogLevel", .reason = "log_level of redsmith.conf is the log's"},
    {.option = "LogPath", .reason = "log_file of redsmith.conf is the log's"},
    {.option = "stringtype", .reason = "about the driver's own types"},
    {.option = "prepareThreshold", .reason = "about the driver's own statements"},
    {.option = "binaryTransfer", .reason = "about the driver's own rows"},
    {0},
};

static gboolean take_ssl(Import *import, const char *option, const char *value, GError **error)
{
    if (!import_is_true(value) && *value != '\0') {
        import_note(import, IMPORT_CHANGED, option, "became sslmode = disable");
        return import_set(import, "sslmode", option, "disable", error);
    }
    if (import->profile->sslmode == NULL)
        import_note(import, IMPORT_CHANGED, option,
                    "sslmode stays verify-full, which checks the certificate and the host");
    return TRUE;
}

static gboolean take_ssl_factory(Import *import, const char *option, const char *value,
                                 GError **error)
{
    if (strstr(value, "NonValidating") == NULL) {
        import_note(import, IMPORT_IGNORED, option, "sslmode says what is checked");
        return TRUE;
    }
    import_note(import, IMPORT_CHANGED, option, "became sslmode = require: nothing is verified");
    return import_set(import, "sslmode", option, "require", error);
}

static gboolean take_iam(Import *import, const char *option, const char *value, GError **error)
{
    return !import_is_true(value) || import->profile->auth != NULL ||
           import_set(import, "auth", option, "iam", error);
}

static gboolean take_serverless(Import *import, const char *option, const char *value,
                                GError **error)
{
    return !import_is_true(value) || import_set(import, "auth", option, "serverless", error);
}

gboolean import_jdbc_option(Import *import, const char *option, const char *value, GError **error)
{
    static const struct {
        const char *option;
        gboolean (*take)(Import *import, const char *option, const char *value, GError **error);
    } special[] = {{"ssl", take_ssl},
                   {"sslfactory", take_ssl_factory},
                   {"IAMAuth", take_iam},
                   {"isServerless", take_serverless}};
    for (gsize i = 0; i < G_N_ELEMENTS(special); i++)
        if (g_ascii_strcasecmp(option, special[i].option) == 0)
            return special[i].take(import, option, value, error);
    return import_take(import, jdbc_options, option, value, error);
}

/* --- the parts of a URL -------------------------------------------------------------------------- */

typedef struct {
    char *user, *password, *host, *port; /* port: what follows the host's colon */
    char *path;
    const char *query; /* in the text, behind ? or ; */
} UrlParts;

static void url_parts_clear(UrlParts *parts)
{
    g_free(parts->user);
    if (parts->password != NULL)
        explicit_bzero(parts->password, strlen(parts->password));
    g_free(parts->password);
    g_free(parts->host);
    g_free(parts->port);
    g_free(parts->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UrlParts, url_parts_clear)

static gboolean refuse_url(const char *what, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s", what);
    return FALSE;
}

/* NULL for broken escapes; a '+' is itself, as in all of these. */
static char *unescape(const char *text, gsize length)
{
    return g_uri_unescape_segment(text, text + length, NULL);
}

static gboolean split_login(const char *login, gsize length, UrlParts *parts)
{
    const char *colon = memchr(login, ':', length);
    gsize user = colon != NULL ? (gsize)(colon - login) : length;
    parts->user = unescape(login, user);
    if (colon != NULL)
        parts->password = unescape(colon + 1, length - user - 1);
    return parts->user != NULL && (colon == NULL || parts->password != NULL);
}

static gboolean split_host(const char *text, gsize length, UrlParts *parts, GError **error)
{
    const char *end = text + length;
    if (memchr(text, ',', length) != NULL)
        return refuse_url("it names several hosts, and Redshift has one endpoint: keep one", error);
    const char *bracket = length > 0 && *text == '[' ? memchr(text, ']', length) : NULL;
    const char *colon =
        bracket != NULL ? memchr(bracket, ':', (gsize)(end - bracket)) : memchr(text, ':', length);
    const char *host_end = colon != NULL ? colon : end;
    parts->host = bracket != NULL ? unescape(text + 1, (gsize)(bracket - text - 1))
                                  : unescape(text, (gsize)(host_end - text));
    parts->port = colon != NULL ? g_strndup(colon + 1, (gsize)(end - colon - 1)) : NULL;
    return parts->host != NULL || refuse_url("its host has a broken %-escape", error);
}

/* text follows the two slashes. */
static gboolean split_url(const char *text, UrlParts *parts, GError **error)
{
    gsize authority = strcspn(text, "/?;");
    const char *at = g_strrstr_len(text, (gssize)authority, "@");
    const char *host = at != NULL ? at + 1 : text;
    if (at != NULL && !split_login(text, (gsize)(at - text), parts))
        return refuse_url("its user or password has a broken %-escape", error);
    if (!split_host(host, (gsize)(text + authority - host), parts, error))
        return FALSE;
    const char *rest = text + authority;
    if (*rest == '/') {
        gsize length = strcspn(rest + 1, "?;");
        parts->path = unescape(rest + 1, length);
        rest += 1 + length;
        if (parts->path == NULL)
            return refuse_url("its database has a broken %-escape", error);
    }
    parts->query = *rest != '\0' ? rest + 1 : rest;
    return TRUE;
}

typedef gboolean (*TakeOption)(Import *import, const char *option, const char *value,
                               GError **error);

static gboolean take_parameter(Import *import, const char *text, gsize length, TakeOption take,
                               GError **error)
{
    const char *equals = memchr(text, '=', length);
    gsize key_length = equals != NULL ? (gsize)(equals - text) : length;
    if (length == 0)
        return TRUE;
    g_autofree char *key = unescape(text, key_length);
    char *value = equals != NULL ? unescape(equals + 1, length - key_length - 1) : g_strdup("");
    gboolean taken = key != NULL && value != NULL
                         ? take(import, key, value, error)
                         : refuse_url("a parameter has a broken %-escape", error);
    if (value != NULL)
        explicit_bzero(value, strlen(value));
    g_free(value);
    return taken;
}

static gboolean take_query(Import *import, const char *query, TakeOption take, GError **error)
{
    while (*query != '\0') {
        gsize length = strcspn(query, "&;");
        if (!take_parameter(import, query, length, take, error))
            return FALSE;
        query += length + (query[length] != '\0');
    }
    return TRUE;
}

/* Secrets and names as they are; all empty ones are left out by import_set. */
static gboolean take_login(Import *import, const UrlParts *parts, GError **error)
{
    return (parts->user == NULL || import_set(import, "user", "user", parts->user, error)) &&
           (parts->password == NULL ||
            import_set(import, "password", "password", parts->password, error));
}

static gboolean take_place(Import *import, const UrlParts *parts, GError **error)
{
    return import_set(import, "host", "host", parts->host, error) &&
           (parts->port == NULL || import_set(import, "port", "port", parts->port, error)) &&
           (parts->path == NULL || import_set(import, "database", "database", parts->path, error));
}

/* --- JDBC --------------------------------------------------------------------------------------- */

enum { PLAIN, IAM, SECRETS_MANAGER };

static const struct {
    const char *prefix;
    int kind;
} schemes[] = {
    {"jdbc:redshift:iam://", IAM},
    {"jdbc:redshift://", PLAIN},
    {"jdbc:postgresql://", PLAIN},
    {"jdbc-secretsmanager:redshift://", SECRETS_MANAGER},
};

gboolean import_is_jdbc(const char *text)
{
    return g_ascii_strncasecmp(text, "jdbc:", 5) == 0 || g_ascii_strncasecmp(text, "jdbc-", 5) == 0;
}

/* CLUSTER:REGION instead of a host and a port. */
static gboolean take_short_iam(Import *import, const UrlParts *parts, GError **error)
{
    return import_set(import, "cluster_identifier", "host", parts->host, error) &&
           (parts->port == NULL || import_set(import, "region", "host", parts->port, error)) &&
           (parts->path == NULL || import_set(import, "database", "database", parts->path, error));
}

static gboolean take_iam_place(Import *import, const UrlParts *parts, GError **error)
{
    gboolean is_port =
        parts->port != NULL && strspn(parts->port, "0123456789") == strlen(parts->port);
    g_auto(HostParts) host = host_parse(parts->host);
    if (!import_set(import, "auth", "jdbc:redshift:iam",
                    host.workgroup != NULL ? "serverless" : "iam", error))
        return FALSE;
    if (strchr(parts->host, '.') == NULL && !is_port)
        return take_short_iam(import, parts, error);
    return take_place(import, parts, error) &&
           (host.cluster == NULL ||
            import_set(import, "cluster_identifier", "host", host.cluster, error)) &&
           (host.workgroup == NULL ||
            import_set(import, "workgroup_name", "host", host.workgroup, error)) &&
           (host.region == NULL || import_set(import, "region", "host", host.region, error));
}

/* serverlessWorkGroup beside a URL that looks like a cluster's. */
static void settle_serverless(Profile *profile)
{
    if (profile->workgroup_name == NULL || g_strcmp0(profile->auth, "iam") != 0)
        return;
    g_free(profile->auth);
    profile->auth = g_strdup("serverless");
}

gboolean import_jdbc_url(Import *import, const char *url, GError **error)
{
    gsize i = 0;
    while (i < G_N_ELEMENTS(schemes) &&
           g_ascii_strncasecmp(url, schemes[i].prefix, strlen(schemes[i].prefix)) != 0)
        i++;
    if (i == G_N_ELEMENTS(schemes)) {
        g_autofree char *start = g_strndup(url, strcspn(url, "/"));
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "url: the protocol \"%s\" is not supported; expected jdbc:redshift://, "
                    "jdbc:redshift:iam:// or jdbc:postgresql://",
                    start);
        return FALSE;
    }
    g_auto(UrlParts) parts = {0};
    if (!split_url(url + strlen(schemes[i].prefix), &parts, error) ||
        !take_login(import, &parts, error))
        return FALSE;
    if (schemes[i].kind == SECRETS_MANAGER &&
        !import_set(import, "auth", "jdbc-secretsmanager", "secret", error))
        return FALSE;
    gboolean placed = schemes[i].kind == IAM ? take_iam_place(import, &parts, error)
                                             : take_place(import, &parts, error);
    if (!placed || !take_query(import, parts.query, import_jdbc_option, error))
        return FALSE;
    settle_serverless(import->profile);
    return TRUE;
}

/* --- URIs of libpq and of SQLAlchemy ------------------------------------------------------------- */

static const char *const uri_schemes[] = {
    "postgresql://",
    "postgres://",
    "redshift://",
    "redshift+psycopg2://",
    "postgresql+psycopg2://",
    "redshift+redshift_connector://",
};

static const char *after_scheme(const char *text)
{
    for (gsize i = 0; i < G_N_ELEMENTS(uri_schemes); i++)
        if (g_ascii_strncasecmp(text, uri_schemes[i], strlen(uri_schemes[i])) == 0)
            return text + strlen(uri_schemes[i]);
    return NULL;
}

gboolean import_is_uri(const char *text)
{
    return after_scheme(text) != NULL;
}

gboolean import_uri(Import *import, const char *uri, GError **error)
{
    g_auto(UrlParts) parts = {0};
    return split_url(after_scheme(uri), &parts, error) && take_login(import, &parts, error) &&
           take_place(import, &parts, error) &&
           take_query(import, parts.query, import_libpq_option, error);
}
