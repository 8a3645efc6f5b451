#include "aws/s3_xml.h"

#include <expat.h>
#include <string.h>

#include "aws/s3_etag.h"
#include "aws/sigv4.h"
#include "base/error.h"
#include "base/text.h"

#define NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

/* One leaf: the name of its parent and its own, and the text between the tags. */
typedef void (*LeafFunction)(gpointer user, const char *parent, const char *name,
                             const GString *text);
/* The end of an element that holds others. */
typedef void (*EndFunction)(gpointer user, const char *name);

typedef struct {
    XML_Parser parser;
    const char *root; /* the element the document must be */
    gboolean wrong_root, doctype;
    GPtrArray *path; /* of char *: the open elements */
    GString *text;
    gboolean leaf; /* nothing was opened inside the current element */
    LeafFunction on_leaf;
    EndFunction on_close;
    gpointer user;
} Reader;

static void on_start(void *data, const char *name, const char **attributes)
{
    Reader *reader = data;
    if (reader->path->len == 0 && strcmp(name, reader->root) != 0) {
        reader->wrong_root = TRUE;
        XML_StopParser(reader->parser, XML_FALSE);
        return;
    }
    g_ptr_array_add(reader->path, g_strdup(name));
    g_string_truncate(reader->text, 0);
    reader->leaf = TRUE;
}

static void on_text(void *data, const char *text, int length)
{
    Reader *reader = data;
    g_string_append_len(reader->text, text, length);
}

static void on_end(void *data, const char *name)
{
    Reader *reader = data;
    guint depth = reader->path->len;
    if (reader->leaf && depth >= 2)
        reader->on_leaf(reader->user, reader->path->pdata[depth - 2], name, reader->text);
    else if (reader->on_close != NULL)
        reader->on_close(reader->user, name);
    g_ptr_array_set_size(reader->path, (gint)depth - 1);
    g_string_truncate(reader->text, 0);
    reader->leaf = FALSE;
}

static void on_doctype(void *data, const char *name, const char *system, const char *public_id,
                       int internal)
{
    Reader *reader = data;
    reader->doctype = TRUE;
    XML_StopParser(reader->parser, XML_FALSE);
}

static gboolean read_xml(const char *xml, gsize length, const char *root, LeafFunction on_leaf,
                         EndFunction on_close, gpointer user, GError **error)
{
    g_autoptr(GPtrArray) path = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new("");
    Reader reader = {.parser = XML_ParserCreate(NULL),
                     .root = root,
                     .path = path,
                     .text = text,
                     .on_leaf = on_leaf,
                     .on_close = on_close,
                     .user = user};
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
    gboolean good = XML_Parse(reader.parser, xml, (int)length, TRUE) == XML_STATUS_OK;
    if (!good)
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                    "the answer is not the XML of a %s (line %lu: %s)", root,
                    XML_GetCurrentLineNumber(reader.parser),
                    reader.wrong_root ? "another root element"
                    : reader.doctype  ? "a document type declaration"
                                      : XML_ErrorString(XML_GetErrorCode(reader.parser)));
    XML_ParserFree(reader.parser);
    return good;
}

/* --- ListObjectsV2 ----------------------------------------------------------------------------- */

typedef struct {
    S3Page *page;
    S3Object *object; /* the <Contents> that is open, or NULL */
    gboolean bad_number, bad_key;
    gboolean folders; /* there are common prefixes */
    gboolean encoded; /* the service did what encoding-type=url asks for */
} PageReader;

static gint64 parse_time(const char *text)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);
    return time != NULL ? g_date_time_to_unix(time) : 0;
}

static void object_leaf(PageReader *reader, const char *name, const GString *text)
{
    if (reader->object == NULL)
        reader->object = g_new0(S3Object, 1);
    S3Object *object = reader->object;
    if (strcmp(name, "Key") == 0 && object->key == NULL)
        object->key = g_strdup(text->str);
    else if (strcmp(name, "ETag") == 0 && object->etag == NULL)
        object->etag = s3_bare_etag(text->str);
    else if (strcmp(name, "LastModified") == 0)
        object->modified = parse_time(text->str);
    else if (strcmp(name, "Size") == 0 &&
             !g_ascii_string_to_unsigned(text->str, 10, 0, G_MAXUINT64, &object->size, NULL))
        reader->bad_number = TRUE;
}

