#include <string.h>

#include "sandbox/rewrite_parts.h"

/* One more element of an SQL array of strings. */
static void add_item(GString *items, const char *value)
{
    if (items->len > 0)
        g_string_append(items, ", ");
    quote_literal(items, value);
}

static void add_pair(GString *items, const char *name, const char *value)
{
    add_item(items, name);
    add_item(items, value);
}

static Rewrite *call(const char *procedure, const char *first, const char *name,
                     const GString *items, const char *tag)
{
    GString *sql = g_string_new("CALL redsmith_catalog.");
    g_string_append_printf(sql, "%s('%s', ", procedure, first);
    quote_literal(sql, name);
    g_string_append_printf(sql, ", ARRAY[%s]::text[])", items->str);
    return rewrite_pass(g_string_free(sql, FALSE), tag);
}

/* Names with commas from *i on; 0 of them is an error of the caller's. */
static guint add_names(const Tokens *tokens, guint *i, const char *option, GString *items)
{
    guint count = 0;
    while (tokens_is_name(tokens, *i)) {
        g_autofree char *name = tokens_name(tokens, *i);
        if (option != NULL)
            add_item(items, option);
        add_item(items, name);
        count++;
        ++*i;
        if (!tokens_is(tokens, *i, ","))
            break;
        ++*i;
    }
    return count;
}

static gboolean take_string(const Tokens *tokens, guint i, const char *option, GString *items)
{
    if (tokens_kind(tokens, i) != SQL_STRING)
        return FALSE;
    g_autofree char *value = sql_token_value(&tokens->lexer, &tokens->items[i]);
    add_pair(items, option, value);
    return TRUE;
}

/* PASSWORD 'text' | 'md5..' | 'sha256|..' | DISABLE */
static gboolean take_password(const Tokens *tokens, guint *i, GString *items)
{
    if (tokens_is(tokens, *i + 1, "disable"))
        add_pair(items, "disable", "");
    else if (!take_string(tokens, *i + 1, "password", items))
        return FALSE;
    *i += 2;
    return TRUE;
}

static gboolean take_limit(const Tokens *tokens, guint *i, GString *items)
{
    g_autofree char *number = tokens_text(tokens, *i + 2);
    if (tokens_is(tokens, *i + 2, "unlimited"))
        add_pair(items, "limit", "-1");
    else if (tokens_kind(tokens, *i + 2) == SQL_NUMBER &&
             strspn(number, "0123456789") == strlen(number))
        add_pair(items, "limit", number);
    else
        return FALSE;
    *i += 3;
    return TRUE;
}

/* One option at *i; FALSE where it cannot be read. */
static gboolean take_option(const Tokens *tokens, guint *i, GString *items)
{
    static const char *const flags[] = {"createdb", "nocreatedb", "createuser", "nocreateuser",
                                        NULL};
    static const char *const access[] = {"restricted", "unrestricted", NULL};
    g_autofree char *word = tokens_name(tokens, *i);
    if (tokens_is(tokens, *i, "password"))
        return take_password(tokens, i, items);
    if (tokens_is_one_of(tokens, *i, flags)) {
        add_pair(items, word, "");
        ++*i;
        return TRUE;
    }
    if (tokens_are(tokens, *i, "syslog access") && tokens_is_one_of(tokens, *i + 2, access)) {
        g_autofree char *value = tokens_name(tokens, *i + 2);
        add_pair(items, "syslog", value);
        *i += 3;
        return TRUE;
    }
    if (tokens_are(tokens, *i, "connection limit"))
        return take_limit(tokens, i, items);
    if (tokens_are(tokens, *i, "valid until") && take_string(tokens, *i + 2, "valid", items)) {
        *i += 3;
        return TRUE;
    }
    if (tokens_are(tokens, *i, "in group")) {
        *i += 2;
        return add_names(tokens, i, "group", items) > 0;
    }
    return FALSE;
}

Rewrite *rewrite_user(const Tokens *tokens)
{
    static const char *const not_here[] = {"session", "externalid", "set", "reset", NULL};
    gboolean create = tokens_is(tokens, 0, "create");
    const char *tag = create ? "CREATE USER" : "ALTER USER";
    g_autoptr(GString) items = g_string_new(NULL);
    if (!tokens_is_name(tokens, 2))
        return rewrite_refuse_at(tokens, 2);
    g_autofree char *name = tokens_name(tokens, 2);
    guint i = tokens_is(tokens, 3, "with") ? 4 : 3;
    if (!create && tokens_are(tokens, i, "rename to") && tokens_is_name(tokens, i + 2)) {
        g_autofree char *to = tokens_name(tokens, i + 2);
        add_pair(items, "rename", to);
        i += 3;
    }
    while (i < tokens->count) {
        if (tokens_is_one_of(tokens, i, not_here)) {
            g_autofree char *word = tokens_name(tokens, i);
            g_autofree char *upper = g_ascii_strup(word, -1);
            g_autofree char *what = g_strdup_printf("%s with %s", tag, upper);
            return rewrite_unsupported(what);
        }
        if (!take_option(tokens, &i, items))
            return rewrite_refuse_at(tokens, i);
    }
    /* Redshift guide, CREATE USER: PASSWORD is required. */
    if (create && strstr(items->str, "'password'") == NULL &&
        strstr(items->str, "'disable'") == NULL)
        return rewrite_refuse_at(tokens, tokens->count);
    return call("user_change", create ? "create_user" : "alter_user", name, items, tag);
}

/* CREATE GROUP g [WITH USER a, b]; ALTER GROUP g {ADD | DROP} USER a, b | RENAME TO h */
Rewrite *rewrite_group(const Tokens *tokens)
{
    gboolean create = tokens_is(tokens, 0, "create");
    const char *verb = "create_group", *tag = create ? "CREATE GROUP" : "ALTER GROUP";
    g_autoptr(GString) items = g_string_new(NULL);
    if (!tokens_is_name(tokens, 2))
        return rewrite_refuse_at(tokens, 2);
    g_autofree char *name = tokens_name(tokens, 2);
    guint i = create && tokens_is(tokens, 3, "with") ? 4 : 3;
    if (!create && tokens_are(tokens, i, "rename to"))
        verb = "rename_group";
    else if (!create && tokens_are(tokens, i, "drop user"))
        verb = "drop_users";
    else if (!create && tokens_are(tokens, i, "add user"))
        verb = "add_users";
    else if (!create || (i < tokens->count && !tokens_is(tokens, i, "user")))
        return rewrite_refuse_at(tokens, i);
    i += create ? 1 : 2;
    if ((!create || i <= tokens->count) && i - 1 < tokens->count &&
        add_names(tokens, &i, NULL, items) == 0)
        return rewrite_refuse_at(tokens, i);
    if (i < tokens->count)
        return rewrite_refuse_at(tokens, i);
    return call("group_change", verb, name, items, tag);
}

/* DROP USER | GROUP [IF EXISTS] a, b */
Rewrite *rewrite_drop_role(const Tokens *tokens)
{
    gboolean user = tokens_is(tokens, 1, "user"), if_exists = tokens_are(tokens, 2, "if exists");
    g_autoptr(GString) items = g_string_new(NULL);
    guint i = if_exists ? 4 : 2;
    if (add_names(tokens, &i, NULL, items) == 0 || i < tokens->count)
        return rewrite_refuse_at(tokens, i);
    char *sql = g_strdup_printf("CALL redsmith_catalog.role_drop('%s', %s, ARRAY[%s])",
                                user ? "user" : "group", if_exists ? "true" : "false", items->str);
    return rewrite_pass(sql, user ? "DROP USER" : "DROP GROUP");
}
