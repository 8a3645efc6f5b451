#include "sandbox/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

typedef struct {
    char *line; /* as written: its identity across readings of the file */
    char *area, *kind;
    gint64 nth, every, count, after_bytes;
    FaultHit hit;
    char *statement; /* wire drop: the prefix, or NULL */
    double number;   /* of a rule without KIND; its name is kind */
    guint64 seen, fired;
} Rule;

struct Faults {
    GMutex lock;
    char *path;
    GPtrArray *rules; /* of Rule */
    struct stat stamp;
};

#define FARTHEST_CLOCK (365 * 86400)

typedef gboolean (*ReadValue)(Rule *rule, const char *value);

static gboolean read_number(const char *value, gint64 minimum, gint64 maximum, gint64 *out)
{
    return g_ascii_string_to_signed(value, 10, minimum, maximum, out, NULL);
}

static gboolean read_nth(Rule *rule, const char *value)
{
    return read_number(value, 1, G_MAXINT64, &rule->nth);
}

static gboolean read_every(Rule *rule, const char *value)
{
    return read_number(value, 1, G_MAXINT64, &rule->every);
}

static gboolean read_count(Rule *rule, const char *value)
{
    return read_number(value, 1, G_MAXINT64, &rule->count);
}

static gboolean read_status(Rule *rule, const char *value)
{
    gint64 status;
    if (!read_number(value, 400, 599, &status))
        return FALSE;
    rule->hit.status = (int)status;
    return TRUE;
}

static gboolean read_delay(Rule *rule, const char *value)
{
    gint64 delay;
    if (!read_number(value, 1, 3600 * 1000, &delay))
        return FALSE;
    rule->hit.delay_ms = (int)delay;
    return TRUE;
}

static gboolean read_trickle(Rule *rule, const char *value)
{
    gint64 bytes;
    if (!read_number(value, 1, G_MAXINT32, &bytes))
        return FALSE;
    rule->hit.trickle = (int)bytes;
    return TRUE;
}

static gboolean read_clock(Rule *rule, const char *value)
{
    gint64 seconds;
    if (!read_number(value, -FARTHEST_CLOCK, FARTHEST_CLOCK, &seconds) || seconds == 0)
        return FALSE;
    rule->hit.clock_s = (int)seconds;
    return TRUE;
}

static gboolean read_ttl(Rule *rule, const char *value)
{
    gint64 seconds;
    if (!read_number(value, 1, 43200, &seconds))
        return FALSE;
    rule->hit.ttl_s = (int)seconds;
    return TRUE;
}

static gboolean read_code(Rule *rule, const char *value)
{
    if (*value == '\0' || strlen(value) >= sizeof rule->hit.code)
        return FALSE;
    for (const char *c = value; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && *c != '.')
            return FALSE;
    g_strlcpy(rule->hit.code, value, sizeof rule->hit.code);
    return TRUE;
}

