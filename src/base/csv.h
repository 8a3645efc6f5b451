/*
 * csv: where the records of a text file end, and what fields a record holds.
 *
 * Three kinds of text, as COPY reads them (Redshift guide, COPY):
 *   CSV    a quote opens only at the start of a field (blanks before it allowed) and is doubled inside;
 *          a quoted field may hold newlines
 *   text   delimited; with escape a backslash makes the next byte literal, a newline too
 *   JSON   one value after another, objects as a rule; a record is one top-level value
 * Records end with LF; a CR before it belongs to the line end. The last record may lack its end.
 *
 * The scanner keeps its state between calls, so a file is scanned in pieces of any size and a quote,
 * an escape or a CRLF may be cut anywhere.
 *
 * Threads: values; one thread at a time.
 *
 * Example:
 *     RecordScanner scanner;
 *     record_scanner_init(&scanner, &rules);
 *     while ((end = record_scanner_next(&scanner, bytes + at, length - at)) >= 0)
 *         at += end;                       // bytes[..at) are whole records
 *     if (record_scanner_is_inside(&scanner)) ...   // the rest is a record without its end
 */
#ifndef REDSMITH_BASE_CSV_H
#define REDSMITH_BASE_CSV_H

#include <glib.h>

typedef enum { RECORD_CSV, RECORD_TEXT, RECORD_JSON } RecordKind;

typedef struct {
    RecordKind kind;
    char delimiter;  /* CSV and text */
    char quote;      /* CSV; 0 means " */
    gboolean escape; /* text */
} RecordRules;

typedef struct {
    RecordRules rules;
    int state;       /* private */
    guint depth;     /* private: open brackets */
    gboolean blank;  /* private: nothing but blanks in the record so far */
    guint64 records; /* records that have ended, blank lines included (JSON: not) */
    guint64 blanks;  /* lines among them that hold nothing */
    guint64 lines;   /* line feeds seen */
} RecordScanner;

void record_scanner_init(RecordScanner *scanner, const RecordRules *rules);

/* Bytes up to and including the end of the next record, or -1 when none ends in these bytes (all of
 * them are then taken into the state). */
gssize record_scanner_next(RecordScanner *scanner, const char *bytes, gsize length);

/* Bytes were taken since the last record's end that are not mere blanks. */
gboolean record_scanner_is_inside(const RecordScanner *scanner);

/* Inside quotes, brackets or behind an escape: a file that ends here is cut off. */
gboolean record_scanner_is_open(const RecordScanner *scanner);

/*
 * The fields of one CSV or text record, with or without its line end: of char *, unquoted and
 * unescaped. RS_ERROR_DATA for an unclosed quote or bytes behind a closed one. Free with
 * g_ptr_array_unref.
 */
GPtrArray *record_fields(const RecordRules *rules, const char *record, gsize length,
                         GError **error);

#endif
