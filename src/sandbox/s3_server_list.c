#include <string.h>

#include "base/error.h"
#include "sandbox/s3_server_internal.h"

#define PAGE 1000u
#define OWNER_ID "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
/* How many objects are looked at in one go while common prefixes are skipped. */
#define BATCH 1000u

/* One page in the making. */
typedef struct {
    HttpExchange *exchange;
    char *prefix, *delimiter, *after;
    guint64 max_keys;
    gboolean encode;
    gboolean fetch_owner;
    GString *contents, *common;
    guint count;
    gboolean truncated;
    char *last; /* the last key or common prefix of the page */
} Page;

static void page_clear(Page *page)
{
    g_free(page->prefix);
    g_free(page->delimiter);
    g_free(page->after);
    g_free(page->last);
    g_string_free(page->contents, TRUE);
    g_string_free(page->common, TRUE);
}

static void append_owner(GString *out)
{
    g_string_append(out, "<Owner><ID>" OWNER_ID "</ID><DisplayName>sandbox</DisplayName></Owner>");
}

void s3_list_buckets(HttpExchange *exchange)
{
    g_auto(GStrv) buckets = store_buckets(exchange->server->store);
    g_autoptr(GString) xml = g_string_new(S3_XML_HEAD "<ListAllMyBucketsResult " S3_XMLNS ">");
    append_owner(xml);
    g_string_append(xml, "<Buckets>");
    for (char **bucket = buckets; *bucket != NULL; bucket++) {
        g_string_append(xml, "<Bucket>");
        s3_append_element(xml, "Name", *bucket);
        /* Folders do not tell when they were made; every sandbox is young. */
        g_string_append(xml, "<CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>");
    }
    g_string_append(xml, "</Buckets></ListAllMyBucketsResult>");
    s3_answer_xml(exchange, 200, xml->str);
}

static gboolean page_init(Page *page, HttpExchange *exchange)
{
    g_autofree char *encoding = http_parameter(exchange, "encoding-type");
    page->exchange = exchange;
    page->contents = g_string_new(NULL);
    page->common = g_string_new(NULL);
    page->prefix = http_parameter(exchange, "prefix");
    page->delimiter = http_parameter(exchange, "delimiter");
    page->encode = encoding != NULL;
    if (page->prefix == NULL)
        page->prefix = g_strdup("");
    if (page->delimiter != NULL && *page->delimiter == '\0')
        g_clear_pointer(&page->delimiter, g_free);
    if (!s3_need_bucket(exchange))
        return FALSE;
    if (encoding != NULL && strcmp(encoding, "url") != 0) {
        http_answer_error(exchange, 400, "InvalidArgument",
                          "Invalid Encoding Method specified in Request", NULL);
        return FALSE;
    }
    return s3_parameter_number(exchange, "max-keys", PAGE, PAGE, &page->max_keys);
}

static void append_object(Page *page, const StoreObject *object)
{
    g_autofree char *modified = s3_iso_time(object->modified_ms);
    g_autofree char *etag = g_strdup_printf("\"%s\"", object->etag);
    g_string_append(page->contents, "<Contents>");
    s3_append_key(page->contents, "Key", object->key, page->encode);
    s3_append_element(page->contents, "LastModified", modified);
    s3_append_element(page->contents, "ETag", etag);
    g_string_append_printf(page->contents, "<Size>%" G_GUINT64_FORMAT "</Size>", object->size);
    if (page->fetch_owner)
        append_owner(page->contents);
    g_string_append(page->contents, "<StorageClass>STANDARD</StorageClass></Contents>");
}

/* The part of the key up to the delimiter after the prefix, or NULL. */
static char *common_prefix(const Page *page, const char *key)
{
    if (page->delimiter == NULL)
        return NULL;
    const char *rest = key + strlen(page->prefix);
    const char *end = strstr(rest, page->delimiter);
    return end != NULL ? g_strndup(key, (gsize)(end - key) + strlen(page->delimiter)) : NULL;
}

/* TRUE when the page has room for it; a key below the common prefix before it takes none. */
static gboolean add_to_page(Page *page, const StoreObject *object)
{
    g_autofree char *common = common_prefix(page, object->key);
    if (common != NULL && g_strcmp0(page->last, common) == 0)
        return TRUE;
    if (page->count >= page->max_keys) {
        page->truncated = TRUE;
        return FALSE;
    }
    page->count++;
    g_free(page->last);
    if (common == NULL) {
        append_object(page, object);
        page->last = g_strdup(object->key);
        return TRUE;
    }
    g_string_append(page->common, "<CommonPrefixes>");
    s3_append_key(page->common, "Prefix", common, page->encode);
    g_string_append(page->common, "</CommonPrefixes>");
    page->last = g_steal_pointer(&common);
    return TRUE;
}

