#include "sandbox/http_auth.h"

#include <string.h>

#define S3_SKEW_SECONDS 900
#define SKEW_SECONDS 300

/* The same refusal in the words of S3 and of the other services. */
typedef struct {
    guint s3_status;
    const char *s3_code;
    guint status;
    const char *code;
    const char *message;
} Refusal;

static const Refusal unsigned_request = {403, "AccessDenied", 403, "MissingAuthenticationToken",
                                         "Access Denied: the request is not signed."};
static const Refusal other_algorithm = {
    400, "InvalidRequest", 400, "IncompleteSignature",
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."};
static const Refusal malformed = {400, "AuthorizationHeaderMalformed", 400, "IncompleteSignature",
                                  "The authorization header is malformed"};
static const Refusal malformed_query = {400, "AuthorizationQueryParametersError", 400,
                                        "IncompleteSignature",
                                        "The signature's query parameters are malformed"};
static const Refusal unsigned_header = {
    403, "AccessDenied", 400, "IncompleteSignature",
    "There were headers present in the request which were not signed"};
static const Refusal unknown_key = {
    403, "InvalidAccessKeyId", 403, "UnrecognizedClientException",
    "The AWS Access Key Id you provided does not exist in our records."};
static const Refusal unknown_token = {400, "InvalidToken", 403, "UnrecognizedClientException",
                                      "The provided token is malformed or otherwise invalid."};
static const Refusal expired_token = {400, "ExpiredToken", 403, "ExpiredTokenException",
                                      "The security token included in the request is expired"};
static const Refusal bad_signature = {
    403, "SignatureDoesNotMatch", 403, "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your key "
    "and signing method."};
static const Refusal skewed = {
    403, "RequestTimeTooSkewed", 403, "InvalidSignatureException",
    "The difference between the request time and the current time is too large."};
static const Refusal expired = {403, "AccessDenied", 403, "InvalidSignatureException",
                                "Request has expired"};
static const Refusal too_early = {403, "AccessDenied", 403, "InvalidSignatureException",
                                  "Request is not valid yet"};

/* Where the query services have a code of their own. */
static const struct {
    const Refusal *refusal;
    const char *code;
} query_codes[] = {
    {&unknown_key, "InvalidClientTokenId"}, {&unknown_token, "InvalidClientTokenId"},
    {&expired_token, "ExpiredToken"},       {&bad_signature, "SignatureDoesNotMatch"},
    {&skewed, "SignatureDoesNotMatch"},
};

static gboolean is_s3(const HttpExchange *exchange)
{
    return exchange->service->errors == HTTP_ERRORS_S3;
}

/* Always FALSE. part is appended to the message; extra is for S3's XML. Either may be NULL. */
static gboolean refuse_as(HttpExchange *exchange, const Refusal *refusal, const char *part,
                          const char *extra)
{
    g_autofree char *message = part != NULL ? g_strdup_printf("%s: %s", refusal->message, part)
                                            : g_strdup(refusal->message);
    gboolean s3 = is_s3(exchange);
    const char *code = s3 ? refusal->s3_code : refusal->code;
    if (exchange->service->errors == HTTP_ERRORS_QUERY)
        for (gsize i = 0; i < G_N_ELEMENTS(query_codes); i++)
            if (query_codes[i].refusal == refusal)
                code = query_codes[i].code;
    http_answer_error(exchange, s3 ? refusal->s3_status : refusal->status, code, message, extra);
    return FALSE;
}

static gboolean refuse_claim(HttpExchange *exchange, SigV4Verdict verdict, const char *detail)
{
    gboolean in_query = http_header(exchange, "Authorization") == NULL;
    switch (verdict) {
    case SIGV4_UNSIGNED:
        return refuse_as(exchange, &unsigned_request, NULL, NULL);
    case SIGV4_OTHER_ALGORITHM:
        return refuse_as(exchange, &other_algorithm, NULL, NULL);
    case SIGV4_UNSIGNED_HEADER:
        return refuse_as(exchange, &unsigned_header, detail, NULL);
    case SIGV4_MISSING_HEADER:
        return refuse_as(exchange, &bad_signature, detail, NULL);
    default:
        return refuse_as(exchange, in_query ? &malformed_query : &malformed, detail, NULL);
    }
}

static gboolean refuse_key(HttpExchange *exchange, const SigV4Claim *claim)
{
    g_autofree char *key = http_xml_escape(claim->access_key_id);
    g_autofree char *extra = g_strdup_printf("<AWSAccessKeyId>%s</AWSAccessKeyId>", key);
    return refuse_as(exchange, &unknown_key, NULL, extra);
}

/* Whose key is it? Sets exchange->caller for temporary ones. */
static gboolean find_key(HttpExchange *exchange, const SigV4Claim *claim)
{
    const SandboxState *state = exchange->server->state;
    if (strcmp(claim->access_key_id, state->access_key_id) == 0)
        return claim->session_token == NULL || refuse_as(exchange, &unknown_token, NULL, NULL);
    exchange->caller = issued_keys_find(state->dir, claim->access_key_id);
    if (exchange->caller == NULL)
        return refuse_key(exchange, claim);
    if (g_strcmp0(claim->session_token, exchange->caller->session_token) != 0)
        return refuse_as(exchange, &unknown_token, NULL, NULL);
    return exchange->caller->expires_at > http_now(exchange) ||
           refuse_as(exchange, &expired_token, NULL, NULL);
}

static const char *secret_of_caller(const HttpExchange *exchange)
{
    return exchange->caller != NULL ? exchange->caller->secret_access_key
                                    : exchange->server->state->secret_access_key;
}

static gboolean check_scope(HttpExchange *exchange, const SigV4Claim *claim)
{
    const SandboxState *state = exchange->server->state;
    if (!find_key(exchange, claim))
        return FALSE;
    if (strcmp(claim->region, state->region) != 0) {
        g_autofree char *extra = g_strdup_printf("<Region>%s</Region>", state->region);
        g_autofree char *part = g_strdup_printf("the region '%s' is wrong; expecting '%s'",
                                                claim->region, state->region);
        return refuse_as(exchange, &malformed, part, extra);
    }
    if (strcmp(claim->service, exchange->service->name) != 0)
        return refuse_as(exchange, &malformed, "the service is wrong", NULL);
    return TRUE;
}

static gboolean check_time(HttpExchange *exchange, const SigV4Claim *claim)
{
    gint64 now = http_now(exchange);
    gint64 allowed = is_s3(exchange) ? S3_SKEW_SECONDS : SKEW_SECONDS;
    if (claim->presigned) {
        if (now > claim->time + claim->expires)
            return refuse_as(exchange, &expired, NULL, NULL);
        return claim->time <= now + allowed || refuse_as(exchange, &too_early, NULL, NULL);
    }
    if (ABS(now - claim->time) <= allowed)
        return TRUE;
    g_autofree char *theirs = sigv4_date(claim->time);
    g_autofree char *ours = sigv4_date(now);
    g_autofree char *extra = g_strdup_printf(
        "<RequestTime>%s</RequestTime><ServerTime>%s</ServerTime>"
        "<MaxAllowedSkewMilliseconds>%" G_GINT64_FORMAT "</MaxAllowedSkewMilliseconds>",
        theirs, ours, allowed * 1000);
    return refuse_as(exchange, &skewed, NULL, extra);
}

/* As S3 does: what we calculated goes back, so that the two can be compared. */
static gboolean refuse_signature(HttpExchange *exchange, const SigV4Claim *claim,
                                 const SigV4Result *result)
{
    if (result->string_to_sign == NULL)
        return refuse_as(exchange, &malformed, "the day of Credential is not that of X-Amz-Date",
                         NULL);
    g_autofree char *to_sign = http_xml_escape(result->string_to_sign);
    g_autofree char *canonical = http_xml_escape(result->canonical_request);
    g_autofree char *provided = http_xml_escape(claim->signature);
    g_autofree char *extra = g_strdup_printf(
        "<AWSAccessKeyId>%s</AWSAccessKeyId><StringToSign>%s</StringToSign>"
        "<SignatureProvided>%s</SignatureProvided><CanonicalRequest>%s</CanonicalRequest>",
        claim->access_key_id, to_sign, provided, canonical);
    return refuse_as(exchange, &bad_signature, NULL, extra);
}

gboolean http_authenticate(HttpExchange *exchange, const char *payload_hash, SigV4Claim *claim)
{
    SigV4Request request = {.method = exchange->method,
                            .path = exchange->path,
                            .query = exchange->query,
                            .headers = exchange->headers,
                            .payload_hash = payload_hash,
                            .path_mode =
                                is_s3(exchange) ? SIGV4_PATH_S3_SERVICE : SIGV4_PATH_DOUBLE};
    g_autofree char *detail = NULL, *why = NULL;
    SigV4Verdict verdict = sigv4_claim_read(&request, claim, &detail);
    if (verdict != SIGV4_GOOD)
        return refuse_claim(exchange, verdict, detail);
    g_auto(SigV4Result) result = {0};
    gboolean good = check_scope(exchange, claim) && check_time(exchange, claim);
    if (good &&
        sigv4_verify(&request, claim, secret_of_caller(exchange), &result, &why) != SIGV4_GOOD)
        good = refuse_signature(exchange, claim, &result);
    if (!good)
        sigv4_claim_clear(claim);
    return good;
}

SigV4Key http_key_of_claim(const HttpExchange *exchange, const SigV4Claim *claim)
{
    return (SigV4Key){.access_key_id = claim->access_key_id,
                      .secret_access_key = secret_of_caller(exchange),
                      .region = claim->region,
                      .service = claim->service,
                      .time = claim->time};
}
