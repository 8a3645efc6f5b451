#include <expat.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "sandbox/s3_server_internal.h"

/* --- answers ----------------------------------------------------------------------------------- */

void s3_answer_xml(HttpExchange *exchange, guint status, const char *xml)
{
    http_answer_text(exchange, status, "application/xml", xml);
}

gboolean s3_need_bucket(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    if (store_has_bucket(exchange->server->store, work->bucket))
        return TRUE;
    g_autofree char *name = http_xml_escape(work->bucket);
    g_autofree char *extra = g_strdup_printf("<BucketName>%s</BucketName>", name);
    http_answer_error(exchange, 404, "NoSuchBucket", "The specified bucket does not exist", extra);
    return FALSE;
}

void s3_answer_error(HttpExchange *exchange, const GError *error)
{
    const S3Work *work = exchange->work;
    if (g_error_matches(error, RS_ERROR, RS_ERROR_NOT_FOUND)) {
        g_autofree char *key = http_xml_escape(work->key != NULL ? work->key : "");
        g_autofree char *extra = g_strdup_printf("<Key>%s</Key>", key);
        if (s3_need_bucket(exchange))
            http_answer_error(exchange, 404, "NoSuchKey", "The specified key does not exist.",
                              extra);
    } else if (g_error_matches(error, RS_ERROR, RS_ERROR_USAGE)) {
        gboolean long_key = work->key != NULL && strlen(work->key) > 1024;
        http_answer_error(exchange, 400, long_key ? "KeyTooLongError" : "InvalidBucketName",
                          error->message, NULL);
    } else {
        http_answer_error(exchange, 500, "InternalError", error->message, NULL);
    }
}

gboolean s3_parameter_number(HttpExchange *exchange, const char *name, guint64 fallback,
                             guint64 maximum, guint64 *number)
{
    g_autofree char *text = http_parameter(exchange, name);
    *number = fallback;
    if (text == NULL || *text == '\0')
        return TRUE;
    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, number, NULL)) {
        g_autofree char *message =
            g_strdup_printf("Provided %s not an integer or out of range", name);
        http_answer_error(exchange, 400, "InvalidArgument", message, NULL);
        return FALSE;
    }
    *number = MIN(*number, maximum);
    return TRUE;
}

char *s3_bucket_path(const HttpExchange *exchange, const char *name)
{
    const S3Work *work = exchange->work;
    return g_build_filename(exchange->server->state->dir, "s3", work->bucket, name, NULL);
}

char *s3_iso_time(gint64 ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(ms / 1000);
    g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
    return g_strdup_printf("%s.%03dZ", seconds, (int)(ms % 1000));
}

/* By hand: names of days and months must not follow the locale. */
char *s3_http_time(gint64 ms)
{
    static const char days[] = "MonTueWedThuFriSatSun";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(ms / 1000);
    g_autofree char *clock = g_date_time_format(time, "%H:%M:%S");
    return g_strdup_printf(
        "%.3s, %02d %.3s %04d %s GMT", days + 3 * (g_date_time_get_day_of_week(time) - 1),
        g_date_time_get_day_of_month(time), months + 3 * (g_date_time_get_month(time) - 1),
        g_date_time_get_year(time), clock);
}

void s3_append_element(GString *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    g_autofree char *escaped = http_xml_escape(text);
    g_string_append_printf(out, "<%s>%s</%s>", name, escaped, name);
}

void s3_append_key(GString *out, const char *name, const char *key, gboolean encode)
{
    if (key == NULL)
        return;
    g_autofree char *encoded = encode ? sigv4_uri_encode(key, -1, TRUE) : g_strdup(key);
    s3_append_element(out, name, encoded);
}

/* --- headers that an object keeps -------------------------------------------------------------- */

static const char *const kept[] = {"Cache-Control", "Content-Disposition", "Content-Encoding",
                                   "Content-Language", "Expires"};

static gboolean is_kept(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        if (g_ascii_strcasecmp(name, kept[i]) == 0)
            return TRUE;
    return g_ascii_strncasecmp(name, "x-amz-meta-", strlen("x-amz-meta-")) == 0;
}

