/* What the screens decide without a terminal: keys, themes, layout, geometry, scripts. Links without
 * curses. */
#include <string.h>

#include "base/error.h"
#include "ui/keymap.h"
#include "ui/layout.h"
#include "ui/script.h"
#include "ui/theme.h"
#include "ui/widgets/grid_geometry.h"
#include "ui/widgets/scroll.h"

/* --- keys ---------------------------------------------------------------------------------------*/

static void test_key_names_go_both_ways(void)
{
    static const char *const names[] = {
        "j",     "?",  "é",   "Up",   "PgDn",   "Enter",  "Tab",       "Esc",
        "Space", "F1", "F12", "Home", "Ctrl-D", "Ctrl-Z", "Backspace", "Shift-Tab"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        Key key;
        g_assert_true(key_parse(names[i], &key));
        g_autofree char *name = key_to_text(key);
        g_assert_cmpstr(name, ==, names[i]);
    }
}

static void test_what_is_no_key_is_refused(void)
{
    static const char *const bad[] = {"", "Ctrl-", "Ctrl-ab", "F0", "F13", "Hyper-x", "\x1b"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        Key key;
        g_assert_false(key_parse(bad[i], &key));
    }
}

static void test_sequences_are_plain_characters_in_a_row(void)
{
    Key keys[KEY_SEQUENCE_MAX];
    g_assert_cmpuint(key_parse_sequence("gg", keys), ==, 2);
    g_assert_cmpuint(keys[1], ==, 'g');
    g_assert_cmpuint(key_parse_sequence("Up", keys), ==, 1);
    g_assert_cmpuint(keys[0], ==, UI_KEY_UP);
    g_assert_cmpuint(key_parse_sequence("a b", keys), ==, 0);
    g_assert_cmpuint(key_parse_sequence("abcd", keys), ==, 0);
}

/* --- key map ------------------------------------------------------------------------------------*/

static const Action near_actions[] = {
    {"near.filter", "near", "f", "filter", "filter", 0, NULL},
    {"near.top", "near", "gg Home", "top", "go up", 0, NULL},
    {"near.sort", "near", "s", "sort", "sort", 0, NULL},
    {0},
};
static const Action far_actions[] = {
    {"far.quit", "far", "q", "quit", "leave", 0, NULL},
    {"far.find", "far", "f", "find", "find", 0, NULL},
    {0},
};
static const char *const both[] = {"near", "far", NULL};

static GPtrArray *some_actions(void)
{
    static const ActionGroup groups[] = {near_actions, far_actions, NULL};
    return action_gather(groups);
}

static const char *found(const Keymap *keymap, const char *sequence, KeymapMatch expected)
{
    Key keys[KEY_SEQUENCE_MAX];
    const Action *action = NULL;
    guint n_keys = key_parse_sequence(sequence, keys);
    g_assert_cmpint(keymap_find(keymap, both, keys, n_keys, &action), ==, expected);
    return action != NULL ? action->name : NULL;
}

static void test_the_nearest_context_wins(void)
{
    g_autoptr(GPtrArray) actions = some_actions();
    g_autoptr(Keymap) keymap = keymap_new(actions);
    g_assert_cmpstr(found(keymap, "f", KEYMAP_BOUND), ==, "near.filter");
    g_assert_cmpstr(found(keymap, "q", KEYMAP_BOUND), ==, "far.quit");
    g_assert_null(found(keymap, "y", KEYMAP_UNBOUND));
}

static void test_sequences_wait_for_their_end(void)
{
    g_autoptr(GPtrArray) actions = some_actions();
    g_autoptr(Keymap) keymap = keymap_new(actions);
    g_assert_null(found(keymap, "g", KEYMAP_PREFIX));
    g_assert_cmpstr(found(keymap, "gg", KEYMAP_BOUND), ==, "near.top");
    g_assert_null(found(keymap, "gx", KEYMAP_UNBOUND));
    g_autofree char *keys = keymap_keys(keymap, &near_actions[1], NULL);
    g_assert_cmpstr(keys, ==, "gg, Home");
}

