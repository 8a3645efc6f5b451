#include "config/import_private.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "config/ini.h"
#include "config/profile_check.h"

static void note_free(gpointer data)
{
    ImportNote *note = data;
    g_free(note->option);
    g_free(note->reason);
    g_free(note);
}

Import *import_new(const char *name, const char *format)
{
    Import *import = g_new0(Import, 1);
    import->format = format;
    import->profile = profile_new(name);
    import->notes = g_ptr_array_new_with_free_func(note_free);
    return import;
}

void import_free(Import *import)
{
    if (import == NULL)
        return;
    profile_free(import->profile);
    g_ptr_array_unref(import->notes);
    g_free(import);
}

const char *import_fate_name(ImportFate fate)
{
    static const char *const names[] = {"changed", "ignored", "refused", "left out"};
    return names[fate];
}

void import_note(Import *import, ImportFate fate, const char *option, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ImportNote *note = g_new0(ImportNote, 1);
    note->fate = fate;
    note->option = text_printable(option, -1);
    note->reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(import->notes, note);
}

/* --- pairs -------------------------------------------------------------------------------------- */

static void pair_free(gpointer data)
{
    ImportPair *pair = data;
    explicit_bzero(pair->value, strlen(pair->value));
    g_free(pair->key);
    g_free(pair->value);
    g_free(pair);
}

GPtrArray *import_pairs_new(void)
{
    return g_ptr_array_new_with_free_func(pair_free);
}

void import_pairs_add(GPtrArray *pairs, const char *key, gssize key_length, const char *value,
                      gssize value_length)
{
    ImportPair *pair = g_new0(ImportPair, 1);
    pair->key = key_length < 0 ? g_strdup(key) : g_strndup(key, (gsize)key_length);
    pair->value = value_length < 0 ? g_strdup(value) : g_strndup(value, (gsize)value_length);
    g_ptr_array_add(pairs, pair);
}

const char *import_pairs_find(const GPtrArray *pairs, const char *key)
{
    const char *found = NULL;
    for (guint i = 0; i < pairs->len; i++) {
        const ImportPair *pair = pairs->pdata[i];
        if (g_ascii_strcasecmp(pair->key, key) == 0)
            found = pair->value;
    }
    return found;
}

gboolean import_is_true(const char *value)
{
    static const char *const yes[] = {"true", "yes", "on", "1", NULL};
    g_autofree char *lower = g_ascii_strdown(value, -1);
    return g_strv_contains(yes, lower);
}

/* --- options ------------------------------------------------------------------------------------ */

gboolean import_set(Import *import, const char *field, const char *option, const char *value,
                    GError **error)
{
    const FieldRow *row = field_find(profile_fields(), field);
    if (*value == '\0')
        return TRUE;
    g_autofree char *where = text_printable(option, -1);
    return field_set(row, import->profile, where, value, error);
}

static char *convert(ImportTake take, const char *value)
{
    if (take == TAKE_SECONDS && *value != '\0' && strspn(value, "0123456789") == strlen(value))
        return g_strconcat(value, "s", NULL);
    char *copy = g_strdup(value);
    return take == TAKE_COLONS ? g_strdelimit(copy, ":", ',') : copy;
}

static void ignore_unknown(Import *import, const ImportRow *rows, const char *option)
{
    const ImportRow *near = NULL;
    guint least = MAX(2, (guint)strlen(option) / 3) + 1;
    for (const ImportRow *row = rows; row->option != NULL; row++) {
        g_autofree char *one = g_ascii_strdown(option, -1);
        g_autofree char *other = g_ascii_strdown(row->option, -1);
        guint distance = text_distance(one, other);
        if (distance < least) {
            least = distance;
            near = row;
        }
    }
    import_note(import, IMPORT_IGNORED, option, "not an option of %s%s%s", import->format,
                near != NULL ? "; did you mean " : "", near != NULL ? near->option : "");
}

gboolean import_take(Import *import, const ImportRow *rows, const char *option, const char *value,
                     GError **error)
{
    const ImportRow *row = rows;
    while (row->option != NULL && g_ascii_strcasecmp(row->option, option) != 0)
        row++;
    if (row->option == NULL) {
        ignore_unknown(import, rows, option);
        return TRUE;
    }
    if (row->reason != NULL)
        import_note(import,
                    row->field != NULL ? IMPORT_CHANGED
                    : row->is_refused  ? IMPORT_REFUSED
                                       : IMPORT_IGNORED,
                    option, "%s", row->reason);
    if (row->field == NULL)
        return TRUE;
    char *converted = convert(row->take, value);
    gboolean set = import_set(import, row->field, option, converted, error);
    explicit_bzero(converted, strlen(converted));
    g_free(converted);
    return set;
}

