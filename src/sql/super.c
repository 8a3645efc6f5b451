#include "sql/super.h"

#include <cJSON.h>
#include <string.h>

#include "base/error.h"
#include "sql/ident.h"

enum { MOST_NODES = 1000000, MOST_DEPTH = 1000 };

typedef struct {
    const char *text;
    gsize length, at;
    GArray *nodes;
    gint64 open; /* the container that is being read, -1 none */
    guint depth;
} Reader;

static gboolean refuse(const Reader *reader, const char *what, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_DATA, "no JSON at byte %" G_GSIZE_FORMAT ": %s",
                reader->at, what);
    return FALSE;
}

static void skip_blanks(Reader *reader)
{
    while (reader->at < reader->length && strchr(" \t\r\n", reader->text[reader->at]) != NULL &&
           reader->text[reader->at] != '\0')
        reader->at++;
}

static char peek(const Reader *reader)
{
    return reader->at < reader->length ? reader->text[reader->at] : '\0';
}

static SuperNode *node_at(const Reader *reader, gint64 index)
{
    return &g_array_index(reader->nodes, SuperNode, (guint)index);
}

static gboolean read_string(Reader *reader, gsize *start, gsize *length, GError **error)
{
    gsize at = reader->at + 1;
    while (at < reader->length && reader->text[at] != '"')
        at += reader->text[at] == '\\' ? 2 : 1;
    if (peek(reader) != '"' || at >= reader->length)
        return refuse(reader, "a string that does not end", error);
    *start = reader->at;
    *length = at + 1 - reader->at;
    reader->at = at + 1;
    return TRUE;
}

/* A number or a word goes on to the next sign or blank; cJSON says whether it is one. */
static gboolean read_word(Reader *reader, SuperNode *node, GError **error)
{
    gsize at = reader->at;
    while (at < reader->length &&
           (g_ascii_isalnum(reader->text[at]) || strchr("+-.", reader->text[at]) != NULL))
        at++;
    g_autofree char *word = g_strndup(reader->text + reader->at, at - reader->at);
    cJSON *json = cJSON_ParseWithOpts(word, NULL, TRUE);
    node->kind = cJSON_IsNumber(json) ? SUPER_NUMBER : SUPER_WORD;
    node->length = at - reader->at;
    gboolean known = json != NULL;
    cJSON_Delete(json);
    if (!known)
        return refuse(reader, "neither number nor true, false or null", error);
    reader->at = at;
    return TRUE;
}

/* Begins the value that is next: a container is opened, anything else read whole. */
static gboolean read_value(Reader *reader, SuperNode *node, GError **error)
{
    gsize start;
    char first = peek(reader);
    if (reader->nodes->len >= MOST_NODES || reader->depth >= MOST_DEPTH) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                    "more than a million values, or deeper than 1,000 levels");
        return FALSE;
    }
    node->parent = reader->open;
    node->depth = reader->depth;
    node->start = reader->at;
    if (reader->open >= 0)
        node->position = node_at(reader, reader->open)->children++;
    gboolean opens = first == '{' || first == '[';
    if (opens)
        node->kind = first == '{' ? SUPER_OBJECT : SUPER_ARRAY;
    else if (first == '"')
        node->kind = SUPER_STRING;
    if (opens ? FALSE
              : !(first == '"' ? read_string(reader, &start, &node->length, error)
                               : read_word(reader, node, error)))
        return FALSE;
    node->end = reader->nodes->len + 1;
    g_array_append_val(reader->nodes, *node);
    if (opens) {
        reader->open = reader->nodes->len - 1;
        reader->depth++;
        reader->at++;
    }
    return TRUE;
}

static gboolean read_member(Reader *reader, GError **error)
{
    SuperNode node = {0};
    if (node_at(reader, reader->open)->kind == SUPER_OBJECT) {
        if (peek(reader) != '"')
            return refuse(reader, "a member without a name", error);
        if (!read_string(reader, &node.key, &node.key_length, error))
            return FALSE;
        skip_blanks(reader);
        if (peek(reader) != ':')
            return refuse(reader, "a name without a colon", error);
        reader->at++;
        skip_blanks(reader);
    }
    return read_value(reader, &node, error);
}

static void close_container(Reader *reader)
{
    SuperNode *node = node_at(reader, reader->open);
    reader->at++;
    reader->depth--;
    node->length = reader->at - node->start;
    node->end = reader->nodes->len;
    reader->open = node->parent;
}

/* What stands inside the open container: its end, or a member behind a comma. */
static gboolean read_next(Reader *reader, GError **error)
{
    const SuperNode *node = node_at(reader, reader->open);
    char end = node->kind == SUPER_OBJECT ? '}' : ']';
    guint children = node->children;
    skip_blanks(reader);
    if (peek(reader) == end) {
        close_container(reader);
        return TRUE;
    }
    if (children > 0) {
        if (peek(reader) != ',')
            return refuse(reader, "no comma between values", error);
        reader->at++;
        skip_blanks(reader);
    }
    return read_member(reader, error);
}

GArray *sql_super_parse(const char *text, gsize length, GError **error)
{
    Reader reader = {.text = text, .length = length, .open = -1};
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(SuperNode));
    SuperNode top = {0};
    reader.nodes = nodes;
    skip_blanks(&reader);
    if (!read_value(&reader, &top, error))
        return NULL;
    while (reader.open >= 0)
        if (!read_next(&reader, error))
            return NULL;
    skip_blanks(&reader);
    if (reader.at < length) {
        refuse(&reader, "more text behind the value", error);
        return NULL;
    }
    return g_steal_pointer(&nodes);
}

/* --- paths ----------------------------------------------------------------------------------------*/

static void append_step(GString *path, const char *text, const SuperNode *node)
{
    if (node->key_length == 0) {
        g_string_append_printf(path, "[%u]", node->position);
        return;
    }
    cJSON *name = cJSON_ParseWithLength(text + node->key, node->key_length);
    g_autofree char *raw = g_strndup(text + node->key + 1, node->key_length - 2);
    g_autofree char *ident = sql_ident(cJSON_IsString(name) ? name->valuestring : raw);
    g_string_append_printf(path, ".%s", ident);
    cJSON_Delete(name);
}

char *sql_super_path(const char *column, const char *text, const GArray *nodes, guint node)
{
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(guint));
    for (gint64 at = node; at > 0; at = g_array_index(nodes, SuperNode, at).parent) {
        guint step = (guint)at;
        g_array_prepend_val(steps, step);
    }
    g_autofree char *first = sql_ident(column);
    GString *path = g_string_new(first);
    for (guint i = 0; i < steps->len; i++)
        append_step(path, text, &g_array_index(nodes, SuperNode, g_array_index(steps, guint, i)));
    return g_string_free(path, FALSE);
}
