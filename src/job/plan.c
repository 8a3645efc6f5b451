#include "job/plan.h"

#include <stddef.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

static const char *const step_names[] = {
    [STEP_READ] = "read",     [STEP_UPLOAD] = "upload",
    [STEP_SQL] = "sql",       [STEP_TRANSACTION] = "transaction",
    [STEP_UNLOAD] = "unload", [STEP_DOWNLOAD] = "download",
    [STEP_CHECK] = "check",   [STEP_CLEAN] = "clean",
    [STEP_EXPORT] = "export",
};

static const char *const action_names[] = {
    [ACTION_SQL] = "sql",
    [ACTION_COPY] = "copy",
    [ACTION_UNLOAD] = "unload",
    [ACTION_EXPECT_VALUE] = "check",
    [ACTION_EXPECT_NONE] = "check none",
    [ACTION_NOTE_VALUE] = "note",
    [ACTION_EXPECT_MANIFEST] = "check manifest",
};

const char *step_kind_name(StepKind kind)
{
    return step_names[kind];
}

const char *action_kind_name(ActionKind kind)
{
    return action_names[kind];
}

static void action_free(gpointer data)
{
    PlanAction *action = data;
    g_free(action->title);
    g_free(action->sql);
    g_free(action->name);
    g_free(action->expected);
    g_free(action->failure);
    g_free(action);
}

static void file_free(gpointer data)
{
    PlanFile *file = data;
    g_free(file->path);
    g_free(file->key);
    g_free(file);
}

static void step_free(gpointer data)
{
    PlanStep *step = data;
    g_free(step->title);
    g_ptr_array_unref(step->actions);
    g_ptr_array_unref(step->files);
    g_free(step->marker_schema);
    g_free(step->marker_table);
    g_free(step->done_sql);
    g_free(step);
}

static Plan *plan_alloc(void)
{
    Plan *plan = g_new0(Plan, 1);
    plan->steps = g_ptr_array_new_with_free_func(step_free);
    return plan;
}

Plan *plan_new(const char *kind, const char *profile)
{
    Plan *plan = plan_alloc();
    g_autofree char *uuid = g_uuid_string_random();
    plan->id = g_strndup(uuid, 8);
    plan->kind = g_strdup(kind);
    plan->profile = g_strdup(profile);
    plan->details = cJSON_CreateObject();
    return plan;
}

void plan_free(Plan *plan)
{
    if (plan == NULL)
        return;
    g_free(plan->id);
    g_free(plan->kind);
    g_free(plan->title);
    g_free(plan->profile);
    g_free(plan->stage_url);
    g_free(plan->target);
    g_free(plan->locks);
    g_free(plan->on_failure);
    g_ptr_array_unref(plan->steps);
    cJSON_Delete(plan->details);
    g_free(plan);
}

static PlanStep *step_new(StepKind kind)
{
    PlanStep *step = g_new0(PlanStep, 1);
    step->kind = kind;
    step->actions = g_ptr_array_new_with_free_func(action_free);
    step->files = g_ptr_array_new_with_free_func(file_free);
    return step;
}

PlanStep *plan_add_step(Plan *plan, StepKind kind, const char *title_format, ...)
{
    PlanStep *step = step_new(kind);
    va_list arguments;
    va_start(arguments, title_format);
    step->title = g_strdup_vprintf(title_format, arguments);
    va_end(arguments);
    g_ptr_array_add(plan->steps, step);
    return step;
}

PlanAction *plan_step_add_action(PlanStep *step, ActionKind kind, const char *title,
                                 const char *sql)
{
    PlanAction *action = g_new0(PlanAction, 1);
    action->kind = kind;
    action->title = g_strdup(title);
    action->sql = g_strdup(sql);
    action->rows_expected = -1;
    g_ptr_array_add(step->actions, action);
    return action;
}

PlanFile *plan_step_add_file(PlanStep *step, const char *path, const char *key)
{
    PlanFile *file = g_new0(PlanFile, 1);
    file->path = g_strdup(path);
    file->key = g_strdup(key);
    file->first_line = 1;
    file->records = -1;
    g_ptr_array_add(step->files, file);
    return file;
}

