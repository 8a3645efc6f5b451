#include "aws/sigv4_verify.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

static SigV4Verdict refuse(char **detail, SigV4Verdict verdict, const char *what)
{
    *detail = g_strdup(what);
    return verdict;
}

/* The raw value of a name in a raw query: start and length within it. */
static const char *raw_query_value(const char *query, const char *name, gsize *length)
{
    gsize name_length = strlen(name);
    for (const char *part = query; part != NULL && *part != '\0';) {
        gsize part_length = strcspn(part, "&");
        if (part_length >= name_length && strncmp(part, name, name_length) == 0 &&
            (part_length == name_length || part[name_length] == '=')) {
            gsize skip = part_length == name_length ? name_length : name_length + 1;
            *length = part_length - skip;
            return part + skip;
        }
        part += part_length;
        part += *part == '&';
    }
    return NULL;
}

char *sigv4_query_value(const char *query, const char *name)
{
    gsize length;
    const char *raw = raw_query_value(query, name, &length);
    return raw != NULL ? sigv4_uri_decode(raw, (gssize)length, TRUE, NULL) : NULL;
}

/* "<key id>/<day>/<region>/<service>/aws4_request"; the key id itself holds no slash. */
static gboolean read_credential(SigV4Claim *claim, const char *credential)
{
    g_auto(GStrv) parts = g_strsplit(credential, "/", -1);
    if (g_strv_length(parts) != 5 || strcmp(parts[4], "aws4_request") != 0 || strlen(parts[1]) != 8)
        return FALSE;
    claim->access_key_id = g_strdup(parts[0]);
    claim->day = g_strdup(parts[1]);
    claim->region = g_strdup(parts[2]);
    claim->service = g_strdup(parts[3]);
    return *parts[0] != '\0';
}

static void read_names(SigV4Claim *claim, const char *names)
{
    g_auto(GStrv) parts = g_strsplit(names, ";", -1);
    claim->signed_names = g_ptr_array_new_with_free_func(g_free);
    for (char **part = parts; *part != NULL; part++)
        g_ptr_array_add(claim->signed_names, g_strdup(*part));
}

/* "Credential=.., SignedHeaders=.., Signature=.." in any order. Returns the missing or broken part. */
static const char *read_authorization(SigV4Claim *claim, const char *fields)
{
    g_auto(GStrv) parts = g_strsplit(fields, ",", -1);
    gboolean credential = FALSE;
    for (char **part = parts; *part != NULL; part++) {
        const char *field = g_strstrip(*part);
        if (g_str_has_prefix(field, "Credential=") && !credential) {
            if (!read_credential(claim, field + strlen("Credential=")))
                return "Credential";
            credential = TRUE;
        } else if (g_str_has_prefix(field, "SignedHeaders=") && claim->signed_names == NULL) {
            read_names(claim, field + strlen("SignedHeaders="));
        } else if (g_str_has_prefix(field, "Signature=") && claim->signature == NULL) {
            claim->signature = g_strdup(field + strlen("Signature="));
        }
    }
    return !credential                   ? "Credential"
           : claim->signed_names == NULL ? "SignedHeaders"
           : claim->signature == NULL    ? "Signature"
                                         : NULL;
}

static gboolean read_http_date(const char *text, gint64 *time)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int day, year, hour, minute, second;
    char month[4];
    if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d", &day, month, &year, &hour, &minute,
               &second) != 6)
        return FALSE;
    const char *at = strlen(month) == 3 ? strstr(months, month) : NULL;
    if (at == NULL || (at - months) % 3 != 0)
        return FALSE;
    g_autoptr(GDateTime) utc =
        g_date_time_new_utc(year, (int)(at - months) / 3 + 1, day, hour, minute, second);
    if (utc == NULL)
        return FALSE;
    *time = g_date_time_to_unix(utc);
    return TRUE;
}

static SigV4Verdict read_header_claim(const SigV4Request *request, const char *authorization,
                                      SigV4Claim *claim, char **detail)
{
    if (!g_str_has_prefix(authorization, SIGV4_ALGORITHM " "))
        return refuse(detail, SIGV4_OTHER_ALGORITHM, "Authorization");
    const char *broken = read_authorization(claim, authorization + strlen(SIGV4_ALGORITHM " "));
    if (broken != NULL)
        return refuse(detail, SIGV4_MALFORMED, broken);
    const char *date = sigv4_headers_get(request->headers, "x-amz-date");
    const char *plain = sigv4_headers_get(request->headers, "date");
    if (date != NULL ? !sigv4_parse_date(date, &claim->time)
                     : plain == NULL || !read_http_date(plain, &claim->time))
        return refuse(detail, SIGV4_MALFORMED, "X-Amz-Date");
    claim->session_token = g_strdup(sigv4_headers_get(request->headers, "x-amz-security-token"));
    return SIGV4_GOOD;
}

