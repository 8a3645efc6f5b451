/*
 * editor_private: what the editing and the drawing of an Editor share; nobody else includes it.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_EDITOR_PRIVATE_H
#define REDSMITH_UI_EDITOR_PRIVATE_H

#include "ui/widgets/editor.h"

struct Editor {
    GString *text;
    gsize cursor;
    gssize mark;      /* -1: nothing is selected */
    GPtrArray *steps; /* of Step, oldest first */
    guint done;       /* steps that are in the text; those behind can be done again */
    int wish;         /* column that Up and Down keep; -1 none */
    int top, left;    /* line and column at the corner, as last drawn */
    int height;
};

gsize editor_line_start(const Editor *editor, gsize at);
/* From 0. */
int editor_line_number(const Editor *editor, gsize at);
/* Columns of the screen between two places of a line. */
int editor_width(const Editor *editor, gsize from, gsize to);
/* The bracket that belongs to the one at `at`, or -1; brackets in texts and comments do not count. */
gssize editor_partner(const Editor *editor, gsize at);

#endif
