#include "sandbox/copy_json.h"

#include <string.h>

#include "sandbox/json_text.h"

typedef struct {
    char *name; /* NULL: an element */
    guint64 index;
} PathStep;

struct JsonMap {
    CopyJson mode;
    const GPtrArray *columns;
    GPtrArray *paths; /* GArray of PathStep per column; NULL unless COPY_JSON_PATHS */
};

static void step_clear(gpointer step)
{
    g_free(((PathStep *)step)->name);
}

void json_map_free(JsonMap *map)
{
    if (map == NULL)
        return;
    g_clear_pointer(&map->paths, g_ptr_array_unref);
    g_free(map);
}

/* --- paths -------------------------------------------------------------------------------------- */

/* .name or ['name'] or [0]; FALSE when p is at none of them. */
static gboolean read_step(const char **p, GArray *path)
{
    PathStep step = {0};
    const char *start = *p;
    if (*start == '.') {
        gsize length = strcspn(start + 1, ".[");
        step.name = g_strndup(start + 1, length);
        *p = start + 1 + length;
    } else if (start[0] == '[' && (start[1] == '\'' || start[1] == '"')) {
        const char *close = strchr(start + 2, start[1]);
        if (close == NULL || close[1] != ']')
            return FALSE;
        step.name = g_strndup(start + 2, (gsize)(close - start - 2));
        *p = close + 2;
    } else if (start[0] == '[' && g_ascii_isdigit(start[1])) {
        char *after = NULL;
        step.index = g_ascii_strtoull(start + 1, &after, 10);
        if (*after != ']')
            return FALSE;
        *p = after + 1;
    } else {
        return FALSE;
    }
    g_array_append_val(path, step);
    return step.name == NULL || *step.name != '\0';
}

static GArray *read_path(const char *text)
{
    g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(PathStep));
    g_array_set_clear_func(path, step_clear);
    if (*text++ != '$')
        return NULL;
    while (*text != '\0')
        if (!read_step(&text, path))
            return NULL;
    return g_steal_pointer(&path);
}

static gboolean add_paths(JsonMap *map, const char *p, const char *end, Refusal *refusal)
{
    JsonWalk walk = json_walk(p, end);
    while (json_walk_next(&walk)) {
        g_autoptr(GString) text = g_string_new(NULL);
        if (*walk.value == '"')
            json_append_meaning(text, walk.value, walk.value_end);
        GArray *path = read_path(text->str);
        if (path == NULL)
            return refuse(refusal, "XX000", "Invalid JSONPath format: %s", text->str);
        g_ptr_array_add(map->paths, path);
    }
    if (map->paths->len == map->columns->len)
        return TRUE;
    return refuse(refusal, "XX000",
                  "Number of jsonpaths and the number of columns should match. JSONPath size: %u, "
                  "Number of columns in table or column list: %u",
                  map->paths->len, map->columns->len);
}

static gboolean read_paths(JsonMap *map, const char *text, gsize length, Refusal *refusal)
{
    const char *end = text + length;
    map->paths = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    const char *start = json_skip_blanks(text, end);
    if (json_is_value(text, length) && *start == '{') {
        JsonWalk walk = json_walk(start, end);
        while (json_walk_next(&walk))
            if (json_string_is(walk.name, walk.name_end, "jsonpaths", TRUE) && *walk.value == '[')
                return add_paths(map, walk.value, walk.value_end, refusal);
    }
    return refuse(
        refusal, "XX000",
        "Invalid JSONPath format: the file must be an object with an array \"jsonpaths\"");
}

JsonMap *json_map_new(const CopyOptions *options, const GPtrArray *columns, const char *paths,
                      gsize paths_length, Refusal *refusal)
{
    g_autoptr(JsonMap) map = g_new0(JsonMap, 1);
    map->mode = options->json;
    map->columns = columns;
    if (options->json == COPY_JSON_PATHS && !read_paths(map, paths, paths_length, refusal))
        return NULL;
    if (options->json == COPY_JSON_NOSHRED &&
        (columns->len != 1 || ((LoadColumn *)columns->pdata[0])->kind != LOAD_SUPER)) {
        refuse(refusal, "XX000", "JSON 'noshred' needs one target column of type SUPER");
        return NULL;
    }
    return g_steal_pointer(&map);
}

