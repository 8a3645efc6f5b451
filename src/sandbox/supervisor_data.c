#include "sandbox/supervisor_data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "sandbox/database.h"
#include "sandbox/postgres.h"

#define SOCKET_NAME_MAX ((int)sizeof "/.s.PGSQL.5432.lock")
#define PRIVATE_PREFIX "redsmith-"

static gboolean run(const char *const *argv, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *complaint = NULL;
    int status = 0;
    if (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                     NULL, NULL, NULL, &complaint, &status, &reason) &&
        g_spawn_check_wait_status(status, &reason))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "%s failed: %s %s", argv[0], reason->message,
                complaint != NULL ? g_strstrip(complaint) : "");
    return FALSE;
}

/* The SHA-256 of this program, or NULL where /proc is not mounted. */
static char *program_key(void)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new("/proc/self/exe", FALSE, NULL);
    if (file == NULL)
        return NULL;
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                       (const guchar *)g_mapped_file_get_contents(file),
                                       g_mapped_file_get_length(file));
}

static gboolean has_key(const char *key_file, const char *key)
{
    g_autofree char *text = NULL;
    return g_file_get_contents(key_file, &text, NULL, NULL) && strcmp(text, key) == 0;
}

/* A whole database in data_dir, its server stopped cleanly. */
static gboolean fill_template(const SandboxState *state, const char *programs, const char *data_dir,
                              GError **error)
{
    g_autofree char *log_file = state_path(state, "log/postgres.log");
    const char *clean[] = {"rm", "-rf", "--", data_dir, NULL};
    if (!run(clean, error) || !postgres_create(programs, data_dir, state->superuser, error))
        return FALSE;
    pid_t server =
        postgres_start(programs, data_dir, state->socket_dir, state->superuser, log_file, error);
    if (server < 0)
        return FALSE;
    gboolean filled = database_prepare(state->socket_dir, state->superuser, state->database,
                                       state->user, state->password, error);
    postgres_stop(server);
    return filled;
}

static gboolean copy_template(const char *from, const char *to, GError **error)
{
    g_autofree char *fresh = g_strconcat(to, ".new", NULL);
    const char *clean[] = {"rm", "-rf", "--", fresh, NULL};
    const char *copy[] = {"cp", "-a", "--reflink=auto", "--", from, fresh, NULL};
    if (!run(clean, error) || !run(copy, error))
        return FALSE;
    return rename(fresh, to) == 0 ||
           rs_error_set_errno(error, errno, "Cannot rename %s to %s", fresh, to);
}

static gboolean from_template(const SandboxState *state, const char *programs, const char *dir,
                              const char *key, GError **error)
{
    g_autofree char *lock = g_build_filename(dir, "template.lock", NULL);
    g_autofree char *key_file = g_build_filename(dir, "key", NULL);
    g_autofree char *prepared = g_build_filename(dir, "pg", NULL);
    g_autofree char *data_dir = state_path(state, "pg");
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "Cannot open %s", lock);
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
        continue;
    gboolean done = has_key(key_file, key);
    if (!done) {
        unlink(key_file);
        done = fill_template(state, programs, prepared, error) &&
               g_file_set_contents(key_file, key, -1, error);
    }
    done = done && copy_template(prepared, data_dir, error);
    close(fd);
    return done;
}

gboolean data_prepare(const SandboxState *state, const char *programs, const char *template_dir,
                      GError **error)
{
    g_autofree char *data_dir = state_path(state, "pg");
    g_autofree char *marker = state_path(state, "pg/PG_VERSION");
    struct stat status;
    if (stat(marker, &status) == 0) /* not access(): it asks for the real user, who may not pass here */
        return TRUE;
    g_autofree char *key = template_dir != NULL ? program_key() : NULL;
    if (key != NULL)
        return from_template(state, programs, template_dir, key, error);
    return postgres_create(programs, data_dir, state->superuser, error);
}

static gboolean fits(const char *socket_dir)
{
    struct sockaddr_un address;
    return strlen(socket_dir) + SOCKET_NAME_MAX < sizeof address.sun_path &&
           strpbrk(socket_dir, ",'\"\\") == NULL;
}

static gboolean is_private(const SandboxState *state)
{
    g_autofree char *name = g_path_get_basename(state->socket_dir);
    g_autofree char *own = state_path(state, "run");
    return g_str_has_prefix(name, PRIVATE_PREFIX) && strcmp(own, state->socket_dir) != 0;
}

gboolean data_socket_dir(SandboxState *state, GError **error)
{
    data_remove_socket_dir(state); /* one that a killed run left */
    g_free(state->socket_dir);
    state->socket_dir = state_path(state, "run");
    if (fits(state->socket_dir)) {
        if (g_mkdir_with_parents(state->socket_dir, 0700) == 0)
            return TRUE;
        return rs_error_set_errno(error, errno, "Cannot create %s", state->socket_dir);
    }
    const char *const parents[] = {g_get_user_runtime_dir(), "/tmp", "/var/tmp"};
    for (gsize i = 0; i < G_N_ELEMENTS(parents); i++) {
        g_autofree char *path = g_build_filename(parents[i], PRIVATE_PREFIX "XXXXXX", NULL);
        if (!fits(path) || mkdtemp(path) == NULL)
            continue;
        g_free(state->socket_dir);
        state->socket_dir = g_steal_pointer(&path);
        return state_save(state, error); /* so that the next start finds it, come what may */
    }
    g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                "The path %s is too long for a Unix socket, and no short folder can be made",
                state->socket_dir);
    return FALSE;
}

void data_remove_socket_dir(const SandboxState *state)
{
    static const char *const names[] = {".s.PGSQL.5432", ".s.PGSQL.5432.lock"};
    struct stat folder;
    if (!is_private(state) || lstat(state->socket_dir, &folder) != 0 || !S_ISDIR(folder.st_mode) ||
        folder.st_uid != geteuid())
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(state->socket_dir, names[i], NULL);
        unlink(path);
    }
    if (rmdir(state->socket_dir) != 0)
        log_write(LOG_LEVEL_WARNING, "%s stays: %s", state->socket_dir, g_strerror(errno));
}
