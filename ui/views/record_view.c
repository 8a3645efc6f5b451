#include "ui/views/record_view.h"

#include <string.h>

#include "base/find.h"
#include "redshift/types.h"
#include "ui/app.h"
#include "ui/views/cell_view.h"
#include "ui/views/search.h"
#include "ui/views/views.h"
#include "ui/widgets/scroll.h"

enum { NAME_COLUMNS = 40, TYPE_COLUMNS = 18, VALUE_BYTES = 4096 };

typedef struct {
    View view;
    View *owner;
    DataPane *pane;
    Scroll scroll; /* over the columns */
    int height;
} RecordView;

static RecordView *record_of(View *view)
{
    return (RecordView *)view;
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"record", "back", "move", "global", NULL};
    return names;
}

static gboolean value_of(RecordView *record, guint column, DataValue *value)
{
    return data_pane_value(record->pane, data_pane_row(record->pane), column, value);
}

/* The pane's cursor goes along, so that leaving is where one has come to. */
static void follow(RecordView *record, gint64 row)
{
    if (row >= 0)
        data_pane_go_to(record->pane, (guint64)row, (guint)record->scroll.cursor);
    view_touch(&record->view, ~0u);
}

static void move(View *view, Movement movement)
{
    RecordView *record = record_of(view);
    gint64 row = (gint64)data_pane_row(record->pane);
    scroll_move(&record->scroll, movement, data_pane_n_columns(record->pane), record->height);
    follow(record, movement == MOVE_LEFT ? row - 1 : movement == MOVE_RIGHT ? row + 1 : row);
}

/* --- drawing --------------------------------------------------------------------------------------*/

static int name_width(RecordView *record)
{
    int width = 0;
    DataValue value;
    for (gint64 i = record->scroll.top; i < record->scroll.top + record->height; i++)
        if (i < data_pane_n_columns(record->pane) && value_of(record, (guint)i, &value)) {
            g_autofree char *name = text_printable(value.name, -1);
            width = MAX(width, MIN(text_width(name), NAME_COLUMNS));
        }
    return width;
}

static gboolean is_blank(const DataValue *value)
{
    return strspn(value->bytes, " ") == value->length;
}

static void draw_field(RecordView *record, const Canvas *canvas, int y, guint column, int names)
{
    DataValue value;
    gboolean wide = canvas->rect.columns > names + TYPE_COLUMNS + 30;
    int x = 2 + names + 2;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (!value_of(record, column, &value))
        return;
    gboolean current = column == record->scroll.cursor;
    if (current) {
        draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
        draw_cursor(canvas, y, 0, FALSE);
    }
    g_autofree char *name = text_printable(value.name, -1);
    g_autofree char *type = type_text(value.type_oid, value.type_modifier);
    g_autofree char *text = text_printable(value.bytes, (gssize)MIN(value.length, VALUE_BYTES));
    g_autofree char *quoted = g_strdup_printf("'%s'", text);
    draw_text(canvas, y, 2, names, ROLE_HEADER, TEXT_LEFT, name);
    if (wide) {
        draw_text(canvas, y, x, TYPE_COLUMNS, ROLE_QUIET, TEXT_LEFT, type);
        x += TYPE_COLUMNS + 2;
    }
    gboolean marker = value.is_null || is_blank(&value);
    draw_text(canvas, y, x, -1, marker ? ROLE_NULL : ROLE_TEXT, TEXT_LEFT,
              value.is_null ? draw_sign(canvas, SIGN_NULL)
              : marker      ? quoted
                            : text);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    RecordView *record = record_of(view);
    Rect rect = canvas->rect;
    guint columns = data_pane_n_columns(record->pane);
    Canvas body = canvas_part(canvas, (Rect){rect.y + 1, rect.x, rect.rows - 2, rect.columns});
    g_autofree char *number = text_count(data_pane_row(record->pane) + 1);
    g_autofree char *title = g_strdup_printf("Row %s", number);
    g_autofree char *line =
        g_strdup_printf("column %" G_GINT64_FORMAT " of %u", record->scroll.cursor + 1, columns);
    record->height = MAX(body.rect.rows, 1);
    scroll_clamp(&record->scroll, columns, record->height);
    draw_rule(canvas, 0, 0, rect.columns, title, TRUE);
    int names = name_width(record);
    for (int y = 0; y < body.rect.rows; y++)
        if (record->scroll.top + y < columns)
            draw_field(record, &body, y, (guint)(record->scroll.top + y), names);
        else
            draw_blank(&body, y, 0, -1, ROLE_TEXT);
    draw_blank(canvas, rect.rows - 1, 0, -1, ROLE_TEXT);
    draw_text(canvas, rect.rows - 1, 1, -1, ROLE_QUIET, TEXT_LEFT, line);
}

