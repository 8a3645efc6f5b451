#include "tests/unit/s3-fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/faults.h"
#include "sandbox/http.h"
#include "sandbox/store.h"

int s3_fixture_listen(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, length), ==, 0);
    g_assert_cmpint(listen(fd, 64), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
    *port = ntohs(address.sin_port);
    return fd;
}

G_NORETURN static void serve(SandboxState *state, int listen_fd, int ready_fd)
{
    sigset_t ends;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failing test must not leave a server behind */
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    _exit(http_main(state, listen_fd, ready_fd));
}

static gint64 fixture_now(gpointer user)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static double fixture_random(gpointer user)
{
    return 0.5;
}

static void fixture_sleep(gpointer user, guint ms, GCancellable *cancellable)
{
    S3Fixture *fixture = user;
    g_atomic_int_inc((gint *)&fixture->slept);
}

void s3_fixture_start(S3Fixture *fixture)
{
    int port, ready[2];
    char byte;
    memset(fixture, 0, sizeof *fixture);
    fixture->dir = g_dir_make_tmp("redsmith-s3-XXXXXX", NULL);
    g_autoptr(SandboxState) state = state_new(fixture->dir);
    g_free(state->access_key_id);
    g_free(state->secret_access_key);
    state->access_key_id = g_strdup(FIXTURE_KEY);
    state->secret_access_key = g_strdup(FIXTURE_SECRET);
    int fd = s3_fixture_listen(&port);
    state_set_aws_port(state, port);
    g_assert_cmpint(pipe(ready), ==, 0);
    fixture->pid = fork();
    if (fixture->pid == 0)
        serve(state, fd, ready[1]);
    close(fd);
    close(ready[1]);
    g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
    close(ready[0]);
    g_autoptr(Store) store = store_open(fixture->dir, NULL);
    g_assert_true(store_create_bucket(store, "bucket", NULL));
    g_autoptr(Secret) secret = secret_new(FIXTURE_SECRET, -1);
    AwsHooks hooks = {fixture_now, fixture_random, fixture_sleep, fixture};
    fixture->endpoint = g_strdup(state->endpoint_url);
    fixture->credentials = credentials_source_new(FIXTURE_KEY, secret, NULL);
    fixture->client = s3_client_new(fixture->endpoint, "us-east-1", fixture->credentials);
    s3_client_set_hooks(fixture->client, &hooks);
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_remove(path);
}

void s3_fixture_stop(S3Fixture *fixture)
{
    int status = 0;
    s3_client_free(fixture->client);
    credentials_source_free(fixture->credentials);
    kill(fixture->pid, SIGTERM);
    while (waitpid(fixture->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    remove_tree(fixture->dir);
    g_free(fixture->dir);
    g_free(fixture->endpoint);
}

void s3_fixture_fault(S3Fixture *fixture, const char *rule)
{
    g_autoptr(GError) error = NULL;
    faults_add(fixture->dir, rule, &error);
    g_assert_no_error(error);
}

void s3_fixture_clear_faults(S3Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    faults_clear(fixture->dir, &error);
    g_assert_no_error(error);
    fixture->slept = 0;
}

GBytes *s3_fixture_bytes(gsize length, guint seed)
{
    guint8 *bytes = g_malloc(length + 1);
    guint64 state = seed * 2654435761u + 1;
    for (gsize i = 0; i < length; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (guint8)(state >> 56);
    }
    return g_bytes_new_take(bytes, length);
}
