#include "sandbox/s3_server_body.h"

#include <string.h>

#include "aws/sigv4_digest.h"
#include "sandbox/s3_checksum.h"

#define CHECKSUM_PREFIX "x-amz-checksum-"
#define LINE_LIMIT 4096 /* of a chunk's head or a trailer line */

/* Where we are in an aws-chunked body. */
typedef enum { CHUNK_HEAD, CHUNK_DATA, CHUNK_END, TRAILER, ENDED } ChunkState;

struct S3Body {
    HttpExchange *exchange;
    const SigV4Claim *claim;
    char *promised_sha256; /* of the whole body, or NULL */
    Digest *sha256;        /* of the whole body, or of the chunk */
    char *promised_md5;    /* base64, or NULL */
    Digest *md5;           /* NULL: none is promised, or who stores the bytes has it */
    gboolean stored;
    S3Checksum *checksum; /* NULL: none is promised */
    char *promised_checksum;
    gint64 decoded_length; /* -1: not told */
    guint64 length;

    gboolean chunked, signed_chunks, has_trailer;
    ChunkState state;
    GString *line; /* a head or trailer line in the making */
    guint64 chunk_left;
    gboolean last_chunk;
    char *previous_signature, *chunk_signature;
    GString *trailer; /* canonical: name:value\n each */
    char *trailer_signature;
};

static gboolean refuse_body(S3Body *body, guint status, const char *code, const char *message)
{
    http_answer_error(body->exchange, status, code, message, NULL);
    return FALSE;
}

static gboolean refuse_framing(S3Body *body)
{
    return refuse_body(body, 400, "InvalidRequest", "The aws-chunked body is malformed.");
}

/* --- what the headers promise ------------------------------------------------------------------ */

typedef struct {
    const char *value;
    gboolean signed_chunks, has_trailer;
} StreamingKind;

static const StreamingKind streaming_kinds[] = {
    {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", FALSE, TRUE},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", TRUE, FALSE},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", TRUE, TRUE},
};

static gboolean read_payload_kind(S3Body *body, const char *value)
{
    if (value == NULL || strcmp(value, SIGV4_UNSIGNED_PAYLOAD) == 0)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(streaming_kinds); i++) {
        if (strcmp(value, streaming_kinds[i].value) != 0)
            continue;
        body->chunked = TRUE;
        body->signed_chunks = streaming_kinds[i].signed_chunks;
        body->has_trailer = streaming_kinds[i].has_trailer;
        body->previous_signature = g_strdup(body->claim->signature);
        return TRUE;
    }
    if (strlen(value) == 64 && strspn(value, "0123456789abcdef") == 64) {
        body->promised_sha256 = g_strdup(value);
        return TRUE;
    }
    return refuse_body(body, 400, "InvalidArgument",
                       "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- value of "
                       "AWS4-HMAC-SHA256 or a valid sha256 value.");
}

static gboolean read_checksum_header(S3Body *body)
{
    const char *in_trailer = http_header(body->exchange, "x-amz-trailer");
    const char *name = NULL;
    for (guint i = 0; i < body->exchange->headers->len && name == NULL; i++) {
        const SigV4Header *header = body->exchange->headers->pdata[i];
        if (g_ascii_strncasecmp(header->name, CHECKSUM_PREFIX, strlen(CHECKSUM_PREFIX)) != 0 ||
            g_ascii_strcasecmp(header->name, CHECKSUM_PREFIX "mode") == 0 ||
            g_ascii_strcasecmp(header->name, CHECKSUM_PREFIX "algorithm") == 0 ||
            g_ascii_strcasecmp(header->name, CHECKSUM_PREFIX "type") == 0)
            continue;
        name = header->name;
        body->promised_checksum = g_strdup(header->value);
    }
    if (name == NULL && in_trailer != NULL)
        name = in_trailer;
    if (name == NULL)
        return TRUE;
    if (g_ascii_strncasecmp(name, CHECKSUM_PREFIX, strlen(CHECKSUM_PREFIX)) == 0)
        body->checksum = s3_checksum_new(name + strlen(CHECKSUM_PREFIX));
    return body->checksum != NULL ||
           refuse_body(body, 501, "NotImplemented",
                       "The sandbox does not support this checksum algorithm.");
}

static gboolean read_lengths(S3Body *body)
{
    const char *decoded = http_header(body->exchange, "x-amz-decoded-content-length");
    body->decoded_length = -1;
    if (decoded != NULL && body->chunked &&
        !g_ascii_string_to_signed(decoded, 10, 0, G_MAXINT64, &body->decoded_length, NULL))
        return refuse_body(body, 400, "InvalidArgument", "x-amz-decoded-content-length");
    if (decoded == NULL && body->chunked)
        return refuse_body(body, 411, "MissingContentLength",
                           "You must provide the x-amz-decoded-content-length HTTP header.");
    const char *md5 = http_header(body->exchange, "Content-MD5");
    if (md5 == NULL)
        return TRUE;
    gsize size;
    g_free(g_base64_decode(md5, &size));
    if (size != 16)
        return refuse_body(body, 400, "InvalidDigest",
                           "The Content-MD5 you specified is not valid.");
    body->promised_md5 = g_strdup(md5);
    if (!body->stored)
        body->md5 = digest_new(DIGEST_MD5);
    return TRUE;
}

