#include <string.h>

#include "redshift/data_api_private.h"
#include "redshift/types.h"

/* A modifier counts the four bytes of PostgreSQL's length word. */
#define LENGTH_WORD 4

/* typeName is the server's own short word, which redshift/types knows but for this one. */
static guint32 oid_of(const char *type_name)
{
    guint32 oid;
    int modifier;
    if (g_strcmp0(type_name, "bpchar") == 0)
        return TYPE_BPCHAR;
    type_parse(type_name != NULL ? type_name : "", &oid, &modifier);
    return oid;
}

static int modifier_of(guint32 oid, const DataApiColumn *column)
{
    gint64 size = column->precision > 0 ? column->precision : column->length;
    if (size <= 0 || size > G_MAXUINT16)
        return -1;
    if (oid == TYPE_NUMERIC)
        return (int)(size << 16 | (column->scale & 0xffff)) + LENGTH_WORD;
    int modifier = (int)size + LENGTH_WORD;
    return type_max_bytes(oid, modifier) > 0 ? modifier : -1;
}

void data_api_column_describe(const DataApiColumn *from, ResultColumn *to)
{
    to->name = g_strdup(from->name);
    to->type_oid = oid_of(from->type_name);
    to->type_modifier = modifier_of(to->type_oid, from);
}

/* "616263": VARBYTE as Redshift writes it. */
static void write_hex(DataApiField *field)
{
    GString *hex = g_string_sized_new(2 * field->length);
    for (gsize i = 0; i < field->length; i++)
        g_string_append_printf(hex, "%02x", (guchar)field->text[i]);
    g_free(field->text);
    field->length = hex->len;
    field->text = g_string_free(hex, FALSE);
}

/* A double that JSON writes as 21.0 is 21 on the wire. */
static void trim_fraction(DataApiField *field)
{
    if (!g_str_has_suffix(field->text, ".0"))
        return;
    field->length -= 2;
    field->text[field->length] = '\0';
}

const char *data_api_value_text(DataApiField *field, guint32 type_oid, int *length)
{
    *length = 0;
    if (field->kind == DATA_API_NULL)
        return NULL;
    if (field->kind == DATA_API_BLOB)
        write_hex(field);
    else if (field->kind == DATA_API_DOUBLE)
        trim_fraction(field);
    gboolean boolean = field->kind == DATA_API_BOOLEAN && type_oid == TYPE_BOOLEAN;
    *length = boolean ? 1 : (int)field->length;
    return !boolean ? field->text : *field->text == 't' ? "t" : "f";
}
