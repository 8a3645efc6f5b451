#include "sandbox/front_explain.h"

#include <string.h>

#define NONE G_MAXUINT
#define BROADCAST_BYTES (1024.0 * 1024)
#define LEVEL 6 /* blanks by which a child is further in */

typedef struct {
    gboolean is_node;
    guint indent, parent; /* parent: the node above, NONE for the top */
    char *text;           /* without indentation and arrow; a node's up to its costs */
    char *costs;          /* "(cost=..)" */
    double bytes;         /* rows times width */
    char *table, *alias;  /* of a scan */
    char *style, *key;    /* its distribution: ALL, KEY, EVEN, or NULL */
} Line;

typedef struct {
    GPtrArray *lines; /* of Line */
    gboolean leader;  /* no table of a user's */
} Plan;

static void line_free(gpointer pointer)
{
    Line *line = pointer;
    g_free(line->text);
    g_free(line->costs);
    g_free(line->table);
    g_free(line->alias);
    g_free(line->style);
    g_free(line->key);
    g_free(line);
}

static Line *line_at(const Plan *plan, guint i)
{
    return plan->lines->pdata[i];
}

/* "Seq Scan on sales s" */
static void read_scan(Line *line)
{
    const char *on = strstr(line->text, " Scan on ");
    if (on == NULL || g_str_has_prefix(line->text, "CTE"))
        return;
    g_auto(GStrv) words = g_strsplit(on + strlen(" Scan on "), " ", 2);
    if (words[0] == NULL)
        return;
    const char *dot = strrchr(words[0], '.'); /* VERBOSE says the schema too */
    line->table = g_strdup(dot != NULL ? dot + 1 : words[0]);
    line->alias = g_strdup(words[1] != NULL ? words[1] : line->table);
}

/* Redshift plans nothing in parallel within a node: PostgreSQL's halves are one. */
static char *node_name(const char *text)
{
    static const char *const prefixes[] = {"Finalize ", "Partial ", "Parallel "};
    for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(text, prefixes[i]))
            return g_strdup(text + strlen(prefixes[i]));
    return g_str_has_prefix(text, "WindowAgg") ? g_strdup("Window") : g_strdup(text);
}

static Line *read_line(const char *text)
{
    Line *line = g_new0(Line, 1);
    const char *start = text + strspn(text, " ");
    line->indent = (guint)(start - text);
    if (g_str_has_prefix(start, "->  "))
        start += strlen("->  ");
    const char *costs = strstr(start, "  (cost=");
    line->is_node = costs != NULL;
    if (costs == NULL) {
        line->text = g_strdup(start);
        return line;
    }
    g_autofree char *name = g_strndup(start, (gsize)(costs - start));
    const char *rows = strstr(costs, " rows="), *width = strstr(costs, " width=");
    line->text = node_name(name);
    line->costs = g_strdup(costs + 2);
    if (rows != NULL && width != NULL)
        line->bytes = g_ascii_strtod(rows + strlen(" rows="), NULL) *
                      g_ascii_strtod(width + strlen(" width="), NULL);
    read_scan(line);
    return line;
}

static guint find_parent(const Plan *plan, guint i)
{
    guint indent = line_at(plan, i)->indent;
    while (i-- > 0)
        if (line_at(plan, i)->is_node && line_at(plan, i)->indent < indent)
            return i;
    return NONE;
}

/* "KEY:listid", "ALL:", "EVEN:"; a small AUTO table is held as ALL. */
static void look_up(Line *line, FrontLog *log)
{
    g_auto(GStrv) parts = g_strsplit(line->table, "'", -1);
    g_autofree char *quoted = g_strjoinv("''", parts);
    g_autofree char *sql = g_strconcat(
        "SELECT CASE WHEN t.dist_style <> 'AUTO' THEN t.dist_style WHEN c.relpages <= 128 THEN "
        "'ALL' ELSE 'EVEN' END || ':' || coalesce((SELECT a.attname FROM "
        "redsmith_sandbox.column_note k JOIN pg_catalog.pg_attribute a ON a.attrelid = k.table_oid "
        "AND a.attnum = k.attnum WHERE k.table_oid = c.oid AND k.is_dist_key), '') "
        "FROM pg_catalog.pg_class c JOIN redsmith_sandbox.table_note t ON t.table_oid = c.oid "
        "WHERE c.relname = '",
        quoted, "' ORDER BY c.oid LIMIT 1", NULL);
    g_autofree char *found = log != NULL ? front_log_get(log, sql) : NULL;
    char *colon = found != NULL ? strchr(found, ':') : NULL;
    if (colon == NULL)
        return;
    *colon = '\0';
    line->style = g_strdup(found);
    line->key = g_strdup(colon + 1);
}

