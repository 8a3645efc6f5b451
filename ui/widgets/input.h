/*
 * input: a line of text that is being edited.
 *
 * Left, Right, Home, End, Ctrl-A, Ctrl-E, Backspace, Delete, Ctrl-W, Ctrl-U and Ctrl-K as everywhere;
 * Up and Down go through the history that was given. A paste comes in as one piece, its line ends
 * made blanks. A secret one shows dots.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_INPUT_H
#define REDSMITH_UI_INPUT_H

#include "ui/draw.h"
#include "ui/key.h"

typedef struct Input Input;

/* history: of char *, oldest first, borrowed; NULL for none. */
Input *input_new(const char *text, const GPtrArray *history, gboolean secret);
/* A secret one's text is wiped. */
void input_free(Input *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Input, input_free)

/* FALSE when the key is none of an editor's. */
gboolean input_key(Input *input, Key key);
void input_paste(Input *input, const char *text);

const char *input_text(const Input *input);
void input_set_text(Input *input, const char *text);

/* From column x to the edge of the canvas, with the terminal's cursor in it when focused. */
void input_draw(const Input *input, const Canvas *canvas, int y, int x, int columns,
                gboolean focused);

#endif