S3Body *s3_body_new(HttpExchange *exchange, const SigV4Claim *claim, gboolean stored)
{
    S3Body *body = g_new0(S3Body, 1);
    body->exchange = exchange;
    body->claim = claim;
    body->stored = stored;
    body->line = g_string_new(NULL);
    body->trailer = g_string_new(NULL);
    if (!read_payload_kind(body, http_header(exchange, "x-amz-content-sha256")) ||
        !read_checksum_header(body) || !read_lengths(body)) {
        s3_body_free(body);
        return NULL;
    }
    if (body->promised_sha256 != NULL || body->signed_chunks)
        body->sha256 = digest_new(DIGEST_SHA256);
    return body;
}

void s3_body_keep_md5(S3Body *body)
{
    body->stored = FALSE;
    if (body->promised_md5 != NULL && body->md5 == NULL)
        body->md5 = digest_new(DIGEST_MD5);
}

/* --- bytes ------------------------------------------------------------------------------------- */

static gboolean pass_on(S3Body *body, const char *bytes, gsize length, S3BodySink sink,
                        gpointer user)
{
    body->length += length;
    if (body->sha256 != NULL)
        digest_update(body->sha256, bytes, length);
    if (body->md5 != NULL)
        digest_update(body->md5, bytes, length);
    if (body->checksum != NULL)
        s3_checksum_update(body->checksum, bytes, length);
    return sink(user, bytes, length);
}

/* "<hex length>[;chunk-signature=<hex>]" */
static gboolean read_chunk_head(S3Body *body)
{
    char *semicolon = strchr(body->line->str, ';');
    if (semicolon != NULL)
        *semicolon++ = '\0';
    if (!g_ascii_string_to_unsigned(body->line->str, 16, 0, G_MAXINT64, &body->chunk_left, NULL))
        return refuse_framing(body);
    g_clear_pointer(&body->chunk_signature, g_free);
    if (body->signed_chunks) {
        if (semicolon == NULL || !g_str_has_prefix(semicolon, "chunk-signature="))
            return refuse_framing(body);
        body->chunk_signature = g_strdup(semicolon + strlen("chunk-signature="));
        digest_reset(body->sha256);
    }
    body->last_chunk = body->chunk_left == 0;
    return TRUE;
}

static gboolean check_chunk_signature(S3Body *body)
{
    if (!body->signed_chunks)
        return TRUE;
    SigV4Key key = http_key_of_claim(body->exchange, body->claim);
    const char *hash = digest_hex(body->sha256);
    g_autofree char *expected = sigv4_chunk_signature(&key, body->previous_signature, hash);
    if (strcmp(expected, body->chunk_signature) != 0)
        return refuse_body(body, 403, "SignatureDoesNotMatch",
                           "The chunk signature we calculated does not match the one provided.");
    g_free(body->previous_signature);
    body->previous_signature = g_steal_pointer(&expected);
    digest_reset(body->sha256);
    return TRUE;
}

static gboolean read_trailer_line(S3Body *body)
{
    char *colon = strchr(body->line->str, ':');
    if (colon == NULL)
        return refuse_framing(body);
    *colon = '\0';
    g_autofree char *name = g_ascii_strdown(g_strstrip(body->line->str), -1);
    const char *value = g_strstrip(colon + 1);
    if (strcmp(name, "x-amz-trailer-signature") == 0) {
        g_free(body->trailer_signature);
        body->trailer_signature = g_strdup(value);
        return TRUE;
    }
    g_string_append_printf(body->trailer, "%s:%s\n", name, value);
    if (g_str_has_prefix(name, CHECKSUM_PREFIX) && body->promised_checksum == NULL)
        body->promised_checksum = g_strdup(value);
    return TRUE;
}

/* A whole line, without its end: what comes after it? */
static gboolean take_line(S3Body *body)
{
    if (body->state == CHUNK_HEAD) {
        if (!read_chunk_head(body))
            return FALSE;
        body->state = CHUNK_DATA;
        if (!body->last_chunk)
            return TRUE;
        body->state = body->has_trailer ? TRAILER : CHUNK_END;
        return check_chunk_signature(body);
    }
    if (body->state == CHUNK_END) {
        if (body->line->len > 0)
            return refuse_framing(body);
        body->state = body->last_chunk ? ENDED : CHUNK_HEAD;
        return TRUE;
    }
    if (body->line->len == 0) {
        body->state = ENDED;
        return TRUE;
    }
    return read_trailer_line(body);
}