static SigV4Verdict read_query_claim(const SigV4Request *request, SigV4Claim *claim, char **detail)
{
    const char *query = request->query;
    g_autofree char *algorithm = sigv4_query_value(query, "X-Amz-Algorithm");
    g_autofree char *credential = sigv4_query_value(query, "X-Amz-Credential");
    g_autofree char *date = sigv4_query_value(query, "X-Amz-Date");
    g_autofree char *expires = sigv4_query_value(query, "X-Amz-Expires");
    g_autofree char *names = sigv4_query_value(query, "X-Amz-SignedHeaders");
    claim->presigned = TRUE;
    claim->signature = sigv4_query_value(query, "X-Amz-Signature");
    claim->session_token = sigv4_query_value(query, "X-Amz-Security-Token");
    if (g_strcmp0(algorithm, SIGV4_ALGORITHM) != 0)
        return refuse(detail, SIGV4_OTHER_ALGORITHM, "X-Amz-Algorithm");
    if (credential == NULL || !read_credential(claim, credential))
        return refuse(detail, SIGV4_MALFORMED, "X-Amz-Credential");
    if (date == NULL || !sigv4_parse_date(date, &claim->time))
        return refuse(detail, SIGV4_MALFORMED, "X-Amz-Date");
    if (expires == NULL ||
        !g_ascii_string_to_signed(expires, 10, 0, SIGV4_MAX_EXPIRES, &claim->expires, NULL))
        return refuse(detail, SIGV4_MALFORMED, "X-Amz-Expires");
    if (names == NULL)
        return refuse(detail, SIGV4_MALFORMED, "X-Amz-SignedHeaders");
    read_names(claim, names);
    return SIGV4_GOOD;
}

static gboolean is_claimed(const SigV4Claim *claim, const char *name)
{
    for (guint i = 0; i < claim->signed_names->len; i++)
        if (g_ascii_strcasecmp(claim->signed_names->pdata[i], name) == 0)
            return TRUE;
    return FALSE;
}

/* A header that changes what a request means must be covered, or anyone on the way could set it. */
static SigV4Verdict check_coverage(const SigV4Request *request, const SigV4Claim *claim,
                                   char **detail)
{
    if (!is_claimed(claim, "host"))
        return refuse(detail, SIGV4_UNSIGNED_HEADER, "host");
    for (guint i = 0; i < request->headers->len; i++) {
        const SigV4Header *header = request->headers->pdata[i];
        if (g_ascii_strncasecmp(header->name, "x-amz-", 6) == 0 &&
            g_ascii_strcasecmp(header->name, "x-amz-content-sha256") != 0 &&
            !is_claimed(claim, header->name))
            return refuse(detail, SIGV4_UNSIGNED_HEADER, header->name);
    }
    for (guint i = 0; i < claim->signed_names->len; i++)
        if (sigv4_headers_get(request->headers, claim->signed_names->pdata[i]) == NULL)
            return refuse(detail, SIGV4_MISSING_HEADER, claim->signed_names->pdata[i]);
    return SIGV4_GOOD;
}

SigV4Verdict sigv4_claim_read(const SigV4Request *request, SigV4Claim *claim, char **detail)
{
    memset(claim, 0, sizeof *claim);
    *detail = NULL;
    gsize length;
    const char *authorization = sigv4_headers_get(request->headers, "authorization");
    SigV4Verdict verdict = SIGV4_UNSIGNED;
    if (authorization != NULL)
        verdict = read_header_claim(request, authorization, claim, detail);
    else if (raw_query_value(request->query, "X-Amz-Signature", &length) != NULL)
        verdict = read_query_claim(request, claim, detail);
    else if (raw_query_value(request->query, "AWSAccessKeyId", &length) != NULL)
        verdict = refuse(detail, SIGV4_OTHER_ALGORITHM, "AWSAccessKeyId"); /* version 2 */
    if (verdict == SIGV4_GOOD)
        verdict = check_coverage(request, claim, detail);
    if (verdict != SIGV4_GOOD)
        sigv4_claim_clear(claim);
    return verdict;
}

/* A presigned query is signed without its own signature. */
static char *without_signature(const char *query)
{
    g_auto(GStrv) parts = g_strsplit(query != NULL ? query : "", "&", -1);
    GString *out = g_string_new("");
    for (char **part = parts; *part != NULL; part++)
        if (!g_str_has_prefix(*part, "X-Amz-Signature="))
            g_string_append_printf(out, "%s%s", out->len > 0 ? "&" : "", *part);
    return g_string_free(out, FALSE);
}

SigV4Verdict sigv4_verify(const SigV4Request *request, const SigV4Claim *claim,
                          const char *secret_access_key, SigV4Result *result, char **detail)
{
    memset(result, 0, sizeof *result);
    *detail = NULL;
    SigV4Key key = {.access_key_id = claim->access_key_id,
                    .secret_access_key = secret_access_key,
                    .region = claim->region,
                    .service = claim->service,
                    .time = claim->time};
    g_autofree char *date = sigv4_date(key.time);
    if (strncmp(date, claim->day, 8) != 0)
        return refuse(detail, SIGV4_MALFORMED, "the day of Credential is not that of X-Amz-Date");
    g_autofree char *query = claim->presigned ? without_signature(request->query) : NULL;
    SigV4Request signed_part = *request;
    if (query != NULL)
        signed_part.query = query;
    result->canonical_request = sigv4_canonical_request(&signed_part, claim->signed_names);
    result->string_to_sign = sigv4_string_to_sign(&key, result->canonical_request);
    result->signature = sigv4_signature(&key, result->string_to_sign);
    gsize length = strlen(result->signature);
    if (strlen(claim->signature) != length ||
        CRYPTO_memcmp(result->signature, claim->signature, length) != 0)
        return refuse(detail, SIGV4_BAD_SIGNATURE, "Signature");
    return SIGV4_GOOD;
}

void sigv4_claim_clear(SigV4Claim *claim)
{
    g_free(claim->access_key_id);
    g_free(claim->day);
    g_free(claim->region);
    g_free(claim->service);
    g_free(claim->session_token);
    g_clear_pointer(&claim->signed_names, g_ptr_array_unref);
    g_free(claim->signature);
    memset(claim, 0, sizeof *claim);
}