static void page_leaf(gpointer user, const char *parent, const char *name, const GString *text)
{
    PageReader *reader = user;
    if (strcmp(parent, "Contents") == 0) {
        object_leaf(reader, name, text);
    } else if (strcmp(parent, "CommonPrefixes") == 0 && strcmp(name, "Prefix") == 0) {
        S3Object *folder = g_new0(S3Object, 1);
        folder->key = g_strdup(text->str);
        folder->is_prefix = TRUE;
        reader->folders = TRUE;
        g_ptr_array_add(reader->page->objects, folder);
    } else if (strcmp(parent, "ListBucketResult") == 0) {
        if (strcmp(name, "IsTruncated") == 0)
            reader->page->truncated = strcmp(text->str, "true") == 0;
        else if (strcmp(name, "EncodingType") == 0)
            reader->encoded = strcmp(text->str, "url") == 0;
        else if (strcmp(name, "NextContinuationToken") == 0 && reader->page->next_token == NULL)
            reader->page->next_token = g_strdup(text->str);
    }
}

static void page_close(gpointer user, const char *name)
{
    PageReader *reader = user;
    if (strcmp(name, "Contents") != 0 || reader->object == NULL)
        return;
    if (reader->object->key != NULL)
        g_ptr_array_add(reader->page->objects, g_steal_pointer(&reader->object));
    g_clear_pointer(&reader->object, s3_object_free);
}

/* FALSE when a key holds a NUL: cut there, it would be taken for another object's. */
static gboolean decode_keys(GPtrArray *objects)
{
    gboolean good = TRUE;
    for (guint i = 0; i < objects->len; i++) {
        S3Object *object = objects->pdata[i];
        gsize length;
        char *decoded = sigv4_uri_decode(object->key, -1, TRUE, &length);
        good = good && strlen(decoded) == length;
        g_free(object->key);
        object->key = decoded;
    }
    return good;
}

/* Folders come behind the objects of their page. */
static int compare_keys(gconstpointer a, gconstpointer b)
{
    const S3Object *one = *(const S3Object *const *)a, *other = *(const S3Object *const *)b;
    return strcmp(one->key, other->key);
}

gboolean s3_xml_read_page(const char *xml, gsize length, S3Page *page, GError **error)
{
    memset(page, 0, sizeof *page);
    page->objects = g_ptr_array_new_with_free_func((GDestroyNotify)s3_object_free);
    PageReader reader = {.page = page};
    gboolean good =
        read_xml(xml, length, "ListBucketResult", page_leaf, page_close, &reader, error);
    g_clear_pointer(&reader.object, s3_object_free);
    if (reader.encoded)
        reader.bad_key = !decode_keys(page->objects);
    if (reader.folders)
        g_ptr_array_sort(page->objects, compare_keys);
    const char *wrong = reader.bad_number ? "a size is not a number"
                        : reader.bad_key  ? "a key holds a NUL byte, which cannot be told"
                        : page->truncated && page->next_token == NULL ? "the next page is not named"
                                                                      : NULL;
    if (good && wrong != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "the listing is damaged: %s", wrong);
        return FALSE;
    }
    return good;
}

void s3_page_clear(S3Page *page)
{
    g_clear_pointer(&page->objects, g_ptr_array_unref);
    g_clear_pointer(&page->next_token, g_free);
}

/* --- multipart uploads ------------------------------------------------------------------------- */

static void upload_leaf(gpointer user, const char *parent, const char *name, const GString *text)
{
    char **id = user;
    if (strcmp(name, "UploadId") == 0 && *id == NULL)
        *id = g_strdup(text->str);
}

char *s3_xml_read_upload_id(const char *xml, gsize length, GError **error)
{
    g_autofree char *id = NULL;
    if (!read_xml(xml, length, "InitiateMultipartUploadResult", upload_leaf, NULL, &id, error))
        return NULL;
    if (id == NULL || *id == '\0') {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_CORRUPT,
                            "the service began an upload without giving it an id");
        return NULL;
    }
    return g_steal_pointer(&id);
}

