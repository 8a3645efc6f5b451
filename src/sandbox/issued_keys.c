#include "sandbox/issued_keys.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/log.h"

#define GROUP "key"
#define KEPT_SECONDS 86400
#define KEY_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
#define SECRET_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"
#define TOKEN_LENGTH 360

void issued_key_free(IssuedKey *key)
{
    if (key == NULL)
        return;
    g_free(key->access_key_id);
    g_free(key->secret_access_key);
    g_free(key->session_token);
    g_free(key->arn);
    g_free(key->user_id);
    g_free(key);
}

/* The number of letters divides 256: no bias. */
static char *random_text(const char *prefix, gsize length, const char *letters)
{
    gsize count = strlen(letters);
    g_autofree guint8 *bytes = g_malloc(length);
    for (gsize got = 0; got < length;) {
        ssize_t more = getrandom(bytes + got, length - got, 0);
        if (more < 0 && errno != EINTR)
            g_error("The kernel gives no random bytes: %s", g_strerror(errno));
        got += more > 0 ? (gsize)more : 0;
    }
    GString *text = g_string_new(prefix);
    for (gsize i = 0; i < length; i++)
        g_string_append_c(text, letters[bytes[i] % count]);
    return g_string_free(text, FALSE);
}

char *issued_keys_id(const char *prefix, const char *name)
{
    guint8 digest[32];
    gsize length = sizeof digest;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guchar *)name, -1);
    g_checksum_get_digest(sum, digest, &length);
    GString *id = g_string_new(prefix);
    for (gsize i = 0; i < 17; i++)
        g_string_append_c(id, KEY_LETTERS[digest[i] % strlen(KEY_LETTERS)]);
    return g_string_free(id, FALSE);
}

/* --- files ------------------------------------------------------------------------------------- */

/* NULL for what is no key id, and so could be the name of something else. */
static char *path_of(const char *dir, const char *access_key_id)
{
    gsize length = strlen(access_key_id);
    if (!g_str_has_prefix(access_key_id, "ASIA") || length < 16 || length > 64 ||
        strspn(access_key_id, KEY_LETTERS "0189") != length)
        return NULL;
    g_autofree char *file = g_strconcat(access_key_id, ".ini", NULL);
    return g_build_filename(dir, "keys", file, NULL);
}

static IssuedKey *read_key(const char *path, const char *access_key_id)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
        return NULL;
    g_autoptr(IssuedKey) key = g_new0(IssuedKey, 1);
    key->access_key_id = g_strdup(access_key_id);
    key->secret_access_key = g_key_file_get_string(file, GROUP, "secret_access_key", NULL);
    key->session_token = g_key_file_get_string(file, GROUP, "session_token", NULL);
    key->arn = g_key_file_get_string(file, GROUP, "arn", NULL);
    key->user_id = g_key_file_get_string(file, GROUP, "user_id", NULL);
    key->expires_at = g_key_file_get_int64(file, GROUP, "expires_at", NULL);
    gboolean whole = key->secret_access_key != NULL && key->session_token != NULL &&
                     key->arn != NULL && key->user_id != NULL;
    return whole ? g_steal_pointer(&key) : NULL;
}

IssuedKey *issued_keys_find(const char *dir, const char *access_key_id)
{
    g_autofree char *path = path_of(dir, access_key_id);
    return path != NULL ? read_key(path, access_key_id) : NULL;
}

static void remove_old(const char *folder, gint64 now)
{
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    for (const char *name; files != NULL && (name = g_dir_read_name(files)) != NULL;) {
        if (!g_str_has_suffix(name, ".ini"))
            continue;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autoptr(IssuedKey) key = read_key(path, name);
        if (key != NULL && key->expires_at + KEPT_SECONDS < now && g_unlink(path) != 0)
            log_write(LOG_LEVEL_WARNING, "aws: cannot remove %s: %s", path, g_strerror(errno));
    }
}

static gboolean keep(const char *dir, const IssuedKey *key, GError **error)
{
    g_autofree char *folder = g_build_filename(dir, "keys", NULL);
    g_autofree char *path = path_of(dir, key->access_key_id);
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return rs_error_set_errno(error, errno, "Cannot create %s", folder);
    remove_old(folder, g_get_real_time() / G_USEC_PER_SEC);
    g_key_file_set_string(file, GROUP, "secret_access_key", key->secret_access_key);
    g_key_file_set_string(file, GROUP, "session_token", key->session_token);
    g_key_file_set_string(file, GROUP, "arn", key->arn);
    g_key_file_set_string(file, GROUP, "user_id", key->user_id);
    g_key_file_set_int64(file, GROUP, "expires_at", key->expires_at);
    g_autofree char *text = g_key_file_to_data(file, NULL, NULL);
    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

IssuedKey *issued_keys_add(const char *dir, const char *arn, const char *user_id, gint64 seconds,
                           GError **error)
{
    g_autoptr(IssuedKey) key = g_new0(IssuedKey, 1);
    key->access_key_id = random_text("ASIA", 16, KEY_LETTERS);
    key->secret_access_key = random_text("", 40, SECRET_LETTERS);
    key->session_token = random_text("FwoGZXIvYXdz", TOKEN_LENGTH, SECRET_LETTERS);
    key->arn = g_strdup(arn);
    key->user_id = g_strdup(user_id);
    key->expires_at = g_get_real_time() / G_USEC_PER_SEC + seconds;
    return keep(dir, key, error) ? g_steal_pointer(&key) : NULL;
}

IssuedKey *issued_keys_add_role(const char *dir, const char *account_id, const char *role,
                                const char *session, gint64 seconds, GError **error)
{
    g_autofree char *arn =
        g_strdup_printf("arn:aws:sts::%s:assumed-role/%s/%s", account_id, role, session);
    g_autofree char *role_id = issued_keys_id("AROA", role);
    g_autofree char *user_id = g_strconcat(role_id, ":", session, NULL);
    return issued_keys_add(dir, arn, user_id, seconds, error);
}
