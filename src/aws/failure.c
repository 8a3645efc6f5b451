#include "aws/failure.h"

#include <expat.h>
#include <string.h>

#include "aws/retry.h"
#include "base/text.h"

typedef struct {
    const char *code;
    RsErrorCode error;
    const char *remedy; /* NULL: the code says it all */
} FailureRow;

#define WRONG_KEY "check the access key id and the secret access key; they do not belong together"
#define EXPIRED "get new temporary credentials and try again"
#define NOT_ALLOWED "let the policies of these credentials and of the bucket allow it"

static const FailureRow rows[] = {
    {"NoSuchKey", RS_ERROR_NOT_FOUND, NULL},
    {"NoSuchBucket", RS_ERROR_NOT_FOUND, "check the bucket's name and the endpoint"},
    {"NoSuchUpload", RS_ERROR_NOT_FOUND, NULL},
    {"ResourceNotFoundException", RS_ERROR_NOT_FOUND, NULL},
    {"ClusterNotFound", RS_ERROR_NOT_FOUND, "check the cluster's name and the Region"},
    {"ValidationException", RS_ERROR_USAGE, NULL},
    {"InvalidParameterValue", RS_ERROR_USAGE, NULL},
    {"InvalidParameterException", RS_ERROR_USAGE, NULL},
    {"MissingParameter", RS_ERROR_USAGE, NULL},
    {"InvalidRequestException", RS_ERROR_CONFLICT, NULL},
    {"InvalidNextTokenException", RS_ERROR_USAGE, NULL},
    {"UnsupportedOperation", RS_ERROR_UNSUPPORTED, NULL},
    {"DecryptionFailure", RS_ERROR_PERMISSION, "let these credentials use the secret's KMS key"},
    {"ActiveStatementsExceededException", RS_ERROR_LIMIT, "wait until other statements have ended"},
    {"ActiveSessionsExceededException", RS_ERROR_LIMIT, "wait until other sessions have ended"},
    {"ActiveWaitingRequestsExceededException", RS_ERROR_THROTTLED, NULL},
    {"DatabaseConnectionException", RS_ERROR_CONNECT,
     "check the database's name and that the cluster is running"},
    {"QueryTimeoutException", RS_ERROR_TRANSIENT, NULL},
    {"AccessDenied", RS_ERROR_PERMISSION, NOT_ALLOWED},
    {"AccessDeniedException", RS_ERROR_PERMISSION, NOT_ALLOWED},
    {"AllAccessDisabled", RS_ERROR_PERMISSION, NULL},
    {"InvalidObjectState", RS_ERROR_PERMISSION, "the object is archived; restore it first"},
    {"SignatureDoesNotMatch", RS_ERROR_AUTH, WRONG_KEY},
    {"InvalidSignatureException", RS_ERROR_AUTH, WRONG_KEY},
    {"InvalidAccessKeyId", RS_ERROR_AUTH, "check the access key id; the service does not know it"},
    {"InvalidClientTokenId", RS_ERROR_AUTH,
     "check the access key id; the service does not know it"},
    {"UnrecognizedClientException", RS_ERROR_AUTH, "check the access key id and the Region"},
    {"ExpiredToken", RS_ERROR_AUTH, EXPIRED},
    {"ExpiredTokenException", RS_ERROR_AUTH, EXPIRED},
    {"InvalidToken", RS_ERROR_AUTH, "check the session token; it belongs to other keys"},
    {"TokenRefreshRequired", RS_ERROR_AUTH, EXPIRED},
    {"InvalidIdentityToken", RS_ERROR_AUTH, "get a new web identity token"},
    {"IDPRejectedClaim", RS_ERROR_AUTH, "get a new web identity token"},
    {"UnauthorizedException", RS_ERROR_AUTH, NULL},
    {"invalid_grant", RS_ERROR_AUTH, NULL},
    {"invalid_client", RS_ERROR_AUTH, NULL},
    {"ForbiddenException", RS_ERROR_PERMISSION, NULL},
    {"RegionDisabledException", RS_ERROR_CONFIG,
     "enable the Region in the account, or use another"},
    {"ValidationError", RS_ERROR_CONFIG, NULL},
    {"MissingAuthenticationToken", RS_ERROR_AUTH, NULL},
    {"IncompleteSignature", RS_ERROR_AUTH, NULL},
    {"RequestTimeTooSkewed", RS_ERROR_AUTH, "set this machine's clock"},
    {"RequestExpired", RS_ERROR_AUTH, "set this machine's clock"},
    {"AuthorizationHeaderMalformed", RS_ERROR_CONFIG, "set the Region that the message names"},
    {"PermanentRedirect", RS_ERROR_CONFIG, "set the bucket's own Region or endpoint"},
    {"TemporaryRedirect", RS_ERROR_TRANSIENT, NULL},
    {"IllegalLocationConstraintException", RS_ERROR_CONFIG, "set the bucket's own Region"},
    {"OptInRequired", RS_ERROR_CONFIG, "enable the Region in the account, or use another"},
    {"InvalidBucketName", RS_ERROR_USAGE, NULL},
    {"KeyTooLongError", RS_ERROR_USAGE, "a key has at most 1,024 bytes"},
    {"InvalidRange", RS_ERROR_DATA, NULL},
    {"BucketAlreadyExists", RS_ERROR_EXISTS, NULL},
    {"BucketAlreadyOwnedByYou", RS_ERROR_EXISTS, NULL},
    {"BucketNotEmpty", RS_ERROR_CONFLICT, NULL},
    {"OperationAborted", RS_ERROR_CONFLICT, NULL},
    {"PreconditionFailed", RS_ERROR_CONFLICT, "the object was changed meanwhile; start again"},
    {"ConditionalRequestConflict", RS_ERROR_CONFLICT, NULL},
    {"BadDigest", RS_ERROR_CORRUPT, "the bytes were changed on the way"},
    {"XAmzContentSHA256Mismatch", RS_ERROR_CORRUPT, "the bytes were changed on the way"},
    {"InvalidPart", RS_ERROR_CORRUPT, NULL},
    {"EntityTooLarge", RS_ERROR_LIMIT, NULL},
    {"EntityTooSmall", RS_ERROR_LIMIT, NULL},
    {"QuotaExceeded", RS_ERROR_LIMIT, NULL},
    {"NotImplemented", RS_ERROR_UNSUPPORTED, NULL},
    {"MethodNotAllowed", RS_ERROR_UNSUPPORTED, NULL},
    {"UnknownOperationException", RS_ERROR_UNSUPPORTED, NULL},
    {"InvalidAction", RS_ERROR_UNSUPPORTED, NULL},
};

