/*
 * options: what UNLOAD and COPY share when they read their own statement.
 *
 * Both are parsed token by token (sql/lexer), never by searching: a clause is recognised only where it
 * may stand. A statement that is refused says so in a Refusal, with the SQLSTATE and text that Redshift
 * uses where they are known, else in its manner.
 *
 * Threads:   pure; a reader belongs to its caller and points into the statement's text.
 * Ownership: what option_need_string and its sisters return is the caller's, freed with g_free.
 *
 * Example:
 *     Refusal refusal = {0};
 *     OptionReader reader = option_reader(sql, &refusal);
 *     if (!option_need(&reader, "copy") || !option_need_string(&reader, &url)) ... refusal.message
 */
#ifndef REDSMITH_SANDBOX_OPTIONS_H
#define REDSMITH_SANDBOX_OPTIONS_H

#include <glib.h>

#include "sql/lexer.h"

typedef struct {
    char sqlstate[6];
    char *message, *detail; /* detail may be NULL */
} Refusal;

/* Fills an empty refusal; the first reason stays. Always returns FALSE, so that callers can return it. */
gboolean refuse(Refusal *refusal, const char *sqlstate, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* 0A000 "<what> is not supported by the sandbox". Always returns FALSE. */
gboolean refuse_unsupported(Refusal *refusal, const char *what);
void refusal_clear(Refusal *refusal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Refusal, refusal_clear)

/*
 * The boxed DETAIL of failures that Redshift raises outside its parser: error, code, context, query,
 * location, process between two rules. Free with g_free.
 */
char *boxed_detail(const char *error, int code, const char *context, gint64 query_id,
                   const char *location, int pid);

typedef struct {
    SqlLexer lexer;
    SqlToken token; /* the next one, not yet taken */
    guint64 given;  /* the options taken so far, by bit number: option_take_row */
    Refusal *refusal;
} OptionReader;

OptionReader option_reader(const char *sql, Refusal *refusal);

/* At the end of the statement; a closing semicolon counts as the end. */
gboolean option_at_end(const OptionReader *reader);
gboolean option_at(const OptionReader *reader, const char *word);
/* Takes the word when it is next. */
gboolean option_take(OptionReader *reader, const char *word);
/* The same; a syntax error when it is not. */
gboolean option_need(OptionReader *reader, const char *word);
/* 42601 that names the next token. Always returns FALSE. */
gboolean option_syntax_error(OptionReader *reader);

gboolean option_need_string(OptionReader *reader, char **value);
/* [AS] and the string. */
gboolean option_need_as_string(OptionReader *reader, char **value);
/* The same, and forgets the string: an OptionRow's take, for what changes nothing here. */
gboolean option_skip_string(OptionReader *reader, gpointer into);
/*
 * A string that names a NULL marker: '\N' means the two characters, as the guide writes it, though a
 * backslash is an escape elsewhere; '\0', '\000' mean one NUL byte, returned as "" with *nul set.
 */
gboolean option_need_null_string(OptionReader *reader, char **value, gboolean *nul);
/* A string of characters where '\t', '\\t', '\011' and '\\011' all mean one tab. */
gboolean option_need_characters(OptionReader *reader, char **value);
/* Whole digits; as many as fit. 22003 beyond. */
gboolean option_need_integer(OptionReader *reader, gint64 *value);
/* An identifier, folded to lower case even when quoted (Redshift guide, Names and identifiers). */
gboolean option_need_name(OptionReader *reader, char **name);
/* (name, ..): elements are char *, folded. Free with g_ptr_array_unref, also after a refusal. */
gboolean option_need_names(OptionReader *reader, GPtrArray **names);
/* A size such as 6.2 GB or 200: bytes; MB when no unit follows. */
gboolean option_need_size(OptionReader *reader, guint64 *bytes);
/* [ON | OFF | TRUE | FALSE]; absent means ON. */
gboolean option_take_switch(OptionReader *reader);
/* 'label:width,..': elements are int. Free with g_array_unref. */
gboolean option_need_widths(OptionReader *reader, GArray **widths);

/* Splits s3://bucket/key; FALSE when it is not one. The key may be empty. */
gboolean option_split_url(const char *url, char **bucket, char **key);

typedef enum {
    AUTH_NONE,
    AUTH_ROLE,    /* IAM_ROLE 'arn[,arn]' or DEFAULT */
    AUTH_SESSION, /* IAM_ROLE 'SESSION' */
    AUTH_KEYS     /* an access key, in any spelling */
} AuthKind;

typedef struct {
    AuthKind kind;
    char *roles;         /* "default", or ARNs separated by commas */
    gboolean access_key; /* which of the key clauses were given */
    gboolean secret_key;
    gboolean token;
} AuthClause;
void auth_clear(AuthClause *auth);

typedef enum { OPTION_NOT_HERE, OPTION_TAKEN, OPTION_REFUSED } OptionResult;

/* Takes one authorization clause when it is next: IAM_ROLE, [WITH] CREDENTIALS, ACCESS_KEY_ID .. */
OptionResult option_take_auth(OptionReader *reader, AuthClause *auth);

/* After the last clause: there must be one, and a key needs its secret. */
gboolean auth_check(const AuthClause *auth, const char *statement, Refusal *refusal);

/*
 * May this sandbox use it? There is one role: a chain works only when it names nothing else, and
 * access keys are refused by name. user and query_id go into the text, as Redshift's do.
 */
gboolean auth_resolve(const AuthClause *auth, const char *role, const char *region,
                      const char *user, gint64 query_id, int pid, Refusal *refusal);

/* One option of a statement: how it begins and how the rest is read. */
typedef struct {
    const char *word;
    int option; /* its bit number in reader.given, below 64 */
    gboolean (*take)(OptionReader *reader, gpointer into); /* NULL: the word alone */
} OptionRow;

/*
 * Takes the next option or authorization clause, whichever order they come in; into goes to the row's
 * take. 42601 for an option that was there before and for what no row begins with.
 */
gboolean option_take_row(OptionReader *reader, const OptionRow *rows, gsize n_rows,
                         AuthClause *auth, gpointer into);
gboolean option_given(const OptionReader *reader, int option);

/* A pair of options that exclude each other; which is a mask of bits that a parser sets. */
typedef struct {
    guint64 first, others;
    const char *first_name; /* as in "ESCAPE argument is not supported for CSV based UNLOAD" */
} OptionConflict;

/* The name of one bit, from a table indexed by bit number. */
gboolean option_check_conflicts(guint64 given, const OptionConflict *conflicts, gsize count,
                                const char *const *names, const char *statement, Refusal *refusal);

#endif
