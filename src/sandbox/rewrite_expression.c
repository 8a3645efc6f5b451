#include <string.h>

#include "sandbox/rewrite_parts.h"

/* A handler gets the name's position and that of its "("; it appends the whole call and returns the
 * position after it. */
typedef guint (*CallHandler)(const Tokens *tokens, guint name, guint open, GString *out);

typedef struct {
    guint from, to;
} Range;

static void append_gap(const Tokens *tokens, guint i, GString *out)
{
    gsize start = i > 0 ? tokens->items[i - 1].start + tokens->items[i - 1].length : 0;
    g_string_append_len(out, tokens->lexer.text + start, (gssize)(tokens->items[i].start - start));
}

static void append_text(const Tokens *tokens, guint i, GString *out)
{
    g_string_append_len(out, tokens->lexer.text + tokens->items[i].start,
                        (gssize)tokens->items[i].length);
}

/* The arguments between "(" at open and its ")". */
static GArray *arguments_of(const Tokens *tokens, guint open)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(Range));
    guint end = tokens_after_group(tokens, open) - 1;
    for (guint i = open + 1; i < end;) {
        guint comma = tokens_next_comma(tokens, i, end);
        Range range = {i, comma};
        g_array_append_val(ranges, range);
        i = comma + 1;
    }
    return ranges;
}

static void append_argument(const Tokens *tokens, const GArray *arguments, guint n, GString *out)
{
    Range range = g_array_index(arguments, Range, n);
    g_string_append_c(out, '(');
    rewrite_expression(tokens, range.from, range.to, out);
    g_string_append_c(out, ')');
}

static void append_rest(const Tokens *tokens, guint open, GString *out)
{
    guint end = tokens_after_group(tokens, open);
    rewrite_expression(tokens, open, end, out);
}

static guint call_coalesce(const Tokens *tokens, guint name, guint open, GString *out)
{
    append_gap(tokens, name, out);
    g_string_append(out, "coalesce");
    append_rest(tokens, open, out);
    return tokens_after_group(tokens, open);
}

static guint call_nvl2(const Tokens *tokens, guint name, guint open, GString *out)
{
    g_autoptr(GArray) arguments = arguments_of(tokens, open);
    if (arguments->len != 3)
        return 0;
    append_gap(tokens, name, out);
    g_string_append(out, "CASE WHEN ");
    append_argument(tokens, arguments, 0, out);
    g_string_append(out, " IS NOT NULL THEN ");
    append_argument(tokens, arguments, 1, out);
    g_string_append(out, " ELSE ");
    append_argument(tokens, arguments, 2, out);
    g_string_append(out, " END");
    return tokens_after_group(tokens, open);
}

/* DECODE finds NULL where it looks for NULL (Redshift guide, DECODE). With two arguments it is
 * PostgreSQL's own, over bytes. */
static guint call_decode(const Tokens *tokens, guint name, guint open, GString *out)
{
    g_autoptr(GArray) arguments = arguments_of(tokens, open);
    if (arguments->len < 3)
        return 0;
    append_gap(tokens, name, out);
    g_string_append(out, "CASE");
    guint n = 1;
    for (; n + 1 < arguments->len; n += 2) {
        g_string_append(out, " WHEN ");
        append_argument(tokens, arguments, 0, out);
        g_string_append(out, " IS NOT DISTINCT FROM ");
        append_argument(tokens, arguments, n, out);
        g_string_append(out, " THEN ");
        append_argument(tokens, arguments, n + 1, out);
    }
    if (n < arguments->len) {
        g_string_append(out, " ELSE ");
        append_argument(tokens, arguments, n, out);
    }
    g_string_append(out, " END");
    return tokens_after_group(tokens, open);
}

/* LISTAGG([DISTINCT] x [, separator]) WITHIN GROUP (ORDER BY y). */
static guint call_listagg(const Tokens *tokens, guint name, guint open, GString *out)
{
    g_autoptr(GArray) arguments = arguments_of(tokens, open);
    if (arguments->len < 1 || arguments->len > 2)
        return 0;
    guint end = tokens_after_group(tokens, open);
    Range value = g_array_index(arguments, Range, 0);
    gboolean distinct = tokens_is(tokens, value.from, "distinct");
    append_gap(tokens, name, out);
    g_string_append_printf(out, "string_agg(%s", distinct ? "DISTINCT" : "");
    rewrite_expression(tokens, value.from + (distinct ? 1 : 0), value.to, out);
    g_string_append(out, "::text, ");
    if (arguments->len == 2)
        append_argument(tokens, arguments, 1, out);
    else
        g_string_append(out, "''");
    if (tokens_are(tokens, end, "within group (")) {
        guint order = end + 2;
        end = tokens_after_group(tokens, order);
        g_string_append_c(out, ' ');
        rewrite_expression(tokens, order + 1, end - 1, out);
    }
    g_string_append_c(out, ')');
    return end;
}

