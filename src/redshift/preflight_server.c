#include <string.h>

#include "aws/redshift_serverless.h"
#include "base/error.h"
#include "base/text.h"
#include "redshift/catalog.h"
#include "redshift/preflight_private.h"
#include "redshift/wire_tls.h"

static char *skip_wire(PreflightLine *line)
{
    line->of = g_strdup("nobody");
    return preflight_note(line, PREFLIGHT_SKIPPED, NULL,
                          "transport = data-api makes no connection to the database");
}

static char *place_text(const PreflightRun *run)
{
    return g_strdup_printf("%s:%d", run->target.host, run->target.port);
}

char *preflight_find_login(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                           GError **error)
{
    const Profile *profile = run->profile;
    line->of = g_strdup_printf("profile %s, auth = %s", profile->name,
                               profile->auth != NULL ? profile->auth : "password");
    if (!run->by_wire)
        return preflight_note(line, PREFLIGHT_SKIPPED, NULL, "the Data API logs in by itself");
    if (!login_find_target(run->context->login, &run->target, cancellable, error))
        return NULL;
    gint64 left = run->target.expires_at - g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *end = text_duration((guint64)MAX(left, 0) * 1000);
    return g_strdup_printf("%s at %s:%d/%s, by %s%s%s", run->target.user, run->target.host,
                           run->target.port, run->target.database, run->target.origin,
                           run->target.expires_at == 0 ? "" : ", for ",
                           run->target.expires_at == 0 ? "" : end);
}

char *preflight_resolve(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                        GError **error)
{
    if (!run->by_wire)
        return skip_wire(line);
    line->of = g_strdup("the name servers");
    if (run->target.host == NULL)
        return preflight_note(line, PREFLIGHT_SKIPPED, NULL, "no host is known");
    run->addresses = wire_tls_resolve(run->target.host, run->deadline_us, cancellable, error);
    return run->addresses == NULL ? NULL
                                  : g_strdup_printf("%s is %s", run->target.host, run->addresses);
}

/* A socket's path is no address: TCP and TLS have nothing to say about it. */
static gboolean has_addresses(const PreflightRun *run)
{
    return run->addresses != NULL && *run->addresses != '/';
}

char *preflight_reach(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                      GError **error)
{
    if (!run->by_wire)
        return skip_wire(line);
    line->of = place_text(run);
    if (!has_addresses(run))
        return preflight_note(line, PREFLIGHT_SKIPPED, NULL, "no address is known");
    g_autofree char *address = NULL;
    if (!wire_tls_reach(run->addresses, run->target.port, &address, run->deadline_us, cancellable,
                        error))
        return NULL;
    return g_strdup_printf("%s answers on port %d", address, run->target.port);
}

static char *tls_answer(const PreflightRun *run, const WireTls *tls, PreflightLine *line)
{
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_utc(tls->expires_at);
    g_autofree char *day = end == NULL ? g_strdup("?") : g_date_time_format(end, "%Y-%m-%d");
    gboolean verifies =
        run->profile->sslmode == NULL || g_str_has_prefix(run->profile->sslmode, "verify");
    if (verifies)
        return g_strdup_printf("%s, %s; %s, by %s, until %s", tls->protocol, tls->cipher,
                               tls->subject, tls->issuer, day);
    return preflight_note(line, PREFLIGHT_WARNING, "set sslmode = verify-full",
                          "%s, and sslmode = %s does not look at the certificate (%s, by %s, "
                          "until %s)",
                          tls->protocol, run->profile->sslmode, tls->subject, tls->issuer, day);
}

char *preflight_tls(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                    GError **error)
{
    if (!run->by_wire)
        return skip_wire(line);
    line->of = place_text(run);
    if (!has_addresses(run))
        return preflight_note(line, PREFLIGHT_SKIPPED, NULL, "no address is known");
    g_auto(WireTls) tls = {0};
    g_autofree char *roots = login_trusted_roots(run->profile);
    if (!wire_tls_probe(run->target.host, run->addresses, run->target.port, roots, &tls,
                        run->deadline_us, cancellable, error))
        return NULL;
    const char *mode = run->profile->sslmode == NULL ? "verify-full" : run->profile->sslmode;
    if (tls.problem != NULL)
        return preflight_note(line, PREFLIGHT_FAILED,
                              "see the next line; sslrootcert names the file of trusted "
                              "certificates",
                              "%s", tls.problem);
    if (strcmp(mode, "disable") == 0)
        return preflight_note(line, PREFLIGHT_WARNING, "set sslmode = verify-full",
                              "sslmode = disable: passwords and data go in the clear%s",
                              tls.offered ? ", though the server speaks TLS" : "");
    if (!tls.offered)
        return preflight_note(line, PREFLIGHT_FAILED, "check that host and port are Redshift's",
                              "the server speaks no TLS");
    return tls_answer(run, &tls, line);
}

