#include "aws/request.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "aws/retry.h"
#include "base/log.h"

#define SKEW_SECONDS 300 /* an offset below this is not why a signature was refused */
#define ALWAYS_HASHED (64 << 10)
#define MOVES 2 /* to the bucket's Region, and once more by a temporary redirect */

struct AwsClient {
    HttpClient *http;
    CredentialsSource *credentials;
    RetryQuota *quota; /* of requests that nobody signs */
    AwsHooks hooks;
    char *profile; /* NULL: that of the credentials */
    GMutex mutex;
    guint attempts;      /* 0: not looked up yet */
    GHashTable *offsets; /* host -> gint64 seconds to add to our clock */
};

/* What one call has done so far. */
typedef struct {
    RetryQuota *quota;
    guint attempt;  /* those that count, from 1 */
    guint attempts; /* at most */
    guint moves;
    guint taken; /* quota tokens of the last retry */
    gboolean skew_mended, credentials_renewed;
    gboolean unsigned_yet; /* nobody gave credentials: they have had their own retries */
    char *payload_hash;
    Credentials *used; /* by the last attempt; NULL: none */
} Call;

/* --- the client, and the servers' clocks ------------------------------------------------------ */

AwsClient *aws_client_new(CredentialsSource *credentials)
{
    AwsClient *client = g_new0(AwsClient, 1);
    client->http = http_client_new();
    client->credentials = credentials;
    client->quota = retry_quota_new();
    client->hooks = *aws_hooks_real();
    client->offsets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_mutex_init(&client->mutex);
    return client;
}

void aws_client_free(AwsClient *client)
{
    if (client == NULL)
        return;
    http_client_free(client->http);
    g_free(client->profile);
    retry_quota_free(client->quota);
    g_hash_table_unref(client->offsets);
    g_mutex_clear(&client->mutex);
    g_free(client);
}

void aws_client_set_hooks(AwsClient *client, const AwsHooks *hooks)
{
    client->hooks = *hooks;
}

void aws_client_set_profile(AwsClient *client, const char *aws_profile)
{
    g_free(client->profile);
    client->profile = g_strdup(aws_profile);
}

const char *aws_client_profile(const AwsClient *client)
{
    if (client->profile != NULL)
        return client->profile;
    return client->credentials != NULL ? credentials_source_profile(client->credentials) : NULL;
}

/* They are looked up once: settings do not change under a running program. 0 with error set. */
static guint find_attempts(AwsClient *client, GError **error)
{
    guint found = 0;
    g_mutex_lock(&client->mutex);
    if (client->attempts == 0 && retry_find_attempts(aws_client_profile(client), &found, error))
        client->attempts = found;
    found = client->attempts;
    g_mutex_unlock(&client->mutex);
    return found;
}

guint aws_client_attempts(AwsClient *client)
{
    guint found = find_attempts(client, NULL);
    return found != 0 ? found : RETRY_ATTEMPTS;
}

guint aws_client_connections(AwsClient *client)
{
    return http_client_connections(client->http);
}

static gint64 offset_of(AwsClient *client, const char *host)
{
    g_mutex_lock(&client->mutex);
    const gint64 *known = g_hash_table_lookup(client->offsets, host);
    gint64 offset = known != NULL ? *known : 0;
    g_mutex_unlock(&client->mutex);
    return offset;
}

gint64 aws_client_now(AwsClient *client, const char *host)
{
    return aws_hooks_now(&client->hooks) + offset_of(client, host);
}

/* TRUE when the server's clock is so far from the one we signed with that signing again may help. */
static gboolean learn_offset(AwsClient *client, const char *host, gint64 date)
{
    gint64 error = date - aws_client_now(client, host);
    if (date == 0 || ABS(error) < SKEW_SECONDS)
        return FALSE;
    gint64 *offset = g_new(gint64, 1);
    *offset = date - aws_hooks_now(&client->hooks);
    log_write(LOG_LEVEL_WARNING,
              "the clock of %s is %" G_GINT64_FORMAT " s %s this machine's; signing by it", host,
              ABS(*offset), *offset > 0 ? "ahead of" : "behind");
    g_mutex_lock(&client->mutex);
    g_hash_table_insert(client->offsets, g_strdup(host), offset);
    g_mutex_unlock(&client->mutex);
    return TRUE;
}

