/*
 * rewrite_parts: the parsers that sandbox/rewrite chooses from, one file each.
 *
 * Each takes the tokens of a whole statement whose first words were recognised, and returns what to
 * do. The rules follow the Redshift guide: MERGE, CREATE TABLE, SET, "Unsupported PostgreSQL features" (what
 * PostgreSQL would accept and Redshift does not).
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SANDBOX_REWRITE_PARTS_H
#define REDSMITH_SANDBOX_REWRITE_PARTS_H

#include "sandbox/rewrite_tokens.h"

/* rewrite_expression: what may stand anywhere: functions, literals, names, SELECT's own clauses. */

/* Appends tokens [from, to) as PostgreSQL reads them. */
void rewrite_expression(const Tokens *tokens, guint from, guint to, GString *out);
/* A path into SUPER at i, appended; the position behind it, or 0 when there is none. */
guint rewrite_super_path(const Tokens *tokens, guint i, GString *out);
/* The same for a whole statement; words[0..] of the first tokens may be replaced by the caller. */
char *rewrite_all(const Tokens *tokens);

/* rewrite_refusal: what PostgreSQL has and Redshift has not, anywhere in the statement; NULL when there is
 * none. Behind it every group is known to be closed. */
Rewrite *rewrite_find_refusal(const Tokens *tokens);

/* rewrite_column: one column definition of CREATE TABLE or ALTER TABLE ADD COLUMN. */

/* What a table's definition says beyond what PostgreSQL is told. */
typedef struct {
    GString *calls; /* CALLs of note_key */
    char *table;    /* its name, quoted */
    char *dist_style, *dist_key;
    char *sort_style;
    GPtrArray *sort_keys; /* of char * */
    GPtrArray *encodings; /* of char *, in pairs: column, encoding */
    gboolean backup;
    int column_sort_keys; /* how many columns say SORTKEY */
    gboolean has_primary_key;
    gboolean only_if_new; /* CREATE: the notes of a table that was there before stay */
} TableNotes;

TableNotes *table_notes_new(char *quoted_table);
void table_notes_free(TableNotes *notes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TableNotes, table_notes_free)

/* Appends the column in [from, to) as PostgreSQL reads it, and notes the rest. NULL or a refusal. */
Rewrite *rewrite_column(const Tokens *tokens, guint from, guint to, GString *out,
                        TableNotes *notes);
/* DISTSTYLE, DISTKEY, SORTKEY, ENCODE AUTO, BACKUP at *i; moves *i behind it. NULL or a refusal. */
Rewrite *rewrite_attribute(const Tokens *tokens, guint *i, TableNotes *notes);
/* An SQL array of strings, or NULL when there are none. */
void append_text_array(GString *out, const GPtrArray *values);

/* rewrite_type: a type in [from, to): NULL and text appended, or a refusal. *family is such as "varchar";
 * static. */
Rewrite *rewrite_type(const Tokens *tokens, guint from, guint to, const char *column, GString *out,
                      const char **family);
/* NULL, or why this encoding does not go with this type. name in lower case. */
Rewrite *rewrite_check_encoding(const char *encoding, const char *family);

/* rewrite_key: PRIMARY KEY (..), UNIQUE (..), FOREIGN KEY (..) REFERENCES .., with CONSTRAINT name or
 * without. */
Rewrite *rewrite_key(const Tokens *tokens, guint from, guint to, TableNotes *notes);
gboolean rewrite_is_key(const Tokens *tokens, guint i);
/* The same behind a column, at *i; moves *i behind it. A primary key sets *not_null. */
Rewrite *rewrite_column_key(const Tokens *tokens, guint *i, const char *column, gboolean *not_null,
                            TableNotes *notes);

/* rewrite_table, rewrite_alter, rewrite_merge, rewrite_session: one statement each. */
Rewrite *rewrite_create_table(const Tokens *tokens);
Rewrite *rewrite_alter_table(const Tokens *tokens);
Rewrite *rewrite_merge(const Tokens *tokens);
Rewrite *rewrite_set(const Tokens *tokens);
Rewrite *rewrite_reset(const Tokens *tokens);
Rewrite *rewrite_show(const Tokens *tokens);
Rewrite *rewrite_vacuum(const Tokens *tokens);
Rewrite *rewrite_analyze(const Tokens *tokens);
Rewrite *rewrite_cancel(const Tokens *tokens);

/* rewrite_user: CREATE and ALTER of users and groups, DROP of both, as CALLs of sandbox/sql/users.sql.
 * Redshift guide, CREATE USER, ALTER USER, CREATE GROUP, ALTER GROUP. */
Rewrite *rewrite_user(const Tokens *tokens);
Rewrite *rewrite_group(const Tokens *tokens);
Rewrite *rewrite_drop_role(const Tokens *tokens);

/* rewrite_object: what PostgreSQL has no statement for, as CALLs of sandbox/sql/objects.sql. */
Rewrite *rewrite_late_view(const Tokens *tokens, guint with); /* at WITH NO SCHEMA BINDING */
Rewrite *rewrite_materialized_view(const Tokens *tokens);
Rewrite *rewrite_external_schema(const Tokens *tokens);
Rewrite *rewrite_external_table(const Tokens *tokens);

#endif
