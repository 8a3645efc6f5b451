#include "sandbox/postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "sandbox/state.h"

#define START_DEADLINE_US (60 * G_USEC_PER_SEC)
#define STOP_DEADLINE_US (20 * G_USEC_PER_SEC)
#define POLL_US 5000

/* Settings of every run. Nothing here survives a power cut, nor has to; a commit survives kill -9,
 * because it is written, if not synced, before it is answered. Shared memory is in mapped files inside
 * the data folder: a killed server leaves nothing in /dev/shm. */
static const char *const settings[] = {
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "fsync=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "shared_buffers=64MB",
    "huge_pages=off",
    "dynamic_shared_memory_type=mmap",
    "jit=off",
    "password_encryption=md5",
    "timezone=UTC",
    "log_timezone=UTC",
    "datestyle=ISO, MDY",
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_checkpoints=off",
    "client_connection_check_interval=1s",
};

static gboolean has_programs(const char *folder)
{
    g_autofree char *server = g_build_filename(folder, "postgres", NULL);
    g_autofree char *maker = g_build_filename(folder, "initdb", NULL);
    return access(server, X_OK) == 0 && access(maker, X_OK) == 0;
}

/* The newest versioned folder of root/<version>/bin. */
static char *newest_programs(const char *root)
{
    g_autoptr(GDir) versions = g_dir_open(root, 0, NULL);
    char *best = NULL;
    double best_version = 0;
    const char *name;
    while (versions != NULL && (name = g_dir_read_name(versions)) != NULL) {
        double version = g_ascii_strtod(name, NULL);
        char *folder = g_build_filename(root, name, "bin", NULL);
        if (version > best_version && has_programs(folder)) {
            g_free(best);
            best = g_steal_pointer(&folder);
            best_version = version;
        }
        g_free(folder);
    }
    return best;
}

char *postgres_find_programs(GError **error)
{
    static const char *const roots[] = {"/usr/lib/postgresql", "/usr/pgsql-15", "/usr"};
    if (has_programs("/usr/lib/postgresql/15/bin"))
        return g_strdup("/usr/lib/postgresql/15/bin");
    char *folder = newest_programs(roots[0]);
    for (gsize i = 1; folder == NULL && i < G_N_ELEMENTS(roots); i++) {
        g_autofree char *plain = g_build_filename(roots[i], "bin", NULL);
        if (has_programs(plain))
            folder = g_steal_pointer(&plain);
    }
    g_autofree char *on_path = folder == NULL ? g_find_program_in_path("postgres") : NULL;
    g_autofree char *path_folder = on_path != NULL ? g_path_get_dirname(on_path) : NULL;
    if (path_folder != NULL && has_programs(path_folder))
        folder = g_steal_pointer(&path_folder);
    if (folder == NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                    "The PostgreSQL server was not found (initdb and postgres); on Debian install "
                    "it with: apt-get install postgresql-15");
    return folder;
}

gboolean postgres_create(const char *programs, const char *data_dir, const char *superuser,
                         GError **error)
{
    g_autofree char *maker = g_build_filename(programs, "initdb", NULL);
    g_autofree char *fresh = g_strconcat(data_dir, ".new", NULL);
    const char *argv[] = {maker,        "-D", fresh,     "--no-sync",    "-E", "UTF8",
                          "--locale=C", "-U", superuser, "--auth=trust", NULL};
    const char *clean[] = {"rm", "-rf", "--", fresh, NULL};
    g_autofree char *complaint = NULL;
    g_autoptr(GError) reason = NULL;
    int status = 0;
    if (!g_spawn_sync(NULL, (char **)clean, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                      &reason) ||
        !g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                      &complaint, &status, &reason) ||
        !g_spawn_check_wait_status(status, &reason)) {
        g_set_error(error, RS_ERROR, RS_ERROR_TRANSIENT,
                    "initdb could not make the database in %s: %s %s", fresh, reason->message,
                    complaint != NULL ? g_strstrip(complaint) : "");
        return FALSE;
    }
    if (rename(fresh, data_dir) != 0)
        return rs_error_set_errno(error, errno, "Cannot rename %s to %s", fresh, data_dir);
    return TRUE;
}

