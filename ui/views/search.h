/*
 * search: "/" asks for a text, n and N go to the next place it stands and to the one before.
 *
 * For every view that holds text. The view says once how it looks for one (ViewSearch in its head, set
 * behind view_new) and names the three functions in its table of actions; what was looked for last is kept
 * in the head too.
 *
 * Example:
 *     static const ViewSearch text_search = {"find", "Not found", find};
 *     text->view.search = &text_search;
 *     {"text.find", "text", "/", "find", "find a text", ACTION_PLAIN, search_ask},
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_SEARCH_H
#define REDSMITH_UI_SEARCH_H

#include "ui/view.h"

/* Opens the prompt; what is typed there is looked for. */
Consequence search_ask(View *view, const char *argument);
/* The same text again. */
Consequence search_next(View *view, const char *argument);
Consequence search_previous(View *view, const char *argument);

#endif
