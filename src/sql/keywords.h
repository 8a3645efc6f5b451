/*
 * keywords: the words that structure Redshift SQL, for highlighting and completion. Function and type
 * names are not among them.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SQL_KEYWORDS_H
#define REDSMITH_SQL_KEYWORDS_H

#include <glib.h>

/* Whatever its case. */
gboolean sql_is_keyword(const char *word, gsize length);

/* In order, upper case, NULL-terminated; static. */
const char *const *sql_keywords(void);

#endif
