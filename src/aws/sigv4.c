#include "aws/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#define TERMINATOR "aws4_request"

/* Changed or added by what stands between us and the service, so never signed. */
static const char *const unsignable[] = {
    "authorization", "connection", "expect",         "te", "trailer", "transfer-encoding",
    "upgrade",       "user-agent", "x-amzn-trace-id"};

/* --- lists of headers -------------------------------------------------------------------------- */

static void header_free(gpointer data)
{
    SigV4Header *header = data;
    g_free(header->name);
    if (header->value != NULL)
        OPENSSL_cleanse(header->value, strlen(header->value));
    g_free(header->value);
    g_free(header);
}

GPtrArray *sigv4_headers_new(void)
{
    return g_ptr_array_new_with_free_func(header_free);
}

void sigv4_headers_add(GPtrArray *headers, const char *name, const char *value)
{
    SigV4Header *header = g_new(SigV4Header, 1);
    header->name = g_strdup(name);
    header->value = g_strdup(value);
    g_ptr_array_add(headers, header);
}

const char *sigv4_headers_get(const GPtrArray *headers, const char *name)
{
    for (guint i = 0; i < headers->len; i++) {
        const SigV4Header *header = headers->pdata[i];
        if (g_ascii_strcasecmp(header->name, name) == 0)
            return header->value;
    }
    return NULL;
}

/* --- encoding ---------------------------------------------------------------------------------- */

static void encode_into(GString *out, const char *bytes, gsize length, gboolean keep_slash)
{
    static const char hex[] = "0123456789ABCDEF";
    for (gsize i = 0; i < length; i++) {
        guchar byte = (guchar)bytes[i];
        if (g_ascii_isalnum(byte) || (byte != '\0' && strchr("-._~", byte) != NULL) ||
            (keep_slash && byte == '/')) {
            g_string_append_c(out, (char)byte);
        } else {
            g_string_append_c(out, '%');
            g_string_append_c(out, hex[byte >> 4]);
            g_string_append_c(out, hex[byte & 15]);
        }
    }
}

char *sigv4_uri_encode(const char *bytes, gssize length, gboolean keep_slash)
{
    gsize size = length < 0 ? strlen(bytes) : (gsize)length;
    GString *out = g_string_sized_new(size + size / 4 + 1);
    encode_into(out, bytes, size, keep_slash);
    return g_string_free(out, FALSE);
}

char *sigv4_uri_decode(const char *text, gssize text_length, gboolean plus_is_space, gsize *length)
{
    gsize size = text_length < 0 ? strlen(text) : (gsize)text_length;
    GString *out = g_string_sized_new(size + 1);
    for (gsize i = 0; i < size; i++) {
        if (text[i] == '%' && i + 2 < size && g_ascii_isxdigit(text[i + 1]) &&
            g_ascii_isxdigit(text[i + 2])) {
            g_string_append_c(out, (char)(g_ascii_xdigit_value(text[i + 1]) * 16 +
                                          g_ascii_xdigit_value(text[i + 2])));
            i += 2;
        } else {
            g_string_append_c(out, plus_is_space && text[i] == '+' ? ' ' : text[i]);
        }
    }
    if (length != NULL)
        *length = out->len;
    return g_string_free(out, FALSE);
}

char *sigv4_hex(const guint8 *bytes, gsize length)
{
    char *text = g_malloc(length * 2 + 1);
    for (gsize i = 0; i < length; i++)
        snprintf(text + i * 2, 3, "%02x", bytes[i]);
    text[length * 2] = '\0';
    return text;
}

char *sigv4_sha256(const void *bytes, gsize length)
{
    guint8 digest[SHA256_DIGEST_LENGTH];
    SHA256(bytes, length, digest);
    return sigv4_hex(digest, sizeof digest);
}

/* --- time -------------------------------------------------------------------------------------- */

char *sigv4_date(gint64 time)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time);
    return g_date_time_format(utc, "%Y%m%dT%H%M%SZ");
}