/* --- fields ------------------------------------------------------------------------------------- */

/* A value as text: a string's meaning, everything else as written; SUPER takes JSON as it is. */
static gboolean set_field(CopyField *field, const LoadColumn *column, const char *p,
                          const char *end, GString *scratch)
{
    *field = (CopyField){.text = p, .length = (gsize)(end - p)};
    if (*p == 'n') {
        field->text = NULL;
        field->length = 0;
    } else if (*p == '"' && column->kind != LOAD_SUPER) {
        gsize before = scratch->len;
        if (!json_append_meaning(scratch, p, end))
            return FALSE;
        field->made = TRUE;
        field->made_at = before;
        field->length = scratch->len - before;
    }
    return TRUE;
}

static gboolean set_by_name(const JsonMap *map, CopyRecord *record, GString *scratch)
{
    gboolean ignore_case = map->mode == COPY_JSON_IGNORECASE;
    JsonWalk walk = json_walk(record->raw, record->raw + record->raw_length);
    while (json_walk_next(&walk))
        for (guint i = 0; i < map->columns->len; i++) {
            const LoadColumn *column = map->columns->pdata[i];
            CopyField *field = &g_array_index(record->fields, CopyField, i);
            if (!json_string_is(walk.name, walk.name_end, column->name, ignore_case))
                continue;
            record->error_field = i;
            if (!set_field(field, column, walk.value, walk.value_end, scratch))
                return FALSE;
            break;
        }
    return TRUE;
}

/* The value that a path leads to, in *p and *end; FALSE when it leads nowhere. */
static gboolean follow(const GArray *path, const char **p, const char **end)
{
    for (guint i = 0; i < path->len; i++) {
        const PathStep *step = &g_array_index(path, PathStep, i);
        if (**p != (step->name != NULL ? '{' : '['))
            return FALSE;
        JsonWalk walk = json_walk(*p, *end);
        gboolean found = FALSE;
        for (guint64 index = 0; !found && json_walk_next(&walk); index++)
            found = step->name != NULL ? json_string_is(walk.name, walk.name_end, step->name, FALSE)
                                       : index == step->index;
        if (!found)
            return FALSE;
        *p = walk.value;
        *end = walk.value_end;
    }
    return TRUE;
}

static gboolean set_by_path(const JsonMap *map, CopyRecord *record, GString *scratch)
{
    for (guint i = 0; i < map->columns->len; i++) {
        const char *p = record->raw, *end = record->raw + record->raw_length;
        CopyField *field = &g_array_index(record->fields, CopyField, i);
        record->error_field = i;
        if (follow(map->paths->pdata[i], &p, &end) &&
            !set_field(field, map->columns->pdata[i], p, end, scratch))
            return FALSE;
    }
    return TRUE;
}

gboolean json_fields(const JsonMap *map, CopyRecord *record, GString *scratch)
{
    g_string_truncate(scratch, 0);
    g_array_set_size(record->fields, 0);
    for (guint i = 0; i < map->columns->len; i++) {
        CopyField absent = {.text = NULL};
        g_array_append_val(record->fields, absent);
    }
    if (map->mode == COPY_JSON_NOSHRED) {
        g_array_index(record->fields, CopyField, 0) =
            (CopyField){.text = record->raw, .length = record->raw_length};
        return TRUE;
    }
    gboolean good = map->mode == COPY_JSON_PATHS ? set_by_path(map, record, scratch)
                    : *record->raw == '{'        ? set_by_name(map, record, scratch)
                                                 : FALSE;
    /* Only now: while strings were added, the scratch moved. */
    for (guint i = 0; i < record->fields->len; i++) {
        CopyField *field = &g_array_index(record->fields, CopyField, i);
        if (field->made)
            field->text = scratch->str + field->made_at;
    }
    if (!good && record->error_code == 0) {
        record->error_code = LOAD_ERROR_LINE;
        record->reason =
            *record->raw == '{' ? "A JSON string holds a NUL character" : "Invalid JSON object";
    }
    return good;
}