static void remove_leftovers(const char *data_dir, const char *socket_dir)
{
    static const char *const names[] = {".s.PGSQL.5432", ".s.PGSQL.5432.lock"};
    g_autofree char *pid_file = g_build_filename(data_dir, "postmaster.pid", NULL);
    unlink(pid_file);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(socket_dir, names[i], NULL);
        unlink(path);
    }
}

static char **server_arguments(const char *programs, const char *data_dir, const char *socket_dir)
{
    GPtrArray *argv = g_ptr_array_new();
    g_ptr_array_add(argv, g_build_filename(programs, "postgres", NULL));
    g_ptr_array_add(argv, g_strdup("-D"));
    g_ptr_array_add(argv, g_strdup(data_dir));
    g_ptr_array_add(argv, g_strdup_printf("-p%d", SANDBOX_PG_PORT));
    g_ptr_array_add(argv, g_strdup_printf("-k%s", socket_dir));
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_ptr_array_add(argv, g_strdup("-c"));
        g_ptr_array_add(argv, g_strdup(settings[i]));
    }
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

/* In the child. SIGQUIT is PostgreSQL's immediate shutdown, which takes its own children along. */
static void run_server(char **argv, int log_fd, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    int null_fd = open("/dev/null", O_RDONLY);
    if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(log_fd, STDOUT_FILENO) < 0 ||
        dup2(log_fd, STDERR_FILENO) < 0)
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (getppid() != parent)
        _exit(126);
    execv(argv[0], argv);
    _exit(127);
}

static char *log_tail(const char *log_file)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(log_file, &text, &length, NULL))
        return g_strdup("");
    return g_strdup(length > 600 ? text + length - 600 : text);
}

static gboolean wait_until_ready(pid_t server, const char *socket_dir, const char *superuser,
                                 const char *log_file, GError **error)
{
    g_autofree char *target = g_strdup_printf("host='%s' port=%d user='%s' dbname=postgres "
                                              "connect_timeout=10",
                                              socket_dir, SANDBOX_PG_PORT, superuser);
    gint64 deadline = g_get_monotonic_time() + START_DEADLINE_US;
    int status = 0;
    while (PQping(target) != PQPING_OK) {
        gboolean ended = waitpid(server, &status, WNOHANG) == server;
        if (!ended && g_get_monotonic_time() < deadline) {
            g_usleep(POLL_US);
            continue;
        }
        g_autofree char *tail = log_tail(log_file);
        if (!ended)
            postgres_stop(server);
        g_set_error(error, RS_ERROR, RS_ERROR_TRANSIENT,
                    "PostgreSQL did not start (%s). The end of %s:\n%s",
                    ended ? "it ended" : "no answer in time", log_file, tail);
        return FALSE;
    }
    return TRUE;
}

pid_t postgres_start(const char *programs, const char *data_dir, const char *socket_dir,
                     const char *superuser, const char *log_file, GError **error)
{
    int log_fd = open(log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) {
        rs_error_set_errno(error, errno, "Cannot open %s", log_file);
        return -1;
    }
    remove_leftovers(data_dir, socket_dir);
    g_auto(GStrv) argv = server_arguments(programs, data_dir, socket_dir);
    pid_t self = getpid();
    pid_t server = fork();
    if (server == 0)
        run_server(argv, log_fd, self);
    close(log_fd);
    if (server < 0) {
        rs_error_set_errno(error, errno, "Cannot start %s", argv[0]);
        return -1;
    }
    return wait_until_ready(server, socket_dir, superuser, log_file, error) ? server : -1;
}

void postgres_stop(pid_t server)
{
    gint64 deadline = g_get_monotonic_time() + STOP_DEADLINE_US;
    kill(server, SIGINT);
    while (waitpid(server, NULL, WNOHANG) == 0) {
        if (g_get_monotonic_time() >= deadline) {
            log_write(LOG_LEVEL_WARNING, "postgres (pid %d) did not stop; killing it", server);
            kill(server, SIGKILL);
            waitpid(server, NULL, 0);
            return;
        }
        g_usleep(POLL_US);
    }
}
