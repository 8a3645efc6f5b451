#include "sandbox/supervisor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "sandbox/database.h"
#include "sandbox/front_main.h"
#include "sandbox/http.h"
#include "sandbox/postgres.h"
#include "sandbox/state.h"
#include "sandbox/store.h"
#include "sandbox/supervisor_account.h"
#include "sandbox/supervisor_data.h"
#include "sandbox/supervisor_lock.h"

#define DEFAULT_PORT 5439
#define BACKLOG 128
#define PART_STOP_US (5 * G_USEC_PER_SEC)

typedef int (*PartMain)(const SandboxState *state, int listen_fd, int ready_fd);

typedef struct {
    SandboxState *state;
    char *programs;
    int wire_fd, aws_fd;
    sigset_t signals;
} Supervisor;

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* What only the part aws listens on, besides aws_fd. */
static void close_aws_side(SandboxState *state)
{
    close_fd(&state->aws_tls_fd);
    close_fd(&state->instance_fd);
    close_fd(&state->container_fd);
}

static void supervisor_free(Supervisor *supervisor)
{
    if (supervisor->state != NULL)
        close_aws_side(supervisor->state);
    if (supervisor->wire_fd >= 0)
        close(supervisor->wire_fd);
    if (supervisor->aws_fd >= 0)
        close(supervisor->aws_fd);
    state_free(supervisor->state);
    g_free(supervisor->programs);
    g_free(supervisor);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Supervisor, supervisor_free)

/* Listens on host:*port; *port 0 takes any, and becomes what it got. */
static int listen_on(const char *host, int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((guint16)*port)};
    socklen_t length = sizeof address;
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    inet_pton(AF_INET, host, &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &length) == 0) {
        *port = ntohs(address.sin_port);
        return fd;
    }
    close(fd);
    return -1;
}

/* The port of last time, else the preferred one, else any: what was exported once stays right. */
static int listen_somewhere(const char *host, int last, int preferred, int *port, GError **error)
{
    const int candidates[] = {last, preferred, 0};
    for (gsize i = 0; i < G_N_ELEMENTS(candidates); i++) {
        *port = candidates[i];
        if (i + 1 < G_N_ELEMENTS(candidates) && *port == 0)
            continue;
        int fd = listen_on(host, port);
        if (fd >= 0)
            return fd;
    }
    rs_error_set_errno(error, errno, "No port on %s can be listened on", host);
    return -1;
}

static gboolean open_tls_port(SandboxState *state, GError **error)
{
    if (state->tls == TLS_OFF) {
        state->aws_tls_port = 0;
        return TRUE;
    }
    state->aws_tls_fd =
        listen_somewhere(state->host, state->aws_tls_port, 0, &state->aws_tls_port, error);
    return state->aws_tls_fd >= 0;
}

static gboolean open_ports(Supervisor *supervisor, GError **error)
{
    SandboxState *state = supervisor->state;
    int aws_port = 0;
    supervisor->wire_fd =
        listen_somewhere(state->host, state->port, DEFAULT_PORT, &state->port, error);
    if (supervisor->wire_fd < 0)
        return FALSE;
    supervisor->aws_fd = listen_somewhere(state->host, state->aws_port, 0, &aws_port, error);
    if (supervisor->aws_fd < 0)
        return FALSE;
    state_set_aws_port(state, aws_port);
    if (!open_tls_port(state, error))
        return FALSE;
    state->instance_fd =
        listen_somewhere(state->host, state->instance_port, 0, &state->instance_port, error);
    if (state->instance_fd < 0)
        return FALSE;
    state->container_fd =
        listen_somewhere(state->host, state->container_port, 0, &state->container_port, error);
    return state->container_fd >= 0;
}

