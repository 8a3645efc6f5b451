/*
 * editor: several lines of SQL that are being edited.
 *
 * Typing, arrows, Home, End, PgUp, PgDn, Backspace, Delete, Ctrl-A, Ctrl-E, Ctrl-W, Ctrl-U and Ctrl-K as
 * in a line of text; Enter keeps the indent of the line. Words are coloured as sql/lexer reads them, and
 * the bracket that belongs to the one at the cursor is marked. Undo takes back one step: a run of
 * typed characters, a deletion, a paste, a comment toggle, a text put in whole. The text is UTF-8 and
 * every position a byte offset at a character's start.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_EDITOR_H
#define REDSMITH_UI_EDITOR_H

#include "sql/lexer.h"
#include "ui/draw.h"
#include "ui/key.h"

typedef struct Editor Editor;

Editor *editor_new(const char *text);
void editor_free(Editor *editor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Editor, editor_free)

/* FALSE when the key is none of an editor's. */
gboolean editor_key(Editor *editor, Key key);

/* At the cursor, over the selection: one step. Control characters but tab and line end are left out;
 * a tab is four blanks. */
void editor_paste(Editor *editor, const char *text);

/* Owned by the editor; valid until the next change. */
const char *editor_text(const Editor *editor);
gsize editor_cursor(const Editor *editor);
/* All of the text: one step. The cursor goes to its end. */
void editor_set_text(Editor *editor, const char *text);
/* A part of it: one step. The cursor goes behind what was put in. */
void editor_replace(Editor *editor, gsize start, gsize length, const char *text);

/* FALSE when there is nothing to take back, or to do again. */
gboolean editor_undo(Editor *editor);
gboolean editor_redo(Editor *editor);

/* Begins or drops a selection at the cursor; it reaches to wherever the cursor goes. */
void editor_toggle_mark(Editor *editor);
gboolean editor_selection(const Editor *editor, gsize *start, gsize *length);

/* To the bracket that belongs to the one at the cursor. FALSE when there is none. */
gboolean editor_to_bracket(Editor *editor);

/* The line of the cursor, or those of the selection: "-- " before them, or taken away from all. */
void editor_toggle_comment(Editor *editor);

/* The statement the cursor is in, or the one before it when it stands between two. FALSE without any. */
gboolean editor_statement(const Editor *editor, SqlSpan *span);

/* "line 3, column 14". Free with g_free. */
char *editor_position(const Editor *editor);

void editor_draw(Editor *editor, const Canvas *canvas, gboolean focused);

#endif
