#include "redshift/types.h"

#include <stdlib.h>
#include <string.h>

/* A modifier counts the four bytes of PostgreSQL's length word. */
#define LENGTH_WORD 4

typedef enum { PLAIN, NUMBER, SIZED } TypeForm;

static const struct {
    guint32 oid;
    TypeForm form;
    const char *name, *alias;
} types[] = {
    {16, PLAIN, "boolean", "bool"},
    {17, PLAIN, "bytea", NULL},
    {18, PLAIN, "\"char\"", NULL},
    {19, PLAIN, "name", NULL},
    {20, NUMBER, "bigint", "int8"},
    {21, NUMBER, "smallint", "int2"},
    {23, NUMBER, "integer", "int4"},
    {25, PLAIN, "text", NULL},
    {26, NUMBER, "oid", NULL},
    {27, PLAIN, "tid", NULL},
    {28, NUMBER, "xid", NULL},
    {700, NUMBER, "real", "float4"},
    {701, NUMBER, "double precision", "float8"},
    {702, PLAIN, "abstime", NULL},
    {TYPE_BPCHAR, SIZED, "character", "char"},
    {TYPE_VARCHAR, SIZED, "character varying", "varchar"},
    {1082, PLAIN, "date", NULL},
    {1083, PLAIN, "time without time zone", "time"},
    {1114, PLAIN, "timestamp without time zone", "timestamp"},
    {1184, PLAIN, "timestamp with time zone", "timestamptz"},
    {1186, PLAIN, "interval", NULL},
    {1188, PLAIN, "interval year to month", NULL},
    {1190, PLAIN, "interval day to second", NULL},
    {1266, PLAIN, "time with time zone", "timetz"},
    {TYPE_NUMERIC, NUMBER, "numeric", "decimal"},
    {2278, PLAIN, "void", NULL},
    {2935, PLAIN, "hllsketch", NULL},
    {3000, PLAIN, "geometry", NULL},
    {3001, PLAIN, "geography", NULL},
    {4000, PLAIN, "super", NULL},
    {TYPE_VARBYTE, SIZED, "binary varying", "varbyte"},
};

static int row_of(guint32 oid)
{
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (types[i].oid == oid)
            return (int)i;
    return -1;
}

const char *type_name(guint32 oid)
{
    int row = row_of(oid);
    return row < 0 ? "unknown" : types[row].name;
}

char *type_text(guint32 oid, int modifier)
{
    const char *name = type_name(oid);
    int value = modifier - LENGTH_WORD;
    if (oid == TYPE_NUMERIC && value >= 0)
        return g_strdup_printf("%s(%d,%d)", name, value >> 16 & 0xffff, value & 0xffff);
    if (type_max_bytes(oid, modifier) > 0)
        return g_strdup_printf("%s(%d)", name, value);
    return g_strdup(name);
}

gboolean type_is_numeric(guint32 oid)
{
    int row = row_of(oid);
    return row >= 0 && types[row].form == NUMBER;
}

SqlValueKind type_value_kind(guint32 oid)
{
    return sql_value_kind(oid);
}

int type_max_bytes(guint32 oid, int modifier)
{
    int row = row_of(oid);
    if (row < 0 || types[row].form != SIZED || modifier <= LENGTH_WORD)
        return -1;
    return modifier - LENGTH_WORD;
}

static int modifier_of(guint32 oid, const char *text)
{
    char *end = NULL;
    long first = strtol(text, &end, 10);
    long second = *end == ',' ? strtol(end + 1, NULL, 10) : 0;
    if (end == text || first <= 0 || first > G_MAXUINT16 * 1024L)
        return -1;
    if (oid == TYPE_NUMERIC)
        return (int)((first << 16 | second) + LENGTH_WORD);
    int row = row_of(oid);
    return row >= 0 && types[row].form == SIZED ? (int)first + LENGTH_WORD : -1;
}

gboolean type_parse(const char *text, guint32 *oid, int *modifier)
{
    const char *open = strchr(text, '(');
    g_autofree char *name = g_ascii_strdown(text, open == NULL ? -1 : open - text);
    g_strstrip(name);
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (strcmp(name, types[i].name) != 0 && g_strcmp0(name, types[i].alias) != 0)
            continue;
        *oid = types[i].oid;
        *modifier = open == NULL ? -1 : modifier_of(types[i].oid, open + 1);
        return TRUE;
    }
    *oid = TYPE_UNKNOWN;
    *modifier = -1;
    return FALSE;
}
