#include "ui/keymap.h"

#include <string.h>

#include "base/error.h"

typedef struct {
    const Action *action;
    Key keys[KEY_SEQUENCE_MAX];
    guint n_keys;
    char *text; /* as it is shown */
    guint line; /* of the file; 0 for a default */
} Binding;

struct Keymap {
    const GPtrArray *actions;
    GPtrArray *bindings; /* of Binding, in order */
};

static void binding_free(gpointer data)
{
    Binding *binding = data;
    g_free(binding->text);
    g_free(binding);
}

static gboolean add_binding(Keymap *keymap, const Action *action, const char *text, guint line)
{
    Binding *binding = g_new0(Binding, 1);
    binding->action = action;
    binding->line = line;
    binding->n_keys = key_parse_sequence(text, binding->keys);
    if (binding->n_keys == 0) {
        g_free(binding);
        return FALSE;
    }
    binding->text = binding->n_keys == 1 ? key_to_text(binding->keys[0]) : g_strdup(text);
    g_ptr_array_add(keymap->bindings, binding);
    return TRUE;
}

Keymap *keymap_new(const GPtrArray *actions)
{
    Keymap *keymap = g_new0(Keymap, 1);
    keymap->actions = actions;
    keymap->bindings = g_ptr_array_new_with_free_func(binding_free);
    for (guint i = 0; i < actions->len; i++) {
        const Action *action = g_ptr_array_index(actions, i);
        g_auto(GStrv) keys = g_strsplit(action->keys, " ", -1);
        for (char **key = keys; *key != NULL; key++)
            if (**key != '\0' && !add_binding(keymap, action, *key, 0))
                g_error("action %s: \"%s\" is no key", action->name, *key);
    }
    return keymap;
}

void keymap_free(Keymap *keymap)
{
    if (keymap == NULL)
        return;
    g_ptr_array_unref(keymap->bindings);
    g_free(keymap);
}

/* TRUE when one of the two is the other or begins with it: both could not be typed. */
static gboolean collide(const Binding *a, const Key *keys, guint n_keys)
{
    return memcmp(a->keys, keys, MIN(a->n_keys, n_keys) * sizeof(Key)) == 0;
}

static void drop_bindings_of(Keymap *keymap, const Action *action)
{
    for (guint i = keymap->bindings->len; i-- > 0;) {
        const Binding *binding = g_ptr_array_index(keymap->bindings, i);
        if (binding->action == action)
            g_ptr_array_remove_index(keymap->bindings, i);
    }
}

static void report(GPtrArray *complaints, const char *name, guint line, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void report(GPtrArray *complaints, const char *name, guint line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(complaints, g_strdup_printf("%s:%u: %s", name, line, text));
}

static void take_key_from_others(Keymap *keymap, const Action *action, const char *text,
                                 const char *name, guint line, GPtrArray *complaints)
{
    Key keys[KEY_SEQUENCE_MAX];
    guint n_keys = key_parse_sequence(text, keys);
    for (guint i = keymap->bindings->len; n_keys > 0 && i-- > 0;) {
        const Binding *other = g_ptr_array_index(keymap->bindings, i);
        if (other->action == action || strcmp(other->action->context, action->context) != 0 ||
            !collide(other, keys, n_keys))
            continue;
        if (other->line > 0)
            report(complaints, name, line, "%s takes %s from %s of line %u", action->name, text,
                   other->action->name, other->line);
        else
            report(complaints, name, line, "%s takes %s, a default key of %s", action->name, text,
                   other->action->name);
        g_ptr_array_remove_index(keymap->bindings, i);
    }
}

static void read_line(Keymap *keymap, const char *name, guint line, char *text,
                      GPtrArray *complaints)
{
    char *equals = strchr(text, '=');
    if (equals == NULL) {
        report(complaints, name, line, "expected: action = keys");
        return;
    }
    *equals = '\0';
    const Action *action = action_find(keymap->actions, g_strstrip(text));
    if (action == NULL) {
        report(complaints, name, line, "there is no action \"%s\"", text);
        return;
    }
    drop_bindings_of(keymap, action);
    g_auto(GStrv) keys = g_strsplit_set(g_strstrip(equals + 1), " \t", -1);
    for (char **key = keys; *key != NULL; key++) {
        if (**key == '\0')
            continue;
        take_key_from_others(keymap, action, *key, name, line, complaints);
        if (!add_binding(keymap, action, *key, line))
            report(complaints, name, line, "\"%s\" is no key", *key);
    }
}

/* A "#" begins a comment at the start of a line or after a blank, so that it can be bound itself. */
static void cut_comment(char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        if (*p == '#' && (p == text || (g_ascii_isspace(p[-1]) && !g_str_has_suffix(p, "#")))) {
            *p = '\0';
            return;
        }
    }
}

void keymap_read(Keymap *keymap, const char *name, const char *text, GPtrArray *complaints)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        cut_comment(lines[i]);
        if (*g_strstrip(lines[i]) != '\0')
            read_line(keymap, name, i + 1, lines[i], complaints);
    }
}

gboolean keymap_load(Keymap *keymap, const char *path, GPtrArray *complaints, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) failure = NULL;
    if (!g_file_get_contents(path, &text, NULL, &failure)) {
        if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return TRUE;
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "Cannot read the key file: %s",
                    failure->message);
        return FALSE;
    }
    g_autofree char *name = g_path_get_basename(path);
    keymap_read(keymap, name, text, complaints);
    return TRUE;
}

static KeymapMatch find_in_context(const Keymap *keymap, const char *context, const Key *keys,
                                   guint n_keys, const Action **action)
{
    KeymapMatch match = KEYMAP_UNBOUND;
    for (guint i = 0; i < keymap->bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(keymap->bindings, i);
        if (strcmp(binding->action->context, context) != 0 || binding->n_keys < n_keys ||
            !collide(binding, keys, n_keys))
            continue;
        if (binding->n_keys == n_keys) {
            *action = binding->action;
            return KEYMAP_BOUND;
        }
        match = KEYMAP_PREFIX;
    }
    return match;
}

KeymapMatch keymap_find(const Keymap *keymap, const char *const *contexts, const Key *keys,
                        guint n_keys, const Action **action)
{
    for (; *contexts != NULL; contexts++) {
        KeymapMatch match = find_in_context(keymap, *contexts, keys, n_keys, action);
        if (match != KEYMAP_UNBOUND)
            return match;
    }
    return KEYMAP_UNBOUND;
}

/* Does it mean its own action there, and not that of a nearer context? */
static gboolean is_reached(const Keymap *keymap, const Binding *binding,
                           const char *const *contexts)
{
    const Action *found = NULL;
    return keymap_find(keymap, contexts, binding->keys, binding->n_keys, &found) == KEYMAP_BOUND &&
           found == binding->action;
}

char *keymap_keys(const Keymap *keymap, const Action *action, const char *const *contexts)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < keymap->bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(keymap->bindings, i);
        if (binding->action == action &&
            (contexts == NULL || is_reached(keymap, binding, contexts)))
            g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "", binding->text);
    }
    return g_string_free(out, FALSE);
}
