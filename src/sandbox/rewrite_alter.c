#include "sandbox/rewrite_parts.h"

/* ALTER TABLE: what PostgreSQL can do is passed on, what only the catalog knows becomes a CALL. */

static Rewrite *pass_call(GString *call)
{
    return rewrite_pass(g_string_free(call, FALSE), "ALTER TABLE");
}

static Rewrite *add_column(const Tokens *tokens, guint i, TableNotes *notes)
{
    static const char *const not_added[] = {"identity", "generated", "distkey",    "sortkey",
                                            "unique",   "primary",   "references", NULL};
    guint from = tokens_is(tokens, i, "column") ? i + 1 : i;
    if (tokens_next_comma(tokens, from, tokens->count) < tokens->count)
        return rewrite_refuse("0A000", "ALTER TABLE takes one ADD COLUMN at a time");
    guint wrong = tokens_find(tokens, from + 1, tokens->count, not_added);
    if (wrong < tokens->count && !tokens_is(tokens, wrong - 1, "default")) {
        g_autofree char *word = tokens_text(tokens, wrong);
        return rewrite_refuse("0A000", "ALTER TABLE ADD COLUMN does not support %s", word);
    }
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(out, "ALTER TABLE %s ADD COLUMN ", notes->table);
    Rewrite *refusal = rewrite_column(tokens, from, tokens->count, out, notes);
    if (refusal != NULL)
        return refusal;
    Rewrite *rewrite = rewrite_pass(g_strdup(out->str), NULL);
    if (notes->encodings->len > 0) {
        g_string_assign(out, "CALL redsmith_catalog.alter_note(");
        quote_literal(out, notes->table);
        g_string_append(out, ", NULL, NULL, NULL, NULL, ");
        append_text_array(out, notes->encodings);
        g_string_append_c(out, ')');
        rewrite->after = g_strdup(out->str);
    }
    return rewrite;
}

static Rewrite *add_key(const Tokens *tokens, guint i, TableNotes *notes)
{
    Rewrite *refusal = rewrite_key(tokens, i, tokens->count, notes);
    return refusal != NULL ? refusal : rewrite_pass(g_strdup(notes->calls->str), "ALTER TABLE");
}

static Rewrite *drop_constraint(const Tokens *tokens, guint i, TableNotes *notes)
{
    static const char *const behaviours[] = {"cascade", "restrict", NULL};
    g_autofree char *name = tokens_name(tokens, i);
    guint after = i + (tokens_is_one_of(tokens, i + 1, behaviours) ? 2 : 1);
    if (!tokens_is_name(tokens, i) || after < tokens->count)
        return rewrite_refuse_at(tokens, tokens_is_name(tokens, i) ? after : i);
    GString *call = g_string_new("CALL redsmith_catalog.drop_key(");
    quote_literal(call, notes->table);
    g_string_append(call, ", ");
    quote_literal(call, name);
    g_string_append_c(call, ')');
    return pass_call(call);
}

/* ALTER [COLUMN] c TYPE type: only the length of a VARCHAR. Redshift guide, ALTER TABLE. */
static Rewrite *alter_type(const Tokens *tokens, guint column, TableNotes *notes)
{
    g_autofree char *name = tokens_name(tokens, column);
    g_autoptr(GString) type = g_string_new(NULL);
    const char *family = NULL;
    Rewrite *refusal = rewrite_type(tokens, column + 2, tokens->count, name, type, &family);
    if (refusal != NULL)
        return refusal;
    if (!g_str_equal(family, "varchar"))
        return rewrite_refuse("0A000", "ALTER COLUMN TYPE can only change the length of a VARCHAR "
                                       "column");
    GString *out = g_string_new("ALTER TABLE ");
    g_string_append_printf(out, "%s ALTER COLUMN ", notes->table);
    quote_identifier(out, name);
    g_string_append_printf(out, " TYPE %s", type->str);
    Rewrite *rewrite = rewrite_pass(g_string_free(out, FALSE), NULL);
    GString *before = g_string_new("CALL redsmith_catalog.require_varchar(");
    quote_literal(before, notes->table);
    g_string_append(before, ", ");
    quote_literal(before, name);
    g_string_append_c(before, ')');
    rewrite->before = g_string_free(before, FALSE);
    return rewrite;
}

/* ALTER COLUMN c ENCODE e; moves *i behind it. */
static Rewrite *alter_encode(const Tokens *tokens, guint *i, TableNotes *notes)
{
    guint column = *i + (tokens_is(tokens, *i, "column") ? 1 : 0);
    g_autofree char *encoding = tokens_name(tokens, column + 2);
    if (!tokens_is_name(tokens, column) || !tokens_is(tokens, column + 1, "encode"))
        return rewrite_refuse_at(tokens, column + 1);
    Rewrite *refusal = rewrite_check_encoding(encoding, NULL);
    if (refusal != NULL)
        return refusal;
    g_ptr_array_add(notes->encodings, tokens_name(tokens, column));
    g_ptr_array_add(notes->encodings, g_strdup(g_str_equal(encoding, "raw") ? "none" : encoding));
    *i = column + 3;
    return NULL;
}