static gboolean read_phase(Rule *rule, const char *value)
{
    static const char *const names[] = {"", "before", "during", "after"};
    for (int i = FAULT_RESET_BEFORE; i <= FAULT_RESET_AFTER; i++) {
        if (strcmp(value, names[i]) == 0) {
            rule->hit.reset = (FaultReset)i;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean read_when(Rule *rule, const char *value)
{
    return strcmp(value, "during") != 0 && read_phase(rule, value);
}

static gboolean read_after_bytes(Rule *rule, const char *value)
{
    return read_number(value, 1, G_MAXINT64, &rule->after_bytes);
}

static gboolean read_statement(Rule *rule, const char *value)
{
    g_free(rule->statement);
    rule->statement = g_strdup(value);
    return *value != '\0';
}

static gboolean read_rate(Rule *rule, const char *value)
{
    char *end = NULL;
    rule->number = g_ascii_strtod(value, &end);
    return end != value && *end == '\0' && rule->number > 0 && rule->number < 1e12;
}

/* Areas that take the keys of s3 beside their own: the other services of the AWS endpoint, and the
 * metadata endpoints. Their KIND is an operation. */
static const char *const services[] = {
    "redshift-data", "redshift", "redshift-serverless", "secretsmanager", "sts", "metadata", NULL};

/* The area whose rows of the table below an area's rules follow. */
static const char *keys_area(const char *area)
{
    return g_strv_contains(services, area) ? "s3" : area;
}

/* Which keys an area takes, and what a value must look like. An area of kind NULL has numbers only. */
static const struct {
    const char *area, *key, *expected;
    ReadValue read;
} keys[] = {
    {"s3", "nth", "a number from 1", read_nth},
    {"s3", "every", "a number from 1", read_every},
    {"s3", "count", "a number from 1", read_count},
    {"s3", "status", "an HTTP status from 400 to 599", read_status},
    {"s3", "code", "an error code such as SlowDown", read_code},
    {"s3", "delay_ms", "milliseconds, 1 to 3600000", read_delay},
    {"s3", "reset", "before, during or after", read_phase},
    {"s3", "trickle", "bytes a second, from 1", read_trickle},
    {"s3", "clock_s", "seconds, -31536000 to 31536000 but not 0", read_clock},
    {"sts", "ttl_s", "seconds, 1 to 43200", read_ttl},
    {"metadata", "ttl_s", "seconds, 1 to 43200", read_ttl},
    {"wire", "after_bytes", "a number from 1", read_after_bytes},
    {"wire", "statement", "how the statement begins", read_statement},
    {"wire", "when", "before or after", read_when},
    {"wire", "nth", "a number from 1", read_nth},
    {"wire", "every", "a number from 1", read_every},
    {"wire", "count", "a number from 1", read_count},
    {"unload", "rows_per_second", "a number above 0", read_rate},
    {"copy", "rows_per_second", "a number above 0", read_rate},
};

static const char *const s3_operations[] = {"*",
                                            "ListObjectsV2",
                                            "ListObjects",
                                            "ListBuckets",
                                            "HeadBucket",
                                            "GetBucketLocation",
                                            "HeadObject",
                                            "GetObject",
                                            "PutObject",
                                            "CreateMultipartUpload",
                                            "UploadPart",
                                            "CompleteMultipartUpload",
                                            "CopyObject",
                                            "AbortMultipartUpload",
                                            "ListParts",
                                            "ListMultipartUploads",
                                            "DeleteObject",
                                            "DeleteObjects",
                                            "CreateBucket",
                                            "DeleteBucket",
                                            NULL};

static void rule_free(gpointer pointer)
{
    Rule *rule = pointer;
    g_free(rule->line);
    g_free(rule->area);
    g_free(rule->kind);
    g_free(rule->statement);
    g_free(rule);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rule, rule_free)

static gboolean is_operation(const char *kind)
{
    return strcmp(kind, "*") == 0 ||
           (*kind != '\0' && strspn(kind, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS) == strlen(kind));
}

static gboolean check_kind(const Rule *rule, GError **error)
{
    if (g_strv_contains(services, rule->area) && !is_operation(rule->kind)) {
        g_set_error(
            error, RS_ERROR, RS_ERROR_USAGE,
            "Fault rule \"%s\": %s is no operation; expected a name such as GetSecretValue, "
            "or *",
            rule->line, rule->kind);
        return FALSE;
    }
    if (strcmp(rule->area, "s3") == 0 && !g_strv_contains(s3_operations, rule->kind)) {
        g_autofree char *known = g_strjoinv(", ", (char **)s3_operations);
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "Fault rule \"%s\": %s is no S3 operation; expected one of %s", rule->line,
                    rule->kind, known);
        return FALSE;
    }
    if (strcmp(rule->area, "wire") == 0 && strcmp(rule->kind, "drop") != 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "Fault rule \"%s\": %s is not known; expected wire drop", rule->line,
                    rule->kind);
        return FALSE;
    }
    return TRUE;
}

static gboolean check_complete(const Rule *rule, GError **error)
{
    const char *missing = NULL;
    if (strcmp(keys_area(rule->area), "s3") == 0 && rule->hit.status == 0 &&
        rule->hit.delay_ms == 0 && rule->hit.reset == FAULT_NO_RESET && rule->hit.ttl_s == 0 &&
        rule->hit.trickle == 0 && rule->hit.clock_s == 0)
        missing = "status=, code=, delay_ms=, reset=, trickle= or clock_s=";
    else if (strcmp(rule->area, "wire") == 0 &&
             (rule->after_bytes == 0) == (rule->statement == NULL))
        missing = "either after_bytes= or statement=";
    else if (rule->kind == NULL)
        missing = "a number such as rows_per_second=2000";
    if (missing == NULL)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "Fault rule \"%s\" needs %s", rule->line, missing);
    return FALSE;
}

