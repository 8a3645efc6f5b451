#include "ui/script.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

static const struct {
    const char *words;
    ScriptVerb verb;
    gboolean quoted; /* the argument is a quoted text */
} verbs[] = {
    {"key", SCRIPT_KEY, FALSE},
    {"type", SCRIPT_TYPE, FALSE},
    {"paste", SCRIPT_PASTE, FALSE},
    {"action", SCRIPT_ACTION, FALSE},
    {"wait idle", SCRIPT_WAIT_IDLE, FALSE},
    {"wait text", SCRIPT_WAIT_TEXT, TRUE},
    {"wait gone", SCRIPT_WAIT_GONE, TRUE},
    {"expect", SCRIPT_EXPECT, TRUE},
    {"reject", SCRIPT_REJECT, TRUE},
    {"resize", SCRIPT_RESIZE, FALSE},
    {"dump", SCRIPT_DUMP, FALSE},
    {"deadline", SCRIPT_DEADLINE, FALSE},
};

static void command_free(gpointer data)
{
    ScriptCommand *command = data;
    g_free(command->text);
    g_free(command->rest);
    g_free(command);
}

/* The rest of the line behind a verb's words, or NULL when it is another verb. */
static const char *after_words(const char *line, const char *words)
{
    gsize length = strlen(words);
    if (strncmp(line, words, length) != 0 || (line[length] != ' ' && line[length] != '\0'))
        return NULL;
    return line + length + (line[length] == ' ' ? 1 : 0);
}

/* ${NAME} becomes the variable's value. */
static char *expand(const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *p = text; *p != '\0'; p++) {
        const char *close = g_str_has_prefix(p, "${") ? strchr(p, '}') : NULL;
        if (close == NULL) {
            g_string_append_c(out, *p);
            continue;
        }
        g_autofree char *name = g_strndup(p + 2, (gsize)(close - p - 2));
        const char *value = g_getenv(name);
        g_string_append(out, value != NULL ? value : "");
        p = close;
    }
    return g_string_free(out, FALSE);
}

static char *unquote(const char *text)
{
    gsize length = strlen(text);
    if (length < 2 || text[0] != '"' || text[length - 1] != '"')
        return NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    for (gsize i = 1; i + 1 < length; i++) {
        if (text[i] == '\\' && (text[i + 1] == '"' || text[i + 1] == '\\') && i + 2 < length)
            i++;
        g_string_append_c(out, text[i]);
    }
    return expand(out->str);
}

static gboolean parse_numbers(ScriptCommand *command)
{
    int used = 0;
    const char *text = command->text;
    if (command->verb == SCRIPT_RESIZE)
        return sscanf(text, "%dx%d%n", &command->a, &command->b, &used) == 2 &&
               text[used] == '\0' && command->a > 0 && command->b > 0;
    if (command->verb == SCRIPT_DEADLINE)
        return sscanf(text, "%d%n", &command->a, &used) == 1 && text[used] == '\0' &&
               command->a > 0;
    return TRUE;
}

static void split_argument(ScriptCommand *command)
{
    char *blank = command->verb == SCRIPT_ACTION ? strchr(command->text, ' ') : NULL;
    if (blank == NULL)
        return;
    *blank = '\0';
    command->rest = expand(g_strstrip(blank + 1));
}

static ScriptCommand *parse_line(const char *line)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        const char *rest = after_words(line, verbs[i].words);
        if (rest == NULL)
            continue;
        ScriptCommand *command = g_new0(ScriptCommand, 1);
        command->verb = verbs[i].verb;
        command->text = verbs[i].quoted ? unquote(rest) : expand(rest);
        gboolean needs_text = command->verb != SCRIPT_WAIT_IDLE;
        if (command->text == NULL || (needs_text && *command->text == '\0') ||
            !parse_numbers(command)) {
            command_free(command);
            return NULL;
        }
        split_argument(command);
        return command;
    }
    return NULL;
}

GPtrArray *script_parse(const char *name, const char *text, GError **error)
{
    g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(command_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = g_strchug(lines[i]);
        if (*line == '\0' || *line == '#')
            continue;
        /* type and paste keep their blanks at the end; nothing else can mean them */
        if (!g_str_has_prefix(line, "type ") && !g_str_has_prefix(line, "paste "))
            g_strchomp(lines[i]);
        ScriptCommand *command = parse_line(line);
        if (command == NULL) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s:%u: cannot read \"%s\"", name, i + 1,
                        line);
            return NULL;
        }
        command->line = i + 1;
        g_ptr_array_add(commands, command);
    }
    return g_steal_pointer(&commands);
}
