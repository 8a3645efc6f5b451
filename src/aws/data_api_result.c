#include <string.h>

#include "aws/data_api_internal.h"
#include "base/error.h"

#define PAGE_LIMIT (64u << 20) /* bytes of an answer; the service's own pages are far smaller */

struct DataApiPage {
    JsonReply *reply;
    GPtrArray *columns;
    RawJson records;
    gboolean has_records;
    gint64 total;
    char *next;
    RawJsonWalk walk; /* of data_api_page_next_row */
    GArray *fields;   /* its row */
};

/* --- columns ------------------------------------------------------------------------------------ */

void data_api_column_free(DataApiColumn *column)
{
    g_free(column->name);
    g_free(column->type_name);
    g_free(column->schema_name);
    g_free(column->table_name);
    g_free(column->default_value);
    g_free(column);
}

DataApiColumn *data_api_column_read(RawJson json)
{
    DataApiColumn *column = g_new0(DataApiColumn, 1);
    column->name = raw_json_text_of(json, "label");
    if (column->name == NULL)
        column->name = raw_json_text_of(json, "name");
    if (column->name == NULL)
        column->name = g_strdup("");
    column->type_name = raw_json_text_of(json, "typeName");
    column->schema_name = raw_json_text_of(json, "schemaName");
    column->table_name = raw_json_text_of(json, "tableName");
    column->default_value = raw_json_text_of(json, "columnDefault");
    column->precision = raw_json_int64_of(json, "precision", 0);
    column->scale = raw_json_int64_of(json, "scale", 0);
    column->length = raw_json_int64_of(json, "length", 0);
    column->nullable = (int)CLAMP(raw_json_int64_of(json, "nullable", 2), 0, 2);
    return column;
}

/* --- fields ------------------------------------------------------------------------------------- */

void data_api_field_clear(DataApiField *field)
{
    g_free(field->text);
    *field = (DataApiField){0};
}

static void take_raw(DataApiField *field, DataApiKind kind, RawJson value)
{
    field->kind = kind;
    field->length = (gsize)(value.end - value.at);
    field->text = g_strndup(value.at, field->length);
}

static gboolean is_base64(const char *text)
{
    gsize length = strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+/");
    return strspn(text + length, "=") == strlen(text + length) && strlen(text) % 4 == 0;
}

static void take_blob(DataApiField *field, RawJson value)
{
    g_autofree char *text = raw_json_string(value, NULL);
    if (text == NULL || !is_base64(text)) {
        take_raw(field, DATA_API_UNKNOWN, value);
        return;
    }
    guchar *bytes = g_base64_decode(text, &field->length);
    field->kind = DATA_API_BLOB;
    field->text = g_realloc(bytes, field->length + 1);
    field->text[field->length] = '\0';
}

static void take_member(DataApiField *field, RawJson name, RawJson value)
{
    static const struct {
        const char *name;
        DataApiKind kind;
        RawJsonKind json;
    } kinds[] = {
        {"isNull", DATA_API_NULL, RAW_JSON_BOOLEAN},
        {"booleanValue", DATA_API_BOOLEAN, RAW_JSON_BOOLEAN},
        {"longValue", DATA_API_LONG, RAW_JSON_NUMBER},
        {"doubleValue", DATA_API_DOUBLE, RAW_JSON_NUMBER},
        {"stringValue", DATA_API_STRING, RAW_JSON_STRING},
        {"blobValue", DATA_API_BLOB, RAW_JSON_STRING},
    };
    DataApiKind kind = DATA_API_UNKNOWN;
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (kinds[i].json == raw_json_kind(value) && raw_json_string_is(name, kinds[i].name))
            kind = kinds[i].kind;
    if (kind == DATA_API_NULL && *value.at == 't')
        return;
    if (kind == DATA_API_STRING) {
        field->kind = kind;
        field->text = raw_json_string(value, &field->length);
    } else if (kind == DATA_API_BLOB) {
        take_blob(field, value);
    } else {
        take_raw(field, kind != DATA_API_NULL ? kind : DATA_API_UNKNOWN, value);
    }
}

gboolean data_api_field_read(RawJson json, DataApiField *field, GError **error)
{
    *field = (DataApiField){0};
    if (raw_json_kind(json) != RAW_JSON_OBJECT) {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_CORRUPT,
                            "a field of the result is not an object");
        return FALSE;
    }
    /* A union has one member; members that say nothing (null) are passed over. */
    for (RawJsonWalk walk = raw_json_walk(json); raw_json_next(&walk);) {
        if (raw_json_kind(walk.value) == RAW_JSON_NULL)
            continue;
        take_member(field, walk.name, walk.value);
        return TRUE;
    }
    take_raw(field, DATA_API_UNKNOWN, json);
    return TRUE;
}

/* --- pages -------------------------------------------------------------------------------------- */

static void clear_field(gpointer field)
{
    data_api_field_clear(field);
}