/* A marker that is itself a common prefix stands for all that is below it. */
static gboolean is_below_marker(const Page *page, const char *marker, const char *key)
{
    return marker != NULL && page->delimiter != NULL && strlen(marker) > strlen(page->prefix) &&
           g_str_has_suffix(marker, page->delimiter) && g_str_has_prefix(key, marker);
}

/* Where to look on: past all that is below a common prefix, when the last key was. No key of UTF-8 has the
 * byte 0xff. */
static char *place_after(const Page *page, const char *key)
{
    return is_below_marker(page, page->last, key) ? g_strconcat(page->last, "\xff", NULL)
                                                  : g_strdup(key);
}

static gboolean fill_page(Page *page)
{
    const S3Work *work = page->exchange->work;
    g_autoptr(GError) error = NULL;
    g_autofree char *after = g_strdup(page->after);
    gboolean more = page->max_keys > 0;
    while (more) {
        guint batch = (guint)MIN(page->max_keys, BATCH);
        g_autoptr(GPtrArray) objects = store_list(page->exchange->server->store, work->bucket,
                                                  page->prefix, after, batch + 1, &error);
        if (objects == NULL) {
            s3_answer_error(page->exchange, error);
            return FALSE;
        }
        more = objects->len > batch;
        for (guint i = 0; i < objects->len; i++) {
            const StoreObject *object = objects->pdata[i];
            if (!is_below_marker(page, page->after, object->key) && !add_to_page(page, object))
                return TRUE;
            if (i + 1 == objects->len) {
                g_free(after);
                after = place_after(page, object->key);
            }
        }
    }
    return TRUE;
}

static void append_common_part(GString *xml, const Page *page)
{
    const S3Work *work = page->exchange->work;
    s3_append_element(xml, "Name", work->bucket);
    s3_append_key(xml, "Prefix", page->prefix, page->encode);
    s3_append_key(xml, "Delimiter", page->delimiter, page->encode);
    g_string_append_printf(xml, "<MaxKeys>%" G_GUINT64_FORMAT "</MaxKeys>", page->max_keys);
    if (page->encode)
        g_string_append(xml, "<EncodingType>url</EncodingType>");
    s3_append_element(xml, "IsTruncated", page->truncated ? "true" : "false");
}

void s3_list_objects(HttpExchange *exchange)
{
    Page page = {0};
    gboolean good = page_init(&page, exchange);
    page.after = http_parameter(exchange, "marker");
    page.fetch_owner = TRUE;
    if (good && fill_page(&page)) {
        g_autoptr(GString) xml = g_string_new(S3_XML_HEAD "<ListBucketResult " S3_XMLNS ">");
        append_common_part(xml, &page);
        s3_append_key(xml, "Marker", page.after != NULL ? page.after : "", page.encode);
        if (page.truncated && page.delimiter != NULL)
            s3_append_key(xml, "NextMarker", page.last, page.encode);
        g_string_append_printf(xml, "%s%s</ListBucketResult>", page.contents->str,
                               page.common->str);
        s3_answer_xml(exchange, 200, xml->str);
    }
    page_clear(&page);
}

/* Tokens are opaque to clients: the last key in base64. */
static gboolean read_token(Page *page, const char *token)
{
    gsize length;
    g_autofree guchar *key = g_base64_decode(token, &length);
    if (length == 0 || memchr(key, '\0', length) != NULL) {
        http_answer_error(page->exchange, 400, "InvalidArgument",
                          "The continuation token provided is incorrect", NULL);
        return FALSE;
    }
    page->after = g_strndup((const char *)key, length);
    return TRUE;
}

static void append_v2_part(GString *xml, const Page *page, const char *token, const char *start)
{
    g_string_append_printf(xml, "<KeyCount>%u</KeyCount>", page->count);
    s3_append_element(xml, "ContinuationToken", token);
    s3_append_key(xml, "StartAfter", start, page->encode);
    if (page->truncated) {
        g_autofree char *next = g_base64_encode((const guchar *)page->last, strlen(page->last));
        s3_append_element(xml, "NextContinuationToken", next);
    }
    g_string_append_printf(xml, "%s%s</ListBucketResult>", page->contents->str, page->common->str);
}

void s3_list_objects_v2(HttpExchange *exchange)
{
    Page page = {0};
    g_autofree char *token = http_parameter(exchange, "continuation-token");
    g_autofree char *start = http_parameter(exchange, "start-after");
    g_autofree char *owner = http_parameter(exchange, "fetch-owner");
    gboolean good = page_init(&page, exchange);
    page.fetch_owner = g_strcmp0(owner, "true") == 0;
    if (good && token != NULL)
        good = read_token(&page, token);
    else if (good)
        page.after = g_strdup(start);
    if (good && fill_page(&page)) {
        g_autoptr(GString) xml = g_string_new(S3_XML_HEAD "<ListBucketResult " S3_XMLNS ">");
        append_common_part(xml, &page);
        append_v2_part(xml, &page, token, start);
        s3_answer_xml(exchange, 200, xml->str);
    }
    page_clear(&page);
}
