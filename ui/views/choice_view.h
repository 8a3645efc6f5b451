/*
 * choice_view: one of many texts, chosen by typing parts of it.
 *
 * What is typed narrows the list: every word must occur somewhere in an entry's label or detail. Enter
 * takes the entry under the cursor, Esc none.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_CHOICE_VIEW_H
#define REDSMITH_UI_CHOICE_VIEW_H

#include "ui/view.h"

typedef struct {
    char *label;  /* one line */
    char *detail; /* shown dim before it; may be NULL */
    char *value;  /* what is chosen */
} ChoiceEntry;

/* Entries freed with it. */
GPtrArray *choice_entries_new(void);
/* Copies the texts. */
void choice_entries_add(GPtrArray *entries, const char *label, const char *detail,
                        const char *value);

typedef void (*ChoiceTaken)(View *owner, const char *value);

/* Takes the entries; the first is under the cursor. owner is referenced; taken is not called when it has
 * been closed. */
View *choice_view_new(App *app, View *owner, const char *title, GPtrArray *entries,
                      ChoiceTaken taken);

#endif
