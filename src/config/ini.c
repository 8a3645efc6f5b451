#include "config/ini.h"

#include <string.h>

#include "base/error.h"

typedef enum { LINE_OTHER, LINE_GROUP, LINE_PAIR, LINE_BAD } LineKind;

/* One line, cut in place: key and value point into it. */
typedef struct {
    LineKind kind;
    char *key, *value;
} Line;

static Line parse_line(char *text)
{
    Line line = {LINE_OTHER, NULL, NULL};
    gsize length = strlen(text);
    if (length > 0 && text[length - 1] == '\r')
        text[--length] = '\0';
    while (g_ascii_isspace(*text))
        text++;
    if (*text == '\0' || *text == '#' || *text == ';')
        return line;
    if (*text == '[') {
        g_strchomp(text);
        char *end = strchr(text, ']');
        line.kind = end != NULL && end[1] == '\0' && end > text + 1 ? LINE_GROUP : LINE_BAD;
        if (line.kind == LINE_GROUP)
            *end = '\0';
        line.key = text + 1;
        return line;
    }
    char *equals = strchr(text, '=');
    line.kind = equals == NULL || equals == text ? LINE_BAD : LINE_PAIR;
    if (line.kind == LINE_BAD)
        return line;
    *equals = '\0';
    line.key = g_strchomp(text);
    line.value = equals + 1;
    while (g_ascii_isspace(*line.value))
        line.value++;
    return line;
}

/* The lines, without the empty one that the last line end leaves behind. */
static char **split(const char *text)
{
    char **lines = g_strsplit(text, "\n", -1);
    guint n = g_strv_length(lines);
    if (n > 0 && *lines[n - 1] == '\0')
        g_clear_pointer(&lines[n - 1], g_free);
    return lines;
}

static void wipe(char **lines)
{
    for (char **line = lines; *line != NULL; line++)
        explicit_bzero(*line, strlen(*line));
    g_strfreev(lines);
}

static gboolean refuse_line(const char *source, guint line, const char *expected, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s:%u: expected %s", source, line, expected);
    return FALSE;
}

static gboolean take_line(const Line *line, const char *source, IniEntry *entry, IniEach each,
                          gpointer user, GError **error)
{
    if (line->kind == LINE_OTHER)
        return TRUE;
    if (line->kind == LINE_BAD)
        return refuse_line(source, entry->line, "[group], key = value or # comment", error);
    if (line->kind == LINE_PAIR && entry->group == NULL)
        return refuse_line(source, entry->line, "a [group] before the first key", error);
    if (line->kind == LINE_GROUP)
        entry->group = line->key;
    entry->key = line->kind == LINE_PAIR ? line->key : NULL;
    entry->value = line->value;
    return each(user, entry, error);
}

gboolean ini_read(const char *text, const char *source, IniEach each, gpointer user, GError **error)
{
    char **lines = split(text);
    gboolean good = TRUE;
    IniEntry entry = {0};
    for (char **at = lines; *at != NULL && good; at++) {
        Line line = parse_line(*at);
        entry.line++;
        good = take_line(&line, source, &entry, each, user, error);
    }
    wipe(lines);
    return good;
}

typedef struct {
    const char *group, *key;
    guint line;
} Search;

/* An IniEach that always goes on. */
static gboolean search(gpointer user, const IniEntry *entry, GError **error)
{
    Search *wanted = user;
    if (wanted->line == 0 && strcmp(entry->group, wanted->group) == 0 &&
        g_strcmp0(entry->key, wanted->key) == 0)
        wanted->line = entry->line;
    return TRUE;
}

guint ini_line(const char *text, const char *group, const char *key)
{
    Search wanted = {group, key, 0};
    ini_read(text, "", search, &wanted, NULL);
    return wanted.line;
}

/* --- changes ------------------------------------------------------------------------------------ */

/* How the original line is to be read, without changing it. */
static LineKind look(const char *text, char **key)
{
    g_autofree char *copy = g_strdup(text);
    Line line = parse_line(copy);
    *key = line.kind == LINE_GROUP || line.kind == LINE_PAIR ? g_strdup(line.key) : NULL;
    explicit_bzero(copy, strlen(copy));
    return line.kind;
}

static void append_line(GString *out, const char *line)
{
    g_string_append(out, line);
    g_string_append_c(out, '\n');
}

static void append_pair(GString *out, const IniPair *pair)
{
    g_string_append_printf(out, "%s = %s\n", pair->key, pair->value);
}