/* Collects a line that may come in pieces; *used tells how much of bytes belonged to it. */
static gboolean feed_line(S3Body *body, const char *bytes, gsize length, gsize *used)
{
    const char *end = memchr(bytes, '\n', length);
    *used = end != NULL ? (gsize)(end - bytes) + 1 : length;
    g_string_append_len(body->line, bytes, (gssize)*used);
    if (body->line->len > LINE_LIMIT)
        return refuse_framing(body);
    if (end == NULL)
        return TRUE;
    g_string_truncate(body->line, body->line->len - 1);
    if (body->line->len > 0 && body->line->str[body->line->len - 1] == '\r')
        g_string_truncate(body->line, body->line->len - 1);
    gboolean good = take_line(body);
    g_string_truncate(body->line, 0);
    return good;
}

static gboolean feed_data(S3Body *body, const char *bytes, gsize length, gsize *used,
                          S3BodySink sink, gpointer user)
{
    *used = MIN(length, body->chunk_left);
    if (!pass_on(body, bytes, *used, sink, user))
        return FALSE;
    body->chunk_left -= *used;
    if (body->chunk_left > 0)
        return TRUE;
    body->state = CHUNK_END;
    return check_chunk_signature(body);
}

gboolean s3_body_feed(S3Body *body, const char *bytes, gsize length, S3BodySink sink, gpointer user)
{
    if (!body->chunked)
        return pass_on(body, bytes, length, sink, user);
    while (length > 0) {
        gsize used = length;
        gboolean good = body->state == ENDED ? refuse_framing(body)
                        : body->state == CHUNK_DATA
                            ? feed_data(body, bytes, length, &used, sink, user)
                            : feed_line(body, bytes, length, &used);
        if (!good)
            return FALSE;
        bytes += used;
        length -= used;
    }
    return TRUE;
}

/* --- the end ----------------------------------------------------------------------------------- */

static gboolean check_trailer_signature(S3Body *body)
{
    if (!body->signed_chunks || !body->has_trailer)
        return TRUE;
    SigV4Key key = http_key_of_claim(body->exchange, body->claim);
    g_autofree char *date = sigv4_date(key.time);
    g_autofree char *hash = sigv4_sha256(body->trailer->str, body->trailer->len);
    g_autofree char *text =
        g_strdup_printf(SIGV4_ALGORITHM "-TRAILER\n%s\n%.8s/%s/%s/aws4_request\n%s\n%s", date, date,
                        key.region, key.service, body->previous_signature, hash);
    g_autofree char *expected = sigv4_signature(&key, text);
    return g_strcmp0(expected, body->trailer_signature) == 0 ||
           refuse_body(body, 403, "SignatureDoesNotMatch",
                       "The trailer signature we calculated does not match the one provided.");
}

static gboolean check_md5(S3Body *body, Digest *stored_md5)
{
    if (body->promised_md5 == NULL)
        return TRUE;
    g_autofree char *ours = digest_base64(body->stored ? stored_md5 : body->md5);
    return strcmp(ours, body->promised_md5) == 0 ||
           refuse_body(body, 400, "BadDigest",
                       "The Content-MD5 you specified did not match what we received.");
}

static gboolean check_checksum(S3Body *body)
{
    if (body->checksum == NULL)
        return TRUE;
    g_autofree char *ours = s3_checksum_base64(body->checksum);
    if (g_strcmp0(ours, body->promised_checksum) == 0)
        return TRUE;
    g_autofree char *message =
        g_strdup_printf("The %s you specified did not match the calculated checksum.",
                        s3_checksum_name(body->checksum));
    return refuse_body(body, 400, "BadDigest", message);
}

gboolean s3_body_end(S3Body *body, Digest *stored_md5)
{
    if ((body->chunked && body->state != ENDED) ||
        (body->decoded_length >= 0 && body->length != (guint64)body->decoded_length))
        return refuse_body(body, 400, "IncompleteBody",
                           "You did not provide the number of bytes specified by the "
                           "Content-Length HTTP header.");
    if (body->promised_sha256 != NULL &&
        strcmp(digest_hex(body->sha256), body->promised_sha256) != 0)
        return refuse_body(body, 400, "XAmzContentSHA256Mismatch",
                           "The provided 'x-amz-content-sha256' header does not match what was "
                           "computed.");
    return check_trailer_signature(body) && check_md5(body, stored_md5) && check_checksum(body);
}

gboolean s3_body_has_checksum(const S3Body *body)
{
    return body->promised_md5 != NULL || body->checksum != NULL;
}

void s3_body_add_checksum(const S3Body *body, struct MHD_Response *response)
{
    if (body->checksum == NULL)
        return;
    g_autofree char *name = g_strconcat(CHECKSUM_PREFIX, s3_checksum_name(body->checksum), NULL);
    http_add_header(response, name, body->promised_checksum);
}

void s3_body_free(S3Body *body)
{
    if (body == NULL)
        return;
    g_free(body->promised_sha256);
    digest_free(body->sha256);
    g_free(body->promised_md5);
    digest_free(body->md5);
    s3_checksum_free(body->checksum);
    g_free(body->promised_checksum);
    g_string_free(body->line, TRUE);
    g_string_free(body->trailer, TRUE);
    g_free(body->previous_signature);
    g_free(body->chunk_signature);
    g_free(body->trailer_signature);
    g_free(body);
}
