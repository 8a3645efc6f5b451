/*
 * output_private: what output.c and the table writer share. See output.h.
 *
 * A table holds its first rows until it knows how wide its columns are; every other format goes to a
 * RowWriter at once.
 *
 * Threads: that of the output
 */
#ifndef REDSMITH_CLI_OUTPUT_PRIVATE_H
#define REDSMITH_CLI_OUTPUT_PRIVATE_H

#include "cli/output.h"

/* Rows that are held to find out how wide a table's columns are. */
enum { TABLE_SAMPLE_ROWS = 200 };

struct Output {
    OutputFormat format;
    FILE *out;
    OutputStyle style;
    char *null_marker, *empty_marker;
    guint n_columns;
    RowWriter *writer; /* NULL: the table */
    GError *refused;   /* why there is no writer for these columns */
    guint64 n_rows;
    GString *line; /* reused */
    /* table */
    char **names;
    guint32 *types;
    GPtrArray *sample; /* of GPtrArray of cells, until the widths are known */
    int *widths;       /* NULL until then */
    guint n_shown;     /* columns that fit */
};

/* output_table.c: one more row, and the end: what is held is written by then. */
void table_row(Output *output, const char *const *values, const int *lengths);
void table_end(Output *output);

#endif