gboolean sigv4_parse_date(const char *date, gint64 *time)
{
    static const char shape[] = "dddddddd\1dddddd\2";
    if (strlen(date) != sizeof shape - 1)
        return FALSE;
    for (gsize i = 0; date[i] != '\0'; i++) {
        gboolean fits = shape[i] == '\1'   ? date[i] == 'T'
                        : shape[i] == '\2' ? date[i] == 'Z'
                                           : g_ascii_isdigit(date[i]);
        if (!fits)
            return FALSE;
    }
    int year, month, day, hour, minute, second;
    sscanf(date, "%4d%2d%2dT%2d%2d%2d", &year, &month, &day, &hour, &minute, &second);
    g_autoptr(GDateTime) utc = g_date_time_new_utc(year, month, day, hour, minute, second);
    if (utc == NULL)
        return FALSE;
    *time = g_date_time_to_unix(utc);
    return TRUE;
}

/* --- the canonical request --------------------------------------------------------------------- */

static char *without_dot_segments(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    for (char **part = parts; *part != NULL; part++) {
        if (**part == '\0' || strcmp(*part, ".") == 0)
            continue;
        if (strcmp(*part, "..") != 0)
            g_ptr_array_add(kept, *part);
        else if (kept->len > 0)
            g_ptr_array_set_size(kept, (gint)kept->len - 1);
    }
    GString *out = g_string_new("");
    for (guint i = 0; i < kept->len; i++)
        g_string_append_printf(out, "/%s", (const char *)kept->pdata[i]);
    gboolean folder = g_str_has_suffix(path, "/") || g_str_has_suffix(path, "/.") ||
                      g_str_has_suffix(path, "/..");
    if (out->len == 0 || folder)
        g_string_append_c(out, '/');
    return g_string_free(out, FALSE);
}

char *sigv4_canonical_path(const char *path, SigV4PathMode mode)
{
    if (path == NULL || *path == '\0')
        return g_strdup("/");
    if (mode == SIGV4_PATH_S3)
        return g_strdup(path);
    if (mode == SIGV4_PATH_S3_SERVICE) {
        gsize length;
        g_autofree char *decoded = sigv4_uri_decode(path, -1, FALSE, &length);
        return sigv4_uri_encode(decoded, (gssize)length, TRUE);
    }
    g_autofree char *clean =
        mode == SIGV4_PATH_DOUBLE ? without_dot_segments(path) : g_strdup(path);
    return sigv4_uri_encode(clean, -1, TRUE);
}

typedef struct {
    char *name, *value;
} QueryPair;

static void query_pair_clear(gpointer data)
{
    QueryPair *pair = data;
    g_free(pair->name);
    g_free(pair->value);
}

static char *encoded_again(const char *text, gsize length)
{
    gsize size;
    g_autofree char *decoded = sigv4_uri_decode(text, (gssize)length, TRUE, &size);
    return sigv4_uri_encode(decoded, (gssize)size, FALSE);
}

static gint compare_pairs(gconstpointer left, gconstpointer right)
{
    const QueryPair *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->value, b->value);
}

char *sigv4_canonical_query(const char *query)
{
    g_auto(GStrv) parts = g_strsplit(query != NULL ? query : "", "&", -1);
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(QueryPair));
    g_array_set_clear_func(pairs, query_pair_clear);
    for (char **part = parts; *part != NULL; part++) {
        if (**part == '\0')
            continue;
        const char *equals = strchr(*part, '=');
        gsize name_length = equals != NULL ? (gsize)(equals - *part) : strlen(*part);
        const char *value = equals != NULL ? equals + 1 : "";
        QueryPair pair = {encoded_again(*part, name_length), encoded_again(value, strlen(value))};
        g_array_append_val(pairs, pair);
    }
    g_array_sort(pairs, compare_pairs);
    GString *out = g_string_new("");
    for (guint i = 0; i < pairs->len; i++) {
        const QueryPair *pair = &g_array_index(pairs, QueryPair, i);
        g_string_append_printf(out, "%s%s=%s", i > 0 ? "&" : "", pair->name, pair->value);
    }
    return g_string_free(out, FALSE);
}

static gboolean is_signable(const char *lower_name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(unsignable); i++)
        if (strcmp(lower_name, unsignable[i]) == 0)
            return FALSE;
    return !g_str_has_prefix(lower_name, "proxy-");
}

