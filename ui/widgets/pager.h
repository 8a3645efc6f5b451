/*
 * pager: lines of text that scroll: DDL, help, plans, a long value, a log.
 *
 * Lines have a role each. Wrapped, a line takes as many rows as it needs; else what is too long is
 * reached by scrolling sideways. A search marks the row where it found something.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_PAGER_H
#define REDSMITH_UI_PAGER_H

#include "ui/draw.h"
#include "ui/widgets/scroll.h"

typedef struct Pager Pager;

Pager *pager_new(gboolean wrap);
void pager_free(Pager *pager);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pager, pager_free)

/* Rows that go on a line begin below its text: behind its first blanks, or behind a label that ends in
 * two blanks. Not for values, whose blanks are their own. */
void pager_set_hanging(Pager *pager, gboolean hanging);

void pager_clear(Pager *pager);
/* One line; line ends in it make more. */
void pager_add(Pager *pager, Role role, const char *text);
void pager_addf(Pager *pager, Role role, const char *format, ...) G_GNUC_PRINTF(3, 4);

void pager_move(Pager *pager, Movement movement);
/* To the end, and stay there while lines are added. */
void pager_follow(Pager *pager);

/* From the found row on, or from the first that is seen; forward or back, going round at the ends.
 * FALSE when there is none. Letters of either case unless the text has a capital. */
gboolean pager_search(Pager *pager, const char *text, gboolean forward);

void pager_draw(Pager *pager, const Canvas *canvas);

/* "lines 1-20 of 80", "all 12 lines" or "one line". Free with g_free. */
char *pager_position(const Pager *pager);

/* All of the text. Free with g_free. */
char *pager_text(const Pager *pager);

#endif
