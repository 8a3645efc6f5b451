#include "redshift/server_error.h"

#include <string.h>

#include "base/log.h"

/* A statement longer than this is not quoted back: the position alone would not help. */
#define QUOTED_STATEMENT_MAX 4000
#define QUOTED_LINE_MAX 120

/* By the longest prefix of the SQLSTATE; longer ones first. */
static const struct {
    const char *prefix;
    RsErrorCode code;
} states[] = {
    {"28", RS_ERROR_AUTH},           {"42501", RS_ERROR_PERMISSION}, {"42P01", RS_ERROR_NOT_FOUND},
    {"3F000", RS_ERROR_NOT_FOUND},   {"3D000", RS_ERROR_NOT_FOUND},  {"42P07", RS_ERROR_EXISTS},
    {"42710", RS_ERROR_EXISTS},      {"42P06", RS_ERROR_EXISTS},     {"42P04", RS_ERROR_EXISTS},
    {"40001", RS_ERROR_CONFLICT},    {"40P01", RS_ERROR_CONFLICT},   {"55P03", RS_ERROR_CONFLICT},
    {"57014", RS_ERROR_CANCELLED},   {"57P0", RS_ERROR_CONNECT},     {"08", RS_ERROR_CONNECT},
    {"0A000", RS_ERROR_UNSUPPORTED}, {"22", RS_ERROR_DATA},          {"23", RS_ERROR_DATA},
    {"53", RS_ERROR_LIMIT},          {"54", RS_ERROR_LIMIT},         {"42", RS_ERROR_USAGE},
    {"26", RS_ERROR_USAGE},          {"25", RS_ERROR_USAGE},
};

/* Looked for in the text and its detail, letter case ignored; the first that is found decides. */
static const struct {
    const char *text;
    RsErrorCode code;
} texts[] = {
    {"serializable isolation violation", RS_ERROR_CONFLICT},
    {"conflict with concurrent transaction", RS_ERROR_CONFLICT},
    {"deadlock detected", RS_ERROR_CONFLICT},
    {"unload destination on s3 is not empty", RS_ERROR_EXISTS},
    {"stl_load_errors", RS_ERROR_DATA},
    {"sys_load_error_detail", RS_ERROR_DATA},
    {"spectrum scan error", RS_ERROR_DATA},
    {"multiple matches to update the same tuple", RS_ERROR_DATA},
    {"slowdown", RS_ERROR_THROTTLED},
    {"serviceunavailable", RS_ERROR_THROTTLED},
    {"accessdenied", RS_ERROR_PERMISSION},
    {"access denied", RS_ERROR_PERMISSION},
    {"permission denied", RS_ERROR_PERMISSION},
    {"not authorized", RS_ERROR_PERMISSION},
    {"nosuchbucket", RS_ERROR_NOT_FOUND},
    {"nosuchkey", RS_ERROR_NOT_FOUND},
    {"does not exist", RS_ERROR_NOT_FOUND},
    {"disk full", RS_ERROR_LIMIT},
    {"maximum size allowed", RS_ERROR_LIMIT},
    {"exceeds the limit", RS_ERROR_LIMIT},
    {"out of memory", RS_ERROR_LIMIT},
    {"not supported", RS_ERROR_UNSUPPORTED},
};

static gboolean holds(const char *text, const char *lower_needle)
{
    if (text == NULL)
        return FALSE;
    g_autofree char *lower = g_ascii_strdown(text, -1);
    return strstr(lower, lower_needle) != NULL;
}

/* Redshift numbers this failure instead of giving it a SQLSTATE: "ERROR: 1023 DETAIL: ...". */
static gboolean is_conflict_1023(const char *text)
{
    const char *found = text == NULL ? NULL : strstr(text, "1023");
    return found != NULL && (found == text || !g_ascii_isalnum(found[-1])) &&
           !g_ascii_isalnum(found[4]);
}

static RsErrorCode code_of_text(const char *message, const char *detail)
{
    if (is_conflict_1023(message))
        return RS_ERROR_CONFLICT;
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        if (holds(message, texts[i].text) || holds(detail, texts[i].text))
            return texts[i].code;
    return RS_ERROR_INTERNAL;
}

RsErrorCode server_error_code(const char *sqlstate, const char *message, const char *detail)
{
    for (gsize i = 0; sqlstate != NULL && i < G_N_ELEMENTS(states); i++)
        if (g_str_has_prefix(sqlstate, states[i].prefix))
            return states[i].code;
    return code_of_text(message, detail);
}

