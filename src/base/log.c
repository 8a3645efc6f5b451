#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

/* The one log of the process: file descriptor, level and the lock that keeps lines whole. */
static struct {
    GMutex lock;
    int fd;
    LogLevel level;
} the_log = {.fd = -1};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

/* What introduces a secret, and how far the secret reaches. \1 is kept, the rest is masked. */
static const char *const patterns[] = {
    "(?i)(\\b(?:credentials|access_key_id|secret_access_key|session_token|master_symmetric_key|"
    "password)\\b\\s*(?:as\\s*)?)'(?:[^'\\\\]|''|\\\\.)*'",
    "(?i)(\\b(?:aws_access_key_id|aws_secret_access_key|password|passwd|pwd|token|secret)=)"
    "[^\\s;&'\"]+",
    "(\\b[a-z][a-z0-9+.-]*://[^/\\s:@]+:)[^@\\s/]+(?=@)",
    "(?i)((?:authorization|x-amz-security-token|x-aws-ec2-metadata-token)\\s*:\\s*)[^\\r\\n]+",
    "(?i)(x-amz-(?:signature|security-token|credential)=)[^&\\s]+",
    /* As AWS's own documents, answers and files write them: "SecretAccessKey": "..", aws_session_token = .. */
    "(?i)((?:secret_?access_?key|(?:session|security|access|refresh|identity)_?token|"
    "client_?secret|db_?password|secret_?string)[\"']?\\s*[:=]\\s*)"
    "(?:\"(?:[^\"\\\\]|\\\\.)*+\"?+|'[^']*+'?+|[^\\s,;&}\"']+)",
};

gboolean log_open(const char *path, LogLevel level, GError **error)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "Cannot open the log file %s", path);
    g_mutex_lock(&the_log.lock);
    if (the_log.fd >= 0)
        close(the_log.fd);
    the_log.fd = fd;
    the_log.level = level;
    g_mutex_unlock(&the_log.lock);
    return TRUE;
}

void log_close(void)
{
    g_mutex_lock(&the_log.lock);
    if (the_log.fd >= 0)
        close(the_log.fd);
    the_log.fd = -1;
    g_mutex_unlock(&the_log.lock);
}

gboolean log_level_from_name(const char *name, LogLevel *level)
{
    for (gsize i = 0; i < G_N_ELEMENTS(level_names); i++) {
        if (g_ascii_strcasecmp(name, level_names[i]) == 0) {
            *level = (LogLevel)i;
            return TRUE;
        }
    }
    return FALSE;
}

char *log_redact(const char *text)
{
    static const char *const replacements[] = {"\\1'***'", "\\1***", "\\1***",
                                               "\\1***",   "\\1***", "\\1***"};
    char *result = g_strdup(text);
    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_autoptr(GRegex) regex = g_regex_new(patterns[i], G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
        char *masked = g_regex_replace(regex, result, -1, 0, replacements[i], 0, NULL);
        if (masked != NULL) {
            g_free(result);
            result = masked;
        }
    }
    return result;
}

void log_write(LogLevel level, const char *format, ...)
{
    if (the_log.fd < 0 || level > the_log.level)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *safe = log_redact(text);
    g_autofree char *printable = text_printable(safe, -1);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");
    g_autofree char *line = g_strdup_printf("%s %-7s %s\n", stamp, level_names[level], printable);
    g_mutex_lock(&the_log.lock);
    if (the_log.fd >= 0 && write(the_log.fd, line, strlen(line)) < 0)
        the_log.level = LOG_LEVEL_ERROR; /* a full disk must not stop the work */
    g_mutex_unlock(&the_log.lock);
}
