/*
 * output: rows on standard output: the table, and every format of redshift/row_writer.h.
 *
 * Rows are printed as they come; nothing but the first rows of a table (which decide its widths) is
 * held. NULL and the empty string are told apart in every format:
 *
 *   table  the markers of the settings; every cell passes text_printable; on a terminal the line fits
 *          its width, cells are cut with … and columns that do not fit are left out and counted
 *   the others  as row_writer.h says
 *
 * Threads: one thread at a time.
 * Errors:  RS_ERROR_CANCELLED when the reader of stdout has gone, RS_ERROR_LIMIT for a full disk,
 *          RS_ERROR_UNSUPPORTED for columns that the format cannot hold
 *
 * Call order:  output_new, output_row ..., output_end, output_free
 */
#ifndef REDSMITH_CLI_OUTPUT_H
#define REDSMITH_CLI_OUTPUT_H

#include <stdio.h>

#include "redshift/row_writer.h"

typedef enum {
    OUTPUT_TABLE,
    OUTPUT_TEXT,
    OUTPUT_CSV,
    OUTPUT_TSV,
    OUTPUT_JSON,
    OUTPUT_JSONL,
    OUTPUT_PSQL,
    OUTPUT_INSERT,
    OUTPUT_MARKDOWN,
} OutputFormat;

/* "table", "csv" ... FALSE for an unknown name. */
gboolean output_format_from_name(const char *name, OutputFormat *format);
/* All of them, "table, text, csv ..". Free with g_free. */
char *output_format_names(void);
/* The same format of a file; FALSE for the table, which belongs on a terminal. */
gboolean output_format_of_rows(OutputFormat format, RowFormat *rows);

typedef struct Output Output;

/* Zeroed is fine: no header, no limit of width, UTF-8. */
typedef struct {
    gboolean header;
    int width;         /* columns of the terminal; 0: as wide as the cells are */
    gboolean ascii;    /* no character beyond ASCII of our own */
    gboolean terminal; /* nothing that it would obey, in any format; line ends and tabs stay */
    gboolean dim;      /* markers stand out by an attribute (a terminal) */
    const char *null_marker;       /* NULL: "∅" */
    const char *empty_marker;      /* NULL: "''" */
    const char *schema, *relation; /* INSERT's target; NULL: "rows" */
} OutputStyle;

/* columns and style are copied; out is borrowed. */
Output *output_new(OutputFormat format, FILE *out, const ResultColumn *columns, guint n_columns,
                   const OutputStyle *style);

/* A RowFunction: user is the Output. */
gboolean output_row(gpointer user, guint n_columns, const char *const *values, const int *lengths,
                    GError **error);

/* For rows made here: values end with the columns; NULL is NULL. */
gboolean output_strings(Output *output, const char *const *values, GError **error);

/* What is still held, the closing bracket, and a flush. */
gboolean output_end(Output *output, GError **error);

guint64 output_n_rows(const Output *output);
/* Columns that the width left out; 0 until the first row was printed. */
guint output_n_left_out(const Output *output);

void output_free(Output *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Output, output_free)

#endif