/* DISTKEY c, DISTSTYLE KEY DISTKEY c, SORTKEY NONE: spelled otherwise than in CREATE TABLE. */
static Rewrite *alter_attribute(const Tokens *tokens, guint *i, TableNotes *notes)
{
    if (tokens_are(tokens, *i, "diststyle key distkey"))
        *i += 2;
    if (tokens_is(tokens, *i, "distkey") && tokens_is_name(tokens, *i + 1) &&
        notes->dist_key == NULL) {
        notes->dist_key = tokens_name(tokens, *i + 1);
        *i += 2;
        return NULL;
    }
    if (tokens_are(tokens, *i, "sortkey none")) {
        g_free(notes->sort_style);
        notes->sort_style = g_strdup("NONE");
        *i += 2;
        return NULL;
    }
    if (tokens_is(tokens, *i, "interleaved"))
        return rewrite_refuse("0A000", "ALTER TABLE does not support INTERLEAVED SORTKEY");
    if (tokens_is(tokens, *i, "backup"))
        return rewrite_refuse_at(tokens, *i);
    return rewrite_attribute(tokens, i, notes);
}

static Rewrite *finish_alter(TableNotes *notes, gboolean encode_auto)
{
    const char *style = notes->dist_key != NULL ? "KEY" : notes->dist_style;
    if (notes->dist_key == NULL && g_strcmp0(style, "KEY") == 0)
        return rewrite_refuse("42P16", "DISTSTYLE KEY needs a DISTKEY for table %s", notes->table);
    GString *call = g_string_new("CALL redsmith_catalog.alter_note(");
    quote_literal(call, notes->table);
    g_string_append(call, ", ");
    quote_literal(call, style);
    g_string_append(call, ", ");
    quote_literal(call, notes->dist_key);
    g_string_append(call, ", ");
    quote_literal(call, notes->sort_style);
    g_string_append(call, ", ");
    append_text_array(call, notes->sort_keys);
    g_string_append(call, ", ");
    if (encode_auto)
        g_string_append(call, "'{}'");
    else
        append_text_array(call, notes->encodings);
    g_string_append_c(call, ')');
    return pass_call(call);
}

/* A list of ALTER .. that only change what is noted. */
static Rewrite *alter_notes(const Tokens *tokens, guint i, TableNotes *notes)
{
    static const char *const attributes[] = {"distkey",     "diststyle", "sortkey", "compound",
                                             "interleaved", "encode",    "backup",  NULL};
    gboolean encode_auto = FALSE;
    while (i < tokens->count) {
        if (!tokens_is(tokens, i, "alter"))
            return rewrite_refuse_at(tokens, i);
        i++;
        encode_auto = encode_auto || tokens_are(tokens, i, "encode auto");
        Rewrite *refusal = tokens_is_one_of(tokens, i, attributes)
                               ? alter_attribute(tokens, &i, notes)
                               : alter_encode(tokens, &i, notes);
        if (refusal != NULL)
            return refusal;
        if (i < tokens->count && !tokens_is(tokens, i, ","))
            return rewrite_refuse_at(tokens, i);
        i++;
    }
    return finish_alter(notes, encode_auto);
}

static Rewrite *alter_action(const Tokens *tokens, guint i, TableNotes *notes)
{
    static const char *const passed[] = {"rename", "owner", NULL};
    guint column = i + (tokens_is(tokens, i + 1, "column") ? 2 : 1);
    if (tokens_is(tokens, i, "add"))
        return rewrite_is_key(tokens, i + 1) ? add_key(tokens, i + 1, notes)
                                             : add_column(tokens, i + 1, notes);
    if (tokens_are(tokens, i, "drop constraint"))
        return drop_constraint(tokens, i + 2, notes);
    if (tokens_is(tokens, i, "drop") && tokens_next_comma(tokens, i, tokens->count) < tokens->count)
        return rewrite_refuse("0A000", "ALTER TABLE takes one DROP COLUMN at a time");
    if (tokens_is(tokens, i, "drop") || tokens_is_one_of(tokens, i, passed))
        return rewrite_pass(rewrite_all(tokens), NULL);
    if (tokens_is(tokens, i, "append"))
        return rewrite_unsupported("ALTER TABLE APPEND");
    if (tokens_is(tokens, i, "alter") && tokens_is(tokens, column + 1, "type"))
        return alter_type(tokens, column, notes);
    if (tokens_is(tokens, i, "alter"))
        return alter_notes(tokens, i, notes);
    return rewrite_refuse_at(tokens, i);
}

Rewrite *rewrite_alter_table(const Tokens *tokens)
{
    guint after = tokens_after_name(tokens, 2);
    if (after == 2)
        return rewrite_refuse_at(tokens, 2);
    g_autoptr(TableNotes) notes = table_notes_new(tokens_quoted_name(tokens, 2, after));
    return alter_action(tokens, after, notes);
}