static gboolean load_state(Supervisor *supervisor, const char *dir, GError **error)
{
    g_autoptr(GError) reason = NULL;
    supervisor->state = state_load(dir, &reason);
    if (supervisor->state == NULL && !g_error_matches(reason, RS_ERROR, RS_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    if (supervisor->state == NULL)
        supervisor->state = state_new(dir);
    SandboxState *state = supervisor->state;
    state->supervisor = getpid();
    for (int part = 0; part < PART_COUNT; part++) {
        state->parts[part].pid = 0;
        g_clear_pointer(&state->parts[part].failure, g_free);
    }
    return TRUE;
}

static gboolean make_folders(SandboxState *state, GError **error)
{
    static const char *const names[] = {"log", "s3"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = state_path(state, names[i]);
        if (g_mkdir_with_parents(path, 0700) != 0)
            return rs_error_set_errno(error, errno, "Cannot create %s", path);
    }
    return data_socket_dir(state, error);
}

/* In a fork: serve, and exit. The parent's death must not leave the part behind. */
static void run_part(Supervisor *supervisor, SandboxPart part, PartMain serve, int listen_fd,
                     int ready_fd, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    int other = part == PART_FRONT ? supervisor->aws_fd : supervisor->wire_fd;
    if (other >= 0)
        close(other);
    if (part == PART_FRONT)
        close_aws_side(supervisor->state);
    signal(SIGCHLD, SIG_DFL);
    sigset_t child_end;
    sigemptyset(&child_end);
    sigaddset(&child_end, SIGCHLD);
    sigprocmask(SIG_UNBLOCK, &child_end, NULL);
    _exit(serve(supervisor->state, listen_fd, ready_fd));
}

static gboolean start_part(Supervisor *supervisor, SandboxPart part, PartMain serve, int *listen_fd,
                           GError **error)
{
    const char *name = sandbox_part_name(part);
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) != 0)
        return rs_error_set_errno(error, errno, "Cannot start the part %s", name);
    pid_t self = getpid();
    pid_t child = fork();
    if (child == 0) {
        close(ready[0]);
        run_part(supervisor, part, serve, *listen_fd, ready[1], self);
    }
    close(ready[1]);
    close(*listen_fd); /* only the part listens: when it dies, clients are refused at once */
    *listen_fd = -1;
    if (part == PART_HTTP)
        close_aws_side(supervisor->state);
    char byte = 0;
    ssize_t got = -1;
    while (child > 0 && (got = read(ready[0], &byte, 1)) < 0 && errno == EINTR)
        continue;
    close(ready[0]);
    if (child > 0)
        supervisor->state->parts[part].pid = child;
    if (got == 1)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_TRANSIENT,
                "The part %s of the sandbox did not start; see %s/log/sandbox.log", name,
                supervisor->state->dir);
    return FALSE;
}

static gboolean start_database(Supervisor *supervisor, const char *template_dir, GError **error)
{
    SandboxState *state = supervisor->state;
    g_autofree char *data_dir = state_path(state, "pg");
    g_autofree char *log_file = state_path(state, "log/postgres.log");
    supervisor->programs = postgres_find_programs(error);
    if (supervisor->programs == NULL ||
        !data_prepare(state, supervisor->programs, template_dir, error))
        return FALSE;
    pid_t server = postgres_start(supervisor->programs, data_dir, state->socket_dir,
                                  state->superuser, log_file, error);
    if (server < 0)
        return FALSE;
    state->parts[PART_POSTGRES].pid = server;
    return database_prepare(state->socket_dir, state->superuser, state->database, state->user,
                            state->password, error);
}

static gboolean create_buckets(const SandboxState *state, GError **error)
{
    static const char *const buckets[] = {"sandbox-stage", "sandbox-data"};
    g_autoptr(Store) store = store_open(state->dir, error);
    for (gsize i = 0; store != NULL && i < G_N_ELEMENTS(buckets); i++)
        if (!store_create_bucket(store, buckets[i], error))
            return FALSE;
    return store != NULL;
}

/* SIGTERM for a fork, then SIGKILL for one that does not listen. */
static void stop_part(SandboxPartState *part)
{
    gint64 deadline = g_get_monotonic_time() + PART_STOP_US;
    kill(part->pid, SIGTERM);
    while (waitpid(part->pid, NULL, WNOHANG) == 0) {
        if (g_get_monotonic_time() >= deadline)
            kill(part->pid, SIGKILL);
        g_usleep(2000);
    }
}

static void stop_all(Supervisor *supervisor)
{
    SandboxState *state = supervisor->state;
    for (int part = PART_COUNT - 1; part >= 0; part--) {
        SandboxPartState *it = &state->parts[part];
        if (it->pid > 0 && part == PART_POSTGRES)
            postgres_stop(it->pid);
        else if (it->pid > 0)
            stop_part(it);
        it->pid = 0;
        g_clear_pointer(&it->failure, g_free);
    }
    state->supervisor = 0;
    data_remove_socket_dir(state);
    g_autoptr(GError) error = NULL;
    if (!state_save(state, &error))
        log_write(LOG_LEVEL_ERROR, "%s", error->message);
}