static GArray *fields_new(void)
{
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(DataApiField));
    g_array_set_clear_func(fields, clear_field);
    return fields;
}

static DataApiPage *page_new(JsonReply *reply)
{
    DataApiPage *page = g_new0(DataApiPage, 1);
    RawJson root = json_reply_root(reply), columns;
    page->reply = reply;
    page->columns = g_ptr_array_new_with_free_func((GDestroyNotify)data_api_column_free);
    page->has_records = raw_json_member(root, "Records", &page->records);
    page->fields = fields_new();
    if (page->has_records)
        page->walk = raw_json_walk(page->records);
    page->total = raw_json_int64_of(root, "TotalNumRows", -1);
    page->next = raw_json_text_of(root, "NextToken");
    if (page->next != NULL && *page->next == '\0')
        g_clear_pointer(&page->next, g_free);
    if (raw_json_member(root, "ColumnMetadata", &columns))
        for (RawJsonWalk walk = raw_json_walk(columns); raw_json_next(&walk);)
            g_ptr_array_add(page->columns, data_api_column_read(walk.value));
    return page;
}

DataApiPage *data_api_page_parse(const char *text, gsize length, GError **error)
{
    JsonReply *reply = json_reply_new(text, length, error);
    return reply != NULL ? page_new(reply) : NULL;
}

DataApiPage *data_api_fetch(DataApi *api, const char *id, gboolean csv, const char *next_token,
                            GCancellable *cancellable, GError **error)
{
    g_autofree char *what = g_strdup_printf("cannot fetch the rows of statement %s", id);
    PostTarget where = data_api_target(api, what);
    where.max_body = PAGE_LIMIT;
    g_autoptr(JsonCall) call =
        json_call_new(&data_api_service, csv ? "GetStatementResultV2" : "GetStatementResult");
    json_call_add_text(call, "Id", id);
    json_call_add_text(call, "NextToken", next_token);
    JsonReply *reply = json_call_send(call, &where, cancellable, error);
    return reply != NULL ? page_new(reply) : NULL;
}

void data_api_page_free(DataApiPage *page)
{
    if (page == NULL)
        return;
    json_reply_free(page->reply);
    g_ptr_array_unref(page->columns);
    g_array_unref(page->fields);
    g_free(page->next);
    g_free(page);
}

const GPtrArray *data_api_page_columns(const DataApiPage *page)
{
    return page->columns;
}

gint64 data_api_page_total(const DataApiPage *page)
{
    return page->total;
}

const char *data_api_page_next(const DataApiPage *page)
{
    return page->next;
}

/* The fields of one row into an emptied array. */
static gboolean read_row(RawJson row, GArray *fields, GError **error)
{
    g_array_set_size(fields, 0);
    if (raw_json_kind(row) != RAW_JSON_ARRAY) {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_CORRUPT, "a row of the result is no array");
        return FALSE;
    }
    for (RawJsonWalk walk = raw_json_walk(row); raw_json_next(&walk);) {
        DataApiField field;
        if (!data_api_field_read(walk.value, &field, error))
            return FALSE;
        g_array_append_val(fields, field);
    }
    return TRUE;
}

static gboolean read_checked(const DataApiPage *page, RawJson row, GArray *fields, GError **error)
{
    if (!read_row(row, fields, error))
        return FALSE;
    if (page->columns->len == 0 || fields->len == page->columns->len)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                "a row of the result has %u fields, and there are %u columns", fields->len,
                page->columns->len);
    return FALSE;
}

gboolean data_api_page_rows(const DataApiPage *page, DataApiRow each, gpointer user, GError **error)
{
    g_autoptr(GArray) fields = fields_new();
    if (!page->has_records)
        return TRUE;
    for (RawJsonWalk walk = raw_json_walk(page->records); raw_json_next(&walk);)
        if (!read_checked(page, walk.value, fields, error) ||
            !each(user, (const DataApiField *)fields->data, fields->len, error))
            return FALSE;
    return TRUE;
}

const DataApiField *data_api_page_next_row(DataApiPage *page, guint *n, GError **error)
{
    *n = 0;
    if (!page->has_records || !raw_json_next(&page->walk) ||
        !read_checked(page, page->walk.value, page->fields, error))
        return NULL;
    *n = page->fields->len;
    return (const DataApiField *)page->fields->data;
}

char *data_api_page_csv(const DataApiPage *page, gsize *length)
{
    GString *out = g_string_new(NULL);
    if (page->has_records) {
        for (RawJsonWalk walk = raw_json_walk(page->records); raw_json_next(&walk);) {
            RawJson text;
            gsize piece_length = 0;
            if (!raw_json_member(walk.value, "CSVRecords", &text))
                continue;
            g_autofree char *piece = raw_json_string(text, &piece_length);
            if (piece != NULL)
                g_string_append_len(out, piece, (gssize)piece_length);
        }
    }
    *length = out->len;
    return g_string_free(out, FALSE);
}
