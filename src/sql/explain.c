#include "sql/explain.h"

#include <string.h>

/* Redshift guide, "Evaluating the query plan". */
static const ExplainDistribution distributions[] = {
    {"DS_DIST_NONE", "no rows move: both sides lie together", EXPLAIN_FREE},
    {"DS_DIST_ALL_NONE", "no rows move: one side is on every node", EXPLAIN_FREE},
    {"DS_DIST_INNER", "the inner side is sent to where the outer rows are", EXPLAIN_MOVES},
    {"DS_DIST_OUTER", "the outer side is sent to where the inner rows are", EXPLAIN_MOVES},
    {"DS_BCAST_INNER", "all of the inner side is copied to every node", EXPLAIN_HEAVY},
    {"DS_DIST_ALL_INNER", "all of the inner side goes to one slice, as the outer is on every node",
     EXPLAIN_HEAVY},
    {"DS_DIST_BOTH", "both sides are sent around", EXPLAIN_HEAVY},
};

const ExplainDistribution *explain_distribution(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(distributions); i++)
        if (strcmp(distributions[i].name, name) == 0)
            return &distributions[i];
    return NULL;
}

static void node_free(gpointer data)
{
    ExplainNode *node = data;
    g_free(node->operation);
    g_ptr_array_unref(node->details);
    g_free(node);
}

void explain_free(Explain *explain)
{
    if (explain == NULL)
        return;
    g_ptr_array_unref(explain->nodes);
    g_ptr_array_unref(explain->notes);
    g_free(explain);
}

/* "(cost=0.00..12.50 rows=1250 width=24)" behind the operation; others leave -1. */
static void read_numbers(ExplainNode *node, const char *numbers)
{
    char *at = NULL;
    node->start_cost = g_ascii_strtod(numbers + strlen("(cost="), &at);
    if (g_str_has_prefix(at, ".."))
        node->total_cost = g_ascii_strtod(at + 2, &at);
    const char *rows = strstr(at, "rows="), *width = strstr(at, "width=");
    if (rows != NULL)
        node->rows = g_ascii_strtoll(rows + strlen("rows="), NULL, 10);
    if (width != NULL)
        node->width = g_ascii_strtoll(width + strlen("width="), NULL, 10);
}

static const ExplainDistribution *find_distribution(const char *operation)
{
    g_auto(GStrv) words = g_strsplit(operation, " ", -1);
    for (char **word = words; *word != NULL; word++) {
        const ExplainDistribution *found = explain_distribution(*word);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static ExplainNode *node_new(const char *text, guint depth)
{
    ExplainNode *node = g_new0(ExplainNode, 1);
    node->depth = depth;
    node->start_cost = node->total_cost = -1;
    node->rows = node->width = -1;
    node->details = g_ptr_array_new_with_free_func(g_free);
    const char *numbers = strstr(text, "(cost=");
    gsize length = numbers != NULL ? (gsize)(numbers - text) : strlen(text);
    node->operation = g_strchomp(g_strndup(text, length));
    if (numbers != NULL)
        read_numbers(node, numbers);
    node->distribution = find_distribution(node->operation);
    return node;
}

static gsize indent_of(const char *line)
{
    return strspn(line, " ");
}

/* The open ancestors' indents, deepest last. */
static guint depth_at(GArray *indents, gsize indent)
{
    while (indents->len > 0 && g_array_index(indents, gsize, indents->len - 1) >= indent)
        g_array_set_size(indents, indents->len - 1);
    g_array_append_val(indents, indent);
    return indents->len - 1;
}

static void take_line(Explain *explain, GArray *indents, const char *line)
{
    gsize indent = indent_of(line);
    const char *text = line + indent;
    if (*text == '\0')
        return;
    if (g_str_has_prefix(text, "-----")) {
        g_autofree char *bare = g_strdup(text);
        g_strdelimit(bare, "-", ' ');
        g_ptr_array_add(explain->notes, g_strdup(g_strstrip(bare)));
    } else if (g_str_has_prefix(text, "->")) {
        g_ptr_array_add(explain->nodes,
                        node_new(text + 2 + indent_of(text + 2), depth_at(indents, indent + 2)));
    } else if (explain->nodes->len == 0 || (indent == 0 && strstr(text, "(cost=") != NULL)) {
        g_ptr_array_add(explain->nodes, node_new(text, depth_at(indents, indent)));
    } else if (indent == 0) {
        g_ptr_array_add(explain->notes, g_strdup(text));
    } else {
        ExplainNode *node = explain->nodes->pdata[explain->nodes->len - 1];
        g_ptr_array_add(node->details, g_strdup(text));
    }
}

Explain *explain_parse(const GPtrArray *lines)
{
    Explain *explain = g_new0(Explain, 1);
    explain->nodes = g_ptr_array_new_with_free_func(node_free);
    explain->notes = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) indents = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (guint i = 0; i < lines->len; i++)
        take_line(explain, indents, lines->pdata[i]);
    return explain;
}

double explain_own_cost(const Explain *explain, guint index)
{
    const ExplainNode *node = explain->nodes->pdata[index];
    double own = MAX(node->total_cost, 0);
    for (guint i = index + 1; i < explain->nodes->len; i++) {
        const ExplainNode *below = explain->nodes->pdata[i];
        if (below->depth <= node->depth)
            break;
        if (below->depth == node->depth + 1)
            own -= MAX(below->total_cost, 0);
    }
    return MAX(own, 0);
}
