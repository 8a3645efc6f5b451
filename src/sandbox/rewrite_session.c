#include <string.h>

#include "sandbox/rewrite_parts.h"

/*
 * SET, RESET, SHOW, VACUUM, ANALYZE, CANCEL. Settings that only Redshift has live under the prefix
 * "redsmith.", where PostgreSQL keeps anything: current_setting('redsmith.query_group', true).
 */

typedef struct {
    const char *name, *initial;
    const char *only; /* the one value that the sandbox can keep to, or NULL for any */
} Setting;

static const Setting settings[] = {
    {"analyze_threshold_percent", "10", NULL},
    {"auto_mv", "on", NULL},
    {"cast_super_null_on_error", "on", NULL},
    {"datashare_break_glass_session_var", "", NULL},
    {"default_geometry_encoding", "1", NULL},
    {"describe_field_name_in_uppercase", "off", "off"},
    {"downcase_delimited_identifier", "on", "on"},
    {"enable_case_sensitive_identifier", "off", "off"},
    {"enable_case_sensitive_super_attribute", "off", "off"},
    {"enable_numeric_rounding", "on", NULL},
    {"enable_result_cache_for_session", "on", NULL},
    {"enable_vacuum_boost", "off", NULL},
    {"error_on_nondeterministic_update", "on", NULL},
    {"json_serialization_enable", "off", NULL},
    {"json_serialization_parse_nested_strings", "off", NULL},
    {"max_concurrency_scaling_clusters", "1", NULL},
    {"max_cursor_result_set_size", "default", NULL},
    {"mv_enable_aqmv_for_session", "on", NULL},
    {"navigate_super_null_on_error", "on", NULL},
    {"parse_super_null_on_error", "off", NULL},
    {"query_group", "default", NULL},
    {"spectrum_enable_pseudo_columns", "on", NULL},
    {"spectrum_query_maxerror", "-1", NULL},
    {"stored_proc_log_min_messages", "log", NULL},
    {"use_fips_ssl", "off", NULL},
    {"wlm_query_slot_count", "1", NULL},
};

/* PostgreSQL's own that Redshift does not know: SET would change how the sandbox reads SQL. */
static const char *const unknown_settings[] = {"standard_conforming_strings",
                                               "escape_string_warning",
                                               "backslash_quote",
                                               "bytea_output",
                                               "row_security",
                                               "session_replication_role",
                                               "server_version_num",
                                               "lc_monetary",
                                               "role",
                                               NULL};

static const Setting *setting_of(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
        if (g_str_equal(settings[i].name, name))
            return &settings[i];
    return NULL;
}

static Rewrite *refuse_unknown(const char *name)
{
    return rewrite_refuse("42704", "unrecognized configuration parameter \"%s\"", name);
}

static gboolean is_switched(const char *value, const char *wanted)
{
    static const char *const on[] = {"on", "true", "1", "yes", "t", NULL};
    static const char *const off[] = {"off", "false", "0", "no", "f", NULL};
    return g_strv_contains(g_str_equal(wanted, "on") ? on : off, value);
}

/* The words of a value, such as: off, 'dashboard', -1. */
static char *value_text(const Tokens *tokens, guint i)
{
    GString *out = g_string_new(NULL);
    for (; i < tokens->count; i++) {
        g_autofree char *part = sql_token_value(&tokens->lexer, &tokens->items[i]);
        g_string_append(out, part);
    }
    return g_string_free(out, FALSE);
}

static Rewrite *set_ours(const Tokens *tokens, const Setting *setting, guint value_at,
                         gboolean local, const char *tag)
{
    g_autofree char *value = value_at < tokens->count && !tokens_is(tokens, value_at, "default")
                                 ? value_text(tokens, value_at)
                                 : g_strdup(setting->initial);
    g_autofree char *lower = g_ascii_strdown(value, -1);
    if (setting->only != NULL && !is_switched(lower, setting->only)) {
        g_autofree char *what = g_strdup_printf("%s = %s", setting->name, value);
        return rewrite_unsupported(what);
    }
    GString *out = g_string_new(local ? "SET LOCAL redsmith." : "SET redsmith.");
    g_string_append_printf(out, "%s TO ", setting->name);
    quote_literal(out, value);
    return rewrite_pass(g_string_free(out, FALSE), tag);
}