static const IniPair *find_pair(const IniPair *pairs, const char *key)
{
    for (; pairs->key != NULL; pairs++)
        if (strcmp(pairs->key, key) == 0)
            return pairs;
    return NULL;
}

/* Pairs that have no line yet go before the blank and comment lines at the group's end: those belong
 * to the group that follows. */
static void append_rest(GString *out, const IniPair *pairs, GHashTable *placed, gsize position)
{
    g_autoptr(GString) rest = g_string_new(NULL);
    for (; pairs->key != NULL; pairs++)
        if (g_hash_table_add(placed, g_strdup(pairs->key)))
            append_pair(rest, pairs);
    g_string_insert_len(out, (gssize)position, rest->str, (gssize)rest->len);
    explicit_bzero(rest->str, rest->len);
}

/* A line of the group that is put; *end moves behind the last line that is the group's own. */
static void put_line(GString *out, const char *line, LineKind kind, const char *key,
                     const IniPair *pairs, GHashTable *placed, gsize *end)
{
    const IniPair *pair = kind == LINE_PAIR ? find_pair(pairs, key) : NULL;
    if (kind == LINE_PAIR && pair == NULL)
        return;
    if (pair == NULL)
        append_line(out, line);
    else if (g_hash_table_add(placed, g_strdup(key)))
        append_pair(out, pair);
    if (kind != LINE_OTHER)
        *end = out->len;
}

char *ini_put(const char *text, const char *group, const IniPair *pairs)
{
    char **lines = split(text);
    GString *out = g_string_new(NULL);
    g_autoptr(GHashTable) placed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gboolean is_inside = FALSE, is_found = FALSE;
    gsize end = 0;
    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *key = NULL;
        LineKind kind = look(*line, &key);
        if (kind == LINE_GROUP) {
            is_inside = strcmp(key, group) == 0;
            is_found |= is_inside;
        }
        if (is_inside)
            put_line(out, *line, kind, key, pairs, placed, &end);
        else
            append_line(out, *line);
    }
    if (!is_found) {
        g_string_append_printf(out, "%s[%s]\n", out->len > 0 ? "\n" : "", group);
        end = out->len;
    }
    append_rest(out, pairs, placed, end);
    wipe(lines);
    return g_string_free(out, FALSE);
}

/* Takes the comment lines at the end of the text back: they tell of the group that goes. */
static void drop_comments(GString *out)
{
    while (out->len > 0) {
        const char *start = g_strrstr_len(out->str, (gssize)out->len - 1, "\n");
        start = start == NULL ? out->str : start + 1;
        if (*start != '#' && *start != ';')
            return;
        g_string_truncate(out, (gsize)(start - out->str));
    }
}

char *ini_remove(const char *text, const char *group)
{
    char **lines = split(text);
    GString *out = g_string_new(NULL);
    g_autoptr(GString) kept = g_string_new(NULL); /* comments that may be the next group's */
    gboolean is_inside = FALSE;
    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *key = NULL;
        LineKind kind = look(*line, &key);
        if (kind == LINE_GROUP && strcmp(key, group) == 0 && !is_inside)
            drop_comments(out);
        if (kind == LINE_GROUP)
            is_inside = strcmp(key, group) == 0;
        if (!is_inside)
            g_string_append_len(out, kept->str, (gssize)kept->len);
        if (!is_inside || kind != LINE_OTHER)
            g_string_truncate(kept, 0);
        if (!is_inside)
            append_line(out, *line);
        else if (kind == LINE_OTHER && **line != '\0')
            append_line(kept, *line);
        else if (kind == LINE_OTHER)
            g_string_truncate(kept, 0);
    }
    wipe(lines);
    return g_string_free(out, FALSE);
}

char *ini_rename(const char *text, const char *group, const char *new_name)
{
    char **lines = split(text);
    GString *out = g_string_new(NULL);
    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *key = NULL;
        if (look(*line, &key) == LINE_GROUP && strcmp(key, group) == 0)
            g_string_append_printf(out, "[%s]\n", new_name);
        else
            append_line(out, *line);
    }
    wipe(lines);
    return g_string_free(out, FALSE);
}

gboolean ini_is_group(const char *name)
{
    if (*name == '\0' || g_ascii_isspace(*name) || g_ascii_isspace(name[strlen(name) - 1]) ||
        !g_utf8_validate(name, -1, NULL))
        return FALSE;
    for (const char *at = name; *at != '\0'; at++)
        if (g_ascii_iscntrl(*at) || *at == '[' || *at == ']')
            return FALSE;
    return TRUE;
}