static char *describe_end(int status)
{
    if (WIFSIGNALED(status))
        return g_strdup_printf("killed by signal %d (%s)", WTERMSIG(status),
                               g_strsignal(WTERMSIG(status)));
    return g_strdup_printf("exited with status %d", WEXITSTATUS(status));
}

static void note_ended_child(Supervisor *supervisor, pid_t child, int status)
{
    for (int part = 0; part < PART_COUNT; part++) {
        SandboxPartState *it = &supervisor->state->parts[part];
        if (it->pid != child)
            continue;
        it->pid = 0;
        it->failure = describe_end(status);
        log_write(LOG_LEVEL_ERROR, "part %s (pid %d) %s; nobody asked it to",
                  sandbox_part_name(part), child, it->failure);
        g_autoptr(GError) error = NULL;
        if (!state_save(supervisor->state, &error))
            log_write(LOG_LEVEL_ERROR, "%s", error->message);
    }
}

static void watch(Supervisor *supervisor)
{
    int number;
    while (sigwait(&supervisor->signals, &number) == 0) {
        if (number == SIGTERM || number == SIGINT)
            return;
        int status;
        pid_t child;
        while ((child = waitpid(-1, &status, WNOHANG)) > 0)
            note_ended_child(supervisor, child, status);
    }
}

/* What was set for the caller's own databases must not reach ours. */
static void clean_environment(void)
{
    g_auto(GStrv) names = g_listenv();
    for (char **name = names; *name != NULL; name++)
        if (g_str_has_prefix(*name, "PG") || g_str_has_prefix(*name, "LC_"))
            g_unsetenv(*name);
    g_setenv("LANG", "C", TRUE);
    g_setenv("TZ", "UTC", TRUE);
}

