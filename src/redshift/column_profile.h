/*
 * column_profile: what is in a column, asked for by one statement that the server works out.
 *
 * Rows, NULLs, distinct values (APPROXIMATE: HyperLogLog on the server, about 2% off), least and
 * greatest, lengths in bytes against the declared length, the most frequent values and a histogram of
 * equal steps. A table that the catalog estimates above COLUMN_PROFILE_SAMPLE rows is sampled by random():
 * then all figures are those of the sample, and `sample` says how much of the table it is.
 *
 * Threads: column_profile_load blocks on the session and may be cancelled; the rest is pure
 */
#ifndef REDSMITH_REDSHIFT_COLUMN_PROFILE_H
#define REDSMITH_REDSHIFT_COLUMN_PROFILE_H

#include "redshift/catalog.h"

enum {
    COLUMN_PROFILE_SAMPLE = 1000000, /* rows that are looked at, about */
    COLUMN_PROFILE_BUCKETS = 20,
    COLUMN_PROFILE_TOP = 10,
};

typedef struct {
    char *value; /* its first characters */
    gint64 count;
} ColumnProfileValue;

typedef struct {
    char *column, *type;
    double sample;     /* part of the table that was looked at: 1 is all */
    gint64 table_rows; /* the catalog's estimate, -1 unknown */
    gint64 rows, nulls;
    gint64 distinct;          /* approximate; -1 for types that cannot be compared */
    char *least, *greatest;   /* NULL where there is none */
    gint64 shortest, longest; /* bytes; -1 for types without a length */
    double average_length;
    gint64 declared; /* bytes that the type holds, -1 without a limit */
    GPtrArray *top;  /* of ColumnProfileValue, most frequent first */
    gboolean has_histogram;
    gint64 histogram[COLUMN_PROFILE_BUCKETS]; /* equal steps from least to greatest */
} ColumnProfile;

/* The statement. sample 1: the whole table. Free with g_free. */
char *column_profile_sql(const char *schema, const char *relation, const CatalogColumn *column,
                         double sample);

/* 1, or the part that makes about COLUMN_PROFILE_SAMPLE rows of so many; rows -1 is unknown. */
double column_profile_sample(gint64 rows);

ColumnProfile *column_profile_load(Session *session, const CatalogRelation *relation,
                                   const CatalogColumn *column, GCancellable *cancellable,
                                   GError **error);
void column_profile_free(ColumnProfile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ColumnProfile, column_profile_free)

/* "all rows" or "sample: 5.8% of ~17M rows". Free with g_free. */
char *column_profile_scope(const ColumnProfile *profile);

/* The whole as lines of text, for the screen and for `describe --contents`; bars of `width` columns.
 * Values are made printable. Free with g_free. */
char *column_profile_text(const ColumnProfile *profile, int width, gboolean ascii);

#endif
