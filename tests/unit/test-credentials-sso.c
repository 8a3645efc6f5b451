/* When a single sign-on token is renewed, and what becomes of one that cannot be. */
#include <string.h>

#include "base/error.h"
#include "tests/unit/aws-stub.h"

#define SESSION                                                                                    \
    "[profile p]\nsso_session = work\nsso_account_id = 1\nsso_role_name = r\n"                     \
    "[sso-session work]\nsso_start_url = https://start\nsso_region = us-east-1\n"
#define LEGACY                                                                                     \
    "[profile p]\nsso_start_url = https://start\nsso_region = us-east-1\nsso_account_id = 1\n"     \
    "sso_role_name = r\n"
#define RENEWABLE(expires, refresh, registered)                                                    \
    "{\"accessToken\":\"good\",\"expiresAt\":\"" expires "\",\"clientId\":\"c\",\"clientSecret\":" \
    "\"hush\",\"registrationExpiresAt\":\"" registered "\",\"refreshToken\":\"" refresh "\"}"
#define PLAIN(expires) "{\"accessToken\":\"good\",\"expiresAt\":\"" expires "\"}"

/* The stub's time is 2025-06-15T15:06:40Z. */
#define IN_AN_HOUR "2025-06-15T16:06:40Z"
#define IN_TEN_MINUTES "2025-06-15T15:16:40Z"
#define AN_HOUR_AGO "2025-06-15T14:06:40Z"
#define NEXT_YEAR "2026-06-15T00:00:00Z"

static CredentialsSource *start(AwsStub *stub, const char *config, const char *token)
{
    g_autofree char *name = aws_stub_token_name(config == NULL ? "https://start" : "work");
    aws_stub_files(stub, config != NULL ? config : LEGACY, NULL);
    aws_stub_write(stub, name, token);
    CredentialsSettings settings = aws_stub_settings(stub);
    settings.aws_profile = "p";
    return credentials_source_new_with(&settings);
}

static void test_tokens_are_renewed_when_it_is_time_and_possible(void)
{
    static const struct {
        const char *name, *config, *token; /* config NULL: without a session */
        guint renewals;
        const char *says; /* NULL: there are keys */
    } cases[] = {
        {"good for an hour", SESSION, RENEWABLE(IN_AN_HOUR, "refresh", NEXT_YEAR), 0, NULL},
        {"good for ten minutes", SESSION, RENEWABLE(IN_TEN_MINUTES, "refresh", NEXT_YEAR), 1, NULL},
        {"expired", SESSION, RENEWABLE(AN_HOUR_AGO, "refresh", NEXT_YEAR), 1, NULL},
        {"refused, but still good", SESSION, RENEWABLE(IN_TEN_MINUTES, "old", NEXT_YEAR), 1, NULL},
        {"refused and expired", SESSION, RENEWABLE(AN_HOUR_AGO, "old", NEXT_YEAR), 1,
         "profile p;expired;invalid_grant;aws sso login --sso-session work"},
        {"registration at its end", SESSION, RENEWABLE(AN_HOUR_AGO, "refresh", AN_HOUR_AGO), 0,
         "profile p;expired;aws sso login --sso-session work"},
        {"nothing to renew with, but still good", SESSION, PLAIN(IN_TEN_MINUTES), 0, NULL},
        {"nothing to renew with", SESSION, PLAIN(AN_HOUR_AGO), 0, "expired;--sso-session work"},
        {"those without a session are not renewed", NULL,
         RENEWABLE(AN_HOUR_AGO, "refresh", NEXT_YEAR), 0, "expired;aws sso login --profile p"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        AwsStub stub;
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].name);
        aws_stub_start(&stub);
        g_autoptr(CredentialsSource) source = start(&stub, cases[i].config, cases[i].token);
        g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, &error);
        g_assert_cmpuint(http_stub_count(stub.http, "POST /token"), ==, cases[i].renewals);
        if (cases[i].says == NULL) {
            g_assert_no_error(error);
            g_assert_cmpstr(credentials->access_key_id, ==, "SSO");
        } else {
            g_assert_error(error, RS_ERROR, RS_ERROR_AUTH);
            g_auto(GStrv) pieces = g_strsplit(cases[i].says, ";", -1);
            for (char **piece = pieces; *piece != NULL; piece++)
                g_assert_nonnull(strstr(error->message, *piece));
            g_assert_null(strstr(error->message, "hush"));
        }
        aws_stub_stop(&stub);
    }
}

static void test_a_refused_renewal_is_tried_again_after_a_minute(void)
{
    static const struct {
        gint at;
        guint renewals;
    } steps[] = {{0, 1}, {1, 1}, {59, 1}, {60, 2}};
    AwsStub stub;
    aws_stub_start(&stub);
    g_autoptr(CredentialsSource) source =
        start(&stub, SESSION, RENEWABLE(IN_TEN_MINUTES, "old", NEXT_YEAR));
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_atomic_int_set(&stub.now, steps[i].at);
        g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, NULL);
        g_assert_nonnull(credentials);
        g_assert_cmpuint(http_stub_count(stub.http, "POST /token"), ==, steps[i].renewals);
        credentials_source_invalidate(source, credentials);
    }
    aws_stub_stop(&stub);
}

/* The CLI may have logged in anew meanwhile: the file is read each time. */
static void test_a_login_elsewhere_is_noticed(void)
{
    AwsStub stub;
    g_autofree char *name = aws_stub_token_name("work");
    g_autoptr(GError) error = NULL;
    aws_stub_start(&stub);
    g_autoptr(CredentialsSource) source = start(&stub, SESSION, PLAIN(AN_HOUR_AGO));
    g_assert_null(credentials_source_get(source, NULL, &error));
    aws_stub_write(&stub, name, PLAIN(IN_AN_HOUR));
    g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, NULL);
    g_assert_nonnull(credentials);
    aws_stub_stop(&stub);
}

static void add_tests(void)
{
    g_test_add_func("/sso/tokens-are-renewed-when-it-is-time-and-possible",
                    test_tokens_are_renewed_when_it_is_time_and_possible);
    g_test_add_func("/sso/a-refused-renewal-is-tried-again-after-a-minute",
                    test_a_refused_renewal_is_tried_again_after_a_minute);
    g_test_add_func("/sso/a-login-elsewhere-is-noticed", test_a_login_elsewhere_is_noticed);
}

int main(int argc, char **argv)
{
    return aws_stub_main(argc, argv, add_tests);
}