/* redsmith_catalog stays at the end, or Redshift's functions would be gone. */
static Rewrite *set_search_path(const Tokens *tokens, guint value_at)
{
    GString *out = g_string_new(NULL);
    rewrite_expression(tokens, 0, tokens->count, out);
    if (!tokens_is(tokens, value_at, "default"))
        g_string_append(out, ", redsmith_catalog");
    return rewrite_pass(g_string_free(out, FALSE), NULL);
}

Rewrite *rewrite_set(const Tokens *tokens)
{
    static const char *const scopes[] = {"session", "local", NULL};
    static const char *const passed[] = {"time", "transaction", "characteristics", "authorization",
                                         NULL};
    guint i = tokens_is_one_of(tokens, 1, scopes) ? 2 : 1;
    if (tokens_is_one_of(tokens, i, passed))
        return rewrite_pass(rewrite_all(tokens), NULL);
    g_autofree char *name = tokens_name(tokens, i);
    const Setting *setting = setting_of(name);
    if (g_strv_contains(unknown_settings, name))
        return refuse_unknown(name);
    if (setting == NULL && !g_str_equal(name, "search_path"))
        return rewrite_pass(rewrite_all(tokens), NULL);
    if (!tokens_is(tokens, i + 1, "to") && !tokens_is(tokens, i + 1, "="))
        return rewrite_refuse_at(tokens, i + 1);
    if (i + 2 >= tokens->count)
        return rewrite_refuse_at(tokens, i + 2);
    return setting != NULL ? set_ours(tokens, setting, i + 2, tokens_is(tokens, 1, "local"), NULL)
                           : set_search_path(tokens, i + 2);
}

Rewrite *rewrite_reset(const Tokens *tokens)
{
    g_autofree char *name = tokens_name(tokens, 1);
    const Setting *setting = setting_of(name);
    if (g_strv_contains(unknown_settings, name))
        return refuse_unknown(name);
    return setting != NULL ? set_ours(tokens, setting, tokens->count, FALSE, "RESET")
                           : rewrite_pass(rewrite_all(tokens), NULL);
}

/* SHOW TABLE name, SHOW VIEW name: one column with the DDL. */
static Rewrite *show_ddl(const Tokens *tokens, const char *function, const char *heading)
{
    guint after = tokens_after_name(tokens, 2);
    if (after == 2 || after < tokens->count)
        return rewrite_refuse_at(tokens, after);
    g_autofree char *name = tokens_quoted_name(tokens, 2, after);
    GString *out = g_string_new("SELECT redsmith_catalog.");
    g_string_append_printf(out, "%s(", function);
    quote_literal(out, name);
    g_string_append_printf(out, ") AS \"%s\"", heading);
    return rewrite_pass(g_string_free(out, FALSE), "SHOW");
}

static Rewrite *show_ours(const Setting *setting)
{
    GString *out = g_string_new("SELECT coalesce(current_setting('redsmith.");
    g_string_append_printf(out, "%s', true), ", setting->name);
    quote_literal(out, setting->initial);
    g_string_append_printf(out, ") AS %s", setting->name);
    return rewrite_pass(g_string_free(out, FALSE), "SHOW");
}