static gint compare_names(gconstpointer left, gconstpointer right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

GPtrArray *sigv4_signable_names(const GPtrArray *headers)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < headers->len; i++) {
        const SigV4Header *header = headers->pdata[i];
        g_autofree char *name = g_ascii_strdown(header->name, -1);
        if (is_signable(name) && !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
            g_ptr_array_add(names, g_steal_pointer(&name));
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* Trimmed, and every run of blanks inside made one space. */
static void append_value(GString *out, const char *value)
{
    gboolean pending = FALSE, begun = FALSE;
    for (const char *c = value; *c != '\0'; c++) {
        if (g_ascii_isspace(*c)) {
            pending = begun;
            continue;
        }
        if (pending)
            g_string_append_c(out, ' ');
        g_string_append_c(out, *c);
        pending = FALSE;
        begun = TRUE;
    }
}

static void append_header(GString *out, const GPtrArray *headers, const char *name)
{
    gboolean first = TRUE;
    g_string_append_printf(out, "%s:", name);
    for (guint i = 0; i < headers->len; i++) {
        const SigV4Header *header = headers->pdata[i];
        if (g_ascii_strcasecmp(header->name, name) != 0)
            continue;
        if (!first)
            g_string_append_c(out, ',');
        append_value(out, header->value);
        first = FALSE;
    }
    g_string_append_c(out, '\n');
}

static char *joined_names(const GPtrArray *names)
{
    GString *out = g_string_new("");
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ";" : "", (const char *)names->pdata[i]);
    return g_string_free(out, FALSE);
}

char *sigv4_canonical_request(const SigV4Request *request, const GPtrArray *signed_names)
{
    g_autofree char *path = sigv4_canonical_path(request->path, request->path_mode);
    g_autofree char *query = sigv4_canonical_query(request->query);
    g_autofree char *names = joined_names(signed_names);
    GString *out = g_string_new("");
    g_string_append_printf(out, "%s\n%s\n%s\n", request->method, path, query);
    for (guint i = 0; i < signed_names->len; i++)
        append_header(out, request->headers, signed_names->pdata[i]);
    g_string_append_printf(out, "\n%s\n%s", names, request->payload_hash);
    return g_string_free(out, FALSE);
}

/* --- the signature ----------------------------------------------------------------------------- */

static char *scope_of(const SigV4Key *key, const char *date)
{
    return g_strdup_printf("%.8s/%s/%s/" TERMINATOR, date, key->region, key->service);
}

char *sigv4_string_to_sign(const SigV4Key *key, const char *canonical_request)
{
    g_autofree char *date = sigv4_date(key->time);
    g_autofree char *scope = scope_of(key, date);
    g_autofree char *hash = sigv4_sha256(canonical_request, strlen(canonical_request));
    return g_strdup_printf(SIGV4_ALGORITHM "\n%s\n%s\n%s", date, scope, hash);
}

/* In place: digest becomes HMAC-SHA256(digest, text). */
static void chain(guint8 digest[SHA256_DIGEST_LENGTH], const char *text)
{
    guint8 next[SHA256_DIGEST_LENGTH];
    HMAC(EVP_sha256(), digest, SHA256_DIGEST_LENGTH, (const guint8 *)text, strlen(text), next,
         NULL);
    memcpy(digest, next, sizeof next);
    OPENSSL_cleanse(next, sizeof next);
}

char *sigv4_signature(const SigV4Key *key, const char *string_to_sign)
{
    guint8 digest[SHA256_DIGEST_LENGTH];
    g_autofree char *date = sigv4_date(key->time);
    g_autofree char *day = g_strndup(date, 8);
    char *first = g_strconcat("AWS4", key->secret_access_key, NULL);
    HMAC(EVP_sha256(), first, (int)strlen(first), (const guint8 *)day, strlen(day), digest, NULL);
    OPENSSL_cleanse(first, strlen(first));
    g_free(first);
    chain(digest, key->region);
    chain(digest, key->service);
    chain(digest, TERMINATOR);
    chain(digest, string_to_sign);
    char *signature = sigv4_hex(digest, sizeof digest);
    OPENSSL_cleanse(digest, sizeof digest);
    return signature;
}

char *sigv4_chunk_signature(const SigV4Key *key, const char *previous, const char *chunk_sha256)
{
    g_autofree char *date = sigv4_date(key->time);
    g_autofree char *scope = scope_of(key, date);
    g_autofree char *text =
        g_strdup_printf(SIGV4_ALGORITHM "-PAYLOAD\n%s\n%s\n%s\n" SIGV4_EMPTY_SHA256 "\n%s", date,
                        scope, previous, chunk_sha256);
    return sigv4_signature(key, text);
}

void sigv4_add_headers(GPtrArray *headers, const SigV4Key *key, const char *payload_hash,
                       gboolean content_sha256)
{
    if (sigv4_headers_get(headers, "X-Amz-Date") == NULL) {
        g_autofree char *date = sigv4_date(key->time);
        sigv4_headers_add(headers, "X-Amz-Date", date);
    }
    if (key->session_token != NULL && sigv4_headers_get(headers, "X-Amz-Security-Token") == NULL)
        sigv4_headers_add(headers, "X-Amz-Security-Token", key->session_token);
    if (content_sha256 && sigv4_headers_get(headers, "X-Amz-Content-SHA256") == NULL)
        sigv4_headers_add(headers, "X-Amz-Content-SHA256", payload_hash);
}

static void sign_stages(const SigV4Request *request, const GPtrArray *names, const SigV4Key *key,
                        SigV4Result *result)
{
    result->signed_headers = joined_names(names);
    result->canonical_request = sigv4_canonical_request(request, names);
    result->string_to_sign = sigv4_string_to_sign(key, result->canonical_request);
    result->signature = sigv4_signature(key, result->string_to_sign);
}

void sigv4_sign(const SigV4Request *request, const SigV4Key *key, SigV4Result *result)
{
    memset(result, 0, sizeof *result);
    g_autoptr(GPtrArray) names = sigv4_signable_names(request->headers);
    sign_stages(request, names, key, result);
    g_autofree char *date = sigv4_date(key->time);
    g_autofree char *scope = scope_of(key, date);
    result->authorization =
        g_strdup_printf(SIGV4_ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                        key->access_key_id, scope, result->signed_headers, result->signature);
}

static void append_parameter(GString *query, const char *name, const char *value)
{
    g_autofree char *encoded = sigv4_uri_encode(value, -1, FALSE);
    g_string_append_printf(query, "%s%s=%s", query->len > 0 ? "&" : "", name, encoded);
}

void sigv4_presign(const SigV4Request *request, const SigV4Key *key, guint expires,
                   SigV4Result *result)
{
    memset(result, 0, sizeof *result);
    g_autoptr(GPtrArray) names = sigv4_signable_names(request->headers);
    g_autofree char *signed_headers = joined_names(names);
    g_autofree char *date = sigv4_date(key->time);
    g_autofree char *scope = scope_of(key, date);
    g_autofree char *credential = g_strdup_printf("%s/%s", key->access_key_id, scope);
    g_autofree char *seconds = g_strdup_printf("%u", expires);
    g_autoptr(GString) query = g_string_new(request->query);
    append_parameter(query, "X-Amz-Algorithm", SIGV4_ALGORITHM);
    append_parameter(query, "X-Amz-Credential", credential);
    append_parameter(query, "X-Amz-Date", date);
    append_parameter(query, "X-Amz-Expires", seconds);
    append_parameter(query, "X-Amz-SignedHeaders", signed_headers);
    if (key->session_token != NULL)
        append_parameter(query, "X-Amz-Security-Token", key->session_token);
    SigV4Request presigned = *request;
    presigned.query = query->str;
    sign_stages(&presigned, names, key, result);
    append_parameter(query, "X-Amz-Signature", result->signature);
    result->query = g_strdup(query->str);
}

void sigv4_result_clear(SigV4Result *result)
{
    g_free(result->canonical_request);
    g_free(result->string_to_sign);
    g_free(result->signed_headers);
    g_free(result->signature);
    g_free(result->authorization);
    g_free(result->query);
    memset(result, 0, sizeof *result);
}
