/*
 * database: what is inside the sandbox's PostgreSQL before the first client comes.
 *
 * SQL scripts, compiled in from sandbox/sql/, run in one transaction:
 *
 *   log        redsmith_sandbox: the tables that the engines fill with what really ran
 *   types      redsmith_catalog, the types SUPER and VARBYTE, the byte-length error
 *   functions  GETDATE, DATEADD, DATEDIFF, JSON_PARSE ... and version()
 *   notes      distribution, sort keys, encodings, keys: side tables, the event triggers that keep them
 *              in step with DDL, and the procedures that rewritten statements call
 *   users      users, groups, who is a superuser
 *   objects    late-binding views, external schemas and tables
 *   catalog    pg_class ... with Redshift's columns, PG_TABLE_DEF, SVV_*
 *   ddl        SHOW TABLE, SHOW VIEW
 *   system     STV_*, STL_*, SYS_*, pg_last_*()
 *   workload   further STV_*, STL_*, SVV_*; cancel and terminate
 *   tickit     the TICKIT-like data in public, with a fixed seed (Redshift guide, "Sample database")
 *   awkward    the schema awkward: every type, names and values that need care
 *   grants     ownership; marks the database as complete
 *
 * Every session of the database, also the superuser's, reads a backslash in '..' as an escape
 * (standard_conforming_strings is off, as on Redshift), runs in UTC, and has redsmith_catalog at the end
 * of its search_path. Unqualified names of pg_catalog win over redsmith_catalog's, so a statement that
 * should see Redshift's pg_class or version() goes through sandbox/rewrite first.
 *
 * Users own nothing in the two schemas and have no rights in redsmith_sandbox; views and procedures of
 * redsmith_catalog work with their definer's rights.
 *
 * Keys: PRIMARY KEY, UNIQUE and FOREIGN KEY are rows of a side table, shown by the view pg_constraint and
 * pg_get_constraintdef(), and never enforced. VARCHAR(n) and CHAR(n) count bytes: an event trigger
 * gives each such column a check that raises 22001, which the catalog views do not show.
 *
 * Threads: blocks; called once by the process that starts PostgreSQL.
 */
#ifndef REDSMITH_SANDBOX_DATABASE_H
#define REDSMITH_SANDBOX_DATABASE_H

#include <glib.h>

/*
 * Creates what is missing over the Unix socket in socket_dir as superuser: role (with an md5 password
 * and its rights), database, the catalog and the data. Quick and harmless when all is there; a crash
 * half-way leaves nothing that the next call could stumble over.
 * Errors: RS_ERROR_CONNECT; RS_ERROR_CONFIG when the folder was made by another version of the program;
 * RS_ERROR_INTERNAL when a script fails.
 */
gboolean database_prepare(const char *socket_dir, const char *superuser, const char *database,
                          const char *user, const char *password, GError **error);

#endif
