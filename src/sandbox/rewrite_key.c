/* Keys of a table, which are noted and never enforced (Redshift guide, "Defining table constraints"). */
#include "sandbox/rewrite_parts.h"

gboolean rewrite_is_key(const Tokens *tokens, guint i)
{
    static const char *const words[] = {"constraint", "primary", "unique", "foreign",
                                        "check",      "exclude", NULL};
    return tokens_is_one_of(tokens, i, words);
}

static void note_key(TableNotes *notes, const char *name, char kind, const GPtrArray *columns,
                     const char *foreign_table, const GPtrArray *foreign_columns)
{
    GString *out = notes->calls;
    const char kinds[] = {kind, '\0'};
    if (out->len > 0)
        g_string_append(out, "; ");
    g_string_append(out, "CALL redsmith_catalog.note_key(");
    quote_literal(out, notes->table);
    g_string_append(out, ", ");
    quote_literal(out, name);
    g_string_append(out, ", ");
    quote_literal(out, kinds);
    g_string_append(out, ", ");
    append_text_array(out, columns);
    g_string_append(out, ", ");
    quote_literal(out, foreign_table);
    g_string_append(out, ", ");
    append_text_array(out, foreign_columns);
    g_string_append_printf(out, ", %s)", notes->only_if_new ? "true" : "false");
}

/* REFERENCES table [(columns)] at *i. */
static Rewrite *references(const Tokens *tokens, guint *i, const char *name,
                           const GPtrArray *columns, TableNotes *notes)
{
    guint start = *i + 1, after = tokens_after_name(tokens, start);
    if (!tokens_is(tokens, *i, "references") || after == start)
        return rewrite_refuse_at(tokens, *i);
    g_autofree char *foreign_table = tokens_quoted_name(tokens, start, after);
    g_autoptr(GPtrArray) foreign_columns = NULL;
    if (tokens_is(tokens, after, "(")) {
        foreign_columns = tokens_names(tokens, after);
        if (foreign_columns == NULL)
            return rewrite_refuse_at(tokens, after + 1);
        after = tokens_after_group(tokens, after);
    }
    note_key(notes, name, 'f', columns, foreign_table, foreign_columns);
    *i = after;
    return NULL;
}

static Rewrite *note_primary_key(TableNotes *notes, const char *name, const GPtrArray *columns)
{
    if (notes->has_primary_key)
        return rewrite_refuse("42P16", "multiple primary keys for table %s are not allowed",
                              notes->table);
    notes->has_primary_key = TRUE;
    note_key(notes, name, 'p', columns, NULL, NULL);
    return NULL;
}

Rewrite *rewrite_key(const Tokens *tokens, guint from, guint to, TableNotes *notes)
{
    guint i = from;
    g_autofree char *name = NULL;
    if (tokens_is(tokens, i, "constraint")) {
        name = tokens_name(tokens, i + 1);
        i += 2;
    }
    if (tokens_is(tokens, i, "check") || tokens_is(tokens, i, "exclude"))
        return rewrite_refuse("0A000", "%s constraints are not supported",
                              tokens_is(tokens, i, "check") ? "CHECK" : "EXCLUDE");
    gboolean primary = tokens_are(tokens, i, "primary key");
    gboolean foreign = tokens_are(tokens, i, "foreign key");
    if (!primary && !foreign && !tokens_is(tokens, i, "unique"))
        return rewrite_refuse_at(tokens, i);
    i += primary || foreign ? 2 : 1;
    g_autoptr(GPtrArray) columns = tokens_names(tokens, i);
    if (columns == NULL)
        return rewrite_refuse_at(tokens, i);
    i = tokens_after_group(tokens, i);
    Rewrite *refusal = NULL;
    if (foreign)
        refusal = references(tokens, &i, name, columns, notes);
    else if (primary)
        refusal = note_primary_key(notes, name, columns);
    else
        note_key(notes, name, 'u', columns, NULL, NULL);
    return refusal == NULL && i < to ? rewrite_refuse_at(tokens, i) : refusal;
}

Rewrite *rewrite_column_key(const Tokens *tokens, guint *i, const char *column, gboolean *not_null,
                            TableNotes *notes)
{
    g_autofree char *name = NULL;
    g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(columns, g_strdup(column));
    if (tokens_is(tokens, *i, "constraint")) {
        name = tokens_name(tokens, *i + 1);
        *i += 2;
    }
    if (tokens_is(tokens, *i, "check"))
        return rewrite_refuse("0A000", "CHECK constraints are not supported");
    if (tokens_is(tokens, *i, "references"))
        return references(tokens, i, name, columns, notes);
    if (tokens_are(tokens, *i, "primary key")) {
        *i += 2;
        *not_null = TRUE;
        return note_primary_key(notes, name, columns);
    }
    if (!tokens_is(tokens, *i, "unique"))
        return rewrite_refuse_at(tokens, *i);
    (*i)++;
    note_key(notes, name, 'u', columns, NULL, NULL);
    return NULL;
}