/* --- signing ----------------------------------------------------------------------------------- */

static gboolean update_from_file(Digest *sum, const HttpBody *body, GCancellable *cancellable,
                                 GError **error)
{
    const gsize size = 256 << 10;
    g_autofree guchar *buffer = g_malloc(size);
    for (guint64 done = 0; done < body->length;) {
        if (rs_error_set_if_cancelled(cancellable, error))
            return FALSE;
        gsize wanted = MIN(size, body->length - done);
        gssize got = pread(body->fd, buffer, wanted, (off_t)(body->offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rs_error_set_errno(error, errno, "cannot read the file to send");
        if (got == 0) {
            g_set_error_literal(error, RS_ERROR, RS_ERROR_DATA,
                                "the file became shorter while it was being sent; send it again "
                                "when nothing writes to it");
            return FALSE;
        }
        digest_update(sum, buffer, (gsize)got);
        done += (guint64)got;
    }
    return TRUE;
}

static char *hash_of_body(const HttpBody *body, GCancellable *cancellable, GError **error)
{
    if (body == NULL || body->length == 0)
        return g_strdup(SIGV4_EMPTY_SHA256);
    if (body->bytes != NULL) {
        const char *bytes = g_bytes_get_data(body->bytes, NULL);
        return sigv4_sha256(bytes + body->offset, body->length);
    }
    g_autoptr(Digest) sum = digest_new(DIGEST_SHA256);
    if (!update_from_file(sum, body, cancellable, error))
        return NULL;
    return g_strdup(digest_hex(sum));
}

/* Over TLS nobody on the way can change the payload. */
static char *payload_hash(const AwsRequest *request, GCancellable *cancellable, GError **error)
{
    if (request->s3 && strcmp(request->scheme, "https") == 0 && request->body != NULL &&
        request->body->length > ALWAYS_HASHED)
        return g_strdup(SIGV4_UNSIGNED_PAYLOAD);
    return hash_of_body(request->body, cancellable, error);
}

/* The headers of one attempt, signed. NULL when there are no credentials to be had. */
static GPtrArray *signed_headers(AwsClient *client, const AwsRequest *request, Call *call,
                                 GCancellable *cancellable, GError **error)
{
    const char *hash = call->payload_hash;
    g_autoptr(GPtrArray) headers = sigv4_headers_new();
    sigv4_headers_add(headers, "Host", request->host);
    for (guint i = 0; request->headers != NULL && i < request->headers->len; i++) {
        const SigV4Header *header = request->headers->pdata[i];
        sigv4_headers_add(headers, header->name, header->value);
    }
    if (client->credentials == NULL)
        return g_steal_pointer(&headers);
    g_clear_pointer(&call->used, credentials_unref);
    call->used = credentials_source_get(client->credentials, cancellable, error);
    if (call->used == NULL)
        return NULL;
    const Credentials *credentials = call->used;
    SigV4Key key = {.access_key_id = credentials->access_key_id,
                    .secret_access_key = secret_peek(credentials->secret_access_key),
                    .session_token = secret_peek(credentials->session_token),
                    .region = request->region,
                    .service = request->service,
                    .time = aws_client_now(client, request->host)};
    sigv4_add_headers(headers, &key, hash, request->s3);
    SigV4Request to_sign = {request->method, request->path, request->query,
                            headers,         hash,          request->path_mode};
    g_auto(SigV4Result) result = {0};
    sigv4_sign(&to_sign, &key, &result);
    sigv4_headers_add(headers, "Authorization", result.authorization);
    return g_steal_pointer(&headers);
}

/* --- one attempt, and what follows from it ----------------------------------------------------- */

static gboolean attempt(AwsClient *client, AwsRequest *request, Call *call, HttpResponse *response,
                        GCancellable *cancellable, GError **error)
{
    memset(response, 0, sizeof *response);
    if (call->payload_hash == NULL)
        call->payload_hash = payload_hash(request, cancellable, error);
    if (call->payload_hash == NULL)
        return FALSE;
    g_autoptr(GPtrArray) headers = signed_headers(client, request, call, cancellable, error);
    call->unsigned_yet = headers == NULL;
    if (headers == NULL)
        return FALSE;
    g_autofree char *url = g_strconcat(request->scheme, "://", request->host, request->path,
                                       request->query != NULL ? "?" : NULL, request->query, NULL);
    HttpRequest http = {.method = request->method,
                        .url = url,
                        .headers = headers,
                        .body = request->body,
                        .data = request->data,
                        .data_user = request->data_user,
                        .max_body = request->max_body,
                        .stall_seconds = request->stall_seconds,
                        .total_ms = request->total_ms,
                        .expect_continue = request->expect_continue,
                        .fresh = request->fresh || request->once};
    return http_send(client->http, &http, response, cancellable, error);
}

static gboolean is_success(const AwsRequest *request, HttpResponse *response, AwsFailure *failure)
{
    gboolean good = response->status >= 200 && response->status < 300;
    if (good && !request->error_in_200)
        return TRUE;
    gboolean is_error = request->read_failure(response, failure);
    if (!good)
        return FALSE;
    /* A late error comes with a status of success: it stands for the 500 it would have been. */
    if (is_error)
        failure->status = 500;
    return !is_error;
}

/* A call that may not be doubled is repeated only when it surely had no effect: it never reached the
 * service, or was refused. */
static gboolean may_repeat(const AwsRequest *request, RetryKind kind, const HttpResponse *response,
                           const GError *lost)
{
    if (!request->once)
        return TRUE;
    if (lost != NULL)
        return g_error_matches(lost, RS_ERROR, RS_ERROR_CONNECT);
    return kind == RETRY_THROTTLED || (response->status >= 300 && response->status < 500);
}

/* Failures that are mended: TRUE when the request should be sent again at once. */
static gboolean mend(AwsClient *client, AwsRequest *request, Call *call, RetryKind kind,
                     const HttpResponse *response, const AwsFailure *failure)
{
    if (kind == RETRY_SKEW && !call->skew_mended &&
        learn_offset(client, request->host, response->date)) {
        call->skew_mended = TRUE;
        return TRUE;
    }
    if (kind == RETRY_EXPIRED && !call->credentials_renewed && client->credentials != NULL) {
        credentials_source_invalidate(client->credentials, call->used);
        call->credentials_renewed = TRUE;
        return TRUE;
    }
    if (request->relocate != NULL && call->moves < MOVES &&
        request->relocate(request->relocate_user, request, response, failure)) {
        call->moves++;
        return TRUE;
    }
    return FALSE;
}

/* An answer to HEAD has no body that could name its error: a refusal may be about the clock, and what is
 * called malformed may be a token that has expired, as S3 has it. Each is tried once, like those with a name. */
static RetryKind kind_without_name(const AwsRequest *request, int status)
{
    if (strcmp(request->method, "HEAD") != 0)
        return RETRY_NEVER;
    return status == 403 ? RETRY_SKEW : status == 400 ? RETRY_EXPIRED : RETRY_NEVER;
}

static RetryKind kind_of(const AwsRequest *request, const AwsFailure *failure, const GError *lost)
{
    if (lost != NULL)
        return rs_error_is_retryable(lost) ? RETRY_TRANSIENT : RETRY_NEVER;
    RetryKind kind = retry_classify(failure->status, failure->code);
    return kind == RETRY_NEVER && failure->code == NULL
               ? kind_without_name(request, failure->status)
               : kind;
}

/* Retry-After may be a time too: the server's own, as its Date is. */
static guint asked_delay(const HttpResponse *response)
{
    const char *after = http_response_header(response, "Retry-After");
    gint64 until = after != NULL ? http_time(after) : 0;
    if (until != 0 && response->date != 0)
        return (guint)CLAMP((until - response->date) * 1000, 0, RETRY_CEILING_MS);
    return retry_after_ms(after, http_response_header(response, "x-amz-retry-after"));
}

/* Waits for the next attempt; FALSE when there is none. */
static gboolean wait_for_next(AwsClient *client, Call *call, const HttpResponse *response,
                              const GError *lost, GCancellable *cancellable)
{
    if (call->attempt >= call->attempts)
        return FALSE;
    guint taken = retry_quota_take(call->quota, response->timed_out);
    if (taken == 0)
        return FALSE;
    call->taken = taken;
    double random = aws_hooks_random(&client->hooks);
    guint ms = MAX(retry_delay_ms(call->attempt, random), asked_delay(response));
    log_write(LOG_LEVEL_INFO, "attempt %u failed (%s, HTTP %d); the next one in %u ms",
              call->attempt, lost != NULL ? lost->message : "answered", response->status, ms);
    call->attempt++;
    aws_hooks_sleep(&client->hooks, ms, cancellable);
    return !g_cancellable_is_cancelled(cancellable);
}

/* After a failed attempt: TRUE to send again. */
static gboolean goes_on(AwsClient *client, AwsRequest *request, Call *call, HttpResponse *response,
                        const AwsFailure *failure, const GError *lost, GCancellable *cancellable)
{
    RetryKind kind = kind_of(request, failure, lost);
    if (call->unsigned_yet || !may_repeat(request, kind, response, lost))
        return FALSE;
    gboolean handed_on = response->received > 0;
    if (lost == NULL && mend(client, request, call, kind, response, failure))
        return TRUE;
    if (kind != RETRY_TRANSIENT && kind != RETRY_THROTTLED)
        return FALSE;
    if (handed_on && (request->restart == NULL || !request->restart(request->data_user)))
        return FALSE;
    return wait_for_next(client, call, response, lost, cancellable);
}

/* The refusal of a key, with the place where that key is to be mended. */
static GError *refusal(const AwsRequest *request, const Credentials *used,
                       const AwsFailure *failure)
{
    g_autoptr(GError) plain = aws_failure_error(failure, request->what);
    if (used == NULL || plain->code != RS_ERROR_AUTH)
        return g_steal_pointer(&plain);
    return g_error_new(plain->domain, plain->code, "%s; the keys came from the %s%s%s%s",
                       plain->message, used->provider, used->origin != NULL ? " (" : "",
                       used->origin != NULL ? used->origin : "", used->origin != NULL ? ")" : "");
}

static gboolean give_up(const AwsRequest *request, const Credentials *used,
                        const AwsFailure *failure, const GError *lost, GCancellable *cancellable,
                        GError **error)
{
    if (rs_error_set_if_cancelled(cancellable, error))
        return FALSE;
    if (lost == NULL)
        g_propagate_error(error, refusal(request, used, failure));
    else
        g_set_error(error, lost->domain, lost->code, "%s: %s", request->what, lost->message);
    return FALSE;
}

static RetryQuota *quota_of(const AwsClient *client, const AwsRequest *request)
{
    return client->credentials != NULL && request->service != NULL
               ? credentials_source_quota(client->credentials, request->service)
               : client->quota;
}

gboolean aws_send(AwsClient *client, AwsRequest *request, HttpResponse *response,
                  GCancellable *cancellable, GError **error)
{
    Call call = {
        .quota = quota_of(client, request), .attempt = 1, .attempts = find_attempts(client, error)};
    gboolean good = FALSE, again = call.attempts > 0;
    memset(response, 0, sizeof *response);
    while (again) {
        g_autoptr(GError) lost = NULL;
        g_auto(AwsFailure) failure = {0};
        http_response_clear(response);
        request->attempts++;
        gboolean answered = attempt(client, request, &call, response, cancellable, &lost);
        good = answered && is_success(request, response, &failure);
        again = !good && goes_on(client, request, &call, response, &failure, lost, cancellable);
        if (good)
            retry_quota_give(call.quota, call.taken);
        else if (!again)
            give_up(request, call.used, &failure, lost, cancellable, error);
    }
    g_free(call.payload_hash);
    credentials_unref(call.used);
    return good;
}

void aws_request_clear(AwsRequest *request)
{
    g_free(request->scheme);
    g_free(request->host);
    g_free(request->path);
    g_free(request->query);
    g_free(request->region);
    g_clear_pointer(&request->headers, g_ptr_array_unref);
    memset(request, 0, sizeof *request);
}
