#include <string.h>

#include "base/text.h"
#include "redshift/data_api_private.h"
#include "redshift/server_error.h"

/* The SQLSTATE that goes with the server's words, which is all that the service hands on. Patterns without
 * regard to case; the first that is found decides. */
static const struct {
    const char *pattern, *sqlstate;
} states[] = {
    {"password authentication failed", "28P01"},
    {"connection slots|too many connections|connection limit", "53300"},
    {"permission denied|must be owner|not authorized", "42501"},
    {"^syntax error|at or near", "42601"},
    {"^(relation|table|view|materialized view) .* does not exist", "42P01"},
    {"^schema .* does not exist", "3F000"},
    {"^database .* does not exist", "3D000"},
    {"^(column|.*column) .* does not exist", "42703"},
    {"^(function|operator) .* does not exist", "42883"},
    {"^(user|role|group) .* does not exist", "42704"},
    {"^(relation|table|view) .* already exists", "42P07"},
    {"^schema .* already exists", "42P06"},
    {"^database .* already exists", "42P04"},
    {"already exists", "42710"},
    {"serializable isolation violation|conflict with concurrent", "40001"},
    {"deadlock detected", "40P01"},
    {"could not obtain lock|lock not available", "55P03"},
    {"statement timeout|cancell?ed on user|canceling statement|query .*cancelled", "57014"},
    {"divide by zero|division by zero", "22012"},
    {"invalid input syntax|invalid digit|overflow|out of range|too long for type", "22000"},
    {"^cannot insert multiple commands", "42601"},
    {"not supported", "0A000"},
};

/* Limits of the service, by its own words in lower case, and what to do. */
static const struct {
    const char *words, *remedy;
} limits[] = {
    {"response exceeded size limit", "The Data API returns at most 500 MB of one statement: select "
                                     "less, or UNLOAD the rows to S3."},
    {"packet for query is too large", "The Data API returns rows of at most 64 KB: select fewer or "
                                      "shorter columns, or UNLOAD them."},
    {"query string larger than", "The Data API takes statements up to its limit of about 100 KB: "
                                 "shorten the text, load the values "
                                 "with COPY, or use transport = wire."},
    {"number of active statements", "The Data API runs a limited number of statements at once for "
                                    "a cluster: wait until others have "
                                    "ended, or use transport = wire."},
    {"number of active sessions",
     "The Data API keeps a limited number of sessions: they end by themselves when they are idle."},
    {"24 hours", "The Data API ends statements after 24 hours: use transport = wire."},
};

static const char *remedy_of(const char *words)
{
    g_autofree char *lower = g_ascii_strdown(words, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(limits); i++)
        if (strstr(lower, limits[i].words) != NULL)
            return limits[i].remedy;
    return NULL;
}

static const char *sqlstate_of(const char *message)
{
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
        if (g_regex_match_simple(states[i].pattern, message, G_REGEX_CASELESS, 0))
            return states[i].sqlstate;
    return "";
}

typedef struct {
    char *message, *detail, *hint;
    int position;
} Words;

static void words_clear(Words *words)
{
    g_free(words->message);
    g_free(words->detail);
    g_free(words->hint);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Words, words_clear)

static char *piece(const GMatchInfo *match, const char *name)
{
    char *text = g_match_info_fetch_named(match, name);
    if (text == NULL || *text != '\0')
        return text;
    g_free(text);
    return NULL;
}

/* "Query #2 failed with ERROR: text Detail: .. Hint: .. Position: 12" */
static void read_words(const char *text, Words *words)
{
    g_autoptr(GRegex) regex =
        g_regex_new("^\\s*(?:Query #\\d+ failed with )?(?:ERROR|FATAL|PANIC):\\s*(?<message>.*?)"
                    "(?:\\s+Detail:\\s*(?<detail>.*?))?(?:\\s+Hint:\\s*(?<hint>.*?))?"
                    "(?:\\s+Position:\\s*(?<position>\\d+))?[\\s;]*$",
                    G_REGEX_DOTALL, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    if (!g_regex_match(regex, text, 0, &match)) {
        words->message = g_strdup(text);
        return;
    }
    g_autofree char *position = piece(match, "position");
    words->message = piece(match, "message");
    words->detail = piece(match, "detail");
    words->hint = piece(match, "hint");
    words->position = position != NULL ? (int)g_ascii_strtoll(position, NULL, 10) : 0;
    if (words->message == NULL)
        words->message = g_strdup(text);
}

void data_api_failure_set(GError **error, const char *words, const char *sql, char *sqlstate)
{
    g_auto(Words) parts = {0};
    g_autofree char *valid =
        words != NULL ? g_utf8_make_valid(words, -1)
                      : g_strdup("the statement failed, and the service does not say why");
    const char *remedy = remedy_of(valid);
    sqlstate[0] = '\0';
    if (remedy != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "%s\n%s", valid, remedy);
        return;
    }
    read_words(valid, &parts);
    g_strlcpy(sqlstate, sqlstate_of(parts.message), 6);
    ServerReport report = {.sqlstate = sqlstate,
                           .message = parts.message,
                           .detail = parts.detail,
                           .hint = parts.hint,
                           .sql = sql,
                           .position = parts.position};
    server_error_set(error, &report);
}

/* The service is the connection of such a session: when it cannot be reached, or answers with its own
 * faults only, after all tries, that is a lost connection, as it is on the wire. */
static GError *lost(GError *failure)
{
    GError *error = g_error_new(
        RS_ERROR, RS_ERROR_CONNECT,
        "the connection to the Data API was lost; try again when it is back: %s", failure->message);
    g_error_free(failure);
    return error;
}

GError *data_api_refusal(GError *failure)
{
    const char *remedy = failure->domain == RS_ERROR ? remedy_of(failure->message) : NULL;
    if (remedy == NULL)
        return g_error_matches(failure, RS_ERROR, RS_ERROR_TRANSIENT) ? lost(failure) : failure;
    GError *limit = g_error_new(RS_ERROR, RS_ERROR_LIMIT, "%s\n%s", failure->message, remedy);
    g_error_free(failure);
    return limit;
}
