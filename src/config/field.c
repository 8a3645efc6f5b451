#include "config/field.h"

#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"

static gpointer member(const FieldRow *row, gconstpointer object)
{
    return (char *)object + row->offset;
}

static gboolean is_number(const FieldRow *row)
{
    return row->type == FIELD_NUMBER || row->type == FIELD_DURATION || row->type == FIELD_FLAG;
}

const FieldRow *field_find(const FieldRow *rows, const char *name)
{
    for (; rows->name != NULL; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

const FieldRow *field_nearest(const FieldRow *rows, const char *name)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    const FieldRow *nearest = NULL;
    guint least = MAX(2, (guint)strlen(name) / 3) + 1;
    for (; rows->name != NULL; rows++) {
        guint distance = text_distance(lower, rows->name);
        if (distance < least) {
            least = distance;
            nearest = rows;
        }
    }
    return nearest;
}

static gboolean has_word(const char *words, const char *word)
{
    if (words == NULL)
        return FALSE;
    g_auto(GStrv) list = g_strsplit(words, "|", -1);
    return g_strv_contains((const char *const *)list, word);
}

static char *duration_text(int ms)
{
    if (ms % 60000 == 0 && ms > 0)
        return g_strdup_printf("%dmin", ms / 60000);
    if (ms % 1000 == 0 && ms > 0)
        return g_strdup_printf("%ds", ms / 1000);
    return ms == 0 ? g_strdup("0") : g_strdup_printf("%dms", ms);
}

char *field_range(const FieldRow *row)
{
    g_autofree char *least = duration_text(row->least), *most = duration_text(row->most);
    g_auto(GStrv) words = NULL;
    switch (row->type) {
    case FIELD_WORD:
        words = g_strsplit(row->words, "|", -1);
        return g_strjoinv(", ", words);
    case FIELD_NUMBER:
        return g_strdup_printf("%d to %d", row->least, row->most);
    case FIELD_DURATION:
        return g_strdup_printf("%s to %s, with a unit: ms, s or min", least, most);
    case FIELD_FLAG:
        return g_strdup("true or false");
    case FIELD_LIST:
        return g_strdup("names separated by commas");
    case FIELD_S3_URL:
        return g_strdup("s3://bucket/prefix");
    case FIELD_WEB_URL:
        return g_strdup("http://host:port or https://host:port");
    case FIELD_HOST:
        return g_strdup("a host name or address, without scheme, port and path");
    case FIELD_ROLE:
        return g_strdup(row->words != NULL
                            ? "arn:aws:iam::ACCOUNT:role/NAME, several with commas, or default"
                            : "arn:aws:iam::ACCOUNT:role/NAME, several with commas");
    default:
        return g_strdup("text");
    }
}

static gboolean refuse(const FieldRow *row, const char *where, const char *text, GError **error)
{
    g_autofree char *range = field_range(row);
    /* A URL may carry keys before its '@'. */
    gboolean is_hidden = row->type == FIELD_SECRET || strchr(text, '@') != NULL;
    g_autofree char *shown = is_hidden ? g_strdup("***") : text_printable(text, -1);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s is \"%s\"; expected %s", where, shown, range);
    return FALSE;
}

static gboolean read_int(const char *text, char **end, int least, int most, int factor, int *value)
{
    gint64 number = g_ascii_strtoll(text, end, 10);
    if (*end == text || number > G_MAXINT / factor || number < G_MININT / factor)
        return FALSE;
    *value = (int)number * factor;
    return *value >= least && *value <= most;
}

static gboolean read_number(const FieldRow *row, const char *text, int *value)
{
    char *end;
    return read_int(text, &end, row->least, row->most, 1, value) && *end == '\0';
}

static gboolean read_duration(const FieldRow *row, const char *text, int *value)
{
    static const struct {
        const char *unit;
        int ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}};
    gsize digits = strspn(text, "0123456789");
    const char *unit = text + digits;
    while (*unit == ' ')
        unit++;
    char *end;
    if (digits > 0 && *unit == '\0' && strspn(text, "0") == digits)
        return read_int(text, &end, row->least, row->most, 1, value);
    for (gsize i = 0; digits > 0 && i < G_N_ELEMENTS(units); i++)
        if (strcmp(unit, units[i].unit) == 0)
            return read_int(text, &end, row->least, row->most, units[i].ms, value);
    return FALSE;
}

static gboolean read_flag(const char *text, gboolean *value)
{
    static const char *const yes[] = {"true", "yes", "on", "1", NULL};
    static const char *const no[] = {"false", "no", "off", "0", NULL};
    g_autofree char *lower = g_ascii_strdown(text, -1);
    *value = g_strv_contains(yes, lower);
    return *value || g_strv_contains(no, lower);
}

static char **read_list(const char *text)
{
    g_auto(GStrv) raw = g_strsplit(text, ",", -1);
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    for (guint i = 0; raw[i] != NULL; i++)
        if (*g_strstrip(raw[i]) != '\0')
            g_ptr_array_add(items, g_strdup(raw[i]));
    g_ptr_array_add(items, NULL);
    return (char **)g_ptr_array_steal(items, NULL);
}

/* A bucket, and no keys in front of it: s3n://KEY:SECRET@bucket was once a custom. */
static gboolean is_s3_url(const char *text)
{
    if (!g_str_has_prefix(text, "s3://"))
        return FALSE;
    const char *bucket = text + strlen("s3://");
    gsize length = strcspn(bucket, "/");
    return length > 0 && memchr(bucket, '@', length) == NULL && g_utf8_validate(text, -1, NULL);
}