/* HEAD answers and proxies give a status and nothing else. */
static const struct {
    int status;
    RsErrorCode error;
    const char *name;
} statuses[] = {
    {301, RS_ERROR_CONFIG, "the bucket is in another Region"},
    {307, RS_ERROR_TRANSIENT, "sent elsewhere for now"},
    {400, RS_ERROR_INTERNAL, "the request was refused as malformed"},
    {401, RS_ERROR_AUTH, "not signed in"},
    {403, RS_ERROR_PERMISSION, "access denied"},
    {404, RS_ERROR_NOT_FOUND, "not found"},
    {405, RS_ERROR_UNSUPPORTED, "not allowed here"},
    {407, RS_ERROR_AUTH, "the proxy wants a password"},
    {409, RS_ERROR_CONFLICT, "in conflict with another request"},
    {412, RS_ERROR_CONFLICT, "the object was changed meanwhile"},
    {416, RS_ERROR_DATA, "the range is outside the object"},
    {501, RS_ERROR_UNSUPPORTED, "not offered by this service"},
};

static const FailureRow *row_of(const char *code)
{
    for (gsize i = 0; code != NULL && i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].code, code) == 0)
            return &rows[i];
    return NULL;
}

RsErrorCode aws_failure_code(const AwsFailure *failure)
{
    const FailureRow *row = row_of(failure->code);
    if (row != NULL)
        return row->error;
    switch (retry_classify(failure->status, failure->code)) {
    case RETRY_THROTTLED:
        return RS_ERROR_THROTTLED;
    case RETRY_TRANSIENT:
        return RS_ERROR_TRANSIENT;
    default:
        break;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++)
        if (statuses[i].status == failure->status)
            return statuses[i].error;
    return failure->status >= 500 ? RS_ERROR_TRANSIENT : RS_ERROR_INTERNAL;
}

