#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "job/executor_private.h"
#include "job/fault.h"
#include "sql/ident.h"
#include "sql/lexer.h"
#include "sql/literal.h"

#define TICK_MS 300
/* What a condition that does not hold divides by: the server then fails the statement, and with it all
 * that the batch did. */
#define GUARD "SELECT 1 / (CASE WHEN %s THEN 1 ELSE 0 END)"

/* What a statement of the batch is for. */
typedef enum {
    PART_RUN,   /* an action's own statement */
    PART_NOTE,  /* gives the value of a note */
    PART_NOTES, /* gives the names and values of all notes that were kept in the table */
    PART_VALUE, /* gives a value that is checked behind the commit */
    PART_GUARD, /* fails when a check does not hold */
    PART_KEEP,  /* makes, fills or drops the table of notes */
} PartKind;

typedef struct {
    PartKind kind;
    const PlanAction *action; /* NULL: PART_KEEP, PART_NOTES */
} Part;

typedef struct {
    Execution *run;
    GPtrArray *sqls;   /* of char *, NULL-terminated once complete */
    GArray *parts;     /* of Part */
    char *table;       /* the temporary table of notes, quoted; NULL: not needed yet */
    GHashTable *kept;  /* names in the table */
    GHashTable *equal; /* name -> digits that a guard has found it to be */
    GHashTable
        *own; /* names that this step makes: what the journal says of them is an earlier try's */
} Batch;

static void batch_clear(Batch *batch)
{
    g_ptr_array_unref(batch->sqls);
    g_array_unref(batch->parts);
    g_hash_table_unref(batch->kept);
    g_hash_table_unref(batch->equal);
    g_hash_table_unref(batch->own);
    g_free(batch->table);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Batch, batch_clear)

/* --- building ----------------------------------------------------------------------------------- */

static void add_part(Batch *batch, PartKind kind, const PlanAction *action, char *sql)
{
    Part part = {kind, action};
    g_array_append_val(batch->parts, part);
    g_ptr_array_add(batch->sqls, sql);
}

/* A temporary table of the session: dropped by the batch itself, and by a rollback. */
static void need_table(Batch *batch)
{
    if (batch->table != NULL)
        return;
    g_autofree char *name = g_strdup_printf("redsmith_%s_notes", batch->run->plan->id);
    batch->table = sql_ident(name);
    add_part(
        batch, PART_KEEP, NULL,
        g_strdup_printf("CREATE TEMP TABLE %s (name varchar(64), value bigint)", batch->table));
}

static gboolean reads_a_table(const char *sql)
{
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    while (sql_next(&lexer, &token))
        if (sql_token_is(&lexer, &token, "from"))
            return TRUE;
    return FALSE;
}

/* A value of tables is kept where later statements can read it; one of a function of the session
 * (pg_last_copy_count) is only told, because Redshift does not mix such functions with tables. */
static void add_note(Batch *batch, const PlanAction *action)
{
    if (!reads_a_table(action->sql)) {
        add_part(batch, PART_NOTE, action, g_strdup(action->sql));
        return;
    }
    need_table(batch);
    g_autofree char *name = sql_literal(action->name);
    add_part(batch, PART_KEEP, action,
             g_strdup_printf("INSERT INTO %s SELECT %s, noted.value FROM (%s) noted (value)",
                             batch->table, name, action->sql));
    g_hash_table_add(batch->kept, action->name);
}

/* How the server can say this name's value; NULL when it cannot before the commit. */
static char *operand(const Batch *batch, const char *name)
{
    gint64 number;
    const char *known = g_hash_table_lookup(batch->equal, name);
    if (g_ascii_isdigit(*name))
        return g_strdup(name);
    if (known != NULL)
        return g_strdup(known);
    if (g_hash_table_contains(batch->kept, name)) {
        g_autofree char *literal = sql_literal(name);
        return g_strdup_printf("(SELECT value FROM %s WHERE name = %s)", batch->table, literal);
    }
    if (g_hash_table_contains(batch->own, name) || !execution_number(batch->run, name, &number))
        return NULL;
    return g_strdup_printf("%" G_GINT64_FORMAT, number);
}