typedef struct {
    S3UploadPage *page;
    S3Upload *upload;
    gboolean encoded;
} UploadReader;

static void uploads_leaf(gpointer user, const char *parent, const char *name, const GString *text)
{
    UploadReader *reader = user;
    S3UploadPage *page = reader->page;
    if (strcmp(parent, "Upload") == 0) {
        if (reader->upload == NULL)
            reader->upload = g_new0(S3Upload, 1);
        if (strcmp(name, "Key") == 0 && reader->upload->key == NULL)
            reader->upload->key = g_strdup(text->str);
        else if (strcmp(name, "UploadId") == 0 && reader->upload->id == NULL)
            reader->upload->id = g_strdup(text->str);
        else if (strcmp(name, "Initiated") == 0)
            reader->upload->started = parse_time(text->str);
    } else if (strcmp(parent, "ListMultipartUploadsResult") == 0) {
        if (strcmp(name, "IsTruncated") == 0)
            page->truncated = strcmp(text->str, "true") == 0;
        else if (strcmp(name, "EncodingType") == 0)
            reader->encoded = strcmp(text->str, "url") == 0;
        else if (strcmp(name, "NextKeyMarker") == 0 && page->next_key == NULL)
            page->next_key = g_strdup(text->str);
        else if (strcmp(name, "NextUploadIdMarker") == 0 && page->next_id == NULL)
            page->next_id = g_strdup(text->str);
    }
}

static void uploads_close(gpointer user, const char *name)
{
    UploadReader *reader = user;
    S3Upload *upload = reader->upload;
    if (strcmp(name, "Upload") != 0 || upload == NULL)
        return;
    reader->upload = NULL;
    if (upload->key != NULL && upload->id != NULL)
        g_ptr_array_add(reader->page->uploads, upload);
    else
        s3_upload_free(upload);
}

static void decode_in_place(char **text)
{
    char *decoded = *text != NULL ? sigv4_uri_decode(*text, -1, TRUE, NULL) : NULL;
    g_free(*text);
    *text = decoded;
}

gboolean s3_xml_read_uploads(const char *xml, gsize length, S3UploadPage *page, GError **error)
{
    memset(page, 0, sizeof *page);
    page->uploads = g_ptr_array_new_with_free_func((GDestroyNotify)s3_upload_free);
    UploadReader reader = {.page = page};
    gboolean good = read_xml(xml, length, "ListMultipartUploadsResult", uploads_leaf, uploads_close,
                             &reader, error);
    s3_upload_free(reader.upload);
    if (reader.encoded) {
        decode_in_place(&page->next_key);
        for (guint i = 0; i < page->uploads->len; i++)
            decode_in_place(&((S3Upload *)page->uploads->pdata[i])->key);
    }
    if (good && page->truncated && page->next_key == NULL) {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_CORRUPT,
                            "the listing of uploads is damaged: the next page is not named");
        return FALSE;
    }
    return good;
}

void s3_upload_page_clear(S3UploadPage *page)
{
    g_clear_pointer(&page->uploads, g_ptr_array_unref);
    g_clear_pointer(&page->next_key, g_free);
    g_clear_pointer(&page->next_id, g_free);
}

typedef struct {
    GArray *parts;
    S3Part part;
    guint next;
    gboolean truncated;
} PartReader;

static void parts_leaf(gpointer user, const char *parent, const char *name, const GString *text)
{
    PartReader *reader = user;
    if (strcmp(parent, "Part") == 0) {
        if (strcmp(name, "PartNumber") == 0)
            reader->part.number = (guint)g_ascii_strtoull(text->str, NULL, 10);
        else if (strcmp(name, "Size") == 0)
            reader->part.size = g_ascii_strtoull(text->str, NULL, 10);
        else if (strcmp(name, "ETag") == 0 && reader->part.etag == NULL)
            reader->part.etag = g_strdup(text->str);
    } else if (strcmp(parent, "ListPartsResult") == 0) {
        if (strcmp(name, "IsTruncated") == 0)
            reader->truncated = strcmp(text->str, "true") == 0;
        else if (strcmp(name, "NextPartNumberMarker") == 0)
            reader->next = (guint)g_ascii_strtoull(text->str, NULL, 10);
    }
}

