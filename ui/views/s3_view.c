#include "ui/views/s3_view.h"

#include <string.h>

#include "base/error.h"
#include "ui/app.h"
#include "ui/views/form_view.h"
#include "ui/views/views.h"

enum { SIZE_COLUMNS = 10, TIME_COLUMNS = 17 };

typedef struct {
    View view;
    char *bucket, *folder; /* "" or what ends in "/" */
    char *wanted;          /* the key that gets the cursor once it is listed, or NULL */
    GPtrArray *objects;    /* of S3Object; NULL until listed */
    gboolean more, reading;
    guint generation;
    gint64 read_at;
    char *error;
    Scroll scroll;
    int height;
} S3View;

static S3View *s3_of(View *view)
{
    return (S3View *)view;
}

/* --- the listing --------------------------------------------------------------------------------*/

typedef struct {
    S3View *view;
    Workbench *workbench;
    char *bucket, *folder;
    GPtrArray *objects;
    gboolean more;
    guint generation;
} Listing;

static void listing_free(gpointer data)
{
    Listing *listing = data;
    g_clear_pointer(&listing->objects, g_ptr_array_unref);
    g_free(listing->bucket);
    g_free(listing->folder);
    g_free(listing);
}

/* The folder itself may be an object of no bytes; it is no entry of its own. */
static gboolean take_object(gpointer user, const S3Object *object, GError **error)
{
    Listing *listing = user;
    if (strcmp(object->key, listing->folder) == 0)
        return TRUE;
    listing->more = listing->objects->len >= S3_SHOWN_MAX;
    if (listing->more) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "enough");
        return FALSE;
    }
    S3Object *copy = g_new0(S3Object, 1);
    copy->key = g_strdup(object->key);
    copy->size = object->size;
    copy->modified = object->modified;
    copy->is_prefix = object->is_prefix;
    g_ptr_array_add(listing->objects, copy);
    return TRUE;
}

static gboolean list_folder(gpointer data, GCancellable *cancellable, GError **error)
{
    Listing *listing = data;
    g_autoptr(GError) failure = NULL;
    S3Client *s3 = workbench_s3(listing->workbench, error);
    if (s3 == NULL)
        return FALSE;
    if (s3_list_folder(s3, listing->bucket, listing->folder, take_object, listing, cancellable,
                       &failure) ||
        listing->more)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static void place_cursor(S3View *s3)
{
    for (guint i = 0; s3->wanted != NULL && i < s3->objects->len; i++) {
        const S3Object *object = s3->objects->pdata[i];
        if (strcmp(object->key, s3->wanted) == 0)
            scroll_to(&s3->scroll, i, s3->objects->len, MAX(s3->height, 1));
    }
    g_clear_pointer(&s3->wanted, g_free);
}

static void listed(gpointer data, TaskOutcome outcome, const GError *error)
{
    Listing *listing = data;
    S3View *s3 = listing->view;
    if (listing->generation != s3->generation)
        return;
    s3->reading = FALSE;
    g_clear_pointer(&s3->error, g_free);
    if (outcome == TASK_DONE) {
        g_clear_pointer(&s3->objects, g_ptr_array_unref);
        s3->objects = g_steal_pointer(&listing->objects);
        s3->more = listing->more;
        s3->read_at = g_get_real_time() / G_USEC_PER_SEC;
        place_cursor(s3);
    } else {
        s3->error = g_strdup(error->message);
    }
    view_touch(&s3->view, ~0u);
}

static void start_listing(S3View *s3)
{
    Listing *listing = g_new0(Listing, 1);
    listing->view = s3;
    listing->workbench = app_workbench(s3->view.app);
    listing->bucket = g_strdup(s3->bucket);
    listing->folder = g_strdup(s3->folder);
    listing->objects = g_ptr_array_new_with_free_func((GDestroyNotify)s3_object_free);
    listing->generation = ++s3->generation;
    s3->reading = TRUE;
    view_submit(&s3->view, "objects", list_folder, listed, listing, listing_free, NULL);
    view_touch(&s3->view, ~0u);
}

/* Another folder of the same bucket. cursor: the key to stand on, or NULL. */
static void go_to(S3View *s3, const char *folder, const char *cursor)
{
    char *copy = g_strdup(folder);
    g_free(s3->wanted);
    s3->wanted = g_strdup(cursor);
    g_free(s3->folder);
    s3->folder = copy;
    g_clear_pointer(&s3->objects, g_ptr_array_unref);
    s3->scroll = (Scroll){0};
    start_listing(s3);
}

/* --- the view's functions -----------------------------------------------------------------------*/

static guint count(const S3View *s3)
{
    return s3->objects != NULL ? s3->objects->len : 0;
}

static const S3Object *current(const S3View *s3)
{
    return s3->scroll.cursor < count(s3) ? s3->objects->pdata[s3->scroll.cursor] : NULL;
}

static char *current_url(const S3View *s3)
{
    const S3Object *object = current(s3);
    return g_strdup_printf("s3://%s/%s", s3->bucket, object != NULL ? object->key : s3->folder);
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"s3", "back", "move", "global", NULL};
    return names;
}