/* aws-chunked is how the body travelled, not how it is encoded. */
static char *without_chunked(const char *name, const char *value)
{
    if (g_ascii_strcasecmp(name, "Content-Encoding") != 0)
        return g_strdup(value);
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);
    GString *out = g_string_new(NULL);
    for (char **part = parts; *part != NULL; part++)
        if (g_ascii_strcasecmp(g_strstrip(*part), "aws-chunked") != 0)
            g_string_append_printf(out, "%s%s", out->len > 0 ? "," : "", *part);
    return g_string_free(out, FALSE);
}

char *s3_kept_headers(const HttpExchange *exchange)
{
    GString *lines = g_string_new(NULL);
    for (guint i = 0; i < exchange->headers->len; i++) {
        const SigV4Header *header = exchange->headers->pdata[i];
        g_autofree char *value = without_chunked(header->name, header->value);
        if (is_kept(header->name) && *value != '\0')
            g_string_append_printf(lines, "%s: %s\n", header->name, value);
    }
    return g_string_free(lines, FALSE);
}

static char *headers_path(const HttpExchange *exchange, const char *bucket, const char *key)
{
    g_autofree char *hash = sigv4_sha256(key, strlen(key));
    return g_build_filename(exchange->server->state->dir, "s3", bucket, "headers", hash, NULL);
}

void s3_headers_save(const HttpExchange *exchange, const char *key, const char *etag,
                     const char *lines)
{
    const S3Work *work = exchange->work;
    g_autofree char *path = headers_path(exchange, work->bucket, key);
    if (lines == NULL || *lines == '\0') {
        g_unlink(path);
        return;
    }
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *text = g_strdup_printf("%s\n%s", etag, lines);
    g_mkdir_with_parents(folder, 0700);
    /* Not renamed into place, which GLib would sync: a half-written file lacks its ETag's line end. */
    g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
}

char *s3_headers_load(const HttpExchange *exchange, const char *bucket, const char *key,
                      const char *etag)
{
    g_autofree char *path = headers_path(exchange, bucket, key);
    g_autofree char *text = NULL;
    gsize length = strlen(etag);
    if (!g_file_get_contents(path, &text, NULL, NULL) || strncmp(text, etag, length) != 0 ||
        text[length] != '\n')
        return g_strdup("");
    return g_strdup(text + length + 1);
}

void s3_headers_add(struct MHD_Response *response, const char *lines)
{
    g_auto(GStrv) parts = g_strsplit(lines, "\n", -1);
    for (char **part = parts; *part != NULL; part++) {
        char *value = strstr(*part, ": ");
        if (value == NULL)
            continue;
        *value = '\0';
        http_add_header(response, *part, value + 2);
    }
}

/* --- XML bodies -------------------------------------------------------------------------------- */

typedef struct {
    XML_Parser parser;
    const char *root;
    GPtrArray *path;
    GString *text;
    gboolean wrong;
    S3LeafFunction leaf;
    gpointer user;
} Reader;

static void on_start(void *data, const char *name, const char **attributes)
{
    Reader *reader = data;
    if (reader->path->len == 0 && strcmp(name, reader->root) != 0)
        reader->wrong = TRUE;
    g_ptr_array_add(reader->path, g_strdup(name));
    g_string_truncate(reader->text, 0);
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
    if (depth >= 2)
        reader->leaf(reader->user, reader->path->pdata[depth - 2], name, reader->text->str);
    g_ptr_array_set_size(reader->path, (gint)depth - 1);
    g_string_truncate(reader->text, 0);
}

static void on_doctype(void *data, const char *name, const char *system, const char *public_id,
                       int internal)
{
    Reader *reader = data;
    reader->wrong = TRUE;
    XML_StopParser(reader->parser, XML_FALSE);
}

gboolean s3_read_xml(const GByteArray *xml, const char *root, S3LeafFunction leaf, gpointer user)
{
    g_autoptr(GPtrArray) path = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new(NULL);
    Reader reader = {.parser = XML_ParserCreate(NULL),
                     .root = root,
                     .path = path,
                     .text = text,
                     .leaf = leaf,
                     .user = user};
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
    gboolean good = xml != NULL && XML_Parse(reader.parser, (const char *)xml->data, (int)xml->len,
                                             TRUE) == XML_STATUS_OK;
    XML_ParserFree(reader.parser);
    return good && !reader.wrong;
}