static guint call_median(const Tokens *tokens, guint name, guint open, GString *out)
{
    append_gap(tokens, name, out);
    g_string_append(out, "percentile_cont(0.5) WITHIN GROUP (ORDER BY ");
    append_rest(tokens, open, out);
    g_string_append_c(out, ')');
    return tokens_after_group(tokens, open);
}

/* Date parts and their short forms. Redshift guide, "Date parts for date or timestamp functions". */
static const char *const date_parts[][9] = {
    {"millennium", "millennia", "mil", "mils", NULL},
    {"century", "centuries", "c", "cent", "cents", NULL},
    {"decade", "decades", "dec", "decs", NULL},
    {"epoch", NULL},
    {"year", "years", "y", "yr", "yrs", NULL},
    {"quarter", "quarters", "qtr", "qtrs", NULL},
    {"month", "months", "mon", "mons", NULL},
    {"week", "weeks", "w", NULL},
    {"dow", "dayofweek", "dw", "weekday", NULL},
    {"doy", "dayofyear", "dy", "yearday", NULL},
    {"day", "days", "d", NULL},
    {"hour", "hours", "h", "hr", "hrs", NULL},
    {"minute", "minutes", "m", "min", "mins", NULL},
    {"second", "seconds", "s", "sec", "secs", NULL},
    {"milliseconds", "ms", "msec", "msecs", "msecond", "mseconds", "millisec", "millisecond", NULL},
    {"microseconds", "us", "usec", "usecs", "usecond", "useconds", "microsec", "microsecond", NULL},
};

static const char *date_part_of(const char *word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(date_parts); i++)
        for (gsize n = 0; n < 9 && date_parts[i][n] != NULL; n++)
            if (g_str_equal(date_parts[i][n], word))
                return date_parts[i][0];
    return NULL;
}

/* The first argument as a string in its long form, when it is a single word or string. */
static guint call_with_date_part(const Tokens *tokens, guint name, guint open, GString *out)
{
    if (!tokens_is(tokens, open + 2, ",") ||
        (!tokens_is_name(tokens, open + 1) && tokens_kind(tokens, open + 1) != SQL_STRING))
        return 0;
    g_autofree char *word = tokens_name(tokens, open + 1);
    const char *part = date_part_of(word);
    if (part == NULL)
        return 0;
    g_autofree char *function = tokens_name(tokens, name);
    gboolean ours = g_str_equal(function, "dateadd") || g_str_equal(function, "datediff") ||
                    g_str_equal(function, "date_add") || g_str_equal(function, "date_diff");
    if (g_str_has_prefix(function, "date_a") || g_str_has_prefix(function, "date_d"))
        memmove(function + 4, function + 5, strlen(function + 5) + 1);
    append_gap(tokens, name, out);
    g_string_append_printf(out, "%s%s('%s'", ours ? "redsmith_catalog." : "", function, part);
    guint end = tokens_after_group(tokens, open);
    rewrite_expression(tokens, open + 2, end, out);
    return end;
}

/* A function that lives in redsmith_catalog, whatever the search_path is. */
static guint call_ours(const Tokens *tokens, guint name, guint open, GString *out)
{
    g_autofree char *function = tokens_name(tokens, name);
    append_gap(tokens, name, out);
    g_string_append_printf(out, "redsmith_catalog.%s", function);
    append_rest(tokens, open, out);
    return tokens_after_group(tokens, open);
}