static void free_view(View *view)
{
    RecordView *record = record_of(view);
    view_unref(record->owner);
}

static const ViewClass record_class = {
    .name = "record",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .free = free_view,
};

static gboolean field_has(RecordView *record, guint column, const Finder *finder)
{
    DataValue value;
    return value_of(record, column, &value) &&
           (finder_finds(finder, value.name, strlen(value.name)) ||
            (!value.is_null && finder_finds(finder, value.bytes, value.length)));
}

static gboolean find(View *view, const char *text, gboolean forward)
{
    RecordView *record = record_of(view);
    guint count = data_pane_n_columns(record->pane), column = (guint)record->scroll.cursor;
    g_autoptr(Finder) finder = finder_new(text);
    for (guint i = 0; i < count; i++) {
        column = forward ? (column + 1) % count : (column + count - 1) % count;
        if (field_has(record, column, finder)) {
            scroll_to(&record->scroll, column, count, record->height);
            follow(record, (gint64)data_pane_row(record->pane));
            return TRUE;
        }
    }
    return FALSE;
}

static const ViewSearch record_search = {"find a column or value", "Not found in this row", find};

View *record_view_new(App *app, View *owner, DataPane *pane)
{
    RecordView *record = view_new(app, &record_class, sizeof(RecordView));
    record->owner = view_ref(owner);
    record->pane = pane;
    record->height = 1;
    record->view.search = &record_search;
    record->scroll.cursor = data_pane_current(pane);
    return &record->view;
}

/* --- actions --------------------------------------------------------------------------------------*/

static Consequence done(void)
{
    return consequence(CONSEQUENCE_DONE);
}

static Consequence open_cell(View *view, const char *argument)
{
    DataValue value;
    if (!value_of(record_of(view), (guint)record_of(view)->scroll.cursor, &value))
        return done();
    return consequence_push(cell_view_new(view->app, &value));
}

/* The row with the format of the argument: JSON unless another is named. */
static Consequence copy_row(View *view, const char *argument)
{
    guint64 rows;
    g_autoptr(GError) error = NULL;
    g_auto(CopyRequest) request = {.part = COPY_ROW, .format = ROW_FORMAT_JSONL, .header = TRUE};
    if (argument != NULL && !row_format_from_name(argument, &request.format)) {
        app_message(view->app, MESSAGE_ERROR, "\"%s\" is no format: %s", argument,
                    row_format_names());
        return done();
    }
    g_autofree char *text =
        data_pane_copy(record_of(view)->pane, &request, G_MAXSIZE, &rows, &error);
    if (text != NULL)
        app_copy(view->app, "the row", text);
    else
        app_message_error(view->app, error);
    return done();
}

static Consequence next_row(View *view, const char *argument)
{
    move(view, MOVE_RIGHT);
    return done();
}

static Consequence previous_row(View *view, const char *argument)
{
    move(view, MOVE_LEFT);
    return done();
}

const Action record_actions[] = {
    {"record.cell", "record", "Enter", "cell", "show the whole value", ACTION_PLAIN, open_cell},
    {"record.next", "record", "]", "next row", "go to the next row, as right does", ACTION_PLAIN,
     next_row},
    {"record.previous", "record", "[", "row before", "go to the row before, as left does",
     ACTION_PLAIN, previous_row},
    {"record.find", "record", "/", "find", "find a column or a value", ACTION_PLAIN, search_ask},
    {"record.find-next", "record", "n", "next", "go to the next place it was found", ACTION_HIDDEN,
     search_next},
    {"record.find-previous", "record", "N", "previous", "go to the one before", ACTION_HIDDEN,
     search_previous},
    {"record.copy", "record", "y", "copy", "copy the row as JSON", ACTION_PLAIN, copy_row},
    {0},
};
