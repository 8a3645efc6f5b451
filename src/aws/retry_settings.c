#include <string.h>

#include "aws/retry.h"
#include "aws/shared_config.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#define LEGACY_ATTEMPTS 5

/* The modes of the AWS tools. "adaptive" sends no slower than "standard" here: what it adds is marked as an
 * experiment by all of them. */
static const struct {
    const char *name;
    guint attempts;
} modes[] = {
    {"legacy", LEGACY_ATTEMPTS}, {"standard", RETRY_ATTEMPTS}, {"adaptive", RETRY_ATTEMPTS}};

/* What is set, and where; value NULL: nowhere. */
typedef struct {
    const char *value;
    char *where;
} Setting;

static void setting_clear(Setting *setting)
{
    g_free(setting->where);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Setting, setting_clear)

static Setting find(const SharedConfig *config, const char *profile, const char *variable,
                    const char *key)
{
    const char *value = g_getenv(variable);
    if (value != NULL && *value != '\0')
        return (Setting){value, g_strdup(variable)};
    value = config != NULL ? shared_config_get(config, profile, key, NULL) : NULL;
    if (value != NULL && *value != '\0')
        return (Setting){value, shared_config_where(config, profile, key)};
    return (Setting){NULL, NULL};
}

static gboolean refuse(const Setting *setting, const char *expected, GError **error)
{
    g_autofree char *shown = text_printable(setting->value, -1);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: expected %s, not \"%s\"", setting->where,
                expected, shown);
    return FALSE;
}

static gboolean read_mode(const Setting *setting, guint *attempts, GError **error)
{
    *attempts = RETRY_ATTEMPTS;
    if (setting->value == NULL)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
        if (strcmp(modes[i].name, setting->value) == 0) {
            *attempts = modes[i].attempts;
            return TRUE;
        }
    }
    return refuse(setting, "legacy, standard or adaptive", error);
}

gboolean retry_find_attempts(const char *aws_profile, guint *attempts, GError **error)
{
    g_autoptr(GError) damaged = NULL;
    g_autoptr(SharedConfig) config = shared_config_load(&damaged);
    g_autofree char *profile = shared_config_chosen_profile(aws_profile);
    g_auto(Setting) mode = find(config, profile, "AWS_RETRY_MODE", "retry_mode");
    g_auto(Setting) most = find(config, profile, "AWS_MAX_ATTEMPTS", "max_attempts");
    guint64 number = 0;
    if (damaged != NULL) /* whoever needs the file for its keys says so aloud */
        log_write(LOG_LEVEL_WARNING, "%s", damaged->message);
    if (!read_mode(&mode, attempts, error))
        return FALSE;
    if (most.value == NULL)
        return TRUE;
    if (!g_ascii_string_to_unsigned(most.value, 10, 1, RETRY_MOST_ATTEMPTS, &number, NULL))
        return refuse(&most, "a number of attempts from 1 to 100", error);
    *attempts = (guint)number;
    return TRUE;
}