/* The endpoints of metadata have no body worth mentioning and no clock that a signature is measured by. */
static gboolean key_fits(const char *area, gsize key)
{
    gboolean bodies = keys[key].read == read_trickle || keys[key].read == read_clock;
    if (bodies && strcmp(area, "metadata") == 0)
        return FALSE;
    return strcmp(keys[key].area, keys_area(area)) == 0 || strcmp(keys[key].area, area) == 0;
}

static gboolean read_pair(Rule *rule, const char *word, GError **error)
{
    const char *equals = strchr(word, '=');
    g_autofree char *key = equals == NULL ? g_strdup(word) : g_strndup(word, equals - word);
    g_autoptr(GString) known = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (!key_fits(rule->area, i))
            continue;
        g_string_append_printf(known, "%s%s=", known->len > 0 ? ", " : "", keys[i].key);
        if (equals == NULL || strcmp(keys[i].key, key) != 0)
            continue;
        if (keys[i].read == read_rate) {
            g_free(rule->kind);
            rule->kind = g_strdup(key);
        }
        if (keys[i].read(rule, equals + 1))
            return TRUE;
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "Fault rule \"%s\": %s= takes %s, not \"%s\"",
                    rule->line, key, keys[i].expected, equals + 1);
        return FALSE;
    }
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "Fault rule \"%s\": \"%s\" is not known for area %s; expected %s", rule->line, word,
                rule->area, known->str);
    return FALSE;
}

static gboolean area_is_known(const char *area)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (strcmp(keys[i].area, keys_area(area)) == 0)
            return TRUE;
    return FALSE;
}

/* What services answer with a code, so that clients see it as they would in earnest. */
static int status_of_code(const char *code)
{
    static const struct {
        const char *code;
        int status;
    } rows[] = {{"ExpiredToken", 400},          {"ExpiredTokenException", 400},
                {"ThrottlingException", 400},   {"RequestTimeout", 400},
                {"RequestTimeTooSkewed", 403},  {"AccessDenied", 403},
                {"AccessDeniedException", 400}, {"NoSuchKey", 404}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(code, rows[i].code) == 0)
            return rows[i].status;
    return 503;
}

/* NULL without an error for an empty line or a comment. */
static Rule *rule_parse(const char *line, GError **error)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) reason = NULL;
    if (!g_shell_parse_argv(line, NULL, &words, &reason)) {
        if (!g_error_matches(reason, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING))
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "Fault rule \"%s\": %s", line,
                        reason->message);
        return NULL;
    }
    g_autoptr(Rule) rule = g_new0(Rule, 1);
    rule->line = g_strdup(line);
    rule->area = g_strdup(words[0]);
    if (!area_is_known(rule->area)) {
        g_set_error(
            error, RS_ERROR, RS_ERROR_USAGE,
            "Fault rule \"%s\": area %s is not known; expected s3, redshift-data, redshift, "
            "redshift-serverless, secretsmanager, sts, metadata, wire, unload or copy",
            line, rule->area);
        return NULL;
    }
    char **word = words + 1;
    gboolean with_kind =
        strcmp(keys_area(rule->area), "s3") == 0 || strcmp(rule->area, "wire") == 0;
    if (with_kind && *word != NULL)
        rule->kind = g_strdup(*word++);
    if (rule->kind != NULL && !check_kind(rule, error))
        return NULL;
    for (; *word != NULL; word++)
        if (!read_pair(rule, *word, error))
            return NULL;
    if (rule->hit.code[0] != '\0' && rule->hit.status == 0)
        rule->hit.status = status_of_code(rule->hit.code);
    return check_complete(rule, error) ? g_steal_pointer(&rule) : NULL;
}

