/*
 * small_file: reads a file that somebody else named, without trusting it to be small or to be a file.
 *
 * A device without an end is a clear error instead of all memory, and a pipe into which nobody writes one
 * instead of a wait without end; what a shell offers as <(command) is read.
 *
 * Errors:  RS_ERROR_NOT_FOUND when there is no such file, RS_ERROR_LIMIT for one that is too long or does
 *          not come, RS_ERROR_CONFIG for one that cannot be read. Messages do not name the path.
 * Threads: any; reading waits for SMALL_FILE_WAIT_MS at most.
 */
#ifndef REDSMITH_AWS_SMALL_FILE_H
#define REDSMITH_AWS_SMALL_FILE_H

#include <glib.h>

#define SMALL_FILE_LIMIT (1u << 20)
#define SMALL_FILE_WAIT_MS 5000

/* Its bytes and a NUL behind them, or NULL. To be wiped and freed with small_file_free. */
char *small_file_read(const char *path, gsize limit, gsize *length, GError **error);

/* Overwrites them first. NULL is allowed. */
void small_file_free(char *content, gsize length);

#endif