/* "before + copied" for the server; NULL when part of it is known behind the commit only. */
static char *expression_sql(const Batch *batch, const char *expression)
{
    g_auto(GStrv) words = g_strsplit_set(expression, " ", -1);
    g_autoptr(GString) out = g_string_new("(");
    for (char **word = words; *word != NULL; word++) {
        if (**word == '\0')
            continue;
        gboolean sign = strcmp(*word, "+") == 0 || strcmp(*word, "-") == 0;
        g_autofree char *text = sign ? g_strdup(*word) : operand(batch, *word);
        if (text == NULL)
            return NULL;
        g_string_append_printf(out, "%s%s", out->len > 1 ? " " : "", text);
    }
    g_string_append_c(out, ')');
    return g_strdup(out->str);
}

/* The value of a noted name, without a table: the statement that notes it. */
static const char *note_sql(const Batch *batch, const char *name)
{
    for (guint i = 0; i < batch->parts->len; i++) {
        const Part *part = &g_array_index(batch->parts, Part, i);
        if (part->kind == PART_NOTE && strcmp(part->action->name, name) == 0)
            return part->action->sql;
    }
    return NULL;
}

static void add_value_check(Batch *batch, const PlanAction *action)
{
    g_autofree char *expected = expression_sql(batch, action->expected);
    const char *noted = action->sql == NULL ? note_sql(batch, action->name) : NULL;
    g_autofree char *own =
        action->sql == NULL && noted == NULL ? operand(batch, action->name) : NULL;
    const char *query = action->sql != NULL ? action->sql : noted;
    g_autofree char *value = query != NULL ? g_strdup_printf("(%s)", query) : g_steal_pointer(&own);
    if (expected == NULL || value == NULL) {
        if (action->sql != NULL)
            add_part(batch, PART_VALUE, action, g_strdup(action->sql));
        return;
    }
    g_autofree char *condition = g_strdup_printf("%s = %s", value, expected);
    add_part(batch, PART_GUARD, action, g_strdup_printf(GUARD, condition));
    if (action->sql == NULL && strspn(expected, "(0123456789)") == strlen(expected))
        g_hash_table_replace(batch->equal, action->name, g_strdup(expected));
}

static void add_none_check(Batch *batch, const PlanAction *action)
{
    g_autofree char *condition = g_strdup_printf("NOT EXISTS (%s)", action->sql);
    add_part(batch, PART_GUARD, action, g_strdup_printf(GUARD, condition));
}

static gboolean add_action(Batch *batch, const PlanAction *action, GError **error)
{
    switch (action->kind) {
    case ACTION_SQL:
    case ACTION_COPY:
        add_part(batch, PART_RUN, action, g_strdup(action->sql));
        return TRUE;
    case ACTION_NOTE_VALUE:
        add_note(batch, action);
        return TRUE;
    case ACTION_EXPECT_VALUE:
        add_value_check(batch, action);
        return TRUE;
    case ACTION_EXPECT_NONE:
        add_none_check(batch, action);
        return TRUE;
    default:
        g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL, "a batch cannot hold the action %s",
                    action_kind_name(action->kind));
        return FALSE;
    }
}

static gboolean build(Batch *batch, Execution *run, GError **error)
{
    const GPtrArray *actions = execution_step(run)->actions;
    batch->run = run;
    batch->sqls = g_ptr_array_new_with_free_func(g_free);
    batch->parts = g_array_new(FALSE, FALSE, sizeof(Part));
    batch->kept = g_hash_table_new(g_str_hash, g_str_equal);
    batch->own = g_hash_table_new(g_str_hash, g_str_equal);
    batch->equal = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    for (guint i = 0; i < actions->len; i++) {
        const PlanAction *action = actions->pdata[i];
        if (action->name != NULL && action->kind != ACTION_EXPECT_VALUE)
            g_hash_table_add(batch->own, action->name);
    }
    for (guint i = 0; i < actions->len; i++)
        if (!add_action(batch, actions->pdata[i], error))
            return FALSE;
    if (batch->table != NULL) {
        add_part(batch, PART_NOTES, NULL,
                 g_strdup_printf("SELECT name, value FROM %s", batch->table));
        add_part(batch, PART_KEEP, NULL, g_strdup_printf("DROP TABLE %s", batch->table));
    }
    g_ptr_array_add(batch->sqls, NULL);
    return TRUE;
}

/* --- what it came to ---------------------------------------------------------------------------- */

static const char *cell(const SessionPart *part, guint row, guint column)
{
    return part->rows == NULL || row >= part->rows->len ? NULL
                                                        : ((char **)part->rows->pdata[row])[column];
}

