/*
 * row_writer_private: what the writers of the formats share. Each has the contract of row_writer_row.
 *
 * Threads: as the public header says.
 */
#ifndef REDSMITH_REDSHIFT_ROW_WRITER_PRIVATE_H
#define REDSMITH_REDSHIFT_ROW_WRITER_PRIVATE_H

#include "redshift/row_writer.h"

/* Rows that are held to find out how wide the columns of psql's format are. */
enum { ALIGNED_SAMPLE_ROWS = 1000, INSERT_ROWS = 500, INSERT_BYTES = 1 << 20 };

/* What a column's values need, found out once. */
typedef enum {
    COLUMN_TEXT,
    COLUMN_NUMBER,
    COLUMN_BOOLEAN,
    COLUMN_PLAIN, /* dates, times: no byte that a format has to escape */
    COLUMN_SUPER,
    COLUMN_BYTES,
    COLUMN_GEOMETRY,
} ColumnClass;

struct RowWriter {
    RowFormat format;
    gboolean header;
    guint n_columns;
    char **names; /* JSON: made distinct, and written as `, "name": ` */
    ColumnClass *classes;
    guint64 n_rows;
    /* insert */
    char *insert_head; /* up to VALUES */
    guint in_statement;
    gsize statement_bytes;
    /* psql */
    GPtrArray *sample; /* of GPtrArray of char *, until the widths are known */
    int *widths;       /* NULL until then */
};

void aligned_row(RowWriter *writer, const char *const *values, const int *lengths, GString *out);
void aligned_end(RowWriter *writer, GString *out);

void insert_row(RowWriter *writer, const char *const *values, const int *lengths, GString *out);
void insert_end(RowWriter *writer, GString *out);

void markdown_head(const RowWriter *writer, GString *out);
void markdown_row(const RowWriter *writer, const char *const *values, const int *lengths,
                  GString *out);

void json_row(const RowWriter *writer, const char *const *values, const int *lengths, GString *out);

#endif
