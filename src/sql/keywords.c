#include "sql/keywords.h"

#include <string.h>

/* Sorted by bytes: searched by halves. */
static const char *const keywords[] = {
    "ALL",       "ALTER",      "ANALYZE",  "AND",      "ANY",       "APPEND",   "AS",
    "ASC",       "BEGIN",      "BETWEEN",  "BY",       "CALL",      "CASE",     "CAST",
    "CLOSE",     "COLUMN",     "COMMENT",  "COMMIT",   "COMPOUND",  "COPY",     "CREATE",
    "CROSS",     "CURRENT",    "DATABASE", "DECLARE",  "DEFAULT",   "DELETE",   "DESC",
    "DISTINCT",  "DISTKEY",    "DISTSTYLE", "DROP",    "ELSE",      "ENCODE",   "END",
    "ESCAPE",    "EXCEPT",     "EXECUTE",  "EXISTS",   "EXPLAIN",   "EXTERNAL", "FALSE",
    "FETCH",     "FIRST",      "FOLLOWING", "FOR",     "FOREIGN",   "FROM",     "FULL",
    "FUNCTION",  "GRANT",      "GROUP",    "HAVING",   "IAM_ROLE",  "IDENTITY", "IF",
    "ILIKE",     "IN",         "INNER",    "INSERT",   "INTERSECT", "INTO",     "IS",
    "JOIN",      "KEY",        "LAST",     "LEFT",     "LIKE",      "LIMIT",    "LOCK",
    "MATCHED",   "MATERIALIZED", "MERGE",  "MINUS",    "NATURAL",   "NOT",      "NULL",
    "NULLS",     "OFFSET",     "ON",       "OR",       "ORDER",     "OUTER",    "OVER",
    "PARTITION", "PIVOT",      "PRECEDING", "PREPARE", "PRIMARY",   "PROCEDURE", "QUALIFY",
    "RECURSIVE", "REFERENCES", "REFRESH",  "RENAME",   "RESET",     "RETURNS",  "REVOKE",
    "RIGHT",     "ROLLBACK",   "ROW",      "ROWS",     "SCHEMA",    "SELECT",   "SET",
    "SHOW",      "SIMILAR",    "SOME",     "SORTKEY",  "START",     "TABLE",    "TEMP",
    "TEMPORARY", "THEN",       "TO",       "TOP",      "TRUE",      "TRUNCATE", "UNBOUNDED",
    "UNION",     "UNIQUE",     "UNLOAD",   "UNPIVOT",  "UPDATE",    "USING",    "VACUUM",
    "VALUES",    "VIEW",       "WHEN",     "WHERE",    "WINDOW",    "WITH",     "WORK",
    NULL};

const char *const *sql_keywords(void)
{
    return keywords;
}

gboolean sql_is_keyword(const char *word, gsize length)
{
    char upper[16];
    if (length == 0 || length >= sizeof upper)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        upper[i] = g_ascii_toupper(word[i]);
    upper[length] = '\0';
    gsize low = 0, high = G_N_ELEMENTS(keywords) - 1;
    while (low < high) {
        gsize middle = (low + high) / 2;
        int order = strcmp(upper, keywords[middle]);
        if (order == 0)
            return TRUE;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return FALSE;
}
