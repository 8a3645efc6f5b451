#include "ui/views/composer_view.h"

#include "ui/app.h"
#include "ui/views/views.h"

enum { LABEL_COLUMNS = 10, SQL_ROWS_MIN = 3 };

ComposerView *composer_of(View *view)
{
    return (ComposerView *)view;
}

const ClauseRow *composer_row(const ComposerView *composer)
{
    return composer->rows->pdata[composer->scroll.cursor];
}

void composer_changed(ComposerView *composer)
{
    g_ptr_array_unref(composer->rows);
    composer->rows = clause_rows(composer->query);
    scroll_clamp(&composer->scroll, composer->rows->len, composer->list_rows);
    g_clear_pointer(&composer->estimate, g_free);
    composer->generation++;
    view_touch(&composer->view, ~0u);
}

void composer_go_to(ComposerView *composer, Clause clause, int index)
{
    for (guint i = 0; i < composer->rows->len; i++) {
        const ClauseRow *row = composer->rows->pdata[i];
        if (row->clause == clause && row->index <= index && row->index != CLAUSE_ADD)
            scroll_to(&composer->scroll, i, composer->rows->len, composer->list_rows);
        if (row->clause == clause && row->index == index)
            scroll_to(&composer->scroll, i, composer->rows->len, composer->list_rows);
    }
    view_touch(&composer->view, ~0u);
}

/* --- drawing ------------------------------------------------------------------------------------*/

static gboolean starts_clause(const ComposerView *composer, guint i)
{
    const ClauseRow *row = composer->rows->pdata[i];
    return i == 0 || ((const ClauseRow *)composer->rows->pdata[i - 1])->clause != row->clause;
}

/* What stands in an empty clause, or nothing. */
static const char *empty_text(const ComposerView *composer, guint i)
{
    const ClauseRow *row = composer->rows->pdata[i];
    if (!starts_clause(composer, i))
        return "";
    if (row->clause == CLAUSE_COLUMNS)
        return composer->query->groups->len > 0 ? "the groups and their count" : "all";
    return row->clause == CLAUSE_LIMIT ? "all rows" : "";
}

static void draw_row(const ComposerView *composer, const Canvas *canvas, int y, guint i)
{
    const ClauseRow *row = composer->rows->pdata[i];
    gboolean current = (gint64)i == composer->scroll.cursor;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (current) {
        draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
        draw_cursor(canvas, y, 0, FALSE);
    }
    if (starts_clause(composer, i))
        draw_text(canvas, y, 2, LABEL_COLUMNS - 1, current ? ROLE_ACCENT : ROLE_TEXT, TEXT_LEFT,
                  clause_name(row->clause));
    int x = 2 + LABEL_COLUMNS;
    if (row->text == NULL) {
        g_autofree char *text = g_strconcat("+ ", empty_text(composer, i), NULL);
        draw_words(canvas, y, x, ROLE_QUIET, text);
        return;
    }
    const char *sign = canvas->ascii ? (row->off ? "o " : "* ") : (row->off ? "○ " : "● ");
    x = draw_words(canvas, y, x, row->off ? ROLE_QUIET : ROLE_ACCENT, sign);
    g_autofree char *printable = text_printable(row->text, -1);
    x = draw_words(canvas, y, x, row->off ? ROLE_QUIET : ROLE_TEXT, printable);
    if (current && row->off)
        draw_words(canvas, y, x + 3, ROLE_HINT, "off: Space turns it on");
}

static int sql_rows(const char *sql, int rows)
{
    int lines = 1;
    for (const char *p = sql; *p != '\0'; p++)
        lines += *p == '\n';
    return CLAMP(lines + 1, SQL_ROWS_MIN, MAX(rows / 2, SQL_ROWS_MIN));
}

