#include <string.h>

#include "base/error.h"
#include "config/host.h"
#include "config/profile_check.h"
#include "config/profile_private.h"

/* What the environment gives where the profile is silent; each where its own tools honour it. */
static const struct {
    const char *variable, *field;
} variables[] = {
    {"PGHOST", "host"},
    {"PGPORT", "port"},
    {"PGDATABASE", "database"},
    {"PGUSER", "user"},
    {"PGPASSWORD", "password"},
    {"PGSSLMODE", "sslmode"},
    {"PGSSLROOTCERT", "sslrootcert"},
    {"AWS_REGION", "region"},
    {"AWS_DEFAULT_REGION", "region"},
    {"REDSMITH_IAM_ROLE", "aws_iam_role"},
    {"REDSMITH_TEMPDIR", "tempdir"},
};

/* Fields that the login finds out by itself: neither PG* nor the table's fallbacks answer for them. */
static gboolean is_filled_by_login(const Profile *profile, const FieldRow *row)
{
    static const char *const of_secret[] = {"host", "port", "database", "user", "password", NULL};
    static const char *const of_server[] = {"user", "password", NULL};
    static const char *const of_api[] = {"host", "port", "user", "password", NULL};
    gboolean by_api = g_strcmp0(profile->transport, "data-api") == 0;
    if (strcmp(profile->auth, "secret") == 0)
        return g_strv_contains(by_api ? of_api : of_secret, row->name);
    if (strcmp(profile->auth, "iam") != 0 && strcmp(profile->auth, "serverless") != 0)
        return FALSE;
    gboolean is_named = profile->cluster_identifier != NULL || profile->workgroup_name != NULL;
    return g_strv_contains(by_api || (is_named && profile->host == NULL) ? of_api : of_server,
                           row->name);
}

static gboolean apply_environment(Profile *profile, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        const char *value = g_getenv(variables[i].variable);
        const FieldRow *row = field_find(profile_fields(), variables[i].field);
        if (value == NULL || *value == '\0' || !field_is_unset(row, profile) ||
            is_filled_by_login(profile, row))
            continue;
        g_autofree char *where =
            g_strconcat("the environment variable ", variables[i].variable, NULL);
        if (!field_set(row, profile, where, value, error))
            return FALSE;
    }
    return TRUE;
}

/* A flag that is FALSE counts as unset, which is the same here; the other numbers are unset at 0. */
static void apply_fallbacks(Profile *profile)
{
    for (const FieldRow *row = profile_fields(); row->name != NULL; row++)
        if (row->fallback != NULL && field_is_unset(row, profile) &&
            !is_filled_by_login(profile, row))
            field_set(row, profile, row->name, row->fallback, NULL);
}

static void fill_text(char **member, const char *text)
{
    if (*member == NULL)
        *member = g_strdup(text);
}

/* Before the environment: the Region in a host's name is its own, AWS_REGION is anybody's. */
static void apply_host(Profile *profile)
{
    g_auto(HostParts) parts = host_parse(profile->host);
    fill_text(&profile->region, parts.region);
    if (strcmp(profile->auth, "iam") == 0 && profile->workgroup_name == NULL)
        fill_text(&profile->cluster_identifier, parts.cluster);
    if (strcmp(profile->auth, "serverless") == 0 && profile->cluster_identifier == NULL)
        fill_text(&profile->workgroup_name, parts.workgroup);
}

gboolean profile_fill(Profile *profile, const char *where, GError **error)
{
    gboolean is_guessed = profile->auth == NULL;
    if (is_guessed)
        profile->auth = g_strdup(profile_guess_auth(profile));
    apply_host(profile);
    if (!apply_environment(profile, error))
        return FALSE;
    if (is_guessed && strcmp(profile->auth, "pgpass") == 0 && profile->password != NULL) {
        g_free(profile->auth);
        profile->auth = g_strdup("password");
    }
    if (!profile_check_complete(profile, error)) {
        g_prefix_error(error, "%s: [%s] ", where, profile->name);
        return FALSE;
    }
    apply_fallbacks(profile);
    return TRUE;
}