static guint has(const View *view)
{
    return current((const S3View *)view) != NULL ? VIEW_HAS_ROW : 0;
}

static void move(View *view, Movement movement)
{
    S3View *s3 = s3_of(view);
    scroll_move(&s3->scroll, movement, count(s3), s3->height);
    view_touch(view, ~0u);
}

static void draw_object(const S3View *s3, const Canvas *canvas, int y, const S3Object *object,
                        gboolean is_current)
{
    int name = canvas->rect.columns - SIZE_COLUMNS - TIME_COLUMNS - 6;
    g_autofree char *shown = text_printable(object->key + strlen(s3->folder), -1);
    draw_text(canvas, y, 2, name, is_current ? ROLE_ACCENT : ROLE_TEXT, TEXT_LEFT, shown);
    if (is_current)
        draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
    if (object->is_prefix)
        return;
    g_autofree char *size = text_bytes(object->size);
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(object->modified);
    g_autofree char *time = app_is_scripted(s3->view.app) || at == NULL
                                ? g_strdup("today")
                                : g_date_time_format(at, "%Y-%m-%d %H:%M");
    draw_text(canvas, y, name + 3, SIZE_COLUMNS, ROLE_TEXT, TEXT_RIGHT, size);
    draw_text(canvas, y, name + SIZE_COLUMNS + 5, -1, ROLE_QUIET, TEXT_LEFT, time);
}

static char *status_text(const S3View *s3)
{
    guint64 bytes = 0, folders = 0;
    if (s3->reading)
        return g_strdup("Asking S3");
    for (guint i = 0; i < count(s3); i++) {
        const S3Object *object = s3->objects->pdata[i];
        folders += object->is_prefix;
        bytes += object->size;
    }
    g_autofree char *time = app_time_of_day(s3->view.app, s3->read_at);
    g_autofree char *objects = text_quantity(count(s3) - folders, "object");
    g_autofree char *inner = text_quantity(folders, "folder");
    g_autofree char *size = text_bytes(bytes);
    return g_strdup_printf("%s%s, %s, %s here, listed at %s%s", s3->more ? "the first " : "",
                           objects, inner, size, time,
                           s3->more ? "; redsmith s3 ls lists all" : "");
}

static void draw_nothing(const S3View *s3, const Canvas *canvas)
{
    g_autoptr(Pager) pager = pager_new(TRUE);
    if (s3->error != NULL)
        pager_add(pager, ROLE_ERROR, s3->error);
    else if (!s3->reading)
        pager_add(pager, ROLE_QUIET,
                  "Nothing below this prefix: h goes up, :app.s3 s3://bucket/prefix elsewhere");
    pager_draw(pager, canvas);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    S3View *s3 = s3_of(view);
    Rect rect = canvas->rect;
    Canvas body = canvas_part(canvas, (Rect){rect.y + 1, rect.x, rect.rows - 2, rect.columns});
    g_autofree char *url = g_strdup_printf("s3://%s/%s", s3->bucket, s3->folder);
    g_autofree char *title = text_printable(url, -1);
    g_autofree char *status = status_text(s3);
    s3->height = MAX(body.rect.rows, 1);
    scroll_clamp(&s3->scroll, count(s3), s3->height);
    draw_clear(canvas);
    draw_rule(canvas, 0, 0, rect.columns, title, TRUE);
    if (count(s3) == 0 || s3->error != NULL)
        draw_nothing(s3, &body);
    for (int y = 0; s3->error == NULL && y < s3->height && s3->scroll.top + y < count(s3); y++)
        draw_object(s3, &body, y, s3->objects->pdata[s3->scroll.top + y],
                    s3->scroll.top + y == s3->scroll.cursor);
    draw_text(canvas, rect.rows - 1, 1, -1, ROLE_QUIET, TEXT_LEFT, status);
    draw_cursor(&body, (int)(s3->scroll.cursor - s3->scroll.top), 0, FALSE);
}

