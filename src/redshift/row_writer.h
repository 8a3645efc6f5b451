/*
 * row_writer: rows as text in the formats of files, standard output and the clipboard.
 *
 * Pure: bytes are appended to a string that the caller empties as it likes. One writer serves
 * `query -o`, standard output, exports and copies, so that a value looks the same in all of them.
 * NULL and the empty string are told apart wherever the format can:
 *
 *   text      values with tabs between, control characters as blanks, NULL as nothing: for pasting
 *   csv       as psql --csv writes it (RFC 4180, quotes only where needed), NULL as an empty field; an
 *             empty string is "", which psql does not tell apart
 *   tsv       tab separated, backslash escapes as COPY's text format has them, NULL as \N
 *   json      one array of objects; numbers exactly as the server wrote them, truth values as true and
 *             false, SUPER values as the JSON they are, all else as strings
 *   jsonl     one such object a line
 *   psql      aligned columns as psql prints them, NULL as ∅; widths are those of the first rows, and a
 *             wider value further down moves its line
 *   insert    INSERT statements of up to 500 rows. SUPER, VARBYTE and GEOMETRY through the functions
 *             that read their text; GEOGRAPHY and HLLSKETCH have none and are refused
 *   markdown  a table of GitHub's Markdown, NULL as *NULL*; values are escaped, line ends are <br>
 *
 * Threads: one thread at a time.
 * Errors:  RS_ERROR_UNSUPPORTED from row_writer_new only
 *
 * Call order:  row_writer_new, row_writer_row ..., row_writer_end, row_writer_free
 */
#ifndef REDSMITH_REDSHIFT_ROW_WRITER_H
#define REDSMITH_REDSHIFT_ROW_WRITER_H

#include "base/codec.h"
#include "redshift/session.h"

typedef enum {
    ROW_FORMAT_TEXT,
    ROW_FORMAT_CSV,
    ROW_FORMAT_TSV,
    ROW_FORMAT_JSON,
    ROW_FORMAT_JSONL,
    ROW_FORMAT_PSQL,
    ROW_FORMAT_INSERT,
    ROW_FORMAT_MARKDOWN,
} RowFormat;

/* "csv" ... static. */
const char *row_format_name(RowFormat format);
/* FALSE for an unknown name. */
gboolean row_format_from_name(const char *name, RowFormat *format);
/* All names with ", " between; static. */
const char *row_format_names(void);

/* What a path's suffixes say: "a.jsonl.zst" is JSONL in zstd. Either is left alone where the path says
 * nothing of it; FALSE when it says nothing of the format. */
gboolean row_format_from_path(const char *path, RowFormat *format, CodecKind *codec);

/* Zeroed is fine: no header, INSERT into "rows". */
typedef struct {
    gboolean header;               /* names before the rows; csv, tsv, text */
    const char *schema, *relation; /* INSERT's target */
} RowStyle;

typedef struct RowWriter RowWriter;

/* columns and style are copied. */
RowWriter *row_writer_new(RowFormat format, const ResultColumn *columns, guint n_columns,
                          const RowStyle *style, GError **error);
void row_writer_row(RowWriter *writer, const char *const *values, const int *lengths, GString *out);
/* What is still held, names when there was no row, the closing bracket. */
void row_writer_end(RowWriter *writer, GString *out);
guint64 row_writer_rows(const RowWriter *writer);
void row_writer_free(RowWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RowWriter, row_writer_free)

/* Appends a JSON string, quotes included: control, format and bidi characters are escaped and invalid
 * bytes replaced, so that a terminal can show it. */
void row_append_json_string(GString *out, const char *bytes, gsize length);

/* TRUE when the text is a number by JSON's grammar. */
gboolean row_is_json_number(const char *text, gsize length);

#endif