void plan_set_text(Plan *plan, const char *name, const char *value)
{
    if (value != NULL)
        cJSON_AddStringToObject(plan->details, name, value);
}

void plan_set_number(Plan *plan, const char *name, gint64 value)
{
    cJSON_AddNumberToObject(plan->details, name, (double)value);
}

void plan_set_flag(Plan *plan, const char *name, gboolean value)
{
    cJSON_AddBoolToObject(plan->details, name, value);
}

const char *plan_text_detail(const Plan *plan, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(plan->details, name));
}

gint64 plan_number_detail(const Plan *plan, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(plan->details, name);
    return cJSON_IsNumber(item) ? (gint64)item->valuedouble : 0;
}

gboolean plan_flag_detail(const Plan *plan, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(plan->details, name));
}

/* One operand: digits or a noted name. */
static gboolean evaluate_operand(const char *word, PlanValueOf value_of, gpointer user,
                                 gint64 *value)
{
    if (g_ascii_isdigit(word[0])) {
        char *end;
        *value = g_ascii_strtoll(word, &end, 10);
        return *end == '\0';
    }
    return value_of(user, word, value);
}

gboolean plan_evaluate(const char *expression, PlanValueOf value_of, gpointer user, gint64 *value,
                       GError **error)
{
    g_auto(GStrv) words = g_strsplit(expression, " ", -1);
    gint64 total = 0, sign = 1;
    guint n = g_strv_length(words);
    gboolean ok = n % 2 == 1;
    for (guint i = 0; ok && i < n; i++) {
        gint64 operand = 0;
        if (i % 2 == 0) {
            ok = evaluate_operand(words[i], value_of, user, &operand);
            total += sign * operand;
        } else {
            sign = strcmp(words[i], "-") == 0 ? -1 : 1;
            ok = sign < 0 || strcmp(words[i], "+") == 0;
        }
        if (!ok)
            g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL, "\"%s\" in \"%s\" has no value",
                        words[i], expression);
    }
    if (n % 2 == 0)
        g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL, "\"%s\" is no expression", expression);
    *value = total;
    return ok;
}

/* --- text -------------------------------------------------------------------------------------- */

/* A line whose every byte is fit for a terminal and without a credential. */
static void add_line(GString *text, const char *indent, const char *head, int width,
                     const char *body)
{
    g_autofree char *masked = log_redact(body);
    g_autofree char *shown = text_printable(masked, -1);
    g_string_append_printf(text, "%s%-*s %s\n", indent, width, head, shown);
}

static void add_action(GString *text, const PlanAction *action)
{
    const char *head = action->title;
    if (action->kind == ACTION_NOTE_VALUE || action->kind == ACTION_EXPECT_VALUE) {
        g_autofree char *body =
            action->kind == ACTION_NOTE_VALUE
                ? g_strdup_printf("%s := %s", action->name, action->sql)
                : g_strdup_printf("%s = %s", action->sql != NULL ? action->sql : action->name,
                                  action->expected);
        add_line(text, "     ", head, 10, body);
        return;
    }
    add_line(text, "     ", head, 10, action->sql != NULL ? action->sql : action->failure);
}

static void add_step(GString *text, const PlanStep *step, guint number)
{
    g_autofree char *head = g_strdup_printf("%2u %s", number, step_kind_name(step->kind));
    add_line(text, "", head, 15, step->title);
    if (step->kind == STEP_TRANSACTION)
        add_line(text, "     ", "begin", 10, "one transaction on its own session");
    for (guint i = 0; i < step->actions->len; i++)
        add_action(text, step->actions->pdata[i]);
    if (step->kind == STEP_TRANSACTION)
        g_string_append(text, "     commit\n");
}

char *plan_text(const Plan *plan)
{
    GString *text = g_string_new(NULL);
    g_autofree char *head = g_strdup_printf("Plan %s:", plan->id);
    add_line(text, "", head, 0, plan->title);
    for (guint i = 0; i < plan->steps->len; i++)
        add_step(text, plan->steps->pdata[i], i + 1);
    if (plan->locks != NULL)
        add_line(text, "   ", "locks", 11, plan->locks);
    if (plan->on_failure != NULL)
        add_line(text, "   ", "if it fails", 11, plan->on_failure);
    return g_string_free(text, FALSE);
}