static void test_keys_that_a_nearer_context_takes_are_left_out(void)
{
    g_autoptr(GPtrArray) actions = some_actions();
    g_autoptr(Keymap) keymap = keymap_new(actions);
    static const char *const only_far[] = {"far", NULL};
    for (gsize i = 0; far_actions[i].name != NULL; i++) {
        g_autofree char *alone = keymap_keys(keymap, &far_actions[i], only_far);
        g_autofree char *below = keymap_keys(keymap, &far_actions[i], both);
        gboolean hidden =
            strcmp(far_actions[i].name, "far.find") == 0; /* near.filter has its key */
        g_assert_cmpstr(alone, !=, "");
        g_assert_cmpstr(below, ==, hidden ? "" : alone);
    }
}

static void test_the_key_file_replaces_defaults(void)
{
    g_autoptr(GPtrArray) actions = some_actions();
    g_autoptr(Keymap) keymap = keymap_new(actions);
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);
    keymap_read(keymap, "keys.conf",
                "# mine\nnear.filter = F Ctrl-F  # two\n\nfar.quit =\nnear.sort = #\n", complaints);
    g_assert_cmpuint(complaints->len, ==, 0);
    g_assert_cmpstr(found(keymap, "F", KEYMAP_BOUND), ==, "near.filter");
    g_assert_cmpstr(found(keymap, "Ctrl-F", KEYMAP_BOUND), ==, "near.filter");
    g_assert_cmpstr(found(keymap, "f", KEYMAP_BOUND), ==, "far.find");
    g_assert_cmpstr(found(keymap, "#", KEYMAP_BOUND), ==, "near.sort");
    g_assert_null(found(keymap, "q", KEYMAP_UNBOUND));
}

static void test_bad_lines_and_conflicts_name_their_line(void)
{
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        {"near.filter", "keys.conf:1: expected: action = keys"},
        {"\nnear.nothing = x", "keys.conf:2: there is no action \"near.nothing\""},
        {"near.filter = Hyper-x", "keys.conf:1: \"Hyper-x\" is no key"},
        {"near.filter = s", "keys.conf:1: near.filter takes s, a default key of near.sort"},
        {"near.filter = x\nnear.sort = x",
         "keys.conf:2: near.sort takes x from near.filter of line 1"},
        {"near.filter = g", "keys.conf:1: near.filter takes g, a default key of near.top"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) actions = some_actions();
        g_autoptr(Keymap) keymap = keymap_new(actions);
        g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);
        keymap_read(keymap, "keys.conf", cases[i].text, complaints);
        g_assert_cmpuint(complaints->len, ==, 1);
        g_assert_cmpstr(g_ptr_array_index(complaints, 0), ==, cases[i].complaint);
    }
}

static void test_actions_say_what_they_need(void)
{
    static const Action action = {"x.y", "x", "", "", "", ACTION_NEEDS_ROW | ACTION_CHANGES, NULL};
    g_assert_null(action_missing(&action, VIEW_HAS_ROW, FALSE));
    g_assert_cmpstr(action_missing(&action, 0, FALSE), ==, "needs a row");
    g_assert_cmpstr(action_missing(&action, VIEW_HAS_ROW, TRUE), ==,
                    "refused: this profile is read-only");
}

/* --- themes -------------------------------------------------------------------------------------*/

