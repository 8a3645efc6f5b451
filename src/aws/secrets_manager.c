#include "aws/secrets_manager.h"

#include <string.h>

#include "base/error.h"

#define PAGES 1000 /* a server that never ends its list is not believed */

static const JsonService service = {
    {"SECRETS_MANAGER", "secretsmanager"}, "secretsmanager", "secretsmanager."};

static PostTarget target_of(const SecretsClient *client, const char *what)
{
    return (PostTarget){.client = client->client,
                        .endpoint_url = client->endpoint_url,
                        .region = client->region,
                        .what = what};
}

/* --- one secret --------------------------------------------------------------------------------- */

void secret_value_clear(SecretValue *value)
{
    g_free(value->arn);
    g_free(value->name);
    g_free(value->version_id);
    secret_unref(value->bytes);
    *value = (SecretValue){0};
}

static Secret *decode_binary(const char *text)
{
    gsize length = 0;
    guchar *bytes = g_base64_decode(text, &length);
    Secret *secret = secret_new((const char *)bytes, (gssize)length);
    explicit_bzero(bytes, length);
    g_free(bytes);
    return secret;
}

static void read_value(RawJson root, SecretValue *value)
{
    char *text = raw_json_text_of(root, "SecretString");
    value->arn = raw_json_text_of(root, "ARN");
    value->name = raw_json_text_of(root, "Name");
    value->version_id = raw_json_text_of(root, "VersionId");
    if (text != NULL) {
        value->bytes = secret_new_take(text);
        return;
    }
    text = raw_json_text_of(root, "SecretBinary");
    value->binary = text != NULL;
    if (text == NULL)
        return;
    value->bytes = decode_binary(text);
    explicit_bzero(text, strlen(text));
    g_free(text);
}

gboolean secrets_get_value(const SecretsClient *client, const char *id, SecretValue *value,
                           GCancellable *cancellable, GError **error)
{
    g_autofree char *what = g_strdup_printf("cannot read the secret %s", id);
    PostTarget target = target_of(client, what);
    g_autoptr(JsonCall) call = json_call_new(&service, "GetSecretValue");
    json_call_add_text(call, "SecretId", id);
    g_autoptr(JsonReply) reply = json_call_send(call, &target, cancellable, error);
    if (reply == NULL)
        return FALSE;
    read_value(json_reply_root(reply), value);
    if (value->bytes != NULL)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s: the answer has no value", what);
    secret_value_clear(value);
    return FALSE;
}

/* --- what it says ------------------------------------------------------------------------------- */

void secret_login_clear(SecretLogin *login)
{
    g_free(login->user);
    secret_unref(login->password);
    g_free(login->host);
    g_free(login->database);
    g_free(login->cluster);
    g_free(login->serverless_namespace);
    *login = (SecretLogin){0};
}

static int port_of(RawJson root)
{
    g_autofree char *text = raw_json_text_of(root, "port");
    gint64 port = raw_json_int64_of(root, "port", 0);
    if (text != NULL && !g_ascii_string_to_signed(text, 10, 1, 65535, &port, NULL))
        port = 0;
    return port >= 1 && port <= 65535 ? (int)port : 0;
}

gboolean secret_login_parse(const SecretValue *value, SecretLogin *login, GError **error)
{
    RawJson root;
    const char *name = value->name != NULL ? value->name : "the secret";
    if (value->binary ||
        !raw_json_parse(secret_peek(value->bytes), secret_length(value->bytes), &root, NULL)) {
        g_set_error(error, RS_ERROR, RS_ERROR_DATA,
                    "%s is not a database login; expected a JSON object with username and password",
                    name);
        return FALSE;
    }
    login->user = raw_json_text_of(root, "username");
    login->password = secret_new_take(raw_json_text_of(root, "password"));
    login->host = raw_json_text_of(root, "host");
    login->database = raw_json_text_of(root, "dbname");
    login->cluster = raw_json_text_of(root, "dbClusterIdentifier");
    login->serverless_namespace = raw_json_text_of(root, "namespaceName");
    login->port = port_of(root);
    if (login->user != NULL && login->password != NULL)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_DATA, "%s has no %s", name,
                login->user == NULL ? "username" : "password");
    secret_login_clear(login);
    return FALSE;
}

/* --- the list ----------------------------------------------------------------------------------- */

void secret_entry_free(SecretEntry *entry)
{
    g_free(entry->arn);
    g_free(entry->name);
    g_free(entry->description);
    g_free(entry->owning_service);
    g_free(entry);
}

static char *filters_json(const SecretFilter *filters, guint n)
{
    if (n == 0)
        return NULL;
    GString *out = g_string_new("[");
    for (guint i = 0; i < n; i++) {
        g_string_append(out, i > 0 ? ",{\"Key\":" : "{\"Key\":");
        raw_json_append_string(out, filters[i].key);
        g_string_append(out, ",\"Values\":[");
        for (guint j = 0; filters[i].values[j] != NULL; j++) {
            g_string_append(out, j > 0 ? "," : "");
            raw_json_append_string(out, filters[i].values[j]);
        }
        g_string_append(out, "]}");
    }
    g_string_append_c(out, ']');
    return g_string_free(out, FALSE);
}

static void read_entries(RawJson root, GPtrArray *entries)
{
    RawJson list;
    if (!raw_json_member(root, "SecretList", &list))
        return;
    for (RawJsonWalk walk = raw_json_walk(list); raw_json_next(&walk);) {
        SecretEntry *entry = g_new0(SecretEntry, 1);
        entry->arn = raw_json_text_of(walk.value, "ARN");
        entry->name = raw_json_text_of(walk.value, "Name");
        entry->description = raw_json_text_of(walk.value, "Description");
        entry->owning_service = raw_json_text_of(walk.value, "OwningService");
        g_ptr_array_add(entries, entry);
    }
}

GPtrArray *secrets_list(const SecretsClient *client, const SecretFilter *filters, guint n_filters,
                        GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)secret_entry_free);
    g_autofree char *conditions = filters_json(filters, n_filters);
    g_autofree char *token = NULL;
    PostTarget target = target_of(client, "cannot list the secrets");
    for (guint page = 0; page < PAGES; page++) {
        g_autoptr(JsonCall) call = json_call_new(&service, "ListSecrets");
        json_call_add_json(call, "Filters", conditions);
        json_call_add_text(call, "NextToken", token);
        g_autoptr(JsonReply) reply = json_call_send(call, &target, cancellable, error);
        if (reply == NULL)
            return NULL;
        read_entries(json_reply_root(reply), entries);
        g_free(token);
        token = raw_json_text_of(json_reply_root(reply), "NextToken");
        if (token == NULL || *token == '\0')
            return g_steal_pointer(&entries);
    }
    g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "the list of secrets has more than %d pages",
                PAGES);
    return NULL;
}