static void parts_close(gpointer user, const char *name)
{
    PartReader *reader = user;
    if (strcmp(name, "Part") != 0)
        return;
    if (reader->part.etag != NULL && reader->part.number > 0)
        g_array_append_val(reader->parts, reader->part);
    else
        g_free(reader->part.etag);
    reader->part = (S3Part){0};
}

gboolean s3_xml_read_parts(const char *xml, gsize length, GArray *parts, guint *next,
                           GError **error)
{
    PartReader reader = {.parts = parts};
    gboolean good =
        read_xml(xml, length, "ListPartsResult", parts_leaf, parts_close, &reader, error);
    g_free(reader.part.etag);
    if (good && reader.truncated)
        *next = MAX(*next, reader.next);
    return good;
}

GBytes *s3_xml_write_complete(const GPtrArray *etags)
{
    GString *xml = g_string_new("<CompleteMultipartUpload xmlns=\"" NAMESPACE "\">");
    for (guint i = 0; i < etags->len; i++) {
        g_autofree char *etag = g_markup_escape_text(etags->pdata[i], -1);
        g_string_append_printf(xml, "<Part><PartNumber>%u</PartNumber><ETag>%s</ETag></Part>",
                               i + 1, etag);
    }
    g_string_append(xml, "</CompleteMultipartUpload>");
    return g_string_free_to_bytes(xml);
}

/* --- DeleteObjects ----------------------------------------------------------------------------- */

gboolean s3_xml_can_hold(const char *key)
{
    if (!g_utf8_validate(key, -1, NULL))
        return FALSE;
    for (const char *at = key; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        gboolean blank = character == '\t' || character == '\n' || character == '\r';
        if ((character < 0x20 && !blank) || character == 0xfffe || character == 0xffff)
            return FALSE;
    }
    return TRUE;
}

/* Line ends and tabs as references: a parser would turn a bare \r into \n. */
static void append_escaped(GString *xml, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '&' || *at == '<' || *at == '>' || *at == '"' || *at == '\t' || *at == '\n' ||
            *at == '\r')
            g_string_append_printf(xml, "&#%d;", *at);
        else
            g_string_append_c(xml, *at);
    }
}

GBytes *s3_xml_write_delete(const GPtrArray *keys, guint first, guint count)
{
    GString *xml = g_string_new("<Delete xmlns=\"" NAMESPACE "\">");
    for (guint i = first; i < first + count; i++) {
        g_string_append(xml, "<Object><Key>");
        append_escaped(xml, keys->pdata[i]);
        g_string_append(xml, "</Key></Object>");
    }
    g_string_append(xml, "<Quiet>true</Quiet></Delete>");
    return g_string_free_to_bytes(xml);
}

static void refusal_leaf(gpointer user, const char *parent, const char *name, const GString *text)
{
    S3Refusals *refusals = user;
    if (strcmp(parent, "Error") != 0 || refusals->failed > 0)
        return;
    char **field = strcmp(name, "Key") == 0       ? &refusals->key
                   : strcmp(name, "Code") == 0    ? &refusals->code
                   : strcmp(name, "Message") == 0 ? &refusals->message
                                                  : NULL;
    if (field != NULL && *field == NULL)
        *field = text_printable(text->str, (gssize)text->len);
}

static void refusal_close(gpointer user, const char *name)
{
    S3Refusals *refusals = user;
    if (strcmp(name, "Error") == 0)
        refusals->failed++;
}

gboolean s3_xml_read_refusals(const char *xml, gsize length, S3Refusals *refusals, GError **error)
{
    memset(refusals, 0, sizeof *refusals);
    return read_xml(xml, length, "DeleteResult", refusal_leaf, refusal_close, refusals, error);
}

void s3_refusals_clear(S3Refusals *refusals)
{
    g_free(refusals->key);
    g_free(refusals->code);
    g_free(refusals->message);
    memset(refusals, 0, sizeof *refusals);
}