static gboolean note(Execution *run, const char *name, const char *value, GError **error)
{
    if (value == NULL) {
        log_write(LOG_LEVEL_WARNING, "job %s: the batch does not tell %s", run->plan->id, name);
        return TRUE;
    }
    if (strcmp(name, "copied") == 0)
        atomic_store(&run->progress->rows, g_ascii_strtoll(value, NULL, 10));
    return execution_note(run, name, value, error);
}

static gboolean take_part(Execution *run, const Part *part, const SessionPart *seen, GError **error)
{
    const PlanAction *action = part->action;
    if (part->kind == PART_NOTES) {
        for (guint i = 0; seen->rows != NULL && i < seen->rows->len; i++)
            if (!note(run, cell(seen, i, 0), cell(seen, i, 1), error))
                return FALSE;
        return TRUE;
    }
    if (part->kind == PART_NOTE)
        return note(run, action->name, cell(seen, 0, 0), error);
    if (part->kind != PART_RUN || action->name == NULL || seen->affected < 0)
        return TRUE;
    g_autofree char *count = g_strdup_printf("%" G_GINT64_FORMAT, seen->affected);
    return note(run, action->name, count, error);
}

/* Counts that the service tells with the end only. */
static gboolean check_late(Execution *run, const PlanAction *action, const SessionPart *seen,
                           GError **error)
{
    const char *text = cell(seen, 0, 0);
    gint64 expected = 0;
    g_autoptr(GError) unknown = NULL;
    if (text == NULL ||
        !plan_evaluate(action->expected, execution_number, run, &expected, &unknown)) {
        log_write(LOG_LEVEL_WARNING, "job %s: not checked: %s: %s", run->plan->id, action->title,
                  unknown != NULL ? unknown->message : "no value came");
        return TRUE;
    }
    gint64 value = g_ascii_strtoll(text, NULL, 10);
    if (value == expected)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_MISMATCH,
                "%s: %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT
                " (%s); the transaction was committed: the Data API tells these counts behind the "
                "commit only",
                action->failure != NULL ? action->failure : action->title, value, expected,
                action->expected);
    return FALSE;
}

/* seen->parts may be short, when the service no longer tells. */
static gboolean take_results(const Batch *batch, const SessionBatch *seen, GError **error)
{
    guint n = MIN(batch->parts->len, seen->parts->len);
    for (guint i = 0; i < n; i++)
        if (!take_part(batch->run, &g_array_index(batch->parts, Part, i),
                       &g_array_index(seen->parts, SessionPart, i), error))
            return FALSE;
    for (guint i = 0; i < n; i++) {
        const Part *part = &g_array_index(batch->parts, Part, i);
        if (part->kind == PART_VALUE &&
            !check_late(batch->run, part->action, &g_array_index(seen->parts, SessionPart, i),
                        error))
            return FALSE;
    }
    return TRUE;
}

/* Says which action a failed batch failed in. Takes failure. */
static void explain(const Batch *batch, int failed, GError *failure, GError **error)
{
    Execution *run = batch->run;
    const Part *part = failed >= 0 && (guint)failed < batch->parts->len
                           ? &g_array_index(batch->parts, Part, (guint)failed)
                           : NULL;
    gboolean unmet = part != NULL && part->kind == PART_GUARD &&
                     g_error_matches(failure, RS_ERROR, RS_ERROR_DATA);
    if (part != NULL && part->kind == PART_RUN && part->action->kind == ACTION_COPY &&
        session_is_alive(run->session)) {
        execution_explain_copy(run, failure, error);
        return;
    }
    if (!unmet) {
        g_propagate_error(error, failure);
        return;
    }
    const PlanAction *action = part->action;
    g_set_error(error, RS_ERROR, action->of_input ? RS_ERROR_DATA : RS_ERROR_MISMATCH,
                "%s%s%s; the transaction was rolled back",
                action->failure != NULL ? action->failure : action->title,
                action->expected != NULL ? ": not " : "",
                action->expected != NULL ? action->expected : "");
    g_error_free(failure);
}

/* --- what the journal knows of the batch --------------------------------------------------------- */

static char *note_name(const Execution *run, const char *what)
{
    return g_strdup_printf("%s:%d", what, run->step + 1);
}