/* The rules of a text; counters go on where the same line had got to. */
static GPtrArray *rules_parse(const char *text, GPtrArray *before)
{
    GPtrArray *rules = g_ptr_array_new_with_free_func(rule_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_autoptr(GError) error = NULL;
        Rule *rule = rule_parse(*line, &error);
        if (error != NULL)
            log_write(LOG_LEVEL_WARNING, "faults.conf: left out: %s", error->message);
        if (rule == NULL)
            continue;
        for (guint i = 0; before != NULL && i < before->len; i++) {
            Rule *old = before->pdata[i];
            if (old->line == NULL || strcmp(old->line, rule->line) != 0)
                continue;
            rule->seen = old->seen;
            rule->fired = old->fired;
            g_clear_pointer(&old->line, g_free); /* equal lines take over one after the other */
            break;
        }
        g_ptr_array_add(rules, rule);
    }
    return rules;
}

static gboolean same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void refresh(Faults *faults)
{
    struct stat now = {0};
    if (stat(faults->path, &now) != 0)
        memset(&now, 0, sizeof now);
    if (same_file(&now, &faults->stamp))
        return;
    g_autofree char *text = NULL;
    if (now.st_ino != 0 && !g_file_get_contents(faults->path, &text, NULL, NULL))
        return;
    GPtrArray *rules = rules_parse(text != NULL ? text : "", faults->rules);
    g_ptr_array_unref(faults->rules);
    faults->rules = rules;
    faults->stamp = now;
}

Faults *faults_open(const char *dir)
{
    Faults *faults = g_new0(Faults, 1);
    g_mutex_init(&faults->lock);
    faults->path = g_build_filename(dir, "faults.conf", NULL);
    faults->rules = g_ptr_array_new_with_free_func(rule_free);
    return faults;
}

void faults_close(Faults *faults)
{
    if (faults == NULL)
        return;
    g_ptr_array_unref(faults->rules);
    g_mutex_clear(&faults->lock);
    g_free(faults->path);
    g_free(faults);
}

/* Counts one match of the rule; is this one that it fires for? */
static gboolean rule_counts(Rule *rule)
{
    guint64 seen = ++rule->seen;
    guint64 first = rule->nth > 0 ? (guint64)rule->nth : MAX(rule->every, 1);
    gboolean due = seen == first || (seen > first && rule->nth == 0 && rule->every == 0) ||
                   (seen > first && rule->every > 0 && (seen - first) % (guint64)rule->every == 0);
    if (!due || (rule->count > 0 && rule->fired >= (guint64)rule->count))
        return FALSE;
    rule->fired++;
    return TRUE;
}

double faults_number(Faults *faults, const char *area, const char *name)
{
    double number = 0;
    g_mutex_lock(&faults->lock);
    refresh(faults);
    for (guint i = 0; i < faults->rules->len; i++) {
        const Rule *rule = faults->rules->pdata[i];
        if (rule->number > 0 && strcmp(rule->area, area) == 0 && strcmp(rule->kind, name) == 0)
            number = rule->number;
    }
    g_mutex_unlock(&faults->lock);
    return number;
}

static void merge_hit(FaultHit *hit, const FaultHit *more)
{
    int delay_ms = hit->delay_ms + more->delay_ms;
    int ttl_s = hit->ttl_s != 0 ? hit->ttl_s : more->ttl_s;
    int trickle = hit->trickle != 0 ? hit->trickle : more->trickle;
    int clock_s = hit->clock_s != 0 ? hit->clock_s : more->clock_s;
    if (hit->status == 0 && hit->reset == FAULT_NO_RESET)
        *hit = *more;
    hit->delay_ms = delay_ms;
    hit->ttl_s = ttl_s;
    hit->trickle = trickle;
    hit->clock_s = clock_s;
}