static const struct {
    const char *name;
    CallHandler handler;
} calls[] = {
    {"nvl", call_coalesce},
    {"isnull", call_coalesce},
    {"nvl2", call_nvl2},
    {"decode", call_decode},
    {"listagg", call_listagg},
    {"median", call_median},
    {"dateadd", call_with_date_part},
    {"date_add", call_with_date_part},
    {"datediff", call_with_date_part},
    {"date_diff", call_with_date_part},
    {"date_part", call_with_date_part},
    {"date_trunc", call_with_date_part},
    {"add_months", call_ours},
    {"any_value", call_ours},
    {"charindex", call_ours},
    {"convert_timezone", call_ours},
    {"format_encoding", call_ours},
    {"getdate", call_ours},
    {"is_valid_json", call_ours},
    {"is_valid_json_array", call_ours},
    {"json_parse", call_ours},
    {"format_type", call_ours},
    {"json_serialize", call_ours},
    {"last_day", call_ours},
    {"last_user_query_id", call_ours},
    {"len", call_ours},
    {"pg_cancel_backend", call_ours},
    {"pg_get_constraintdef", call_ours},
    {"pg_get_expr", call_ours},
    {"pg_get_late_binding_view_cols", call_ours},
    {"pg_get_viewdef", call_ours},
    {"pg_last_copy_count", call_ours},
    {"pg_last_copy_id", call_ours},
    {"pg_last_query_id", call_ours},
    {"pg_last_unload_count", call_ours},
    {"pg_last_unload_id", call_ours},
    {"pg_terminate_backend", call_ours},
    {"sha2", call_ours},
    {"strtol", call_ours},
    {"textlen", call_ours},
    {"version", call_ours},
};

/* Views that stand in redsmith_catalog and that Redshift has in pg_catalog. */
static const char *const views[] = {
    "pg_attrdef",
    "pg_attribute",
    "pg_class",
    "pg_class_info",
    "pg_constraint",
    "pg_database",
    "pg_external_schema",
    "pg_group",
    "pg_namespace",
    "pg_proc",
    "pg_proc_info",
    "pg_table_def",
    "pg_tables",
    "pg_user",
    "pg_views",
    "stl_load_commits",
    "stl_load_errors",
    "stl_loaderror_detail",
    "stl_query",
    "stl_querytext",
    "stl_unload_log",
    "stl_wlm_query",
    "stv_active_cursors",
    "stv_blocklist",
    "stv_inflight",
    "stv_load_state",
    "stv_locks",
    "stv_mv_info",
    "stv_partitions",
    "stv_recents",
    "stv_sessions",
    "stv_slices",
    "stv_tbl_perm",
    "stv_wlm_query_queue_state",
    "stv_wlm_query_state",
    "stv_wlm_service_class_config",
    "stv_wlm_service_class_state",
    "svl_qlog",
    "svv_all_columns",
    "svv_all_schemas",
    "svv_all_tables",
    "svv_alter_table_recommendations",
    "svv_columns",
    "svv_datashares",
    "svv_diskusage",
    "svv_external_columns",
    "svv_external_schemas",
    "svv_external_tables",
    "svv_mv_info",
    "svv_redshift_columns",
    "svv_redshift_databases",
    "svv_redshift_schemas",
    "svv_redshift_tables",
    "svv_relation_privileges",
    "svv_schema_privileges",
    "svv_table_info",
    "svv_tables",
    "svv_transactions",
    "svv_user_info",
    "sys_load_detail",
    "sys_load_error_detail",
    "sys_load_history",
    "sys_query_detail",
    "sys_query_history",
    "sys_query_text",
    "sys_session_history",
    "sys_unload_detail",
    "sys_unload_history",
    NULL,
};

static CallHandler handler_of(const Tokens *tokens, guint i)
{
    if (!tokens_is(tokens, i + 1, "("))
        return NULL;
    for (gsize n = 0; n < G_N_ELEMENTS(calls); n++)
        if (tokens_is(tokens, i, calls[n].name))
            return calls[n].handler;
    return NULL;
}

static gboolean is_view(const Tokens *tokens, guint i)
{
    if (tokens_kind(tokens, i) == SQL_WORD)
        return tokens_is_one_of(tokens, i, views);
    if (tokens_kind(tokens, i) != SQL_QUOTED)
        return FALSE;
    g_autofree char *name = tokens_name(tokens, i);
    return g_strv_contains(views, name);
}

/* A name of Redshift's catalog at i, after "pg_catalog." or with nothing before it. */
static guint catalog_name(const Tokens *tokens, guint i, GString *out)
{
    guint name = tokens_are(tokens, i, "pg_catalog .") ? i + 2 : i;
    CallHandler handler = handler_of(tokens, name);
    if (handler != NULL) {
        gsize before = out->len;
        if (name > i)
            append_gap(tokens, i, out);
        guint next = handler(tokens, name, name + 1, out);
        if (next == 0)
            g_string_truncate(out, before);
        return next;
    }
    if (!is_view(tokens, name) || (i > 0 && tokens_is(tokens, i - 1, "as")))
        return 0;
    g_autofree char *view = tokens_name(tokens, name);
    append_gap(tokens, i, out);
    g_string_append_printf(out, "redsmith_catalog.%s", view);
    return name + 1;
}

