#include "sandbox/sts_server.h"

#include <string.h>

#include "sandbox/issued_keys.h"
#include "sandbox/service.h"

#define MFA_CODE "123456"
#define ROLE_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@-_"
#define WEB_ACTION "Action=AssumeRoleWithWebIdentity"

static gint64 now(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* --- what was asked ---------------------------------------------------------------------------- */

/* The name of a role of this account; the last part of its path. NULL when it was refused. */
static const char *role_of(ServiceCall *call)
{
    const char *arn = service_text(call, "RoleArn");
    g_autofree char *prefix = g_strdup_printf("arn:aws:iam::%s:role/", call->state->account_id);
    const char *slash = arn != NULL ? strrchr(arn, '/') : NULL;
    if (arn == NULL || strlen(arn) < 20 || !g_str_has_prefix(arn, "arn:") || slash == NULL ||
        slash[1] == '\0' || strspn(slash + 1, ROLE_LETTERS) != strlen(slash + 1)) {
        service_refuse(call, 400, "ValidationError", "%s is invalid",
                       arn != NULL && *arn != '\0' ? arn : "RoleArn");
        return NULL;
    }
    if (g_str_has_prefix(arn, prefix))
        return slash + 1;
    service_refuse(call, 403, "AccessDenied",
                   "User: arn:aws:iam::%s:user/sandbox is not authorized to perform: "
                   "sts:AssumeRole on resource: %s",
                   call->state->account_id, arn);
    return NULL;
}

static const char *session_of(ServiceCall *call)
{
    const char *name = service_text(call, "RoleSessionName");
    gsize length = name != NULL ? strlen(name) : 0;
    if (length >= 2 && length <= 64 && strspn(name, ROLE_LETTERS) == length)
        return name;
    service_refuse(call, 400, "ValidationError",
                   "Value '%s' at 'roleSessionName' failed to satisfy constraint: Member must "
                   "satisfy regular expression pattern: [\\w+=,.@-]{2,64}",
                   name != NULL ? name : "");
    return NULL;
}

/* How long the keys live: what a rule says, or --credential-seconds, else what was asked for. */
static gboolean read_duration(ServiceCall *call, gint64 *seconds)
{
    gboolean chained = call->exchange->caller != NULL;
    const char *text = service_text(call, "DurationSeconds");
    *seconds = 3600;
    if (text != NULL &&
        !g_ascii_string_to_signed(text, 10, 900, chained ? 3600 : 43200, seconds, NULL)) {
        service_refuse(call, 400, "ValidationError",
                       chained ? "The requested DurationSeconds exceeds the 1 hour session limit "
                                 "for roles assumed by role chaining"
                               : "Value '%s' at 'durationSeconds' failed to satisfy constraint: "
                                 "Member must have value between 900 and 43200",
                       text);
        return FALSE;
    }
    if (call->exchange->fault.ttl_s > 0)
        *seconds = call->exchange->fault.ttl_s;
    else if (call->state->credential_seconds > 0)
        *seconds = call->state->credential_seconds;
    return TRUE;
}

/* What would restrict the session; here nothing could. */
static gboolean refuse_restrictions(ServiceCall *call)
{
    static const char *const names[] = {"Policy",         "PolicyArns.member.1.arn",
                                        "SourceIdentity", "Tags.member.1.Key",
                                        "ProviderId",     "TransitiveTagKeys.member.1"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (service_text(call, names[i]) == NULL)
            continue;
        service_refuse(call, 400, "ValidationError", "The sandbox does not support %s.", names[i]);
        return TRUE;
    }
    return FALSE;
}

static gboolean check_mfa(ServiceCall *call)
{
    const char *serial = service_text(call, "SerialNumber"),
               *code = service_text(call, "TokenCode");
    if ((serial == NULL && code == NULL) || (serial != NULL && g_strcmp0(code, MFA_CODE) == 0))
        return TRUE;
    service_refuse(call, 403, "AccessDenied",
                   "MultiFactorAuthentication failed with invalid MFA one time pass code.");
    return FALSE;
}

/* --- answers ----------------------------------------------------------------------------------- */

static void add_credentials(GString *out, const IssuedKey *key)
{
    g_autofree char *expiry = service_iso_time(key->expires_at);
    g_string_append(out, "<Credentials>");
    service_xml_text(out, "AccessKeyId", key->access_key_id);
    service_xml_text(out, "SecretAccessKey", key->secret_access_key);
    service_xml_text(out, "SessionToken", key->session_token);
    service_xml_text(out, "Expiration", expiry);
    g_string_append(out, "</Credentials><AssumedRoleUser>");
    service_xml_text(out, "AssumedRoleId", key->user_id);
    service_xml_text(out, "Arn", key->arn);
    g_string_append(out, "</AssumedRoleUser>");
}

/* subject is that of a web identity, or NULL. */
static void issue(ServiceCall *call, const char *subject)
{
    gint64 seconds;
    g_autoptr(GError) error = NULL;
    const char *role = role_of(call);
    const char *session = role != NULL ? session_of(call) : NULL;
    if (session == NULL || refuse_restrictions(call) || !read_duration(call, &seconds))
        return;
    g_autoptr(IssuedKey) key = issued_keys_add_role(call->state->dir, call->state->account_id, role,
                                                    session, seconds, &error);
    if (key == NULL) {
        service_refuse(call, 500, "InternalFailure", "%s", error->message);
        return;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    add_credentials(out, key);
    if (subject != NULL)
        service_xml_text(out, "SubjectFromWebIdentityToken", subject);
    service_answer_query(call, out->str);
}

static void assume_role(ServiceCall *call)
{
    if (check_mfa(call))
        issue(call, NULL);
}

/* The claims of a JWT, or NULL when it is none. */
static cJSON *claims_of(const char *token)
{
    g_auto(GStrv) parts = g_strsplit(token, ".", -1);
    if (g_strv_length(parts) != 3)
        return NULL;
    gsize length = strlen(parts[1]), decoded = 0;
    g_autofree char *padded =
        g_strdup_printf("%s%.*s", parts[1], (int)((4 - length % 4) % 4), "==");
    g_strdelimit(padded, "-", '+');
    g_strdelimit(padded, "_", '/');
    g_autofree guchar *bytes = g_base64_decode(padded, &decoded);
    return cJSON_ParseWithLength((const char *)bytes, decoded);
}

static void assume_role_with_web_identity(ServiceCall *call)
{
    const char *token = service_text(call, "WebIdentityToken");
    gsize length = token != NULL ? strlen(token) : 0;
    if (length < 4 || length > 20000) {
        service_refuse(call, 400, "ValidationError",
                       "Value at 'webIdentityToken' failed to satisfy constraint: Member must have "
                       "length between 4 and 20000");
        return;
    }
    cJSON *claims = claims_of(token);
    const char *subject = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(claims, "sub"));
    const cJSON *end = cJSON_GetObjectItemCaseSensitive(claims, "exp");
    if (subject == NULL || !cJSON_IsNumber(end))
        service_refuse(call, 400, "InvalidIdentityToken",
                       "The ID Token provided is not a valid JWT. (You may see this error if you "
                       "sent an Access Token)");
    else if (end->valuedouble <= (double)now())
        service_refuse(call, 400, "ExpiredTokenException", "Token expired");
    else
        issue(call, subject);
    cJSON_Delete(claims);
}

static void get_caller_identity(ServiceCall *call)
{
    const IssuedKey *caller = call->exchange->caller;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *arn =
        caller != NULL ? g_strdup(caller->arn)
                       : g_strdup_printf("arn:aws:iam::%s:user/sandbox", call->state->account_id);
    g_autofree char *id =
        caller != NULL ? g_strdup(caller->user_id) : issued_keys_id("AIDA", "sandbox");
    service_xml_text(out, "Arn", arn);
    service_xml_text(out, "UserId", id);
    service_xml_text(out, "Account", call->state->account_id);
    service_answer_query(call, out->str);
}

/* --- the service ------------------------------------------------------------------------------- */

static gboolean asks_unsigned(const HttpExchange *exchange)
{
    const GByteArray *body = exchange->body;
    if (http_header(exchange, "Authorization") != NULL || body->len == 0)
        return FALSE;
    g_autofree char *form = g_strndup((const char *)body->data, body->len);
    g_auto(GStrv) pairs = g_strsplit(form, "&", -1);
    return g_strv_contains((const char *const *)pairs, WEB_ACTION);
}

void sts_server_begin(HttpExchange *exchange)
{
    if (asks_unsigned(exchange))
        http_meet_fault(exchange, exchange->service->name, "AssumeRoleWithWebIdentity");
    else
        service_begin(exchange);
}

void sts_server_finish(HttpExchange *exchange)
{
    static const ServiceOperation operations[] = {
        {"AssumeRole", assume_role},
        {"AssumeRoleWithWebIdentity", assume_role_with_web_identity},
        {"GetCallerIdentity", get_caller_identity},
    };
    service_run(exchange, operations, G_N_ELEMENTS(operations));
}