char *preflight_login(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                      GError **error)
{
    const PreflightContext *context = run->context;
    line->of = run->by_wire ? place_text(run) : g_strdup("the Redshift Data API");
    line->as = g_strdup(run->target.user);
    if (run->by_wire && run->target.host == NULL)
        return preflight_note(line, PREFLIGHT_SKIPPED, NULL, "not tried: nobody to log in as");
    run->session = context->open_session != NULL
                       ? context->open_session(context->user, cancellable, error)
                       : login_open(context->login, cancellable, error);
    if (run->session == NULL)
        return NULL;
    const SessionInfo *info = session_info(run->session);
    if (!run->by_wire)
        return g_strdup_printf("%s in %s of %s, %s", info->user, info->database, info->host,
                               info->transport);
    return g_strdup_printf("%s at %s:%d/%s, %s, %s", info->user, info->host, info->port,
                           info->database, info->transport, info->tls ? "TLS" : "no TLS");
}

static char *skip_session(PreflightLine *line)
{
    return preflight_note(line, PREFLIGHT_SKIPPED, NULL, "not asked: there is no session");
}

static void as_session(const PreflightRun *run, PreflightLine *line)
{
    line->of = g_strdup("the database");
    line->as = run->session == NULL ? NULL : g_strdup(session_info(run->session)->user);
}

char *preflight_identity(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                         GError **error)
{
    as_session(run, line);
    if (run->session == NULL)
        return skip_session(line);
    g_autoptr(GPtrArray) rows = session_query(
        run->session, "SELECT current_user, current_database()", 1, NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    char **row = rows->len > 0 ? rows->pdata[0] : NULL;
    return g_strdup_printf("%s in database %s", row == NULL ? "?" : row[0],
                           row == NULL ? "?" : row[1]);
}

/* What AWS says of the named cluster or workgroup; NULL when it is not named or may not be asked. */
static char *cluster_text(const PreflightRun *run, GCancellable *cancellable)
{
    const Profile *profile = run->profile;
    const LoginContext *login = run->context->login;
    if (login->credentials == NULL ||
        (profile->cluster_identifier == NULL && profile->workgroup_name == NULL))
        return NULL;
    g_autoptr(AwsClient) client = aws_client_new(login->credentials);
    RedshiftApi api = {client, profile->endpoint_url, login->region};
    if (profile->workgroup_name != NULL) {
        g_autoptr(Workgroup) group =
            serverless_get_workgroup(&api, profile->workgroup_name, cancellable, NULL);
        return group == NULL ? NULL
                             : g_strdup_printf("workgroup %s, %s", group->name, group->status);
    }
    g_autoptr(GPtrArray) clusters =
        redshift_describe_clusters(&api, profile->cluster_identifier, cancellable, NULL);
    const RedshiftCluster *cluster =
        clusters != NULL && clusters->len > 0 ? clusters->pdata[0] : NULL;
    return cluster == NULL ? NULL
                           : g_strdup_printf("cluster %s, %d x %s, %s", cluster->id, cluster->nodes,
                                             cluster->node_type, cluster->status);
}

char *preflight_server(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                       GError **error)
{
    as_session(run, line);
    if (run->session == NULL)
        return skip_session(line);
    g_autofree char *cluster = cluster_text(run, cancellable);
    const char *version = session_info(run->session)->server_version;
    return g_strdup_printf("%s%s%s", version != NULL && *version != '\0' ? version : "unknown",
                           cluster == NULL ? "" : "; ", cluster == NULL ? "" : cluster);
}

char *preflight_catalog(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                        GError **error)
{
    as_session(run, line);
    if (run->session == NULL)
        return skip_session(line);
    g_autoptr(GPtrArray) schemas = catalog_load_schemas(run->session, cancellable, error);
    return schemas == NULL ? NULL : g_strdup_printf("%u schemas", schemas->len);
}