/* Appends the text's lines without the rules, blanks and empty lines that Redshift boxes them in. */
static void append_lines(GString *out, const char *title, const char *text)
{
    if (text == NULL)
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const char *lead = title;
    for (char **line = lines; *line != NULL; line++) {
        g_strstrip(*line);
        if (strspn(*line, "-") == strlen(*line))
            continue;
        g_string_append_printf(out, "\n%s%s", lead, *line);
        lead = "  ";
    }
}

/* The statement's line that holds the position, and a caret under it. */
static void append_caret(GString *out, const ServerReport *report)
{
    const char *sql = report->sql;
    if (report->position < 1 || sql == NULL || strlen(sql) > QUOTED_STATEMENT_MAX ||
        !g_utf8_validate(sql, -1, NULL) || report->position > g_utf8_strlen(sql, -1))
        return;
    const char *at = g_utf8_offset_to_pointer(sql, report->position - 1);
    const char *begin = at, *end = at + strcspn(at, "\n");
    while (begin > sql && begin[-1] != '\n')
        begin--;
    if (g_utf8_strlen(begin, end - begin) > QUOTED_LINE_MAX)
        return;
    g_autofree char *line = g_strndup(begin, (gsize)(end - begin));
    g_strdelimit(line, "\t\r", ' ');
    g_string_append_printf(out, "\n  %s\n  %*s^", line, (int)g_utf8_strlen(begin, at - begin), "");
}

static gboolean holds_credentials(const char *sql)
{
    g_autofree char *masked = log_redact(sql);
    return strcmp(masked, sql) != 0;
}

char *server_error_text(const ServerReport *report)
{
    GString *out = g_string_new(report->message);
    g_strchomp(out->str);
    g_string_set_size(out, strlen(out->str));
    if (report->sqlstate != NULL && *report->sqlstate != '\0')
        g_string_append_printf(out, " (SQLSTATE %s)", report->sqlstate);
    append_lines(out, "detail: ", report->detail);
    append_lines(out, "hint: ", report->hint);
    if (report->sql != NULL && !holds_credentials(report->sql))
        append_caret(out, report);
    g_autofree char *plain = g_string_free(out, FALSE);
    return log_redact(plain);
}

void server_error_set(GError **error, const ServerReport *report)
{
    g_autofree char *text = server_error_text(report);
    RsErrorCode code = server_error_code(report->sqlstate, report->message, report->detail);
    g_set_error_literal(error, RS_ERROR, (int)code, text);
}

