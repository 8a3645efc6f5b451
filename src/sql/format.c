#include "sql/unload.h"

typedef struct {
    const char *name;
    const char *suffix;
} NameRow;

static const NameRow formats[] = {
    [SQL_FORMAT_TEXT] = {"text", NULL}, [SQL_FORMAT_CSV] = {"csv", NULL},
    [SQL_FORMAT_JSON] = {"json", NULL}, [SQL_FORMAT_PARQUET] = {"parquet", NULL},
    [SQL_FORMAT_ORC] = {"orc", NULL},   [SQL_FORMAT_AVRO] = {"avro", NULL},
};

static const NameRow compressions[] = {
    [SQL_COMPRESS_NONE] = {"none", ""},     [SQL_COMPRESS_GZIP] = {"gzip", ".gz"},
    [SQL_COMPRESS_ZSTD] = {"zstd", ".zst"}, [SQL_COMPRESS_BZIP2] = {"bzip2", ".bz2"},
    [SQL_COMPRESS_LZOP] = {"lzop", ".lzo"},
};

static int row_of(const NameRow *rows, gsize n, const char *name)
{
    for (gsize i = 0; name != NULL && i < n; i++)
        if (g_ascii_strcasecmp(rows[i].name, name) == 0)
            return (int)i;
    return -1;
}

gboolean sql_format_from_name(const char *name, SqlFormat *format)
{
    int row = row_of(formats, G_N_ELEMENTS(formats), name);
    if (row >= 0)
        *format = (SqlFormat)row;
    return row >= 0;
}

const char *sql_format_name(SqlFormat format)
{
    g_return_val_if_fail((gsize)format < G_N_ELEMENTS(formats), NULL);
    return formats[format].name;
}

gboolean sql_compression_from_name(const char *name, SqlCompression *compression)
{
    int row = row_of(compressions, G_N_ELEMENTS(compressions), name);
    if (row >= 0)
        *compression = (SqlCompression)row;
    return row >= 0;
}

const char *sql_compression_name(SqlCompression compression)
{
    g_return_val_if_fail((gsize)compression < G_N_ELEMENTS(compressions), NULL);
    return compressions[compression].name;
}

const char *sql_compression_suffix(SqlCompression compression)
{
    g_return_val_if_fail((gsize)compression < G_N_ELEMENTS(compressions), NULL);
    return compressions[compression].suffix;
}
