/*
 * server_error: what a server's error becomes: one code of ours, and a message that helps.
 *
 * The SQLSTATE decides; where it says nothing (XX000, which Redshift's compute nodes use for nearly
 * everything) known texts do, as the Redshift guide and its users report them. Both tables are in the .c.
 *
 * A message is the server's text, its DETAIL (without the box that Redshift draws around it) and
 * HINT, the line of the statement with a caret when the position is known and the statement is
 * short, and the SQLSTATE. Credentials are masked; a statement that holds any is not quoted.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_REDSHIFT_SERVER_ERROR_H
#define REDSMITH_REDSHIFT_SERVER_ERROR_H

#include "base/error.h"

/* The fields of one error report; any but message may be NULL. */
typedef struct {
    const char *sqlstate, *message, *detail, *hint;
    const char *sql; /* the statement, for the caret line */
    int position;    /* characters into sql, from 1; 0 unknown */
} ServerReport;

RsErrorCode server_error_code(const char *sqlstate, const char *message, const char *detail);

/* Free with g_free. */
char *server_error_text(const ServerReport *report);

void server_error_set(GError **error, const ServerReport *report);

/*
 * A login that failed, from libpq's text alone (with PQERRORS_VERBOSE, so that it holds the
 * SQLSTATE). where is "host:port" for the message; sqlstate, 6 bytes, receives the code or "".
 */
void server_error_set_login(GError **error, const char *text, const char *where, const char *user,
                            char *sqlstate);

#endif