/* VARCHAR(MAX) and the type names that only Redshift has. */
static guint type_word(const Tokens *tokens, guint i, GString *out)
{
    static const char *const characters[] = {"varchar", "nvarchar", "varying", NULL};
    static const char *const bytes[] = {"varbinary", NULL};
    if (tokens_is_one_of(tokens, i, bytes)) {
        append_gap(tokens, i, out);
        g_string_append(out, "varbyte");
        return i + 1;
    }
    if (!tokens_is_one_of(tokens, i, characters))
        return 0;
    gboolean max = tokens_are(tokens, i + 1, "( max )");
    if (!max && !tokens_is(tokens, i, "nvarchar"))
        return 0;
    append_gap(tokens, i, out);
    g_string_append(out, tokens_is(tokens, i, "varying") ? "varying" : "varchar");
    if (max)
        g_string_append(out, "(65535)");
    return i + (max ? 4 : 1);
}

/* Words that mean something else, or nothing, on PostgreSQL. */
static guint special_word(const Tokens *tokens, guint i, GString *out)
{
    const char *instead = NULL;
    if (tokens_is(tokens, i, "sysdate"))
        instead = "localtimestamp";
    else if (tokens_is(tokens, i, "minus") && i > 0 && !tokens_is(tokens, i - 1, "as"))
        instead = "EXCEPT";
    else if (tokens_is(tokens, i, "approximate") && tokens_is(tokens, i + 2, "("))
        instead = "";
    if (instead == NULL)
        return type_word(tokens, i, out);
    append_gap(tokens, i, out);
    g_string_append(out, instead);
    return i + 1;
}

/* SELECT .. INTO #name makes a temporary table. */
static void append_name(const Tokens *tokens, guint i, GString *out)
{
    g_autofree char *name = tokens_name(tokens, i);
    static const char *const verbs[] = {"insert", "merge", NULL};
    gboolean into_temp = name[0] == '#' && i > 1 && tokens_is(tokens, i - 1, "into") &&
                         !tokens_is_one_of(tokens, i - 2, verbs);
    append_gap(tokens, i, out);
    if (into_temp)
        g_string_append(out, "TEMP ");
    if (tokens_kind(tokens, i) == SQL_QUOTED || name[0] == '#')
        quote_identifier(out, name);
    else
        append_text(tokens, i, out);
}

/* SELECT TOP n: where it stands, and the LIMIT that the same query ends with. */
static gboolean is_top(const Tokens *tokens, guint i)
{
    static const char *const before[] = {"select", "distinct", "all", NULL};
    return i > 0 && tokens_is(tokens, i, "top") && tokens_is_one_of(tokens, i - 1, before) &&
           (tokens_kind(tokens, i + 1) == SQL_NUMBER ||
            tokens_kind(tokens, i + 1) == SQL_PARAMETER);
}

void rewrite_expression(const Tokens *tokens, guint from, guint to, GString *out)
{
    guint top = 0; /* the position of the number of this query's TOP */
    for (guint i = from; i < to;) {
        gboolean qualified = i > 0 && tokens_is(tokens, i - 1, ".");
        guint next = 0;
        if (is_top(tokens, i)) {
            top = i + 1;
            i += 2;
            continue;
        }
        if (tokens_is_name(tokens, i) && !qualified)
            next = catalog_name(tokens, i, out);
        if (next == 0 && tokens_is_name(tokens, i) && !qualified)
            next = rewrite_super_path(tokens, i, out);
        if (next == 0 && tokens_kind(tokens, i) == SQL_WORD && !qualified)
            next = special_word(tokens, i, out);
        if (next == 0 && tokens_is_name(tokens, i)) {
            append_name(tokens, i, out);
            next = i + 1;
        }
        if (next == 0 && tokens_is(tokens, i, "(") && tokens_after_group(tokens, i) <= to &&
            tokens_is(tokens, tokens_after_group(tokens, i) - 1, ")")) {
            next = tokens_after_group(tokens, i);
            append_gap(tokens, i, out);
            append_text(tokens, i, out);
            rewrite_expression(tokens, i + 1, next - 1, out);
            append_gap(tokens, next - 1, out);
            append_text(tokens, next - 1, out);
        }
        if (next == 0) {
            append_gap(tokens, i, out);
            append_text(tokens, i, out);
            next = i + 1;
        }
        i = next;
    }
    if (top > 0) {
        g_string_append(out, " LIMIT ");
        append_text(tokens, top, out);
    }
}

char *rewrite_all(const Tokens *tokens)
{
    GString *out = g_string_new(NULL);
    rewrite_expression(tokens, 0, tokens->count, out);
    return g_string_free(out, FALSE);
}
