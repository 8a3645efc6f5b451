#include <string.h>

#include "job/load_sample.h"
#include "ui/app.h"
#include "ui/views/s3_view.h"
#include "ui/views/views.h"

enum { PEEK_LINES = 1000 };

typedef struct {
    View *view;
    Workbench *workbench;
    char *url;
    LoadSample sample;
} Peek;

static void peek_free(gpointer data)
{
    Peek *peek = data;
    load_sample_clear(&peek->sample);
    g_free(peek->url);
    g_free(peek);
}

static SqlCompression compression_of(const char *url)
{
    static const struct {
        const char *suffix;
        SqlCompression compression;
    } suffixes[] = {
        {".gz", SQL_COMPRESS_GZIP}, {".zst", SQL_COMPRESS_ZSTD}, {".bz2", SQL_COMPRESS_BZIP2}};
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++)
        if (g_str_has_suffix(url, suffixes[i].suffix))
            return suffixes[i].compression;
    return SQL_COMPRESS_NONE;
}

static gboolean read_beginning(gpointer data, GCancellable *cancellable, GError **error)
{
    static const RecordRules lines = {.kind = RECORD_TEXT, .delimiter = '|'};
    Peek *peek = data;
    S3Client *s3 = workbench_s3(peek->workbench, error);
    return s3 != NULL && load_sample_read(&peek->sample, peek->url, compression_of(peek->url),
                                          &lines, FALSE, s3, cancellable, error);
}

/* Whole lines, made printable; TRUE when there is more of the object than is shown. */
static gboolean add_lines(Pager *pager, const LoadSample *sample)
{
    const char *at = (const char *)sample->bytes->data;
    const char *end = at + sample->bytes->len;
    for (int i = 0; i < PEEK_LINES && at < end; i++) {
        const char *feed = memchr(at, '\n', (gsize)(end - at));
        const char *stop = feed != NULL ? feed : end;
        g_autofree char *line = text_printable(at, stop - at);
        pager_add(pager, ROLE_TEXT, line);
        at = feed != NULL ? feed + 1 : end;
    }
    return at < end;
}

static void show(gpointer data, TaskOutcome outcome, const GError *error)
{
    Peek *peek = data;
    App *app = peek->view->app;
    if (outcome != TASK_DONE) {
        app_message_error(app, error);
        return;
    }
    Pager *pager = pager_new(FALSE);
    if (peek->sample.bytes->len == 0)
        pager_add(pager, ROLE_QUIET, "The object is empty");
    else if (memchr(peek->sample.bytes->data, 0, peek->sample.bytes->len) != NULL)
        pager_add(pager, ROLE_QUIET,
                  "These are no lines of text (Parquet, or a compression its name does not say)");
    else if (add_lines(pager, &peek->sample))
        pager_add(pager, ROLE_QUIET, "The object goes on; s3 get fetches all of it");
    g_autofree char *title = g_strdup_printf("Beginning of %s", peek->url);
    app_open(app, text_view_new(app, title, pager, "the lines"));
}

void s3_peek(View *view, const char *url)
{
    Peek *peek = g_new0(Peek, 1);
    peek->view = view;
    peek->workbench = app_workbench(view->app);
    peek->url = g_strdup(url);
    view_submit(view, "object", read_beginning, show, peek, peek_free, NULL);
}