static gboolean is_below(const Plan *plan, guint i, guint ancestor)
{
    while (i != NONE && i != ancestor)
        i = line_at(plan, i)->parent;
    return i == ancestor;
}

/* Is the column the distribution key of the scan with that alias below `side`? */
static gboolean is_dist_key(const Plan *plan, guint side, const char *alias, const char *column)
{
    for (guint i = side; i < plan->lines->len; i++) {
        const Line *line = line_at(plan, i);
        if (line->alias != NULL && is_below(plan, i, side) && strcmp(line->alias, alias) == 0)
            return g_strcmp0(line->style, "KEY") == 0 && g_strcmp0(line->key, column) == 0;
    }
    return FALSE;
}

static gboolean is_everywhere(const Plan *plan, guint side)
{
    guint scans = 0;
    for (guint i = side; i < plan->lines->len; i++) {
        const Line *line = line_at(plan, i);
        if (line->alias == NULL || !is_below(plan, i, side))
            continue;
        scans++;
        if (g_strcmp0(line->style, "ALL") != 0)
            return FALSE;
    }
    return scans > 0;
}

static gboolean is_join(const Line *line)
{
    return line->is_node &&
           (g_str_has_suffix(line->text, " Join") || g_str_has_prefix(line->text, "Nested Loop"));
}

/* Which sides of the join are distributed by the columns that it compares. */
static void compare_keys(const Plan *plan, guint join, const guint sides[2], gboolean keys[2])
{
    g_autoptr(GRegex) pair = g_regex_new("(\\w+)\\.(\\w+) = (\\w+)\\.(\\w+)", G_REGEX_DEFAULT,
                                         G_REGEX_MATCH_DEFAULT, NULL);
    for (guint i = join + 1; i < plan->lines->len; i++) {
        const Line *line = line_at(plan, i);
        g_autoptr(GMatchInfo) match = NULL;
        if (line->is_node)
            return;
        for (g_regex_match(pair, line->text, G_REGEX_MATCH_DEFAULT, &match);
             g_match_info_matches(match); g_match_info_next(match, NULL)) {
            g_auto(GStrv) names = g_match_info_fetch_all(match);
            gboolean outer = is_dist_key(plan, sides[0], names[1], names[2]);
            gboolean inner = is_dist_key(plan, sides[1], names[3], names[4]);
            if ((outer && inner) || (!keys[0] && !keys[1])) {
                keys[0] = outer;
                keys[1] = inner;
            }
        }
    }
}

static const char *distribution(const Plan *plan, guint join)
{
    guint sides[2] = {NONE, NONE}, n = 0;
    gboolean keys[2] = {FALSE, FALSE};
    for (guint i = join + 1; i < plan->lines->len && n < 2; i++)
        if (line_at(plan, i)->is_node && line_at(plan, i)->parent == join)
            sides[n++] = i;
    if (n < 2)
        return "DS_DIST_NONE";
    compare_keys(plan, join, sides, keys);
    if (is_everywhere(plan, sides[1]))
        return "DS_DIST_ALL_NONE";
    if (keys[0] && keys[1])
        return "DS_DIST_NONE";
    if (line_at(plan, sides[1])->bytes < BROADCAST_BYTES ||
        g_str_has_prefix(line_at(plan, join)->text, "Nested Loop"))
        return "DS_BCAST_INNER";
    if (is_everywhere(plan, sides[0]))
        return "DS_DIST_ALL_INNER";
    return keys[0] ? "DS_DIST_INNER" : keys[1] ? "DS_DIST_OUTER" : "DS_DIST_BOTH";
}

