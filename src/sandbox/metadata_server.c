#include "sandbox/metadata_server.h"

#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "sandbox/issued_keys.h"
#include "sandbox/json_text.h"

#define INSTANCE_ROLE "sandbox-instance"
#define CONTAINER_ROLE "sandbox-container"
#define CONTAINER_PATH "/v1/credentials"
#define INSTANCE_ID "i-0123456789abcdef0"
#define KEY_SECONDS 21600
#define EARLY_SECONDS 300
#define IDLE_SECONDS 30

typedef enum { SIDE_INSTANCE, SIDE_CONTAINER, SIDES } Side;

struct MetadataServer {
    const SandboxState *state;
    Faults *faults;
    struct MHD_Daemon *daemons[SIDES];
    GMutex mutex;
    GHashTable *tokens;     /* session token -> gint64, when it expires */
    IssuedKey *keys[SIDES]; /* what is handed out now */
};

/* One request, as its answer is made. */
typedef struct {
    MetadataServer *server;
    struct MHD_Connection *connection;
    const char *method, *path;
    FaultHit fault;
    gboolean dropped;
} Question;

static gint64 now(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static const char *header(const Question *question, const char *name)
{
    return MHD_lookup_connection_value(question->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result answer(const Question *question, guint status, const char *type,
                              const char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", type);
    enum MHD_Result result = MHD_queue_response(question->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(const Question *question, const char *text)
{
    return answer(question, 200, "text/plain", text);
}

static enum MHD_Result refuse(const Question *question, guint status)
{
    g_autofree char *text = g_strdup_printf("%u", status);
    return answer(question, status, "text/plain", text);
}

/* --- fault rules ------------------------------------------------------------------------------- */

static void drop(Question *question)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(question->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (info != NULL)
        setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    question->dropped = TRUE;
}

/* TRUE when a rule has ended the question, with *result. */
static gboolean meet_fault(Question *question, const char *operation, enum MHD_Result *result)
{
    FaultHit *hit = &question->fault;
    if (!faults_match(question->server->faults, "metadata", operation, hit))
        return FALSE;
    if (hit->delay_ms > 0)
        g_usleep((gulong)hit->delay_ms * 1000);
    if (hit->reset != FAULT_NO_RESET) {
        drop(question);
        *result = MHD_NO;
        return TRUE;
    }
    if (hit->status == 0)
        return FALSE;
    *result = refuse(question, (guint)hit->status);
    return TRUE;
}

/* --- keys -------------------------------------------------------------------------------------- */

/* With the mutex held. NULL when they could not be kept. */
static const IssuedKey *current_key(Question *question, Side side)
{
    MetadataServer *server = question->server;
    IssuedKey **key = &server->keys[side];
    gint64 usual =
        server->state->credential_seconds > 0 ? server->state->credential_seconds : KEY_SECONDS;
    gint64 seconds = question->fault.ttl_s > 0 ? question->fault.ttl_s : usual;
    if (*key != NULL && question->fault.ttl_s == 0 && (*key)->expires_at - EARLY_SECONDS > now())
        return *key;
    g_autoptr(GError) error = NULL;
    gboolean instance = side == SIDE_INSTANCE;
    IssuedKey *fresh = issued_keys_add_role(server->state->dir, server->state->account_id,
                                            instance ? INSTANCE_ROLE : CONTAINER_ROLE,
                                            instance ? INSTANCE_ID : "task", seconds, &error);
    if (fresh == NULL) {
        log_write(LOG_LEVEL_ERROR, "aws: %s", error->message);
        return NULL;
    }
    issued_key_free(*key);
    *key = fresh;
    return fresh;
}

static void add_member(GString *json, const char *name, const char *text)
{
    g_string_append_printf(json, "%s\"%s\":", json->len > 1 ? "," : "", name);
    json_append_string(json, text, strlen(text));
}

static void add_time(GString *json, const char *name, gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
    g_autofree char *text = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
    add_member(json, name, text);
}

static GString *document(Question *question, Side side)
{
    MetadataServer *server = question->server;
    GString *json = NULL;
    g_mutex_lock(&server->mutex);
    const IssuedKey *key = current_key(question, side);
    if (key != NULL) {
        json = g_string_new("{");
        if (side == SIDE_INSTANCE) {
            add_member(json, "Code", "Success");
            add_time(json, "LastUpdated", now());
            add_member(json, "Type", "AWS-HMAC");
        } else {
            g_autofree char *arn =
                g_strdup_printf("arn:aws:iam::%s:role/" CONTAINER_ROLE, server->state->account_id);
            add_member(json, "RoleArn", arn);
        }
        add_member(json, "AccessKeyId", key->access_key_id);
        add_member(json, "SecretAccessKey", key->secret_access_key);
        add_member(json, "Token", key->session_token);
        add_time(json, "Expiration", key->expires_at);
        g_string_append_c(json, '}');
    }
    g_mutex_unlock(&server->mutex);
    return json;
}

static enum MHD_Result answer_document(Question *question, Side side)
{
    GString *json = document(question, side);
    if (json == NULL)
        return refuse(question, 500);
    enum MHD_Result result = answer(question, 200, "application/json", json->str);
    g_string_free(json, TRUE);
    return result;
}

/* --- the instance ------------------------------------------------------------------------------ */

static enum MHD_Result give_token(Question *question)
{
    const char *ttl = header(question, "X-aws-ec2-metadata-token-ttl-seconds");
    guint64 seconds;
    if (header(question, "X-Forwarded-For") != NULL)
        return refuse(question, 403);
    if (ttl == NULL || !g_ascii_string_to_unsigned(ttl, 10, 1, 21600, &seconds, NULL))
        return refuse(question, 400);
    g_autofree char *token = g_uuid_string_random();
    gint64 *end = g_new(gint64, 1);
    *end = now() + (gint64)seconds;
    g_mutex_lock(&question->server->mutex);
    g_hash_table_insert(question->server->tokens, g_strdup(token), end);
    g_mutex_unlock(&question->server->mutex);
    return answer_text(question, token);
}

static gboolean knows_token(const Question *question)
{
    const char *token = header(question, "X-aws-ec2-metadata-token");
    if (token == NULL)
        return FALSE;
    g_mutex_lock(&question->server->mutex);
    const gint64 *end = g_hash_table_lookup(question->server->tokens, token);
    gboolean good = end != NULL && *end > now();
    g_mutex_unlock(&question->server->mutex);
    return good;
}

static enum MHD_Result answer_item(Question *question, const char *item)
{
    const SandboxState *state = question->server->state;
    g_autofree char *zone = g_strconcat(state->region, "a", NULL);
    const struct {
        const char *path, *text;
    } items[] = {{"iam/security-credentials/", INSTANCE_ROLE},
                 {"iam/security-credentials", INSTANCE_ROLE},
                 {"placement/region", state->region},
                 {"placement/availability-zone", zone},
                 {"instance-id", INSTANCE_ID}};
    if (strcmp(item, "iam/security-credentials/" INSTANCE_ROLE) == 0)
        return answer_document(question, SIDE_INSTANCE);
    for (gsize i = 0; i < G_N_ELEMENTS(items); i++)
        if (strcmp(items[i].path, item) == 0)
            return answer_text(question, items[i].text);
    return refuse(question, 404);
}

static enum MHD_Result answer_instance(Question *question)
{
    static const char root[] = "/latest/meta-data/", roles[] = "iam/security-credentials";
    enum MHD_Result result;
    gboolean put = strcmp(question->method, "PUT") == 0;
    const char *item =
        g_str_has_prefix(question->path, root) ? question->path + strlen(root) : NULL;
    const char *operation = put                                              ? "GetToken"
                            : item == NULL || !g_str_has_prefix(item, roles) ? "GetItem"
                            : g_str_has_suffix(item, INSTANCE_ROLE)          ? "GetCredentials"
                                                                             : "GetRole";
    if (meet_fault(question, operation, &result))
        return result;
    if (put)
        return strcmp(question->path, "/latest/api/token") == 0 ? give_token(question)
                                                                : refuse(question, 405);
    if (strcmp(question->method, "GET") != 0)
        return refuse(question, 405);
    if (!knows_token(question))
        return refuse(question, 401);
    return item != NULL ? answer_item(question, item) : refuse(question, 404);
}

/* --- the container ----------------------------------------------------------------------------- */

static enum MHD_Result answer_container(Question *question)
{
    static const char denied[] = "{\"code\":\"AccessDenied\",\"message\":\"the Authorization is "
                                 "not that of this container\"}";
    static const char unknown[] = "{\"code\":\"NotFound\",\"message\":\"no such credentials\"}";
    enum MHD_Result result;
    g_autofree char *token = state_container_token(question->server->state);
    if (meet_fault(question, "GetContainerCredentials", &result))
        return result;
    if (g_strcmp0(header(question, "Authorization"), token) != 0)
        return answer(question, 401, "application/json", denied);
    if (strcmp(question->path, CONTAINER_PATH) != 0 || strcmp(question->method, "GET") != 0)
        return answer(question, 404, "application/json", unknown);
    return answer_document(question, SIDE_CONTAINER);
}

/* --- the daemons ------------------------------------------------------------------------------- */

typedef enum MHD_Result (*Answer)(Question *question);

static enum MHD_Result on_request(MetadataServer *server, struct MHD_Connection *connection,
                                  const char *url, const char *method, size_t *length, void **state,
                                  Answer give_answer)
{
    static char begun;
    if (*state == NULL) { /* the headers are here; a body, which nobody needs, may follow */
        *state = &begun;
        return MHD_YES;
    }
    if (*length > 0) {
        *length = 0;
        return MHD_YES;
    }
    Question question = {.server = server, .connection = connection, .method = method, .path = url};
    enum MHD_Result result = give_answer(&question);
    log_write(LOG_LEVEL_DEBUG, "metadata: %s %s", method, url);
    return result;
}

static enum MHD_Result on_instance(void *user, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *bytes,
                                   size_t *length, void **state)
{
    return on_request(user, connection, url, method, length, state, answer_instance);
}

static enum MHD_Result on_container(void *user, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *bytes,
                                    size_t *length, void **state)
{
    return on_request(user, connection, url, method, length, state, answer_container);
}

static struct MHD_Daemon *start_daemon(MetadataServer *server, int fd, MHD_AccessHandlerCallback on)
{
    return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                                MHD_USE_POLL,
                            0, NULL, NULL, on, server, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_END);
}

MetadataServer *metadata_server_start(const SandboxState *state, Faults *faults)
{
    MetadataServer *server = g_new0(MetadataServer, 1);
    server->state = state;
    server->faults = faults;
    g_mutex_init(&server->mutex);
    server->tokens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (state->instance_fd >= 0)
        server->daemons[SIDE_INSTANCE] = start_daemon(server, state->instance_fd, on_instance);
    if (state->container_fd >= 0)
        server->daemons[SIDE_CONTAINER] = start_daemon(server, state->container_fd, on_container);
    if ((state->instance_fd < 0 || server->daemons[SIDE_INSTANCE] != NULL) &&
        (state->container_fd < 0 || server->daemons[SIDE_CONTAINER] != NULL))
        return server;
    metadata_server_stop(server);
    return NULL;
}

void metadata_server_stop(MetadataServer *server)
{
    for (int side = 0; side < SIDES; side++) {
        if (server->daemons[side] != NULL)
            MHD_stop_daemon(server->daemons[side]);
        issued_key_free(server->keys[side]);
    }
    g_hash_table_unref(server->tokens);
    g_mutex_clear(&server->mutex);
    g_free(server);
}