/* --- JSON -------------------------------------------------------------------------------------- */

/* The string members of each struct, under their own names. */
typedef struct {
    const char *name;
    gsize offset;
} TextField;

#define TEXT_FIELD(type, member)                                                                   \
    {                                                                                              \
#member, offsetof(type, member)                                                            \
    }

static const TextField plan_fields[] = {
    TEXT_FIELD(Plan, id),      TEXT_FIELD(Plan, kind),       TEXT_FIELD(Plan, title),
    TEXT_FIELD(Plan, profile), TEXT_FIELD(Plan, stage_url),  TEXT_FIELD(Plan, target),
    TEXT_FIELD(Plan, locks),   TEXT_FIELD(Plan, on_failure),
};
static const TextField step_fields[] = {
    TEXT_FIELD(PlanStep, title),
    TEXT_FIELD(PlanStep, marker_schema),
    TEXT_FIELD(PlanStep, marker_table),
    TEXT_FIELD(PlanStep, done_sql),
};
static const TextField action_fields[] = {
    TEXT_FIELD(PlanAction, title),    TEXT_FIELD(PlanAction, sql),     TEXT_FIELD(PlanAction, name),
    TEXT_FIELD(PlanAction, expected), TEXT_FIELD(PlanAction, failure),
};
static const TextField file_fields[] = {
    TEXT_FIELD(PlanFile, path),
    TEXT_FIELD(PlanFile, key),
};

static void put_texts(cJSON *json, gconstpointer from, const TextField *fields, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        const char *value = G_STRUCT_MEMBER(char *, from, fields[i].offset);
        if (value != NULL)
            cJSON_AddStringToObject(json, fields[i].name, value);
    }
}

static void get_texts(const cJSON *json, gpointer to, const TextField *fields, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, fields[i].name);
        char **member = G_STRUCT_MEMBER_P(to, fields[i].offset);
        g_free(*member);
        *member = g_strdup(cJSON_GetStringValue(item));
    }
}

/* Numbers are doubles in JSON: what no whole number of it can be is as good as missing. */
static gint64 get_number(const cJSON *json, const char *name, gint64 otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= (double)(1LL << 53)))
        return otherwise;
    return (gint64)item->valuedouble;
}

/* The index of a name in a table, or -1. */
static int index_of(const char *name, const char *const *names, gsize n)
{
    for (gsize i = 0; name != NULL && i < n; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

static cJSON *action_to_json(const PlanAction *action)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "kind", action_names[action->kind]);
    put_texts(json, action, action_fields, G_N_ELEMENTS(action_fields));
    cJSON_AddNumberToObject(json, "rows_expected", (double)action->rows_expected);
    cJSON_AddBoolToObject(json, "of_input", action->of_input);
    return json;
}

static cJSON *file_to_json(const PlanFile *file)
{
    cJSON *json = cJSON_CreateObject();
    put_texts(json, file, file_fields, G_N_ELEMENTS(file_fields));
    cJSON_AddNumberToObject(json, "offset", (double)file->offset);
    cJSON_AddNumberToObject(json, "length", (double)file->length);
    cJSON_AddNumberToObject(json, "first_line", (double)file->first_line);
    cJSON_AddNumberToObject(json, "records", (double)file->records);
    cJSON_AddNumberToObject(json, "mtime_us", (double)file->mtime_us);
    return json;
}

static cJSON *step_to_json(const PlanStep *step)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "kind", step_names[step->kind]);
    put_texts(json, step, step_fields, G_N_ELEMENTS(step_fields));
    cJSON *actions = cJSON_AddArrayToObject(json, "actions");
    for (guint i = 0; i < step->actions->len; i++)
        cJSON_AddItemToArray(actions, action_to_json(step->actions->pdata[i]));
    cJSON *files = cJSON_AddArrayToObject(json, "files");
    for (guint i = 0; i < step->files->len; i++)
        cJSON_AddItemToArray(files, file_to_json(step->files->pdata[i]));
    return json;
}

