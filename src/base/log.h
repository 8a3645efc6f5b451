/*
 * log: what the program did, for the person who has to find out why. Never a secret in it.
 *
 * Lines go to one file (settings: log_file, log_level; command line: --log FILE --log-level LEVEL),
 * each with time, level, thread and text; without a file nothing is written. Every text passes
 * log_redact and text_printable on its way, so neither a credential nor an escape sequence from a
 * server can land in the file.
 *
 * Threads: any. log_open before the first worker starts, log_close after the last has ended.
 */
#ifndef REDSMITH_BASE_LOG_H
#define REDSMITH_BASE_LOG_H

#include <glib.h>

typedef enum { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG } LogLevel;

/* Appends to path, created 0600. False with the errno's error when it cannot be opened. */
gboolean log_open(const char *path, LogLevel level, GError **error);
void log_close(void);

/* "error", "warning", "info", "debug". False for any other word. */
gboolean log_level_from_name(const char *name, LogLevel *level);

void log_write(LogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

/*
 * The text with the values of credentials masked as "***": in SQL (CREDENTIALS '..',
 * ACCESS_KEY_ID '..', SECRET_ACCESS_KEY '..', SESSION_TOKEN '..', MASTER_SYMMETRIC_KEY '..',
 * PASSWORD '..'), in connection strings (password=..), in URLs (user:password@) and in headers
 * (Authorization, X-Amz-Security-Token, X-Amz-Signature), and in AWS's documents and files
 * ("SecretAccessKey": "..", aws_session_token = ..). Free with g_free.
 */
char *log_redact(const char *text);

#endif