/* arn:PARTITION:iam::ACCOUNT:role/PATH/NAME (IAM User Guide, "IAM identifiers"). */
static gboolean is_role(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", 6);
    return g_strv_length(parts) == 6 && strcmp(parts[0], "arn") == 0 && *parts[1] != '\0' &&
           strcmp(parts[2], "iam") == 0 && *parts[3] == '\0' && strlen(parts[4]) == 12 &&
           strspn(parts[4], "0123456789") == 12 && g_str_has_prefix(parts[5], "role/") &&
           parts[5][5] != '\0' && strpbrk(parts[5], " '\"\\;:\t\r\n") == NULL;
}

static gboolean is_role_list(const char *text)
{
    g_auto(GStrv) roles = g_strsplit(text, ",", -1);
    for (guint i = 0; roles[i] != NULL; i++)
        if (!is_role(g_strstrip(roles[i])))
            return FALSE;
    return roles[0] != NULL;
}

/* A line of an INI file holds it. */
static gboolean is_one_line(const char *text)
{
    for (; *text != '\0'; text++)
        if (g_ascii_iscntrl(*text) && *text != '\t')
            return FALSE;
    return TRUE;
}

static gboolean is_sound(const FieldRow *row, const char *text)
{
    if (!is_one_line(text))
        return FALSE;
    if (row->type == FIELD_WORD)
        return has_word(row->words, text);
    if (row->type == FIELD_S3_URL)
        return is_s3_url(text);
    if (row->type == FIELD_WEB_URL)
        return g_str_has_prefix(text, "http://") || g_str_has_prefix(text, "https://");
    if (row->type == FIELD_HOST)
        return *text != '\0' && strpbrk(text, "/@?;, \t") == NULL &&
               (strchr(text, ':') == NULL || strchr(text, ':') != strrchr(text, ':')) &&
               g_utf8_validate(text, -1, NULL);
    if (row->type == FIELD_ROLE)
        return has_word(row->words, text) || is_role_list(text);
    return g_utf8_validate(text, -1, NULL);
}

/* The scheme that Hadoop's file systems gave the same buckets. Free with g_free; NULL: as it is. */
static char *plain_s3_url(const FieldRow *row, const char *text)
{
    gboolean is_hadoops = row->type == FIELD_S3_URL && g_ascii_strncasecmp(text, "s3", 2) == 0 &&
                          (g_ascii_strncasecmp(text + 2, "a://", 4) == 0 ||
                           g_ascii_strncasecmp(text + 2, "n://", 4) == 0);
    return is_hadoops ? g_strconcat("s3", text + 3, NULL) : NULL;
}

void field_unset(const FieldRow *row, gpointer object)
{
    gpointer at = member(row, object);
    if (is_number(row))
        *(int *)at = 0;
    else if (row->type == FIELD_SECRET)
        g_clear_pointer((Secret **)at, secret_unref);
    else if (row->type == FIELD_LIST)
        g_clear_pointer((char ***)at, g_strfreev);
    else
        g_clear_pointer((char **)at, g_free);
}

static gboolean set_number(const FieldRow *row, gpointer object, const char *text)
{
    int value = 0;
    gboolean sound = row->type == FIELD_NUMBER     ? read_number(row, text, &value)
                     : row->type == FIELD_DURATION ? read_duration(row, text, &value)
                                                   : read_flag(text, &value);
    if (sound)
        *(int *)member(row, object) = value;
    return sound;
}

gboolean field_set(const FieldRow *row, gpointer object, const char *where, const char *text,
                   GError **error)
{
    if (is_number(row))
        return set_number(row, object, text) || refuse(row, where, text, error);
    g_autofree char *plain = plain_s3_url(row, text);
    text = plain != NULL ? plain : text;
    if (!is_sound(row, text))
        return refuse(row, where, text, error);
    field_unset(row, object);
    if (row->type == FIELD_SECRET)
        *(Secret **)member(row, object) = secret_new(text, -1);
    else if (row->type == FIELD_LIST)
        *(char ***)member(row, object) = read_list(text);
    else
        *(char **)member(row, object) = g_strdup(text);
    return TRUE;
}

gboolean field_is_unset(const FieldRow *row, gconstpointer object)
{
    gpointer at = member(row, object);
    return is_number(row) ? *(int *)at == 0 : *(gpointer *)at == NULL;
}

const char *field_secret(const FieldRow *row, gconstpointer object)
{
    g_assert(row->type == FIELD_SECRET);
    return secret_peek(*(Secret **)member(row, object));
}

char *field_text(const FieldRow *row, gconstpointer object)
{
    gpointer at = member(row, object);
    switch (row->type) {
    case FIELD_NUMBER:
        return g_strdup_printf("%d", *(int *)at);
    case FIELD_DURATION:
        return duration_text(*(int *)at);
    case FIELD_FLAG:
        return g_strdup(*(gboolean *)at ? "true" : "false");
    case FIELD_LIST:
        return *(char ***)at == NULL ? NULL : g_strjoinv(", ", *(char ***)at);
    case FIELD_SECRET:
        return *(Secret **)at == NULL ? NULL : g_strdup("(set)");
    default:
        return g_strdup(*(char **)at);
    }
}

void field_set_fallbacks(const FieldRow *rows, gpointer object)
{
    for (; rows->name != NULL; rows++)
        if (rows->fallback != NULL)
            field_set(rows, object, rows->name, rows->fallback, NULL);
}

void field_clear(const FieldRow *rows, gpointer object)
{
    for (; rows->name != NULL; rows++)
        field_unset(rows, object);
}