Rewrite *rewrite_show(const Tokens *tokens)
{
    static const char *const lists[] = {"databases", "schemas",    "tables",      "columns",
                                        "external",  "grants",     "datashares",  "model",
                                        "procedure", "parameters", "constraints", NULL};
    if (tokens->count > 2 && tokens_is(tokens, 1, "table"))
        return show_ddl(tokens, "show_table", "Show Table DDL statement");
    if (tokens->count > 2 && tokens_is(tokens, 1, "view"))
        return show_ddl(tokens, "show_view", "Show View DDL statement");
    if (tokens_is_one_of(tokens, 1, lists)) {
        g_autofree char *word = tokens_name(tokens, 1);
        g_autofree char *upper = g_ascii_strup(word, -1);
        g_autofree char *what = g_strconcat("SHOW ", upper, NULL);
        return rewrite_unsupported(what);
    }
    g_autofree char *name = tokens_name(tokens, 1);
    const Setting *setting = setting_of(name);
    if (setting != NULL)
        return show_ours(setting);
    if (g_str_equal(name, "search_path"))
        return rewrite_pass(g_strdup("SELECT replace(replace(current_setting('search_path'), "
                                     "', redsmith_catalog', ''), '\"$user\"', '$user') "
                                     "AS search_path"),
                            "SHOW");
    if (g_str_equal(name, "server_version"))
        return rewrite_pass(g_strdup("SELECT '8.0.2'::varchar AS server_version"), "SHOW");
    return g_strv_contains(unknown_settings, name) ? refuse_unknown(name)
                                                   : rewrite_pass(rewrite_all(tokens), NULL);
}

/* VACUUM [FULL | SORT ONLY | DELETE ONLY | REINDEX | RECLUSTER] [table] [TO n PERCENT] [BOOST]: there is
 * nothing to sort here, and FULL would rewrite the table. */
Rewrite *rewrite_vacuum(const Tokens *tokens)
{
    static const char *const single[] = {"full", "reindex", "recluster", NULL};
    guint i = 1;
    if (tokens_is_one_of(tokens, i, single))
        i++;
    else if (tokens_are(tokens, i, "sort only") || tokens_are(tokens, i, "delete only"))
        i += 2;
    guint after = tokens_is(tokens, i, "to") || tokens_is(tokens, i, "boost")
                      ? i
                      : tokens_after_name(tokens, i);
    g_autofree char *table = after > i ? tokens_quoted_name(tokens, i, after) : g_strdup("");
    if (tokens_is(tokens, after, "to") && tokens_is(tokens, after + 2, "percent"))
        after += 3;
    if (tokens_is(tokens, after, "boost"))
        after++;
    if (after < tokens->count)
        return rewrite_refuse_at(tokens, after);
    return rewrite_pass(table[0] != '\0' ? g_strconcat("VACUUM ", table, NULL)
                                         : g_strdup("CALL redsmith_catalog.analyze_own()"),
                        "VACUUM");
}

/* ANALYZE [VERBOSE] [table [(columns)]] [PREDICATE COLUMNS | ALL COLUMNS] */
Rewrite *rewrite_analyze(const Tokens *tokens)
{
    guint i = tokens_is(tokens, 1, "verbose") ? 2 : 1;
    if (tokens_is(tokens, i, "compression"))
        return rewrite_unsupported("ANALYZE COMPRESSION");
    gboolean whole =
        tokens_are(tokens, i, "predicate columns") || tokens_are(tokens, i, "all columns");
    guint end = whole ? i : tokens_after_name(tokens, i);
    if (end > i && tokens_is(tokens, end, "("))
        end = tokens_after_group(tokens, end);
    GString *out = g_string_new("ANALYZE");
    rewrite_expression(tokens, i, end, out);
    if (tokens_are(tokens, end, "predicate columns") || tokens_are(tokens, end, "all columns"))
        end += 2;
    if (out->len == strlen("ANALYZE"))
        g_string_assign(out, "CALL redsmith_catalog.analyze_own()");
    if (end == tokens->count)
        return rewrite_pass(g_string_free(out, FALSE), "ANALYZE");
    g_string_free(out, TRUE);
    return rewrite_refuse_at(tokens, end);
}

/* CANCEL pid ['message'] */
Rewrite *rewrite_cancel(const Tokens *tokens)
{
    guint end = tokens_kind(tokens, 2) == SQL_STRING ? 3 : 2;
    g_autofree char *pid = tokens_text(tokens, 1);
    if (tokens_kind(tokens, 1) != SQL_NUMBER || strspn(pid, "0123456789") != strlen(pid))
        return rewrite_refuse_at(tokens, 1);
    if (end < tokens->count)
        return rewrite_refuse_at(tokens, end);
    return rewrite_pass(g_strdup_printf("CALL redsmith_catalog.cancel(%s)", pid), "CANCEL");
}