gboolean faults_match(Faults *faults, const char *area, const char *operation, FaultHit *hit)
{
    gboolean fires = FALSE;
    *hit = (FaultHit){0};
    g_mutex_lock(&faults->lock);
    refresh(faults);
    for (guint i = 0; i < faults->rules->len; i++) {
        Rule *rule = faults->rules->pdata[i];
        if (rule->number > 0 || strcmp(rule->area, area) != 0 ||
            (strcmp(rule->kind, "*") != 0 && strcmp(rule->kind, operation) != 0))
            continue;
        if (!rule_counts(rule))
            continue;
        merge_hit(hit, &rule->hit);
        fires = TRUE;
    }
    g_mutex_unlock(&faults->lock);
    return fires;
}

gboolean faults_match_statement(Faults *faults, const char *statement, FaultHit *hit)
{
    gboolean fires = FALSE;
    *hit = (FaultHit){0};
    g_mutex_lock(&faults->lock);
    refresh(faults);
    for (guint i = 0; !fires && i < faults->rules->len; i++) {
        Rule *rule = faults->rules->pdata[i];
        if (rule->statement == NULL ||
            g_ascii_strncasecmp(statement, rule->statement, strlen(rule->statement)) != 0)
            continue;
        fires = rule_counts(rule);
        if (fires)
            *hit = (FaultHit){.drop = TRUE,
                              .reset = rule->hit.reset == FAULT_NO_RESET ? FAULT_RESET_BEFORE
                                                                         : rule->hit.reset};
    }
    g_mutex_unlock(&faults->lock);
    return fires;
}

gboolean faults_match_bytes(Faults *faults, guint64 bytes)
{
    gboolean fires = FALSE;
    g_mutex_lock(&faults->lock);
    refresh(faults);
    for (guint i = 0; !fires && i < faults->rules->len; i++) {
        Rule *rule = faults->rules->pdata[i];
        if (rule->after_bytes > 0 && bytes >= (guint64)rule->after_bytes)
            fires = rule_counts(rule);
    }
    g_mutex_unlock(&faults->lock);
    return fires;
}

gboolean faults_check(const char *rule, GError **error)
{
    g_autoptr(GError) reason = NULL;
    if (strchr(rule, '\n') != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "A fault rule is one line");
        return FALSE;
    }
    g_autoptr(Rule) parsed = rule_parse(rule, &reason);
    if (parsed != NULL)
        return TRUE;
    if (reason == NULL)
        g_set_error(&reason, RS_ERROR, RS_ERROR_USAGE, "The fault rule is empty");
    g_propagate_error(error, g_steal_pointer(&reason));
    return FALSE;
}

static gboolean write_rules(const char *dir, const char *text, int mode, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "faults.conf", NULL);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | mode, 0600);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "Cannot write %s", path);
    struct stat folder;
    if (stat(dir, &folder) == 0 && geteuid() == 0 && fchown(fd, folder.st_uid, folder.st_gid) != 0)
        g_debug("%s keeps its owner", path); /* its readers check for themselves */
    gsize length = strlen(text);
    gboolean written = length == 0 || write(fd, text, length) == (gssize)length;
    int reason = errno;
    close(fd);
    return written || rs_error_set_errno(error, reason, "Cannot write %s", path);
}

gboolean faults_add(const char *dir, const char *rule, GError **error)
{
    if (!faults_check(rule, error))
        return FALSE;
    g_autofree char *line = g_strconcat(rule, "\n", NULL);
    return write_rules(dir, line, O_APPEND, error);
}

gboolean faults_clear(const char *dir, GError **error)
{
    return write_rules(dir, "", O_TRUNC, error);
}

char *faults_list(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "faults.conf", NULL);
    g_autoptr(GError) reason = NULL;
    char *text = NULL;
    if (g_file_get_contents(path, &text, NULL, &reason))
        return text;
    if (g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_strdup("");
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "Cannot read %s: %s", path, reason->message);
    return NULL;
}