/* --- secrets ------------------------------------------------------------------------------------ */

void import_drop_secrets(Import *import)
{
    Profile *profile = import->profile;
    if (profile->password != NULL) {
        g_clear_pointer(&profile->password, secret_unref);
        g_free(profile->auth);
        profile->auth = g_strdup("prompt");
        import_note(
            import, IMPORT_LEFT_OUT, "password",
            "auth = prompt asks for it; auth = keyring or a line of ~/.pgpass (auth = pgpass) "
            "remember it; --keep-secret writes it");
    }
    if (profile->secret_access_key == NULL && profile->session_token == NULL)
        return;
    g_clear_pointer(&profile->access_key_id, g_free);
    g_clear_pointer(&profile->secret_access_key, secret_unref);
    g_clear_pointer(&profile->session_token, secret_unref);
    import_note(
        import, IMPORT_LEFT_OUT, "AWS keys",
        "keep them in ~/.aws/credentials and name them in aws_profile, or in AWS_ACCESS_KEY_ID "
        "and its like; --keep-secret writes them");
}

/* --- which format ------------------------------------------------------------------------------- */

static Import *finish(Import *import, gboolean is_read, GError **error)
{
    if (is_read && profile_check(import->profile, NULL, error))
        return import;
    g_prefix_error(error, "%s: ", import->format);
    import_free(import);
    return NULL;
}

static Import *parse_spark(const char *name, const GPtrArray *pairs, GError **error)
{
    Import *import = import_new(name, "options of the Spark connector");
    return finish(import, import_spark(import, pairs, error), error);
}

static Import *parse_json(const char *name, const char *text, GError **error)
{
    g_autoptr(GPtrArray) pairs = import_pairs_new();
    if (!import_json_pairs(text, pairs, error))
        return NULL;
    if (!import_is_data_api(pairs))
        return parse_spark(name, pairs, error);
    Import *import = import_new(name, "connection of the Data API connector");
    return finish(import, import_data_api(import, pairs, error), error);
}

static Import *parse_group(const char *name, const char *text, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text + 1, "]", 2);
    const char *group = lines[0] != NULL ? g_strstrip(lines[0]) : ""; /* "[" is all there is */
    return import_service(name, group, text, "the service file", error);
}

static Import *parse_simple(const char *name, const char *text, GError **error)
{
    static const struct {
        const char *format;
        gboolean (*is)(const char *text);
        gboolean (*read)(Import *import, const char *text, GError **error);
    } kinds[] = {
        {"JDBC URL", import_is_jdbc, import_jdbc_url},
        {"connection URI", import_is_uri, import_uri},
        {"PG* variables", import_is_variables, import_variables},
        {"connection string", import_is_libpq, import_conninfo},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (kinds[i].is(text)) {
            Import *import = import_new(name, kinds[i].format);
            return finish(import, kinds[i].read(import, text, error), error);
        }
    g_autoptr(GPtrArray) pairs = import_pairs_new();
    return import_spark_text(text, pairs, error) ? parse_spark(name, pairs, error) : NULL;
}

Import *import_parse(const char *name, const char *text, GError **error)
{
    if (!g_utf8_validate(text, -1, NULL)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "what is to be imported is not UTF-8 text");
        return NULL;
    }
    char *copy = g_strstrip(g_strdup(text));
    Import *import = *copy == '{'   ? parse_json(name, copy, error)
                     : *copy == '[' ? parse_group(name, copy, error)
                                    : parse_simple(name, copy, error);
    explicit_bzero(copy, strlen(copy));
    g_free(copy);
    return import;
}

/* --- pg_service.conf ---------------------------------------------------------------------------- */

typedef struct {
    Import *import;
    const char *service;
    gboolean is_found;
} ServiceReading;

/* An IniEach. */
static gboolean read_service(gpointer user, const IniEntry *entry, GError **error)
{
    ServiceReading *reading = user;
    if (strcmp(entry->group, reading->service) != 0)
        return TRUE;
    reading->is_found = TRUE;
    return entry->key == NULL ||
           import_libpq_option(reading->import, entry->key, entry->value, error);
}

Import *import_service(const char *name, const char *service, const char *text, const char *source,
                       GError **error)
{
    ServiceReading reading = {import_new(name, "connection service"), service, FALSE};
    gboolean is_read = ini_read(text, source, read_service, &reading, error);
    if (is_read && !reading.is_found) {
        is_read = FALSE;
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "there is no service [%s] in %s", service,
                    source);
    }
    return finish(reading.import, is_read, error);
}