/* (a.x = b.y) of a join is ("outer".x = "inner".y). NULL: the line has nothing for Redshift's plan. */
static char *detail_text(const char *text)
{
    static const char *const dropped[] = {"Workers Planned", "Group Key", "Output"};
    for (gsize i = 0; i < G_N_ELEMENTS(dropped); i++)
        if (g_str_has_prefix(text, dropped[i]))
            return NULL;
    if (!g_str_has_prefix(text, "Hash Cond:") && !g_str_has_prefix(text, "Merge Cond:"))
        return g_strdup(text);
    g_autoptr(GRegex) pair =
        g_regex_new("\\w+\\.(\\w+) = \\w+\\.(\\w+)", G_REGEX_DEFAULT, G_REGEX_MATCH_DEFAULT, NULL);
    return g_regex_replace(pair, text, -1, 0, "\"outer\".\\1 = \"inner\".\\2",
                           G_REGEX_MATCH_DEFAULT, NULL);
}

/* Its first line has no arrow. */
static void add_node(GPtrArray *out, const Plan *plan, guint indent, const char *name,
                     const char *costs)
{
    g_ptr_array_add(out,
                    g_strdup_printf("%*s%s%s %s  %s", (int)indent, "", out->len > 0 ? "->  " : "",
                                    plan->leader ? "LD" : "XN", name, costs));
}

static void add_detail(GPtrArray *out, guint indent, const char *text)
{
    g_ptr_array_add(out, g_strdup_printf("%*s%s", (int)indent, "", text));
}

/* The sort that the whole answer comes from: what is sorted on the slices is merged on the leader. */
static gboolean is_last_sort(const Plan *plan, guint i)
{
    const Line *line = line_at(plan, i);
    return line->is_node && !plan->leader && g_str_has_prefix(line->text, "Sort") &&
           (line->parent == NONE || (line_at(plan, line->parent)->parent == NONE &&
                                     g_str_has_prefix(line_at(plan, line->parent)->text, "Limit")));
}

/* Merge and Network above the sort at i. Returns by how much the rest is further in. */
static guint add_merge(GPtrArray *out, const Plan *plan, guint i)
{
    const Line *sort = line_at(plan, i);
    const Line *key = i + 1 < plan->lines->len ? line_at(plan, i + 1) : NULL;
    guint inner = sort->indent + (out->len > 0 ? LEVEL : 2);
    add_node(out, plan, sort->indent, "Merge", sort->costs);
    if (key != NULL && g_str_has_prefix(key->text, "Sort Key: ")) {
        g_autofree char *merge = g_strconcat("Merge Key: ", key->text + strlen("Sort Key: "), NULL);
        add_detail(out, inner, merge);
    }
    add_node(out, plan, inner, "Network", sort->costs);
    add_detail(out, inner + LEVEL, "Send to leader");
    return inner + LEVEL - sort->indent;
}

static GPtrArray *print(const Plan *plan)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    guint further = 0;
    for (guint i = 0; i < plan->lines->len; i++) {
        const Line *line = line_at(plan, i);
        if (!line->is_node) {
            g_autofree char *text = detail_text(line->text);
            if (text != NULL)
                add_detail(out, line->indent + further, text);
            continue;
        }
        if (is_last_sort(plan, i))
            further = add_merge(out, plan, i);
        g_autofree char *name = is_join(line)
                                    ? g_strconcat(line->text, " ", distribution(plan, i), NULL)
                                    : g_strdup(line->text);
        add_node(out, plan, line->indent + further, name, line->costs);
        /* What is below the top, which has no arrow, is two blanks in, and else six. */
        if (i == 0 && further > 0)
            further += LEVEL - 2;
    }
    return out;
}

GPtrArray *front_explain(FrontLog *log, const GPtrArray *lines)
{
    g_autoptr(GPtrArray) parsed = g_ptr_array_new_with_free_func(line_free);
    Plan plan = {.lines = parsed, .leader = FALSE};
    guint scans = 0, system = 0;
    for (guint i = 0; i < lines->len; i++) {
        Line *line = read_line(lines->pdata[i]);
        g_ptr_array_add(parsed, line);
        line->parent = find_parent(&plan, i);
        if (line->table == NULL)
            continue;
        look_up(line, log);
        scans++;
        system += line->style == NULL; /* nobody's table: the catalog's */
    }
    plan.leader = scans > 0 && scans == system;
    return print(&plan);
}
