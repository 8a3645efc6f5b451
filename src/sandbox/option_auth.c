/* The authorization clauses of UNLOAD and COPY (Redshift guide, Authorization parameters). */
#include "sandbox/options.h"

#include <string.h>

void auth_clear(AuthClause *auth)
{
    g_clear_pointer(&auth->roles, g_free);
    auth->kind = AUTH_NONE;
}

/* Two methods at once are refused; the parts of one key are not two methods. */
static gboolean set_method(OptionReader *reader, AuthClause *auth, AuthKind kind)
{
    if (auth->kind != AUTH_NONE && !(auth->kind == AUTH_KEYS && kind == AUTH_KEYS))
        return refuse(reader->refusal, "42601",
                      "Only one authorization method may be specified: IAM_ROLE, CREDENTIALS or "
                      "ACCESS_KEY_ID and SECRET_ACCESS_KEY");
    auth->kind = kind;
    return TRUE;
}

static gboolean take_role(OptionReader *reader, AuthClause *auth)
{
    if (!set_method(reader, auth, AUTH_ROLE))
        return FALSE;
    option_take(reader, "as");
    if (option_take(reader, "default")) {
        auth->roles = g_strdup("default");
        return TRUE;
    }
    if (!option_need_string(reader, &auth->roles))
        return FALSE;
    if (g_ascii_strcasecmp(auth->roles, "session") == 0)
        auth->kind = AUTH_SESSION;
    return TRUE;
}

static gboolean read_credentials(OptionReader *reader, AuthClause *auth, const char *text)
{
    g_auto(GStrv) pairs = g_strsplit(text, ";", -1);
    for (char **pair = pairs; *pair != NULL; pair++) {
        if (g_str_has_prefix(*pair, "aws_iam_role=") && auth->roles == NULL)
            auth->roles = g_strdup(*pair + strlen("aws_iam_role="));
        else if (g_str_has_prefix(*pair, "aws_access_key_id="))
            auth->access_key = TRUE;
        else if (g_str_has_prefix(*pair, "aws_secret_access_key="))
            auth->secret_key = TRUE;
        else if (g_str_has_prefix(*pair, "token="))
            auth->token = TRUE;
        else if (**pair != '\0' && !g_str_has_prefix(*pair, "master_symmetric_key="))
            return refuse(reader->refusal, "XX000", "Invalid credentials string.");
    }
    gboolean keys = auth->access_key || auth->secret_key || auth->token;
    if (keys == (auth->roles != NULL))
        return refuse(reader->refusal, "XX000",
                      "CREDENTIALS must name aws_iam_role, or aws_access_key_id and "
                      "aws_secret_access_key.");
    auth->kind = keys ? AUTH_KEYS : AUTH_ROLE;
    return TRUE;
}

static gboolean take_credentials(OptionReader *reader, AuthClause *auth)
{
    option_take(reader, "as");
    g_autofree char *text = NULL;
    if (auth->kind != AUTH_NONE)
        return set_method(reader, auth, AUTH_ROLE);
    return option_need_string(reader, &text) && read_credentials(reader, auth, text);
}

static gboolean take_key(OptionReader *reader, AuthClause *auth, gboolean *which)
{
    g_autofree char *text = NULL;
    option_take(reader, "as");
    if (*which)
        return refuse(reader->refusal, "42601", "conflicting or redundant options");
    *which = TRUE;
    return set_method(reader, auth, AUTH_KEYS) && option_need_string(reader, &text);
}

OptionResult option_take_auth(OptionReader *reader, AuthClause *auth)
{
    gboolean good;
    if (option_take(reader, "iam_role")) {
        good = take_role(reader, auth);
    } else if (option_take(reader, "with")) {
        good = option_need(reader, "credentials") && take_credentials(reader, auth);
    } else if (option_take(reader, "credentials")) {
        good = take_credentials(reader, auth);
    } else if (option_take(reader, "access_key_id")) {
        good = take_key(reader, auth, &auth->access_key);
    } else if (option_take(reader, "secret_access_key")) {
        good = take_key(reader, auth, &auth->secret_key);
    } else if (option_take(reader, "session_token")) {
        good = take_key(reader, auth, &auth->token);
    } else {
        return OPTION_NOT_HERE;
    }
    return good ? OPTION_TAKEN : OPTION_REFUSED;
}

gboolean auth_check(const AuthClause *auth, const char *statement, Refusal *refusal)
{
    if (auth->kind == AUTH_NONE)
        return refuse(refusal, "42601",
                      "%s requires an authorization clause such as IAM_ROLE or CREDENTIALS",
                      statement);
    if (auth->kind == AUTH_KEYS && !(auth->access_key && auth->secret_key))
        return refuse(refusal, "42601",
                      "ACCESS_KEY_ID and SECRET_ACCESS_KEY must be specified together");
    return TRUE;
}

static gboolean refuse_role(const char *role, const char *region, const char *user, gint64 query_id,
                            int pid, Refusal *refusal)
{
    g_autofree char *error = g_strdup_printf(
        "User arn:aws:redshift:%s:000000000000:dbuser:sandbox/%s is not authorized to assume IAM "
        "Role %s",
        region, user, role);
    g_autofree char *context = g_strdup_printf("IAM Role=%s", role);
    refuse(refusal, "XX000", "%s", error);
    if (refusal->detail == NULL)
        refusal->detail =
            boxed_detail(error, 8001, context, query_id, "xen_aws_credentials_mgr.cpp:411", pid);
    return FALSE;
}

gboolean auth_resolve(const AuthClause *auth, const char *role, const char *region,
                      const char *user, gint64 query_id, int pid, Refusal *refusal)
{
    if (auth->kind == AUTH_KEYS)
        return refuse_unsupported(refusal, "authorization by access key (use IAM_ROLE)");
    if (auth->kind == AUTH_SESSION)
        return refuse(refusal, "XX000",
                      "IAM_ROLE 'SESSION' needs a session that signed in by IAM federation");
    if (g_ascii_strcasecmp(auth->roles, "default") == 0)
        return TRUE;
    g_auto(GStrv) chain = g_strsplit(auth->roles, ",", -1);
    for (char **link = chain; *link != NULL; link++)
        if (!g_str_equal(*link, role))
            return refuse_role(*link, region, user, query_id, pid, refusal);
    return chain[0] != NULL || refuse_role("", region, user, query_id, pid, refusal);
}
