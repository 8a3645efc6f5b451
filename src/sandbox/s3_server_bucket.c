#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "sandbox/s3_server_internal.h"

static const char lifecycle_file[] = "lifecycle.xml";

static void answer_malformed(HttpExchange *exchange)
{
    http_answer_error(exchange, 400, "MalformedXML",
                      "The XML you provided was not well-formed or did not validate against our "
                      "published schema",
                      NULL);
}

static void note_location(gpointer user, const char *parent, const char *name, const char *text)
{
    char **location = user;
    if (strcmp(name, "LocationConstraint") == 0 && *location == NULL)
        *location = g_strdup(text);
}

void s3_create_bucket(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    const char *region = exchange->server->state->region;
    g_autofree char *location = NULL;
    g_autoptr(GError) error = NULL;
    if (work->memory != NULL &&
        !s3_read_xml(work->memory, "CreateBucketConfiguration", note_location, &location)) {
        answer_malformed(exchange);
        return;
    }
    if (location != NULL && strcmp(location, region) != 0) {
        http_answer_error(exchange, 400, "IllegalLocationConstraintException",
                          "The sandbox has buckets in its own Region only.", NULL);
        return;
    }
    if (store_has_bucket(exchange->server->store, work->bucket)) {
        http_answer_error(exchange, 409, "BucketAlreadyOwnedByYou",
                          "Your previous request to create the named bucket succeeded and you "
                          "already own it.",
                          NULL);
        return;
    }
    if (!store_create_bucket(exchange->server->store, work->bucket, &error)) {
        s3_answer_error(exchange, error);
        return;
    }
    http_answer_empty(exchange, 200);
}

static gboolean remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (!remove_tree(child))
            return FALSE;
    }
    return g_remove(path) == 0 || errno == ENOENT;
}

void s3_delete_bucket(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    g_autoptr(GError) error = NULL;
    if (!s3_need_bucket(exchange))
        return;
    g_autoptr(GPtrArray) objects =
        store_list(exchange->server->store, work->bucket, "", NULL, 1, &error);
    if (objects == NULL) {
        s3_answer_error(exchange, error);
        return;
    }
    if (objects->len > 0) {
        http_answer_error(exchange, 409, "BucketNotEmpty",
                          "The bucket you tried to delete is not empty", NULL);
        return;
    }
    g_autofree char *path = s3_bucket_path(exchange, NULL);
    if (remove_tree(path))
        http_answer_empty(exchange, 204);
    else
        http_answer_error(exchange, 500, "InternalError", g_strerror(errno), NULL);
}

void s3_head_bucket(HttpExchange *exchange)
{
    if (!s3_need_bucket(exchange))
        return;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    http_add_header(response, "x-amz-bucket-region", exchange->server->state->region);
    http_answer(exchange, 200, response);
}

/* us-east-1 has no name of its own here: the element is empty. */
void s3_get_location(HttpExchange *exchange)
{
    const char *region = exchange->server->state->region;
    if (!s3_need_bucket(exchange))
        return;
    g_autofree char *xml =
        g_strdup_printf(S3_XML_HEAD "<LocationConstraint " S3_XMLNS ">%s</LocationConstraint>",
                        strcmp(region, "us-east-1") == 0 ? "" : region);
    s3_answer_xml(exchange, 200, xml);
}

/* --- what every new bucket has since 2023 (S3 guide, "Default settings for new buckets") ------------ */

void s3_get_public_access(HttpExchange *exchange)
{
    if (s3_need_bucket(exchange))
        s3_answer_xml(exchange, 200,
                      S3_XML_HEAD "<PublicAccessBlockConfiguration " S3_XMLNS ">"
                                  "<BlockPublicAcls>true</BlockPublicAcls>"
                                  "<IgnorePublicAcls>true</IgnorePublicAcls>"
                                  "<BlockPublicPolicy>true</BlockPublicPolicy>"
                                  "<RestrictPublicBuckets>true</RestrictPublicBuckets>"
                                  "</PublicAccessBlockConfiguration>");
}

void s3_get_encryption(HttpExchange *exchange)
{
    if (s3_need_bucket(exchange))
        s3_answer_xml(exchange, 200,
                      S3_XML_HEAD "<ServerSideEncryptionConfiguration " S3_XMLNS "><Rule>"
                                  "<ApplyServerSideEncryptionByDefault>"
                                  "<SSEAlgorithm>AES256</SSEAlgorithm>"
                                  "</ApplyServerSideEncryptionByDefault>"
                                  "<BucketKeyEnabled>false</BucketKeyEnabled>"
                                  "</Rule></ServerSideEncryptionConfiguration>");
}

/* --- lifecycle: kept and given back, never acted upon ------------------------------------------ */

void s3_get_lifecycle(HttpExchange *exchange)
{
    g_autofree char *path = s3_bucket_path(exchange, lifecycle_file);
    g_autofree char *xml = NULL;
    if (!s3_need_bucket(exchange))
        return;
    if (g_file_get_contents(path, &xml, NULL, NULL))
        s3_answer_xml(exchange, 200, xml);
    else
        http_answer_error(exchange, 404, "NoSuchLifecycleConfiguration",
                          "The lifecycle configuration does not exist", NULL);
}

static void note_rule(gpointer user, const char *parent, const char *name, const char *text)
{
    guint *rules = user;
    if (strcmp(name, "Rule") == 0)
        (*rules)++;
}

void s3_put_lifecycle(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    g_autofree char *path = s3_bucket_path(exchange, lifecycle_file);
    g_autoptr(GError) error = NULL;
    guint rules = 0;
    if (!s3_need_bucket(exchange))
        return;
    if (!s3_read_xml(work->memory, "LifecycleConfiguration", note_rule, &rules) || rules == 0) {
        answer_malformed(exchange);
        return;
    }
    if (!g_file_set_contents_full(path, (const char *)work->memory->data, work->memory->len,
                                  G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error)) {
        http_answer_error(exchange, 500, "InternalError", error->message, NULL);
        return;
    }
    http_answer_empty(exchange, 200);
}

void s3_delete_lifecycle(HttpExchange *exchange)
{
    g_autofree char *path = s3_bucket_path(exchange, lifecycle_file);
    if (!s3_need_bucket(exchange))
        return;
    g_unlink(path);
    http_answer_empty(exchange, 204);
}