cJSON *plan_to_json(const Plan *plan)
{
    cJSON *json = cJSON_CreateObject();
    put_texts(json, plan, plan_fields, G_N_ELEMENTS(plan_fields));
    cJSON_AddBoolToObject(json, "destructive", plan->destructive);
    cJSON *steps = cJSON_AddArrayToObject(json, "steps");
    for (guint i = 0; i < plan->steps->len; i++)
        cJSON_AddItemToArray(steps, step_to_json(plan->steps->pdata[i]));
    cJSON_AddItemToObject(json, "details", cJSON_Duplicate(plan->details, TRUE));
    return json;
}

/* A file on disk can say anything: what the plan sheet and the executor rely on has to be there. */
static gboolean refuse_part(const char *part, const char *title, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s of the plan lacks a part: \"%s\"", part,
                title != NULL ? title : "");
    return FALSE;
}

static gboolean action_is_whole(const PlanAction *action)
{
    if (action->title == NULL)
        return FALSE;
    switch (action->kind) {
    case ACTION_NOTE_VALUE:
        return action->name != NULL && action->sql != NULL;
    case ACTION_EXPECT_VALUE:
        return (action->sql != NULL || action->name != NULL) && action->expected != NULL;
    case ACTION_EXPECT_MANIFEST:
        return action->sql != NULL || action->failure != NULL;
    default:
        return action->sql != NULL;
    }
}

static gboolean action_from_json(PlanStep *step, const cJSON *json, GError **error)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "kind"));
    int kind = index_of(name, action_names, G_N_ELEMENTS(action_names));
    if (kind < 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "a plan's action of unknown kind \"%s\"",
                    name != NULL ? name : "");
        return FALSE;
    }
    PlanAction *action = plan_step_add_action(step, (ActionKind)kind, NULL, NULL);
    get_texts(json, action, action_fields, G_N_ELEMENTS(action_fields));
    action->rows_expected = get_number(json, "rows_expected", -1);
    action->of_input = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "of_input"));
    return action_is_whole(action) || refuse_part("an action", action->title, error);
}

static gboolean file_from_json(PlanStep *step, const cJSON *json, GError **error)
{
    PlanFile *file = plan_step_add_file(step, NULL, NULL);
    get_texts(json, file, file_fields, G_N_ELEMENTS(file_fields));
    file->offset = (guint64)get_number(json, "offset", 0);
    file->length = (guint64)get_number(json, "length", 0);
    file->first_line = (guint64)get_number(json, "first_line", 1);
    file->records = get_number(json, "records", -1);
    file->mtime_us = get_number(json, "mtime_us", 0);
    return (file->path != NULL && file->key != NULL) || refuse_part("a file", file->path, error);
}

static gboolean step_from_json(Plan *plan, const cJSON *json, GError **error)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "kind"));
    int kind = index_of(name, step_names, G_N_ELEMENTS(step_names));
    if (kind < 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "a plan's step of unknown kind \"%s\"",
                    name != NULL ? name : "");
        return FALSE;
    }
    PlanStep *step = step_new((StepKind)kind);
    g_ptr_array_add(plan->steps, step);
    get_texts(json, step, step_fields, G_N_ELEMENTS(step_fields));
    const cJSON *item;
    cJSON_ArrayForEach(item,
                       cJSON_GetObjectItemCaseSensitive(
                           json, "actions")) if (!action_from_json(step, item, error)) return FALSE;
    cJSON_ArrayForEach(item,
                       cJSON_GetObjectItemCaseSensitive(
                           json, "files")) if (!file_from_json(step, item, error)) return FALSE;
    return step->title != NULL || refuse_part("a step", step_kind_name(step->kind), error);
}

Plan *plan_from_json(const cJSON *json, GError **error)
{
    g_autoptr(Plan) plan = plan_alloc();
    get_texts(json, plan, plan_fields, G_N_ELEMENTS(plan_fields));
    plan->destructive = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "destructive"));
    const cJSON *details = cJSON_GetObjectItemCaseSensitive(json, "details");
    plan->details = details != NULL ? cJSON_Duplicate(details, TRUE) : cJSON_CreateObject();
    if (plan->id == NULL || plan->kind == NULL || plan->title == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "a plan without an id, a kind or a title");
        return NULL;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item,
                       cJSON_GetObjectItemCaseSensitive(
                           json, "steps")) if (!step_from_json(plan, item, error)) return NULL;
    return g_steal_pointer(&plan);
}
