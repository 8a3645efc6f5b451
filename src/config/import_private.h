/*
 * import_private: what the parsers of import.h share.
 *
 * A parser reads one notation into option names and values; a table of ImportRow says which field of the
 * profile each becomes, or why it becomes none. import.c asks the import_is_... in turn and calls the one
 * that fits.
 *
 * Ownership: an Import owns its profile and notes; pairs own their texts and wipe them
 * Errors:    RS_ERROR_CONFIG names the option and what is wrong with it, never a secret
 * Threads:   pure
 */
#ifndef REDSMITH_CONFIG_IMPORT_PRIVATE_H
#define REDSMITH_CONFIG_IMPORT_PRIVATE_H

#include "config/import.h"

typedef enum {
    TAKE_AS_IT_IS,
    TAKE_SECONDS, /* a number of seconds, for a duration */
    TAKE_COLONS,  /* names separated by colons or commas, for a list */
} ImportTake;

/* One option of the other system; names match without regard to case. */
typedef struct {
    const char *option;
    const char *field; /* NULL: not taken, and reason says why */
    ImportTake take;
    const char *reason;  /* also with a field: what the user should know */
    gboolean is_refused; /* without a field: it would matter */
} ImportRow;

Import *import_new(const char *name, const char *format);
void import_note(Import *import, ImportFate fate, const char *option, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* An option by its row in the table, which ends with a NULL option; one without a row is ignored with a
 * note that names the nearest. */
gboolean import_take(Import *import, const ImportRow *rows, const char *option, const char *value,
                     GError **error);

/* A field of the profile from a value of the source. */
gboolean import_set(Import *import, const char *field, const char *option, const char *value,
                    GError **error);

/* Key and value pairs in order; freeing wipes the values. */
typedef struct {
    char *key, *value;
} ImportPair;
GPtrArray *import_pairs_new(void);
void import_pairs_add(GPtrArray *pairs, const char *key, gssize key_length, const char *value,
                      gssize value_length);
/* The value of the last pair of that name, without regard to case, or NULL. */
const char *import_pairs_find(const GPtrArray *pairs, const char *key);

/* TRUE for true, yes, on, 1, without regard to case. */
gboolean import_is_true(const char *value);

gboolean import_is_jdbc(const char *text);
gboolean import_jdbc_url(Import *import, const char *url, GError **error);
/* A parameter of a JDBC URL, also where it is given as an option of its own. */
gboolean import_jdbc_option(Import *import, const char *option, const char *value, GError **error);

gboolean import_is_uri(const char *text);
gboolean import_uri(Import *import, const char *uri, GError **error);

gboolean import_is_libpq(const char *text);
/* "host=... user='...'" */
gboolean import_conninfo(Import *import, const char *text, GError **error);
gboolean import_is_variables(const char *text);
gboolean import_variables(Import *import, const char *text, GError **error);
gboolean import_libpq_option(Import *import, const char *option, const char *value, GError **error);

gboolean import_spark(Import *import, const GPtrArray *pairs, GError **error);
/* The options in whatever users paste: lines, code, spark.conf. */
gboolean import_spark_text(const char *text, GPtrArray *pairs, GError **error);

/* A flat JSON object. */
gboolean import_json_pairs(const char *text, GPtrArray *pairs, GError **error);
gboolean import_is_data_api(const GPtrArray *pairs);
gboolean import_data_api(Import *import, const GPtrArray *pairs, GError **error);

#endif
