/* The editor's text: typing, undo, selection, brackets, comments, statements. */
#include <locale.h>

#include <string.h>

#include "ui/widgets/editor.h"

/* Keys by their names, separated by blanks: "a b Left Enter". */
static void press(Editor *editor, const char *keys)
{
    g_auto(GStrv) names = g_strsplit(keys, " ", -1);
    for (char **name = names; *name != NULL; name++) {
        Key key;
        g_assert_true(key_parse(*name, &key));
        g_assert_true(editor_key(editor, key));
    }
}

static void test_keys(void)
{
    static const struct {
        const char *text, *keys, *after;
        gsize cursor;
    } cases[] = {
        {"", "a b c", "abc", 3},
        {"abc", "Left Backspace", "ac", 1},
        {"abc", "Home Delete", "bc", 0},
        {"  ab", "Enter c", "  ab\n  c", 8},
        {"ab\ncd", "Up X", "abX\ncd", 3},
        {"abcd\n\nxy", "Up Up End Down Down Z", "abcd\n\nxyZ", 9},
        {"one two", "Ctrl-W", "one ", 4},
        {"one\ntwo", "Ctrl-U", "one\n", 4},
        {"one\ntwo", "Up Home Ctrl-K", "\ntwo", 0},
        {"one\ntwo", "Up Home Ctrl-K Ctrl-K", "two", 0},
        {"z\xc3\xa4\xe4\xb8\xad", "Left Backspace", "z\xe4\xb8\xad", 1},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Editor) editor = editor_new(cases[i].text);
        g_test_message("%s: %s", cases[i].text, cases[i].keys);
        press(editor, cases[i].keys);
        g_assert_cmpstr(editor_text(editor), ==, cases[i].after);
        g_assert_cmpuint(editor_cursor(editor), ==, cases[i].cursor);
    }
}

static void test_undo(void)
{
    g_autoptr(Editor) editor = editor_new("");
    press(editor, "o n e Space t w o");
    editor_paste(editor, " three\nfour");
    press(editor, "Backspace");
    g_assert_cmpstr(editor_text(editor), ==, "one two three\nfou");
    g_assert_true(editor_undo(editor));
    g_assert_cmpstr(editor_text(editor), ==, "one two three\nfour");
    g_assert_true(editor_undo(editor));
    g_assert_cmpstr(editor_text(editor), ==, "one two");
    g_assert_true(editor_undo(editor));
    g_assert_cmpstr(editor_text(editor), ==, "one ");
    g_assert_true(editor_undo(editor));
    g_assert_cmpstr(editor_text(editor), ==, "");
    g_assert_false(editor_undo(editor));
    while (editor_redo(editor))
        ;
    g_assert_cmpstr(editor_text(editor), ==, "one two three\nfou");
    editor_undo(editor);
    press(editor, "x");
    g_assert_false(editor_redo(editor));
}

static void test_whole_text_can_be_undone(void)
{
    g_autoptr(Editor) editor = editor_new("mine");
    editor_set_text(editor, "from outside");
    g_assert_cmpstr(editor_text(editor), ==, "from outside");
    g_assert_true(editor_undo(editor));
    g_assert_cmpstr(editor_text(editor), ==, "mine");
}

static void test_selection(void)
{
    g_autoptr(Editor) editor = editor_new("select 1");
    gsize start, length;
    g_assert_false(editor_selection(editor, &start, &length));
    editor_toggle_mark(editor);
    press(editor, "Left Left");
    g_assert_true(editor_selection(editor, &start, &length));
    g_assert_cmpuint(start, ==, 6);
    g_assert_cmpuint(length, ==, 2);
    press(editor, "x");
    g_assert_cmpstr(editor_text(editor), ==, "selectx");
    g_assert_false(editor_selection(editor, &start, &length));
}

static void test_brackets(void)
{
    g_autoptr(Editor) editor = editor_new("f(a, ')', g(b)) -- )");
    press(editor, "Home Right");
    g_assert_true(editor_to_bracket(editor));
    g_assert_cmpuint(editor_cursor(editor), ==, 14);
    g_assert_true(editor_to_bracket(editor));
    g_assert_cmpuint(editor_cursor(editor), ==, 1);
    press(editor, "Home");
    g_assert_false(editor_to_bracket(editor));
}

static void test_comments(void)
{
    static const struct {
        const char *text, *after;
    } cases[] = {
        {"a\n  b\n\nc", "-- a\n  -- b\n\n-- c"},
        {"-- a\n  --b\n", "a\n  b\n"},
        {"-- a\nb", "-- -- a\n-- b"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Editor) editor = editor_new(cases[i].text);
        editor_toggle_mark(editor);
        press(editor, "Up Up Up Up Home");
        editor_toggle_comment(editor);
        g_assert_cmpstr(editor_text(editor), ==, cases[i].after);
        g_assert_true(editor_undo(editor));
        g_assert_cmpstr(editor_text(editor), ==, cases[i].text);
    }
}

static void test_statement(void)
{
    g_autoptr(Editor) editor = editor_new("select 1;\n\nselect ';' ;\n");
    SqlSpan span;
    g_assert_true(editor_statement(editor, &span));
    g_assert_cmpuint(span.start, ==, 11);
    g_assert_cmpuint(span.length, ==, 10);
    press(editor, "Up Up Up Home");
    g_assert_true(editor_statement(editor, &span));
    g_assert_cmpuint(span.start, ==, 0);
    g_assert_cmpuint(span.length, ==, 8);
    editor_set_text(editor, " -- nothing");
    g_assert_false(editor_statement(editor, &span));
}

static void test_paste(void)
{
    g_autoptr(Editor) editor = editor_new("");
    editor_paste(editor, "a\tb\x1b[31mc\n\xff");
    g_assert_null(strchr(editor_text(editor), '\x1b'));
    g_assert_true(g_str_has_prefix(editor_text(editor), "a    b[31mc\n"));
    g_assert_true(editor_undo(editor));
    g_assert_cmpstr(editor_text(editor), ==, "");
}

static void test_position(void)
{
    g_autoptr(Editor) editor = editor_new("ab\n\xe4\xb8\xad"
                                          "c");
    g_autofree char *position = editor_position(editor);
    g_assert_cmpstr(position, ==, "line 2, column 4");
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/editor/keys-edit", test_keys);
    g_test_add_func("/editor/undo-takes-steps-back", test_undo);
    g_test_add_func("/editor/a-whole-text-can-be-undone", test_whole_text_can_be_undone);
    g_test_add_func("/editor/a-selection-is-replaced", test_selection);
    g_test_add_func("/editor/brackets-in-texts-do-not-count", test_brackets);
    g_test_add_func("/editor/comments-toggle", test_comments);
    g_test_add_func("/editor/the-statement-at-the-cursor", test_statement);
    g_test_add_func("/editor/a-paste-is-one-step-without-controls", test_paste);
    g_test_add_func("/editor/position-counts-columns", test_position);
    return g_test_run();
}