static const char *status_words(int status)
{
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].name;
    return "refused";
}

GError *aws_failure_error(const AwsFailure *failure, const char *what)
{
    const FailureRow *row = row_of(failure->code);
    g_autoptr(GString) text = g_string_new(what);
    g_string_append_printf(text, ": %s",
                           failure->code != NULL ? failure->code : status_words(failure->status));
    if (failure->message != NULL)
        g_string_append_printf(text, ": %s", failure->message);
    g_string_append_printf(text, " (HTTP %d", failure->status);
    if (failure->request_id != NULL)
        g_string_append_printf(text, ", request id %s", failure->request_id);
    g_string_append_c(text, ')');
    if (row != NULL && row->remedy != NULL)
        g_string_append_printf(text, "; %s", row->remedy);
    return g_error_new_literal(RS_ERROR, (int)aws_failure_code(failure), text->str);
}

/* --- XML --------------------------------------------------------------------------------------- */

typedef struct {
    AwsFailure *failure;
    gboolean is_error; /* the root is <Error> or <ErrorResponse> */
    int depth;
    GString *text;
} Reader;

static void on_start(void *user, const char *name, const char **attributes)
{
    Reader *reader = user;
    if (reader->depth++ == 0)
        reader->is_error = strcmp(name, "Error") == 0 || strcmp(name, "ErrorResponse") == 0;
    g_string_truncate(reader->text, 0);
}

static void on_text(void *user, const char *text, int length)
{
    Reader *reader = user;
    g_string_append_len(reader->text, text, length);
}

static void on_end(void *user, const char *name)
{
    Reader *reader = user;
    AwsFailure *failure = reader->failure;
    const struct {
        const char *name;
        char **field;
    } fields[] = {{"Code", &failure->code},
                  {"Message", &failure->message},
                  {"RequestId", &failure->request_id},
                  {"Region", &failure->region},
                  {"Endpoint", &failure->endpoint}};
    for (gsize i = 0; reader->is_error && i < G_N_ELEMENTS(fields); i++)
        if (strcmp(name, fields[i].name) == 0 && *fields[i].field == NULL && reader->text->len > 0)
            *fields[i].field = text_printable(reader->text->str, (gssize)reader->text->len);
    g_string_truncate(reader->text, 0);
    reader->depth--;
}

static char *printable(const char *text)
{
    return text != NULL && *text != '\0' ? text_printable(text, -1) : NULL;
}

gboolean aws_failure_read_xml(HttpResponse *response, AwsFailure *failure)
{
    memset(failure, 0, sizeof *failure);
    failure->status = response->status;
    g_autoptr(GString) text = g_string_new("");
    Reader reader = {.failure = failure, .text = text};
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetUserData(parser, &reader);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    const char *body = http_response_text(response);
    gsize length = response->body != NULL ? response->body->len : 0;
    gboolean whole = XML_Parse(parser, body, (int)length, TRUE) == XML_STATUS_OK;
    XML_ParserFree(parser);
    if (failure->request_id == NULL)
        failure->request_id = printable(http_response_header(response, "x-amz-request-id"));
    if (failure->region == NULL)
        failure->region = printable(http_response_header(response, "x-amz-bucket-region"));
    /* What was read before a break counts; and where XML had to come, a broken body is an error too. */
    return reader.is_error || !whole;
}

void aws_failure_clear(AwsFailure *failure)
{
    g_free(failure->code);
    g_free(failure->message);
    g_free(failure->request_id);
    g_free(failure->region);
    g_free(failure->endpoint);
    memset(failure, 0, sizeof *failure);
}
