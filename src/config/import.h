/*
 * import: a profile from what other programs connect with.
 *
 * Read are, recognised by what they look like:
 *     jdbc:redshift://HOST:PORT/DB?...      jdbc:redshift:iam://CLUSTER:REGION/DB?...   jdbc:postgresql://...
 *     postgresql://USER@HOST/DB?...         redshift+psycopg2://... of SQLAlchemy
 *     host=... port=... dbname=...          a connection string of libpq, or a group of pg_service.conf
 *     PGHOST=... (export PGHOST=...)        variables of libpq
 *     url = ..., .option("url", "..."), {"url": ...}, spark.conf lines: options of the Spark connector
 *     {"region": ..., "database": ...}      the connection of the Data API connector
 *
 * What the profile cannot express is told option by option, with the reason; what the other system
 * refuses is refused. Nothing is looked up and nothing is written.
 *
 * Call order:  import_parse (or import_service, import_environment), options of the user over
 *              import->profile, import_drop_secrets unless they are to be kept, import_free
 * Source:      Redshift management guide, "Options for JDBC driver version 2.x"; PostgreSQL manual,
 *              "Connection Strings", "Environment Variables"; the READMEs of the two connectors.
 * Threads:     pure, but for import_environment, which reads the environment.
 * Errors:      RS_ERROR_CONFIG: not recognised, malformed, or a contradiction that the source's own
 *              system refuses. Messages never hold secrets.
 */
#ifndef REDSMITH_CONFIG_IMPORT_H
#define REDSMITH_CONFIG_IMPORT_H

#include "config/profile.h"

typedef enum {
    IMPORT_CHANGED,  /* taken, and not as it stood: the reason says what became of it */
    IMPORT_IGNORED,  /* of no consequence for a profile */
    IMPORT_REFUSED,  /* would matter and is not supported; the profile does without it */
    IMPORT_LEFT_OUT, /* a secret that is not written */
} ImportFate;

typedef struct {
    ImportFate fate;
    char *option, *reason;
} ImportNote;

typedef struct {
    const char *format; /* "JDBC URL", "options of the Spark connector": static */
    Profile *profile;   /* only what was given */
    GPtrArray *notes;   /* of ImportNote, in the order of the source */
} Import;

/* name becomes the profile's. */
Import *import_parse(const char *name, const char *text, GError **error);

/* The group `service` of a pg_service.conf; source names the text in messages. */
Import *import_service(const char *name, const char *service, const char *text, const char *source,
                       GError **error);

/* PGHOST, PGPORT, PGDATABASE ... of this process. */
Import *import_environment(const char *name, GError **error);

/* Takes password, keys and token out of the profile, with a note each that says which auth to use, and
 * sets that auth. */
void import_drop_secrets(Import *import);

/* "changed", "ignored", "refused", "left out" */
const char *import_fate_name(ImportFate fate);

void import_free(Import *import);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Import, import_free)

#endif