static void test_styles_are_attributes_and_colours(void)
{
    static const struct {
        const char *text;
        Style style;
    } cases[] = {
        {"plain", {0, -1, -1}},
        {"bold cyan", {STYLE_BOLD, 6, -1}},
        {"dim bright-red on 17", {STYLE_DIM, 9, 17}},
        {"#5fd7ff on default", {0, STYLE_RGB | 0x5fd7ff, -1}},
        {"reverse underline italic", {STYLE_REVERSE | STYLE_UNDERLINE | STYLE_ITALIC, -1, -1}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Style style;
        g_assert_true(style_parse(cases[i].text, &style, NULL));
        g_assert_cmpint(style.attributes, ==, cases[i].style.attributes);
        g_assert_cmpint(style.foreground, ==, cases[i].style.foreground);
        g_assert_cmpint(style.background, ==, cases[i].style.background);
    }
}

static void test_what_is_no_style_is_refused(void)
{
    static const char *const bad[] = {"purplish", "#12345", "256", "bold on on-fire", "#gggggg"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        Style style;
        g_autoptr(GError) error = NULL;
        g_assert_false(style_parse(bad[i], &style, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
    }
}

static void test_every_built_in_theme_is_whole(void)
{
    for (const ThemeFile *file = theme_builtin; file->name != NULL; file++) {
        Theme theme;
        g_autoptr(GError) error = NULL;
        theme_load(&theme, file->name, &error);
        g_assert_no_error(error);
        /* what must be told apart is so without colours, too */
        Style cursor = style_degrade(theme.roles[ROLE_CURSOR], 0);
        Style warning = style_degrade(theme.roles[ROLE_WARNING], 0);
        g_assert_true(cursor.attributes & (STYLE_REVERSE | STYLE_UNDERLINE));
        g_assert_true(warning.attributes & STYLE_REVERSE);
    }
}

static void test_themes_inherit_and_override(void)
{
    Theme theme;
    g_assert_true(theme_read(&theme, "mine", "[theme]\ninherit=mono\n[roles]\nerror=red\n", NULL));
    g_assert_cmpint(theme.roles[ROLE_ERROR].foreground, ==, 1);
    g_assert_cmpint(theme.roles[ROLE_CURSOR].attributes, ==, STYLE_REVERSE);
}

static void test_bad_themes_are_refused(void)
{
    static const struct {
        const char *text;
        RsErrorCode code;
    } cases[] = {
        {"[roles]\nerorr = red\n", RS_ERROR_CONFIG},
        {"[roles]\nerror = rde\n", RS_ERROR_CONFIG},
        {"not a key file", RS_ERROR_CONFIG},
        {"[theme]\ninherit = nowhere\n", RS_ERROR_NOT_FOUND},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Theme theme;
        g_autoptr(GError) error = NULL;
        g_assert_false(theme_read(&theme, "mine", cases[i].text, &error));
        g_assert_error(error, RS_ERROR, (int)cases[i].code);
    }
}

static void test_colours_degrade_to_what_is_there(void)
{
    Style rgb = {STYLE_BOLD, STYLE_RGB | 0xff0000, STYLE_RGB | 0x000000};
    Style full = style_degrade(rgb, 1 << 24);
    g_assert_cmpint(full.foreground, ==, 0xff0000);
    g_assert_cmpint(style_degrade(rgb, 256).foreground, ==, 196);
    g_assert_cmpint(style_degrade(rgb, 16).foreground, ==, 9);
    g_assert_cmpint(style_degrade(rgb, 8).foreground, ==, 1);
    Style none = style_degrade(rgb, 0);
    g_assert_cmpint(none.foreground, ==, -1);
    g_assert_cmpint(none.attributes, ==, STYLE_BOLD | STYLE_REVERSE);
    Style bright = {0, 12, -1};
    g_assert_cmpint(style_degrade(bright, 8).foreground, <, 8);
}

/* --- layout -------------------------------------------------------------------------------------*/

static void test_panes_fill_the_area_without_overlap(void)
{
    static const int sizes[][2] = {{9, 60}, {21, 80}, {24, 100}, {48, 200}, {58, 200}};
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (int jobs = 0; jobs <= 4; jobs += 2) {
            Rect area = {1, 0, sizes[i][0], sizes[i][1]};
            Layout layout = layout_browse(area, (LayoutWish){26, jobs});
            g_assert_cmpint(layout.tree.columns + 1 + layout.body.columns, ==, area.columns);
            g_assert_cmpint(layout.body.x, ==, layout.divider.x + 1);
            g_assert_cmpint(layout.body.rows + 1 + layout.jobs.rows + layout.jobs_title.rows, ==,
                            area.rows);
            g_assert_cmpint(layout.body.rows, >=, 5);
            g_assert_cmpint(layout.body.columns, >=, area.columns / 2);
        }
    }
}

static void test_small_screens_explain_themselves(void)
{
    g_assert_true(layout_is_usable(24, 80));
    g_assert_true(layout_is_usable(12, 60));
    g_assert_false(layout_is_usable(11, 80));
    g_assert_false(layout_is_usable(24, 59));
    g_assert_false(layout_is_usable(1, 1));
}

static void test_a_split_loses_no_row(void)
{
    for (int rows = 0; rows < 40; rows++) {
        Rect upper, lower;
        layout_split((Rect){2, 0, rows, 80}, 40, 3, &upper, &lower);
        g_assert_cmpint(upper.rows + lower.rows, ==, rows);
        g_assert_cmpint(lower.y, ==, upper.y + upper.rows);
        if (rows >= 6)
            g_assert_cmpint(MIN(upper.rows, lower.rows), >=, 3);
    }
}

/* --- grid ---------------------------------------------------------------------------------------*/

static void test_columns_stay_inside_the_grid(void)
{
    static const int widths[] = {8, 6, 12, 32, 5, 9, 20};
    for (int columns = 1; columns <= 120; columns++) {
        for (guint frozen = 0; frozen <= 3; frozen++) {
            GridGeometry geometry = grid_geometry(widths, G_N_ELEMENTS(widths), frozen, 0, columns);
            int edge = 0;
            for (guint i = 0; i < geometry.n_slots; i++) {
                g_assert_cmpint(geometry.slots[i].x, >=, edge);
                edge = geometry.slots[i].x + geometry.slots[i].width;
                g_assert_cmpint(edge, <, MAX(columns, 2));
            }
            g_assert_cmpint(geometry.more, ==,
                            geometry.n_slots < G_N_ELEMENTS(widths) ||
                                !geometry.slots[geometry.n_slots - 1].whole);
        }
    }
}

static void test_frozen_columns_stay_when_others_move(void)
{
    static const int widths[] = {8, 10, 10, 10, 10, 10};
    GridGeometry geometry = grid_geometry(widths, G_N_ELEMENTS(widths), 1, 3, 50);
    g_assert_cmpuint(geometry.slots[0].column, ==, 0);
    g_assert_cmpuint(geometry.slots[1].column, ==, 3);
    g_assert_cmpint(geometry.divider_x, ==, 11);
    /* frozen columns never take more than half */
    GridGeometry narrow = grid_geometry(widths, G_N_ELEMENTS(widths), 5, 0, 40);
    g_assert_cmpuint(narrow.frozen, ==, 1);
}

static void test_the_wanted_column_comes_into_sight(void)
{
    static const int widths[] = {8, 10, 10, 30, 10, 10};
    guint count = G_N_ELEMENTS(widths);
    for (guint wanted = 0; wanted < count; wanted++) {
        guint first = grid_first_for(widths, count, 1, 0, wanted, 50);
        GridGeometry geometry = grid_geometry(widths, count, 1, first, 50);
        gboolean seen = FALSE;
        for (guint i = 0; i < geometry.n_slots; i++)
            seen |= geometry.slots[i].column == wanted && geometry.slots[i].whole;
        g_assert_true(seen);
    }
    g_assert_cmpuint(grid_first_for(widths, count, 1, 4, 2, 50), ==, 2);
}

static void test_the_cursor_stays_in_sight_and_inside(void)
{
    static const Movement movements[] = {MOVE_DOWN,    MOVE_PAGE_DOWN, MOVE_HALF_DOWN,
                                         MOVE_BOTTOM,  MOVE_UP,        MOVE_PAGE_UP,
                                         MOVE_HALF_UP, MOVE_TOP,       MOVE_PAGE_DOWN};
    static const gint64 counts[] = {0, 1, 5, 10, 1000};
    for (gsize c = 0; c < G_N_ELEMENTS(counts); c++) {
        for (int rows = 1; rows < 12; rows += 5) {
            Scroll scroll = {0};
            for (gsize i = 0; i < G_N_ELEMENTS(movements); i++) {
                scroll_move(&scroll, movements[i], counts[c], rows);
                g_assert_cmpint(scroll.cursor, >=, 0);
                g_assert_cmpint(scroll.cursor, <, MAX(counts[c], 1));
                g_assert_cmpint(scroll.top, <=, scroll.cursor);
                g_assert_cmpint(scroll.cursor, <, scroll.top + rows);
            }
        }
    }
}

static void test_a_page_keeps_the_cursor_on_its_line(void)
{
    Scroll scroll = {.cursor = 3, .top = 0};
    scroll_move(&scroll, MOVE_PAGE_DOWN, 100, 10);
    g_assert_cmpint(scroll.top, ==, 10);
    g_assert_cmpint(scroll.cursor, ==, 13);
}

/* --- scripts ------------------------------------------------------------------------------------*/

static void test_script_lines_are_commands(void)
{
    g_autoptr(GError) error = NULL;
    g_setenv("SCRIPT_TEST", "value", TRUE);
    g_autoptr(GPtrArray) commands = script_parse(
        "a.script",
        "# a comment\n\n  key Down gg\ntype two words \nwait idle\nwait text \"a \\\"b\\\"\"\n"
        "expect \"${SCRIPT_TEST}\"\nresize 80x24\naction grid.freeze 2\ndeadline 5\ndump -\n",
        &error);
    g_assert_no_error(error);
    static const struct {
        guint line;
        ScriptVerb verb;
        const char *text;
    } expected[] = {
        {3, SCRIPT_KEY, "Down gg"},
        {4, SCRIPT_TYPE, "two words "},
        {5, SCRIPT_WAIT_IDLE, ""},
        {6, SCRIPT_WAIT_TEXT, "a \"b\""},
        {7, SCRIPT_EXPECT, "value"},
        {8, SCRIPT_RESIZE, "80x24"},
        {9, SCRIPT_ACTION, "grid.freeze"},
        {10, SCRIPT_DEADLINE, "5"},
        {11, SCRIPT_DUMP, "-"},
    };
    g_assert_cmpuint(commands->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < commands->len; i++) {
        const ScriptCommand *command = g_ptr_array_index(commands, i);
        g_assert_cmpuint(command->line, ==, expected[i].line);
        g_assert_cmpint(command->verb, ==, expected[i].verb);
        g_assert_cmpstr(command->text, ==, expected[i].text);
    }
    const ScriptCommand *resize = g_ptr_array_index(commands, 5);
    g_assert_cmpint(resize->a, ==, 80);
    g_assert_cmpint(resize->b, ==, 24);
    g_assert_cmpstr(((const ScriptCommand *)g_ptr_array_index(commands, 6))->rest, ==, "2");
}

static void test_what_is_no_command_is_refused(void)
{
    static const char *const bad[] = {"jump 3",        "key",           "expect unquoted",
                                      "resize 80",     "resize 0x24",   "wait forever",
                                      "deadline soon", "expect \"open", "keys Down"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(script_parse("a.script", bad[i], &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
        g_assert_true(g_str_has_prefix(error->message, "a.script:1:"));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/key/names-go-both-ways", test_key_names_go_both_ways);
    g_test_add_func("/ui/key/what-is-no-key-is-refused", test_what_is_no_key_is_refused);
    g_test_add_func("/ui/key/sequences", test_sequences_are_plain_characters_in_a_row);
    g_test_add_func("/ui/keymap/nearest-context-wins", test_the_nearest_context_wins);
    g_test_add_func("/ui/keymap/sequences-wait", test_sequences_wait_for_their_end);
    g_test_add_func("/ui/keymap/shadowed-keys", test_keys_that_a_nearer_context_takes_are_left_out);
    g_test_add_func("/ui/keymap/file-replaces-defaults", test_the_key_file_replaces_defaults);
    g_test_add_func("/ui/keymap/conflicts-name-their-line",
                    test_bad_lines_and_conflicts_name_their_line);
    g_test_add_func("/ui/action/needs", test_actions_say_what_they_need);
    g_test_add_func("/ui/theme/styles", test_styles_are_attributes_and_colours);
    g_test_add_func("/ui/theme/bad-styles", test_what_is_no_style_is_refused);
    g_test_add_func("/ui/theme/built-in-are-whole", test_every_built_in_theme_is_whole);
    g_test_add_func("/ui/theme/inherit", test_themes_inherit_and_override);
    g_test_add_func("/ui/theme/bad-themes", test_bad_themes_are_refused);
    g_test_add_func("/ui/theme/degrade", test_colours_degrade_to_what_is_there);
    g_test_add_func("/ui/layout/no-overlap", test_panes_fill_the_area_without_overlap);
    g_test_add_func("/ui/layout/small", test_small_screens_explain_themselves);
    g_test_add_func("/ui/layout/split", test_a_split_loses_no_row);
    g_test_add_func("/ui/grid/inside", test_columns_stay_inside_the_grid);
    g_test_add_func("/ui/grid/frozen", test_frozen_columns_stay_when_others_move);
    g_test_add_func("/ui/grid/in-sight", test_the_wanted_column_comes_into_sight);
    g_test_add_func("/ui/scroll/in-sight", test_the_cursor_stays_in_sight_and_inside);
    g_test_add_func("/ui/scroll/page", test_a_page_keeps_the_cursor_on_its_line);
    g_test_add_func("/ui/script/commands", test_script_lines_are_commands);
    g_test_add_func("/ui/script/refused", test_what_is_no_command_is_refused);
    return g_test_run();
}
