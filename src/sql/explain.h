/*
 * explain: the answer of EXPLAIN as a tree.
 *
 * Redshift prints one text row per line (Redshift guide, "Query plan"):
 *
 *     XN Hash Join DS_BCAST_INNER  (cost=0.00..1.50 rows=10 width=8)
 *       Hash Cond: ("outer".a = "inner".b)
 *       ->  XN Seq Scan on t  (cost=0.00..1.00 rows=100 width=4)
 *
 * Indentation makes the tree; lines without an arrow below a node are its details; lines between dashes
 * at the end are notes of the planner (missing statistics). Costs are the planner's own unit and only
 * good for comparing within one plan; rows are estimates.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SQL_EXPLAIN_H
#define REDSMITH_SQL_EXPLAIN_H

#include <glib.h>

typedef enum {
    EXPLAIN_FREE,  /* no rows move, or none that matter */
    EXPLAIN_MOVES, /* rows of one side move */
    EXPLAIN_HEAVY, /* both sides, or everything to one slice or to every node */
} ExplainWeight;

/* How a join gets its rows together. */
typedef struct {
    const char *name;    /* "DS_BCAST_INNER" */
    const char *meaning; /* one sentence */
    ExplainWeight weight;
} ExplainDistribution;

typedef struct {
    guint depth;                             /* 0: the top */
    char *operation;                         /* "XN Hash Join DS_BCAST_INNER" */
    double start_cost, total_cost;           /* -1 when the line has none */
    gint64 rows, width;                      /* estimates, bytes; -1 when the line has none */
    const ExplainDistribution *distribution; /* NULL for what is no join */
    GPtrArray *details;                      /* of char *: conditions, filters, keys */
} ExplainNode;

typedef struct {
    GPtrArray *nodes; /* of ExplainNode, in the order of the text: parents before children */
    GPtrArray *notes; /* of char *: what the planner adds, such as missing statistics */
} Explain;

/* lines is of char *. Never fails: what is no plan line is a detail or a note. */
Explain *explain_parse(const GPtrArray *lines);
void explain_free(Explain *explain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Explain, explain_free)

/* What a node costs itself, without its children; never below 0. */
double explain_own_cost(const Explain *explain, guint node);

/* NULL for a name that is none. Static. */
const ExplainDistribution *explain_distribution(const char *name);

#endif
