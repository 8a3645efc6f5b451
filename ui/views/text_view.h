/*
 * text_view: the actions of the view that shows text (text_view_new in views.h).
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_TEXT_VIEW_H
#define REDSMITH_UI_TEXT_VIEW_H

#include "ui/action.h"

extern const Action text_actions[];

#endif