static void draw_sql(const ComposerView *composer, const Canvas *canvas, int y, const char *sql,
                     gboolean sound)
{
    g_autoptr(Pager) pager = pager_new(TRUE);
    int columns = canvas->rect.columns;
    draw_rule(canvas, y, 0, columns, "SQL", FALSE);
    const char *told = composer->reading > 0 ? "reading columns" : composer->estimate;
    if (told != NULL && text_width(told) + 12 < columns) {
        g_autofree char *text = g_strdup_printf(" %s ", told);
        draw_words(canvas, y, columns - text_width(text) - 2, ROLE_HINT, text);
    }
    Rect rect = canvas->rect;
    Canvas part = canvas_part(
        canvas, (Rect){rect.y + y + 1, rect.x + 1, rect.rows - y - 1, rect.columns - 1});
    pager_add(pager, sound ? ROLE_SQL : ROLE_ERROR, sql);
    pager_draw(pager, &part);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    ComposerView *composer = composer_of(view);
    g_autoptr(GError) error = NULL;
    g_autofree char *sql = sql_query_pretty(composer->query, &error);
    g_autofree char *title = g_strdup_printf(
        "Compose: %s%s%s", composer->query->schema != NULL ? composer->query->schema : "",
        composer->query->schema != NULL ? "." : "", composer->query->relation);
    const char *text = sql != NULL ? sql : error->message;
    int below = sql_rows(text, canvas->rect.rows) + 1;
    composer->list_rows = MAX(canvas->rect.rows - 1 - below, 1);
    scroll_clamp(&composer->scroll, composer->rows->len, composer->list_rows);
    draw_clear(canvas);
    draw_rule(canvas, 0, 0, canvas->rect.columns, title, TRUE);
    for (int y = 0; y < composer->list_rows; y++) {
        guint i = (guint)composer->scroll.top + (guint)y;
        if (i < composer->rows->len)
            draw_row(composer, canvas, y + 1, i);
    }
    draw_sql(composer, canvas, composer->list_rows + 1, text, sql != NULL);
}

/* --- the view's functions -----------------------------------------------------------------------*/

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"composer", "back", "move", "global", NULL};
    return names;
}

static guint has(const View *view)
{
    return VIEW_HAS_RELATION;
}

static void move(View *view, Movement movement)
{
    ComposerView *composer = composer_of(view);
    scroll_move(&composer->scroll, movement, composer->rows->len, composer->list_rows);
    view_touch(view, ~0u);
}

static void free_view(View *view)
{
    ComposerView *composer = composer_of(view);
    BrowseView *browse = composer->browse;
    sql_query_free(browse->draft);
    browse->draft = composer->query;
    g_free(browse->draft_shown);
    browse->draft_shown = composer->shown;
    query_scope_free(composer->scope);
    g_ptr_array_unref(composer->rows);
    g_free(composer->estimate);
    view_unref(&browse->view);
}

static const ViewClass composer_class = {
    .name = "composer",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .has = has,
    .free = free_view,
};

/* The query that was left here, as long as the rows below are still those it came from. */
static SqlQuery *draft_of(BrowseView *browse, const char *shown)
{
    if (browse->draft == NULL || g_strcmp0(browse->draft_shown, shown) != 0)
        return NULL;
    return g_steal_pointer(&browse->draft);
}

static void read_all_columns(ComposerView *composer)
{
    const SqlQuery *query = composer->query;
    composer_read_columns(composer, query->schema, query->relation, sql_query_name(query), NULL);
    for (guint i = 0; i < query->joins->len; i++) {
        const SqlJoin *join = query->joins->pdata[i];
        if (join->relation != NULL)
            composer_read_columns(composer, join->schema, join->relation,
                                  join->alias != NULL ? join->alias : join->relation, NULL);
    }
}

View *composer_view_new(App *app, View *browse_view)
{
    BrowseView *browse = (BrowseView *)browse_view;
    const SqlQuery *query = data_pane_query(browse->data);
    ComposerView *composer = view_new(app, &composer_class, sizeof(ComposerView));
    composer->browse = (BrowseView *)view_ref(browse_view);
    composer->shown = sql_query_text(query, NULL);
    composer->query = draft_of(browse, composer->shown);
    if (composer->query == NULL)
        composer->query = sql_query_copy(query);
    composer->scope = query_scope_new();
    composer->rows = clause_rows(composer->query);
    composer->list_rows = 1;
    composer_go_to(composer, CLAUSE_WHERE, CLAUSE_ADD);
    read_all_columns(composer);
    return &composer->view;
}
