/*
 * database: what is inside the sandbox's PostgreSQL before the first client comes.
 *
 * SQL scripts, compiled in from sandbox/sql/: the schema redsmith_sandbox with the log tables that the
 * engines fill (sandbox/sql/log.sql names their columns), the views and functions of Redshift's own
 * catalog over them, the types, and the TICKIT-like data with its fixed seed (field facts, 5a).
 *
 * Threads: blocks; called once by the process that starts PostgreSQL.
 */
#ifndef REDSMITH_SANDBOX_DATABASE_H
#define REDSMITH_SANDBOX_DATABASE_H

#include <glib.h>

/*
 * Creates what is missing over the Unix socket in socket_dir as superuser: role (with an md5 password
 * and its rights), database, the catalog and the data. Quick and harmless when all is there.
 */
gboolean database_prepare(const char *socket_dir, const char *superuser, const char *database,
                          const char *user, const char *password, GError **error);

#endif
