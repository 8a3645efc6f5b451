/*
 * rewrite_tokens: one statement as an array of tokens, for the parts of sandbox/rewrite.
 *
 * Blanks and comments are not tokens; they belong to the token after them (its gap) and are copied
 * with it. Every question about a position beyond the end is answered "no", so that parsers need no
 * bounds checks of their own.
 *
 * Threads: pure. The statement's text must outlive the tokens.
 */
#ifndef REDSMITH_SANDBOX_REWRITE_TOKENS_H
#define REDSMITH_SANDBOX_REWRITE_TOKENS_H

#include "sandbox/rewrite.h"
#include "sql/lexer.h"

typedef struct {
    SqlLexer lexer;
    const SqlToken *items;
    guint count;
    GArray *array; /* owns items */
} Tokens;

Tokens *tokens_new(const char *sql);
void tokens_free(Tokens *tokens);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tokens, tokens_free)

/* Is token i this word, mark or operator? Words in any case. */
gboolean tokens_is(const Tokens *tokens, guint i, const char *word);
/* Are the tokens from i on these blank-separated words? */
gboolean tokens_are(const Tokens *tokens, guint i, const char *words);
gboolean tokens_is_one_of(const Tokens *tokens, guint i, const char *const *words);

/* A word or a quoted identifier. */
gboolean tokens_is_name(const Tokens *tokens, guint i);
SqlKind tokens_kind(const Tokens *tokens, guint i);
/* No blank between token i and the one before it. */
gboolean tokens_is_adjacent(const Tokens *tokens, guint i);

/* The token's meaning, folded to lower case also when quoted (Redshift guide, "Names and identifiers"); as written;
 * free both with g_free. */
char *tokens_name(const Tokens *tokens, guint i);
char *tokens_text(const Tokens *tokens, guint i);

/* The position after the ")" or "]" that closes the bracket at i; count when it is never closed. */
guint tokens_after_group(const Tokens *tokens, guint i);
/* The first of the words outside brackets in [i, end), or end. */
guint tokens_find(const Tokens *tokens, guint i, guint end, const char *const *words);
/* The next comma outside brackets in [i, end), or end. */
guint tokens_next_comma(const Tokens *tokens, guint i, guint end);
/* The position after a name of up to three parts at i; i when there is none. */
guint tokens_after_name(const Tokens *tokens, guint i);

/* The names between "(" at i and its ")", of char *; NULL when something else stands there. Free with
 * g_ptr_array_unref. */
GPtrArray *tokens_names(const Tokens *tokens, guint i);
/* The name in [i, end) for SQL: parts quoted where they must be, "a"."b". Free with g_free. */
char *tokens_quoted_name(const Tokens *tokens, guint i, guint end);
/* The value as an identifier: always quoted. Append to out. */
void quote_identifier(GString *out, const char *name);
/* The value as a literal, for a server that reads backslashes as escapes; NULL gives NULL. */
void quote_literal(GString *out, const char *value);

/* What the parsers of sandbox/rewrite return: a statement to run, or a refusal. */
Rewrite *rewrite_pass(char *sql, const char *tag);
Rewrite *rewrite_refuse(const char *sqlstate, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* 42601, syntax error at or near the token. */
Rewrite *rewrite_refuse_at(const Tokens *tokens, guint i);
/* 0A000, "<what> is not supported by the sandbox" */
Rewrite *rewrite_unsupported(const char *what);

#endif
