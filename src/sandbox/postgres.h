/*
 * postgres: the sandbox's PostgreSQL server: finding its programs, making its data, running it.
 *
 * The server listens on a private Unix socket only and trades durability for speed: what is in it can
 * be made again. It is a child of the caller (postgres itself, not pg_ctl), and dies with it.
 *
 * Threads: blocks; belongs to the supervisor's one thread.
 * Errors:  RS_ERROR_NOT_FOUND (no server programs: names the Debian package), RS_ERROR_TRANSIENT (did
 *          not come up; the message quotes the log's end).
 */
#ifndef REDSMITH_SANDBOX_POSTGRES_H
#define REDSMITH_SANDBOX_POSTGRES_H

#include <glib.h>
#include <sys/types.h>

/* The folder of initdb and postgres: version 15 first, then the newest, then PATH. Free with g_free. */
char *postgres_find_programs(GError **error);

/* Makes a cluster in data_dir, which appears by rename: never half of one. */
gboolean postgres_create(const char *programs, const char *data_dir, const char *superuser,
                         GError **error);

/*
 * Starts the server; it answers when this returns. Leftovers of a server that was killed are removed,
 * so the caller makes sure that none runs on data_dir. log_file gets what it says. -1 on failure.
 */
pid_t postgres_start(const char *programs, const char *data_dir, const char *socket_dir,
                     const char *superuser, const char *log_file, GError **error);

/* Fast shutdown: sessions are cut, data is flushed. Waits; kills it when it takes over 20 s. */
void postgres_stop(pid_t server);

#endif
