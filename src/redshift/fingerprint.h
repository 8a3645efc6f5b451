/*
 * fingerprint: do two relations or queries hold the same rows? The server works it out, in one scan of
 * each side, and nothing but figures comes here.
 *
 * Of each column that both sides have: its values that are not NULL, the least, the greatest, the bytes
 * of text, and a hash: the sum of 60 bits of the MD5 of every value. A sum knows no order, and, unlike an
 * exclusive or, two equal values do not cancel out. One more hash covers whole rows, which tells values
 * that were swapped between rows. Equal figures mean equal rows but for a chance of about one in 2^60;
 * it is no defence against somebody who makes collisions on purpose.
 *
 * Values are compared as text that the server writes; numbers of different scale are brought to one scale
 * first where that loses nothing, and the blanks that fill a CHAR do not count. GEOMETRY, GEOGRAPHY,
 * HLLSKETCH and types that we do not know are only counted. Both sides of a statement are read from one
 * snapshot; a relation of more than FINGERPRINT_COLUMNS columns takes several statements.
 *
 * Errors:  those of session.h; RS_ERROR_USAGE for two columns of one name in a query, for a name that
 *          neither side has, and for sides without a common column
 * Threads: fingerprint_new and fingerprint_compare block on the session; the rest is pure
 *
 * Call order: fingerprint_new, fingerprint_sql or fingerprint_compare, fingerprint_free
 */
#ifndef REDSMITH_REDSHIFT_FINGERPRINT_H
#define REDSMITH_REDSHIFT_FINGERPRINT_H

#include "redshift/session.h"

/* Columns of one statement: a select list holds 1,600 figures at most (Redshift guide, Quotas and limits),
 * and the Data API takes about 100 KB of text. */
#define FINGERPRINT_COLUMNS 40

typedef enum {
    FINGERPRINT_ROWS, /* COUNT(*), and the hash of whole rows */
    FINGERPRINT_COLUMN,
} FingerprintKind;

typedef enum {
    FINGERPRINT_AGREES,
    FINGERPRINT_DIFFERS,
    FINGERPRINT_COUNTED, /* the counts agree, and the type tells no more */
    FINGERPRINT_ONLY_A,  /* the other side has no such column */
    FINGERPRINT_ONLY_B,
} FingerprintVerdict;

const char *
fingerprint_verdict_name(FingerprintVerdict verdict); /* "agrees", "only in A" ... static */

/* The figures of a line: rows, or values that are not NULL; ... */
enum {
    FINGERPRINT_COUNT,
    FINGERPRINT_LEAST,
    FINGERPRINT_GREATEST,
    FINGERPRINT_BYTES,
    FINGERPRINT_HASH,
    FINGERPRINT_FIGURES
};

const char *fingerprint_figure_name(guint figure); /* "count" ... static */

typedef struct {
    FingerprintKind kind;
    FingerprintVerdict verdict;
    char *name;                            /* of the column; "" for the rows */
    char *types[2];                        /* of the column on each side; NULL: it has none */
    char *figures[2][FINGERPRINT_FIGURES]; /* NULL: none */
} FingerprintLine;

typedef struct Fingerprint Fingerprint;

/* Reads the columns of two SELECTs (a relation is "SELECT * FROM .."), without their rows. names: only
 * these columns, NULL-terminated; NULL: all. */
Fingerprint *fingerprint_new(Session *session, const char *a, const char *b,
                             const char *const *names, GCancellable *cancellable, GError **error);

/* The statements, each ended by ; and a line end. Free with g_free. */
char *fingerprint_sql(const Fingerprint *fingerprint);

/* Of FingerprintLine: the rows first, the columns in the order of A, then those that only B has. */
GPtrArray *fingerprint_compare(const Fingerprint *fingerprint, Session *session,
                               GCancellable *cancellable, GError **error);

void fingerprint_free(Fingerprint *fingerprint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fingerprint, fingerprint_free)

#endif
