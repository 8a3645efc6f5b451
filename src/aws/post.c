#include "aws/post.h"

#include <string.h>

enum {
    TOTAL_MS = 60 * 1000,
    STALL_SECONDS = 15, /* beyond what the service holds the answer back */
};

static gboolean prepare(const Post *post, const PostTarget *target, AwsRequest *request,
                        GError **error)
{
    g_auto(Endpoint) endpoint = {0};
    g_auto(EndpointChoice) choice = {0};
    if (!endpoint_choose(post->endpoint, target->endpoint_url, aws_client_profile(target->client),
                         &choice, error) ||
        !endpoint_resolve(post->endpoint, &choice, target->region, &endpoint, error))
        return FALSE;
    request->method = "POST";
    request->path = g_strconcat(endpoint.path, "/", NULL);
    request->scheme = g_steal_pointer(&endpoint.scheme);
    request->host = g_steal_pointer(&endpoint.host);
    request->region = g_strdup(target->region);
    request->service = post->signing_name;
    request->path_mode = SIGV4_PATH_DOUBLE;
    request->headers = sigv4_headers_new();
    sigv4_headers_add(request->headers, "Content-Type", post->content_type);
    sigv4_headers_add(request->headers, post->header, post->value);
    request->once = target->once;
    request->max_body = target->max_body;
    request->stall_seconds = target->wait_seconds > 0 ? target->wait_seconds + STALL_SECONDS : 0;
    request->total_ms = TOTAL_MS + target->wait_seconds * 1000;
    request->read_failure = post->read_failure;
    return TRUE;
}

gpointer post_send(const Post *post, const PostTarget *target, GCancellable *cancellable,
                   GError **error)
{
    g_autofree char *name = g_strdup_printf("%s %s", post->endpoint->id, post->operation);
    g_auto(AwsRequest) request = {.what = target->what != NULL ? target->what : name};
    g_auto(HttpResponse) response = {0};
    if (!prepare(post, target, &request, error))
        return NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_static(post->body->str, post->body->len);
    HttpBody body = {.bytes = bytes, .length = post->body->len};
    request.body = &body;
    gpointer result = NULL;
    if (aws_send(target->client, &request, &response, cancellable, error)) {
        result = post->read(post->user, &response, error);
        if (result == NULL)
            g_prefix_error(error, "%s: ", request.what);
    }
    if (response.body != NULL && response.body->len > 0)
        explicit_bzero(response.body->data, response.body->len);
    return result;
}