static void free_view(View *view)
{
    S3View *s3 = s3_of(view);
    g_clear_pointer(&s3->objects, g_ptr_array_unref);
    g_free(s3->bucket);
    g_free(s3->folder);
    g_free(s3->wanted);
    g_free(s3->error);
}

static const ViewClass s3_class = {
    .name = "s3",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .has = has,
    .free = free_view,
};

View *s3_view_new(App *app, const char *url, GError **error)
{
    const char *tempdir = app_profile(app)->tempdir;
    g_autofree char *bucket = NULL, *key = NULL;
    if (url == NULL && tempdir == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "the profile names no tempdir to begin at: say where, :app.s3 "
                    "s3://bucket/prefix");
        return NULL;
    }
    if (!s3_parse_url(url != NULL ? url : tempdir, &bucket, &key, error))
        return NULL;
    S3View *s3 = view_new(app, &s3_class, sizeof(S3View));
    gboolean is_folder = *key == '\0' || g_str_has_suffix(key, "/");
    s3->bucket = g_steal_pointer(&bucket);
    s3->folder = is_folder ? g_strdup(key) : g_strconcat(key, "/", NULL);
    start_listing(s3);
    return &s3->view;
}

/* --- actions ------------------------------------------------------------------------------------*/

static Consequence open_current(View *view, const char *argument)
{
    S3View *s3 = s3_of(view);
    const S3Object *object = current(s3);
    g_autofree char *url = current_url(s3);
    if (object->is_prefix)
        go_to(s3, object->key, NULL);
    else
        s3_peek(view, url);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence go_up(View *view, const char *argument)
{
    S3View *s3 = s3_of(view);
    if (*s3->folder == '\0') {
        app_message(view->app, MESSAGE_INFO, "This is the whole bucket %s", s3->bucket);
        return consequence(CONSEQUENCE_DONE);
    }
    g_autofree char *left = g_strdup(s3->folder);
    g_autofree char *up = g_strndup(left, strlen(left) - 1);
    char *slash = strrchr(up, '/');
    if (slash != NULL)
        slash[1] = '\0';
    else
        *up = '\0';
    go_to(s3, up, left);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence write_from_here(View *view, const char *argument)
{
    g_autofree char *url = current_url(s3_of(view));
    g_autofree char *quoted = g_shell_quote(url);
    View *form = write_form_new(view->app, NULL, NULL);
    form_view_set(form, "files", strpbrk(url, " '\"\\$`*?[") != NULL ? quoted : url);
    return consequence_push(form);
}

static Consequence copy_url(View *view, const char *argument)
{
    g_autofree char *url = current_url(s3_of(view));
    app_copy(view->app, "the URL", url);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence refresh(View *view, const char *argument)
{
    S3View *s3 = s3_of(view);
    const S3Object *object = current(s3);
    g_free(s3->wanted);
    s3->wanted = object != NULL ? g_strdup(object->key) : NULL;
    start_listing(s3);
    return consequence(CONSEQUENCE_DONE);
}

const Action s3_actions[] = {
    {"s3.open", "s3", "Enter l Right", "open", "go into the folder, or read the first lines",
     ACTION_NEEDS_ROW, open_current},
    {"s3.up", "s3", "h Left Backspace", "up", "go to the folder above", ACTION_PLAIN, go_up},
    {"s3.write", "s3", "w", "write", "write what is under the cursor into a table",
     ACTION_NEEDS_ROW | ACTION_CHANGES, write_from_here},
    {"s3.copy", "s3", "y", "copy URL", "copy the URL of the object or folder", ACTION_PLAIN,
     copy_url},
    {"s3.refresh", "s3", "R", "refresh", "list the folder again", ACTION_PLAIN, refresh},
    {0},
};
