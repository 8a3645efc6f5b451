/*
 * select: the options that describe rows of a table: columns, filters, grouping, joins, order, limit.
 *
 * Threads: a worker; blocks on the session for the columns of the tables.
 * Errors:  RS_ERROR_USAGE names the option's text, RS_ERROR_NOT_FOUND the table
 */
#ifndef REDSMITH_CLI_SELECT_H
#define REDSMITH_CLI_SELECT_H

#include "cli/cli.h"
#include "sql/query.h"

typedef struct {
    char *columns, *group_by, *where, *order;
    char **filters, **joins, **aggregates, **havings;
    char *limit;
    gboolean distinct, show_sql;
} SelectOptions;

extern const CliOption select_options[];

/* limit is what is taken when --limit is not given; -1: none. Free with sql_query_free. */
SqlQuery *select_query(CliContext *cli, const SelectOptions *options, const char *table,
                       gint64 limit, Session *session, GError **error);

/* Narrates the statement when --show-sql asks for it. */
void select_show(CliContext *cli, const SelectOptions *options, const SqlQuery *query);

/* "a,\"b,c\"" as names, NULL-terminated. Free with g_strfreev. */
char **select_names(const char *list, GError **error);

/* TRUE when any of the options was given. */
gboolean select_is_used(const SelectOptions *options);

#endif
