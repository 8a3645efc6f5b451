#include "sandbox/secrets_server.h"

#include <string.h>

#include "sandbox/cluster.h"
#include "sandbox/service.h"

typedef struct {
    const char *name, *description, *owner; /* owner NULL: none */
} SecretRow;

static const SecretRow rows[SECRET_COUNT] = {
    [SECRET_OWN] = {"redsmith/sandbox", "The database user of the redsmith sandbox", NULL},
    [SECRET_MANAGED] = {"redshift!" CLUSTER_ID "-awsuser",
                        "Secret associated with the Amazon Redshift cluster " CLUSTER_ID,
                        "redshift"},
};

/* The tag that the policy AmazonRedshiftDataFullAccess looks for. */
#define TAG_KEY "RedshiftDataFullAccess"
#define TAG_VALUE "sandbox"

/* Letters that stay the same for a folder and differ between folders. */
static char *digest(const SandboxState *state, SandboxSecret secret)
{
    g_autofree char *text = g_strdup_printf("%s %d", state->access_key_id, secret);
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

char *secrets_arn(const SandboxState *state, SandboxSecret secret)
{
    g_autofree char *letters = digest(state, secret);
    return g_strdup_printf("arn:aws:secretsmanager:%s:%s:secret:%s-%.6s", state->region,
                           state->account_id, rows[secret].name, letters);
}

static char *version_of(const SandboxState *state, SandboxSecret secret)
{
    g_autofree char *hex = digest(state, secret);
    return g_strdup_printf("%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

int secrets_find(const SandboxState *state, const char *id)
{
    for (int i = 0; i < SECRET_COUNT; i++) {
        g_autofree char *arn = secrets_arn(state, i);
        g_autofree char *partial = g_strndup(arn, strlen(arn) - 7);
        if (strcmp(id, rows[i].name) == 0 || strcmp(id, arn) == 0 || strcmp(id, partial) == 0)
            return i;
    }
    return -1;
}

/* --- one secret --------------------------------------------------------------------------------- */

/* The secret that SecretId means; -1, refused, when there is none. */
static int wanted(ServiceCall *call)
{
    if (!service_require(call, "SecretId"))
        return -1;
    int secret = secrets_find(call->state, service_text(call, "SecretId"));
    if (secret < 0)
        service_refuse(call, 400, "ResourceNotFoundException",
                       "Secrets Manager can't find the specified secret.");
    return secret;
}

static char *secret_string(const SandboxState *state, SandboxSecret secret)
{
    g_autoptr(GString) text = service_object();
    service_add_text(text, "username", state->user);
    service_add_text(text, "password", state->password);
    if (secret == SECRET_OWN) {
        service_add_text(text, "engine", "redshift");
        service_add_text(text, "host", state->host);
        service_add_number(text, "port", state->port);
        service_add_text(text, "dbname", state->database);
        service_add_text(text, "dbClusterIdentifier", CLUSTER_ID);
    }
    service_close(text, '}');
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The one version that there is, and its one stage. */
static gboolean names_current(ServiceCall *call, const char *version)
{
    const char *stage = service_text(call, "VersionStage");
    const char *id = service_text(call, "VersionId");
    if ((stage == NULL || strcmp(stage, "AWSCURRENT") == 0) &&
        (id == NULL || strcmp(id, version) == 0))
        return TRUE;
    service_refuse(call, 400, "ResourceNotFoundException",
                   "Secrets Manager can't find the specified secret value for %s: %s",
                   id != NULL ? "VersionId" : "staging label", id != NULL ? id : stage);
    return FALSE;
}

static void get_secret_value(ServiceCall *call)
{
    int secret = wanted(call);
    if (secret < 0)
        return;
    g_autofree char *arn = secrets_arn(call->state, secret);
    g_autofree char *version = version_of(call->state, secret);
    g_autofree char *value = secret_string(call->state, secret);
    if (!names_current(call, version))
        return;
    g_autoptr(GString) out = service_object();
    service_add_text(out, "ARN", arn);
    service_add_text(out, "Name", rows[secret].name);
    service_add_text(out, "VersionId", version);
    service_add_text(out, "SecretString", value);
    service_open(out, "VersionStages", '[');
    service_add_text(out, NULL, "AWSCURRENT");
    service_close(out, ']');
    service_add_time(out, "CreatedDate", cluster_created(call->state) * G_USEC_PER_SEC);
    service_answer_json(call, out);
}

/* What DescribeSecret and ListSecrets both tell. */
static void add_description(const ServiceCall *call, GString *out, SandboxSecret secret,
                            const char *versions)
{
    g_autofree char *arn = secrets_arn(call->state, secret);
    g_autofree char *version = version_of(call->state, secret);
    service_add_text(out, "ARN", arn);
    service_add_text(out, "Name", rows[secret].name);
    service_add_text(out, "Description", rows[secret].description);
    service_add_time(out, "CreatedDate", cluster_created(call->state) * G_USEC_PER_SEC);
    service_add_time(out, "LastChangedDate", cluster_created(call->state) * G_USEC_PER_SEC);
    service_add_text(out, "OwningService", rows[secret].owner);
    service_open(out, "Tags", '[');
    service_open(out, NULL, '{');
    service_add_text(out, "Key", TAG_KEY);
    service_add_text(out, "Value", TAG_VALUE);
    service_close(out, '}');
    service_close(out, ']');
    service_open(out, versions, '{');
    service_open(out, version, '[');
    service_add_text(out, NULL, "AWSCURRENT");
    service_close(out, ']');
    service_close(out, '}');
}

static void describe_secret(ServiceCall *call)
{
    int secret = wanted(call);
    if (secret < 0)
        return;
    g_autoptr(GString) out = service_object();
    add_description(call, out, secret, "VersionIdsToStages");
    service_answer_json(call, out);
}

/* --- the list ----------------------------------------------------------------------------------- */

/* Which texts of a secret a filter's key looks at; at most 4, NULL after the last. FALSE: no such key. */
static gboolean texts_of(const ServiceCall *call, SandboxSecret secret, const char *key,
                         const char *texts[5])
{
    const SecretRow *row = &rows[secret];
    const struct {
        const char *key, *text;
    } known[] = {
        {"name", row->name},      {"description", row->description}, {"tag-key", TAG_KEY},
        {"tag-value", TAG_VALUE}, {"owning-service", row->owner},
    };
    gboolean all = strcmp(key, "all") == 0, found = all || strcmp(key, "primary-region") == 0;
    guint n = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        gboolean meant =
            strcmp(known[i].key, key) == 0 || (all && strcmp(known[i].key, "owning-service") != 0);
        found = found || meant;
        if (meant && known[i].text != NULL)
            texts[n++] = known[i].text;
    }
    texts[n] = NULL;
    return found;
}

/* Names and tags are compared by case, the rest is not; a value matches what begins with it, or any word
 * of it, and '!' turns it round. */
static gboolean value_matches(const char *value, const char *const *texts, gboolean by_case)
{
    gboolean negated = *value == '!', matches = FALSE;
    g_autofree char *wanted_text =
        by_case ? g_strdup(value + negated) : g_utf8_casefold(value + negated, -1);
    for (guint i = 0; texts[i] != NULL; i++) {
        g_autofree char *text = by_case ? g_strdup(texts[i]) : g_utf8_casefold(texts[i], -1);
        g_autofree char *inside = g_strconcat(" ", wanted_text, NULL);
        matches = matches || g_str_has_prefix(text, wanted_text) ||
                  (!by_case && strstr(text, inside) != NULL);
    }
    return matches != negated;
}

/* All filters must match, each by any of its values. FALSE with *refused for one that is malformed. */
static gboolean is_listed(ServiceCall *call, SandboxSecret secret, gboolean *refused)
{
    const cJSON *filters = cJSON_GetObjectItemCaseSensitive(call->input, "Filters"), *filter;
    cJSON_ArrayForEach(filter, filters)
    {
        const char *key = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(filter, "Key"));
        const cJSON *values = cJSON_GetObjectItemCaseSensitive(filter, "Values"), *value;
        const char *texts[5 + 1];
        gboolean any = FALSE;
        if (key == NULL || cJSON_GetArraySize(values) == 0 || !texts_of(call, secret, key, texts)) {
            *refused = TRUE;
            service_refuse(call, 400, "InvalidParameterException",
                           "A filter has a Key of name, description, tag-key, tag-value, "
                           "primary-region, owning-service or all, and Values.");
            return FALSE;
        }
        gboolean by_case = strcmp(key, "description") != 0 && strcmp(key, "all") != 0;
        cJSON_ArrayForEach(value, values) any =
            any || (cJSON_IsString(value) && value_matches(value->valuestring, texts, by_case));
        if (!any)
            return FALSE;
    }
    return TRUE;
}

static void list_secrets(ServiceCall *call)
{
    gint64 most = 100, position = service_read_mark(service_text(call, "NextToken")), added = 0;
    gboolean refused = FALSE;
    if (!service_number(call, "MaxResults", 1, 100, &most))
        return;
    if (position < 0) {
        service_refuse(call, 400, "InvalidNextTokenException", "Invalid NextToken.");
        return;
    }
    g_autoptr(GString) out = service_object();
    service_open(out, "SecretList", '[');
    for (; position < SECRET_COUNT && added < most; position++) {
        gboolean listed = is_listed(call, (SandboxSecret)position, &refused);
        if (refused)
            return;
        if (!listed)
            continue;
        service_open(out, NULL, '{');
        add_description(call, out, (SandboxSecret)position, "SecretVersionsToStages");
        service_close(out, '}');
        added++;
    }
    service_close(out, ']');
    g_autofree char *mark = position < SECRET_COUNT ? service_mark(position) : NULL;
    service_add_text(out, "NextToken", mark);
    service_answer_json(call, out);
}

void secrets_server_finish(HttpExchange *exchange)
{
    static const ServiceOperation operations[] = {
        {"GetSecretValue", get_secret_value},
        {"DescribeSecret", describe_secret},
        {"ListSecrets", list_secrets},
    };
    service_run(exchange, operations, G_N_ELEMENTS(operations));
}