static void block_signals(Supervisor *supervisor)
{
    sigemptyset(&supervisor->signals);
    sigaddset(&supervisor->signals, SIGTERM);
    sigaddset(&supervisor->signals, SIGINT);
    sigaddset(&supervisor->signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &supervisor->signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

static gboolean start_all(Supervisor *supervisor, const char *template_dir, GError **error)
{
    SandboxState *state = supervisor->state;
    return open_ports(supervisor, error) &&
           certificates_prepare(state->dir, state->tls_certificate, error) &&
           start_database(supervisor, template_dir, error) && create_buckets(state, error) &&
           start_part(supervisor, PART_FRONT, front_main, &supervisor->wire_fd, error) &&
           start_part(supervisor, PART_HTTP, http_main, &supervisor->aws_fd, error) &&
           state_save(state, error);
}

/* A process in the background has no other place for what GLib or the C library say at the end. */
static void keep_last_words(const char *log_file)
{
    struct stat out, null;
    if (fstat(STDERR_FILENO, &out) != 0 || stat("/dev/null", &null) != 0 ||
        out.st_rdev != null.st_rdev || !S_ISCHR(out.st_mode))
        return;
    int fd = open(log_file, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return;
    if (dup2(fd, STDERR_FILENO) < 0)
        log_write(LOG_LEVEL_WARNING, "standard error is lost: %s", g_strerror(errno));
    close(fd);
}

static gboolean take_folder(Supervisor *supervisor, const char *dir, GError **error)
{
    if (!lock_supervisor(dir, error))
        return FALSE;
    if (!lock_wait_until_dead(dir, 20 * 1000)) {
        g_set_error(error, RS_ERROR, RS_ERROR_TRANSIENT,
                    "Processes of an earlier sandbox in %s have not ended yet", dir);
        return FALSE;
    }
    g_autofree char *log_file = g_build_filename(dir, "log", "sandbox.log", NULL);
    if (!lock_alive(dir, error) || !load_state(supervisor, dir, error) ||
        !make_folders(supervisor->state, error) || !log_open(log_file, LOG_LEVEL_INFO, error))
        return FALSE;
    keep_last_words(log_file);
    return TRUE;
}

static void set_options(SandboxState *state, const SupervisorOptions *options)
{
    state->tls = options->tls;
    state->tls_certificate = options->tls_certificate;
    state->credential_seconds = options->credential_seconds;
    g_free(state->sslmode);
    state->sslmode = g_strdup(state->tls == TLS_OFF ? "disable" : "verify-full");
}

gboolean supervisor_run(const char *dir, const SupervisorOptions *options, SupervisorReady ready,
                        gpointer user, GError **error)
{
    g_autoptr(Supervisor) supervisor = g_new0(Supervisor, 1);
    const char *dirs[] = {dir, options->template_dir, NULL};
    supervisor->wire_fd = supervisor->aws_fd = -1;
    umask(077);
    clean_environment();
    block_signals(supervisor);
    if (!account_own_dir(dir, error) ||
        (options->template_dir != NULL && !account_own_dir(options->template_dir, error)) ||
        !account_enter(dirs, error))
        return FALSE;
    if (chdir(dir) != 0)
        return rs_error_set_errno(error, errno, "Cannot enter %s", dir);
    if (!take_folder(supervisor, dir, error))
        return FALSE;
    set_options(supervisor->state, options);
    gboolean started = start_all(supervisor, options->template_dir, error);
    if (started) {
        log_write(LOG_LEVEL_INFO, "serving on port %d and %s", supervisor->state->port,
                  supervisor->state->endpoint_url);
        ready(user);
        watch(supervisor);
    }
    stop_all(supervisor);
    log_write(LOG_LEVEL_INFO, started ? "stopped" : "did not start");
    log_close();
    return started;
}

pid_t supervisor_find(const char *dir)
{
    return lock_supervisor_holder(dir);
}

static void report_ready(gpointer user)
{
    int *fd = user;
    if (write(*fd, "+", 1) != 1)
        log_write(LOG_LEVEL_WARNING, "whoever started the sandbox did not wait");
    close(*fd);
    *fd = -1;
}

static void close_all_but(int keep)
{
    struct rlimit limit = {.rlim_cur = 1024};
    getrlimit(RLIMIT_NOFILE, &limit);
    int highest = (int)MIN(limit.rlim_cur, 65536);
    if (close_range(3, (unsigned)keep - 1, 0) == 0 && close_range((unsigned)keep + 1, ~0u, 0) == 0)
        return;
    for (int fd = 3; fd < highest; fd++) /* kernels before 5.9 */
        if (fd != keep)
            close(fd);
}

/* In the fork: nothing of the caller's stays open, so its pipes see their end. */
static void run_detached(const char *dir, const SupervisorOptions *options, int report_fd)
{
    g_autoptr(GError) error = NULL;
    int null_fd = open("/dev/null", O_RDWR);
    int high = fcntl(report_fd, F_DUPFD_CLOEXEC, 10);
    setsid();
    for (int fd = 0; fd <= 2; fd++)
        if (dup2(null_fd, fd) < 0)
            _exit(1);
    close_all_but(high);
    if (supervisor_run(dir, options, report_ready, &high, &error))
        _exit(0);
    if (high >= 0 && error != NULL && write(high, error->message, strlen(error->message)) < 0)
        _exit(2);
    _exit(1);
}

gboolean supervisor_launch(const char *dir, const SupervisorOptions *options, GError **error)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return rs_error_set_errno(error, errno, "Cannot start the sandbox");
    pid_t child = fork();
    if (child == 0)
        run_detached(dir, options, report[1]);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return rs_error_set_errno(error, errno, "Cannot start the sandbox");
    }
    g_autoptr(GString) answer = g_string_new(NULL);
    char bytes[512];
    ssize_t got;
    /* Readiness is one byte and not the pipe's end, which the parts of the sandbox share. */
    while (strcmp(answer->str, "+") != 0 && (got = read(report[0], bytes, sizeof bytes)) != 0) {
        if (got < 0 && errno != EINTR)
            break;
        if (got > 0)
            g_string_append_len(answer, bytes, got);
    }
    close(report[0]);
    if (strcmp(answer->str, "+") == 0)
        return TRUE;
    waitpid(child, NULL, 0);
    g_set_error(error, RS_ERROR, RS_ERROR_TRANSIENT, "%s",
                answer->len > 0 ? answer->str : "The sandbox ended while starting");
    return FALSE;
}

gboolean supervisor_stop(const char *dir, gboolean *was_running, GError **error)
{
    pid_t supervisor = supervisor_find(dir);
    *was_running = supervisor > 0;
    if (supervisor > 0 && kill(supervisor, SIGTERM) != 0 && errno != ESRCH)
        return rs_error_set_errno(error, errno, "Cannot stop the sandbox (pid %d)", supervisor);
    if (lock_wait_until_dead(dir, 40 * 1000))
        return TRUE;
    g_set_error(
        error, RS_ERROR, RS_ERROR_TRANSIENT,
        "The sandbox in %s has not stopped after 40 s; `redsmith-sandbox status` shows what "
        "is left",
        dir);
    return FALSE;
}