/* What was noted, "" when nothing or when it is over. */
static const char *noted(Execution *run, const char *what)
{
    g_autofree char *name = note_name(run, what);
    const char *value = journal_note(run->journal, name);
    return value != NULL ? value : "";
}

static gboolean write_note(Execution *run, const char *what, const char *value, GError **error)
{
    g_autofree char *name = note_name(run, what);
    return execution_note(run, name, value, error);
}

static gboolean note_sent(gpointer user, const char *id, GError **error)
{
    Execution *run = user;
    if (!write_note(run, "batch", id, error))
        return FALSE;
    fault_point("batch:sent");
    return TRUE;
}

/* It has failed for good: the next try is another batch. */
static gboolean forget(Execution *run, GError **error)
{
    return write_note(run, "commit", "", error) && write_note(run, "token", "", error) &&
           write_note(run, "batch", "", error);
}

static gboolean holds_copy(const Batch *batch)
{
    for (guint i = 0; i < batch->parts->len; i++) {
        const Part *part = &g_array_index(batch->parts, Part, i);
        if (part->kind == PART_RUN && part->action->kind == ACTION_COPY)
            return TRUE;
    }
    return FALSE;
}

/* Sends it, or looks at the one that was sent before, and waits for its end. */
static gboolean run_batch(Batch *batch, const char *id, SessionBatch *seen, GError **error)
{
    Execution *run = batch->run;
    gint64 sent;
    SessionBatchRequest request = {.sqls = (const char *const *)batch->sqls->pdata,
                                   .id = *id != '\0' ? id : NULL,
                                   .token = noted(run, "token"),
                                   .sent = note_sent,
                                   .interval_ms = TICK_MS,
                                   .tick = execution_tick,
                                   .user = run};
    if (execution_number(run, "sent", &sent))
        atomic_store(&run->progress->rows_total, sent);
    run->watching = holds_copy(batch) ? WATCH_LOAD : WATCH_NONE;
    gboolean done = session_run_batch(run->session, &request, seen, run->cancel, error);
    run->watching = WATCH_NONE;
    g_clear_pointer(&run->watch, activity_watch_free);
    return done;
}

static gboolean begin_batch(Execution *run, GError **error)
{
    if (!write_note(run, "commit", "sent", error))
        return FALSE;
    if (*noted(run, "token") == '\0') {
        g_autofree char *token = session_token_new();
        if (!write_note(run, "token", token, error))
            return FALSE;
    }
    fault_point("transaction:before-commit");
    fault_point("transaction:before-commit@%d", run->step + 1);
    return TRUE;
}

static gboolean end_batch(const Batch *batch, const SessionBatch *seen, GError **error)
{
    fault_point("transaction:after-commit");
    fault_point("transaction:after-commit@%d", batch->run->step + 1);
    return take_results(batch, seen, error);
}

gboolean execution_batch(Execution *run, GError **error)
{
    g_auto(Batch) batch = {0};
    g_auto(SessionBatch) seen = {0};
    GError *failure = NULL;
    g_autofree char *id = NULL;
    if (!build(&batch, run, error) || !begin_batch(run, error))
        return FALSE;
    id = g_strdup(noted(run, "batch"));
    if (*id != '\0')
        execution_log(run, "looking at the batch that was sent before the interruption");
    if (run_batch(&batch, id, &seen, &failure))
        return end_batch(&batch, &seen, error);
    if (!seen.unknown && !forget(run, error)) {
        g_error_free(failure);
        return FALSE;
    }
    /* what the earlier one failed with is no news: a new one shows whether it still does */
    if (*id != '\0' && !seen.unknown && !rs_error_is_cancelled(failure)) {
        g_error_free(failure);
        return execution_batch(run, error);
    }
    explain(&batch, seen.failed, failure, error);
    return FALSE;
}

gboolean execution_batch_recall(Execution *run, GError **error)
{
    g_auto(Batch) batch = {0};
    g_auto(SessionBatch) seen = {0};
    g_autoptr(GError) failure = NULL;
    if (!build(&batch, run, error))
        return FALSE;
    g_autofree char *id = g_strdup(noted(run, "batch"));
    if (*id == '\0' && *noted(run, "token") == '\0')
        return TRUE;
    /* without an id the token finds it; a batch that it does not find fails at the marker */
    if (run_batch(&batch, id, &seen, &failure))
        return take_results(&batch, &seen, error);
    execution_log(run, "its counts are not known any more: %s", failure->message);
    return TRUE;
}
