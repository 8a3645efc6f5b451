/*
 * Encryption at rest, as far as a client sees it (S3 guide, "Protecting data with server-side encryption"):
 * every object has some, SSE-S3 unless its PUT named KMS. The sandbox has no keys; it believes every id.
 */
#include <string.h>

#include "sandbox/s3_server_internal.h"

#define SSE "x-amz-server-side-encryption"
#define SSE_KEY SSE "-aws-kms-key-id"
#define DEFAULT_KEY "00000000-0000-4000-8000-000000000003" /* of alias/aws/s3 */

/* Answers carry ARNs, whatever form the request had. */
static char *key_arn(const HttpExchange *exchange, const char *id)
{
    const SandboxState *state = exchange->server->state;
    if (g_str_has_prefix(id, "arn:"))
        return g_strdup(id);
    return g_strdup_printf("arn:aws:kms:%s:%s:%s%s", state->region, state->account_id,
                           g_str_has_prefix(id, "alias/") ? "" : "key/", id);
}

gboolean s3_encryption_read(HttpExchange *exchange, char **kms_key)
{
    const char *algorithm = http_header(exchange, SSE);
    const char *key = http_header(exchange, SSE_KEY);
    *kms_key = NULL;
    if (g_strcmp0(algorithm, "aws:kms") == 0) {
        *kms_key = key_arn(exchange, key != NULL && *key != '\0' ? key : DEFAULT_KEY);
        return TRUE;
    }
    if (algorithm != NULL && strcmp(algorithm, "AES256") != 0) {
        http_answer_error(exchange, 400, "InvalidEncryptionAlgorithmError",
                          "The encryption request you specified is not valid. The sandbox takes "
                          "AES256 and aws:kms.",
                          NULL);
        return FALSE;
    }
    if (key == NULL)
        return TRUE;
    http_answer_error(exchange, 400, "InvalidArgument",
                      "Server Side Encryption with AWS KMS managed key requires HTTP header "
                      "x-amz-server-side-encryption : aws:kms",
                      NULL);
    return FALSE;
}

void s3_encryption_add(struct MHD_Response *response, const char *kms_key)
{
    http_add_header(response, SSE, kms_key != NULL ? "aws:kms" : "AES256");
    if (kms_key != NULL)
        http_add_header(response, SSE_KEY, kms_key);
}
