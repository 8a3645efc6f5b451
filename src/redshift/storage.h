/*
 * storage: how a table lies on the cluster's disks, and what could lie better.
 *
 * Sources, each asked once and each left out where it may not be read: SVV_TABLE_INFO (size, unsorted,
 * statistics, skew), STV_TBL_PERM (rows of each slice), STV_BLOCKLIST (1 MB blocks of each column) and
 * SVV_ALTER_TABLE_RECOMMENDATIONS (the server's own advice). What was refused stands in `missing` with
 * the privilege that would open it (Redshift guide, "Visibility of data in system tables and views").
 *
 * Threads: storage_load blocks on the session; a Storage is a value
 * Units:   sizes in blocks of 1 MB; percentages from 0 to 100
 */
#ifndef REDSMITH_REDSHIFT_STORAGE_H
#define REDSMITH_REDSHIFT_STORAGE_H

#include "redshift/session.h"

typedef struct {
    char *name, *type;
    char *encoding; /* NULL when unknown */
    gint64 blocks;  /* -1 when unknown */
    char *advice;   /* why the encoding wastes space; NULL when it does not */
} StorageColumn;

typedef struct {
    char *schema, *name;
    gboolean is_table;    /* views and external tables have no storage of their own */
    gboolean is_listed;   /* SVV_TABLE_INFO has a row: it leaves out empty tables */
    gint64 rows, size_mb; /* -1 when unknown */
    gint64 visible_rows;  /* without rows that were deleted and not vacuumed; -1 */
    double pct_used, unsorted, stats_off;                   /* percent; -1 when unknown */
    double skew_rows, skew_sortkey1;                        /* ratios; -1 when unknown */
    char *encoded, *dist_style, *sortkey1, *risk, *created; /* as the server says; may be NULL */
    GPtrArray *columns;                                     /* of StorageColumn */
    GArray *slices;             /* of gint64: rows of each slice; empty when unknown */
    GPtrArray *recommendations; /* of char *: DDL that the server recommends */
    GPtrArray *missing;         /* of char *: what may not be read, and what it takes */
} Storage;

/* RS_ERROR_NOT_FOUND when there is no such relation. */
Storage *storage_load(Session *session, const char *schema, const char *relation,
                      GCancellable *cancellable, GError **error);
void storage_free(Storage *storage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Storage, storage_free)

/* Why a column of that type should not have that encoding; NULL when it may. Static. */
const char *storage_encoding_advice(const char *type, const char *encoding, int sort_key);

/* The whole as lines of text, for the screen and for `describe --storage`; bars of `width` columns.
 * Printable. Free with g_free. */
char *storage_text(const Storage *storage, int width, gboolean ascii);

/* What it takes to read a system view, as one line. Free with g_free. */
char *storage_missing_text(const char *view, const char *what);

#endif