/* What libpq or the server says of a login that failed, and what helps. */
static const struct {
    const char *text; /* in lower case */
    RsErrorCode code;
    const char *remedy;
} logins[] = {
    {"authentication method 13 not supported", RS_ERROR_AUTH,
     "The server asks for Redshift's own SHA-256 exchange, which libpq does not speak: the user's "
     "password is stored as SHA-256. Store it as MD5 (ALTER USER .. PASSWORD 'md5<digest>' or a "
     "plain password), or log in with temporary IAM credentials."},
    {"authentication method 14 not supported", RS_ERROR_AUTH,
     "The server asks for a token of an identity provider, which libpq does not speak: log in with "
     "a database password or with temporary IAM credentials."},
    {"authentication method", RS_ERROR_AUTH,
     "The server asks for a way to log in that libpq does not speak."},
    {"no password supplied", RS_ERROR_AUTH,
     "Set PGPASSWORD, add a line to ~/.pgpass, or give the profile auth = prompt."},
    {"sasl authentication", RS_ERROR_AUTH, NULL},
    {"root certificate file", RS_ERROR_CONFIG,
     "Set sslrootcert to a file of trusted certificates that is there and can be read, such as "
     "Amazon's amazon-trust-ca-bundle.crt, or leave it out to trust the system's."},
    {"certificate has expired", RS_ERROR_CONNECT,
     "Redshift renews its certificates by itself: check this machine's clock, and that the host is "
     "the cluster's endpoint. Nothing was sent to it."},
    {"certificate is not yet valid", RS_ERROR_CONNECT,
     "Check this machine's clock: it may be behind. Nothing was sent to the server."},
    {"certificate is self-signed", RS_ERROR_CONNECT,
     "Redshift's certificates are signed by Amazon: somebody may stand in between, or the host is "
     "another server. If it is yours, set sslrootcert to its certificate."},
    {"certificate's issuer is unknown", RS_ERROR_CONNECT,
     "Somebody may stand in between. If that issuer is to be trusted, set sslrootcert to a file "
     "that holds it (Amazon's is amazon-trust-ca-bundle.crt)."},
    {"certificate verify failed", RS_ERROR_CONNECT,
     "The server's certificate is not signed by a trusted authority: set sslrootcert to the bundle "
     "that signs it (Amazon's is amazon-trust-ca-bundle.crt)."},
    {"does not match host name", RS_ERROR_CONNECT,
     "Connect by the name in the certificate (the cluster's endpoint), or, through a tunnel, set "
     "sslmode = verify-ca."},
    {"server does not support ssl", RS_ERROR_CONNECT,
     "The server speaks no TLS: no password was sent. Check that host and port are Redshift's; "
     "only sslmode = disable or prefer would connect, and everybody in between could read along."},
    {"unsupported protocol", RS_ERROR_CONNECT,
     "The server's version of TLS is too old: 1.2 is the least that is spoken here, and Redshift "
     "speaks it. Check who answers at that host and port."},
    {"alert protocol version", RS_ERROR_CONNECT,
     "The server refuses the versions of TLS that are spoken here, 1.2 and 1.3. Check who answers "
     "at that host and port."},
    {"handshake failure", RS_ERROR_CONNECT,
     "Server and client have no cipher in common. Check who answers at that host and port."},
    {"wrong version number", RS_ERROR_CONNECT,
     "What answers there speaks no TLS after all: check host and port."},
    {"invalid response to ssl negotiation", RS_ERROR_CONNECT,
     "What answers there is no database server: check host and port."},
    {"no encryption", RS_ERROR_AUTH, "The server demands TLS: set sslmode = verify-full."},
    {"ssl off", RS_ERROR_AUTH, "The server demands TLS: set sslmode = verify-full."},
    {"too many", RS_ERROR_LIMIT, NULL},
    {"could not translate host name", RS_ERROR_CONNECT,
     "Check the profile's host: it is the endpoint without the port and database."},
    {"connection refused", RS_ERROR_CONNECT,
     "Nothing listens there: check host and port, and that the cluster is not paused."},
};

/* libpq writes "FATAL:  28P01: text" when its verbosity is PQERRORS_VERBOSE. */
static void take_sqlstate(const char *text, char *sqlstate)
{
    g_autoptr(GRegex) regex = g_regex_new("(?:FATAL|ERROR|PANIC):\\s+([0-9A-Z]{5}): ", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    sqlstate[0] = '\0';
    if (!g_regex_match(regex, text, 0, &match))
        return;
    g_autofree char *code = g_match_info_fetch(match, 1);
    g_strlcpy(sqlstate, code, 6);
}

/* The text without "FATAL:  28P01: ", "LOCATION:" lines and libpq's own "connection to server". */
static char *plain_login_text(const char *text)
{
    g_autoptr(GRegex) noise = g_regex_new(
        "^LOCATION: .*$\\n?|(?:FATAL|ERROR|PANIC):\\s+[0-9A-Z]{5}: |connection to server [^\\n]*? "
        "failed: ",
        G_REGEX_MULTILINE, 0, NULL);
    char *plain = g_regex_replace_literal(noise, text, -1, 0, "", 0, NULL);
    return plain == NULL ? g_strdup(text) : g_strchomp(plain);
}

void server_error_set_login(GError **error, const char *text, const char *where, const char *user,
                            char *sqlstate)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *plain = plain_login_text(valid);
    take_sqlstate(valid, sqlstate);
    RsErrorCode code = RS_ERROR_CONNECT;
    const char *remedy = NULL;
    gboolean known = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(logins) && !known; i++) {
        known = holds(plain, logins[i].text);
        code = known ? logins[i].code : code;
        remedy = known ? logins[i].remedy : NULL;
    }
    if (sqlstate[0] != '\0') {
        RsErrorCode stated = server_error_code(sqlstate, plain, NULL);
        code = stated == RS_ERROR_INTERNAL ? code : stated;
    }
    g_autofree char *masked = log_redact(plain);
    g_set_error(error, RS_ERROR, (int)code, "cannot connect to %s as %s: %s%s%s%s%s%s", where, user,
                masked, sqlstate[0] == '\0' ? "" : " (SQLSTATE ", sqlstate,
                sqlstate[0] == '\0' ? "" : ")", remedy == NULL ? "" : "\n",
                remedy == NULL ? "" : remedy);
}
