#include "sandbox/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.h"

#define GROUP "sandbox"
#define PARTS "parts"

/* Text fields of the [sandbox] group, in the order in which they are written. */
static const struct {
    const char *key;
    gsize offset;
} fields[] = {
    {"host", G_STRUCT_OFFSET(SandboxState, host)},
    {"database", G_STRUCT_OFFSET(SandboxState, database)},
    {"user", G_STRUCT_OFFSET(SandboxState, user)},
    {"password", G_STRUCT_OFFSET(SandboxState, password)},
    {"sslmode", G_STRUCT_OFFSET(SandboxState, sslmode)},
    {"sslrootcert", G_STRUCT_OFFSET(SandboxState, sslrootcert)},
    {"endpoint_url", G_STRUCT_OFFSET(SandboxState, endpoint_url)},
    {"region", G_STRUCT_OFFSET(SandboxState, region)},
    {"account_id", G_STRUCT_OFFSET(SandboxState, account_id)},
    {"access_key_id", G_STRUCT_OFFSET(SandboxState, access_key_id)},
    {"secret_access_key", G_STRUCT_OFFSET(SandboxState, secret_access_key)},
    {"iam_role", G_STRUCT_OFFSET(SandboxState, iam_role)},
    {"tempdir", G_STRUCT_OFFSET(SandboxState, tempdir)},
    {"superuser", G_STRUCT_OFFSET(SandboxState, superuser)},
    {"socket_dir", G_STRUCT_OFFSET(SandboxState, socket_dir)},
};

static char **field_of(SandboxState *state, gsize index)
{
    return (char **)G_STRUCT_MEMBER_P(state, fields[index].offset);
}

const char *sandbox_part_name(SandboxPart part)
{
    static const char *const names[] = {"postgres", "wire", "aws"};
    return names[part];
}

char *state_default_dir(void)
{
    const char *dir = g_getenv("REDSMITH_SANDBOX_DIR");
    if (dir != NULL && *dir != '\0')
        return g_canonicalize_filename(dir, NULL);
    return g_build_filename(g_get_user_state_dir(), "redsmith", "sandbox", NULL);
}

/* length characters of the alphabet, from the kernel's generator: 64 letters, so no bias. */
static char *random_text(gsize length, const char *alphabet)
{
    gsize letters = strlen(alphabet);
    g_assert(256 % letters == 0);
    char *text = g_malloc0(length + 1);
    guchar byte;
    for (gsize i = 0; i < length; i++) {
        if (getrandom(&byte, 1, 0) != 1)
            g_error("The kernel gives no random bytes: %s", g_strerror(errno));
        text[i] = alphabet[byte % letters];
    }
    return text;
}

static SandboxState *state_with_dir(const char *dir)
{
    SandboxState *state = g_new0(SandboxState, 1);
    state->dir = g_canonicalize_filename(dir, NULL);
    state->aws_tls_fd = state->instance_fd = state->container_fd = -1;
    return state;
}

SandboxState *state_new(const char *dir)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ab";
    static const char key_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    SandboxState *state = state_with_dir(dir);
    g_autofree char *key = random_text(16, key_letters);
    state->host = g_strdup("127.0.0.1");
    state->database = g_strdup("dev");
    state->user = g_strdup("awsuser");
    state->password = random_text(24, letters);
    state->superuser = g_strdup("rdsdb");
    state->sslmode = g_strdup("verify-full");
    state->sslrootcert = state_path(state, "ca.crt");
    state->region = g_strdup("us-east-1");
    state->account_id = g_strdup("111122223333");
    state->access_key_id = g_strconcat("AKIA", key, NULL);
    state->secret_access_key = random_text(40, letters);
    state->iam_role = g_strdup("arn:aws:iam::111122223333:role/redsmith-sandbox");
    state->tempdir = g_strdup("s3://sandbox-stage/tmp");
    state->socket_dir = state_path(state, "run");
    state->endpoint_url = g_strdup("");
    return state;
}

static void load_parts(SandboxState *state, GKeyFile *file)
{
    state->supervisor = g_key_file_get_integer(file, PARTS, "supervisor_pid", NULL);
    for (int part = 0; part < PART_COUNT; part++) {
        const char *name = sandbox_part_name(part);
        g_autofree char *pid_key = g_strconcat(name, "_pid", NULL);
        g_autofree char *failure_key = g_strconcat(name, "_failure", NULL);
        state->parts[part].pid = g_key_file_get_integer(file, PARTS, pid_key, NULL);
        state->parts[part].failure = g_key_file_get_string(file, PARTS, failure_key, NULL);
    }
}

SandboxState *state_load(const char *dir, GError **error)
{
    g_autoptr(SandboxState) state = state_with_dir(dir);
    g_autofree char *path = state_path(state, "sandbox.ini");
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) reason = NULL;
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &reason)) {
        gboolean absent = g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT);
        g_set_error(error, RS_ERROR, absent ? RS_ERROR_NOT_FOUND : RS_ERROR_CONFIG,
                    absent ? "There is no sandbox in %s" : "Cannot read the sandbox in %s: %s", dir,
                    reason->message);
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        *field_of(state, i) = g_key_file_get_string(file, GROUP, fields[i].key, NULL);
        if (*field_of(state, i) == NULL && strcmp(fields[i].key, "sslrootcert") == 0)
            *field_of(state, i) = state_path(state, "ca.crt"); /* a folder from before it had one */
        if (*field_of(state, i) == NULL) {
            g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: group [%s] has no %s", path, GROUP,
                        fields[i].key);
            return NULL;
        }
    }
    state->port = g_key_file_get_integer(file, GROUP, "port", NULL);
    state->aws_port = g_key_file_get_integer(file, GROUP, "aws_port", NULL);
    state->aws_tls_port = g_key_file_get_integer(file, GROUP, "aws_tls_port", NULL);
    state->instance_port = g_key_file_get_integer(file, GROUP, "instance_port", NULL);
    state->container_port = g_key_file_get_integer(file, GROUP, "container_port", NULL);
    load_parts(state, file);
    return g_steal_pointer(&state);
}

static GKeyFile *to_key_file(const SandboxState *state)
{
    GKeyFile *file = g_key_file_new();
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        g_key_file_set_string(file, GROUP, fields[i].key, *field_of((SandboxState *)state, i));
    g_key_file_set_integer(file, GROUP, "port", state->port);
    g_key_file_set_integer(file, GROUP, "aws_port", state->aws_port);
    g_key_file_set_integer(file, GROUP, "aws_tls_port", state->aws_tls_port);
    g_key_file_set_integer(file, GROUP, "instance_port", state->instance_port);
    g_key_file_set_integer(file, GROUP, "container_port", state->container_port);
    g_key_file_set_integer(file, PARTS, "supervisor_pid", state->supervisor);
    for (int part = 0; part < PART_COUNT; part++) {
        const char *name = sandbox_part_name(part);
        g_autofree char *pid_key = g_strconcat(name, "_pid", NULL);
        g_autofree char *failure_key = g_strconcat(name, "_failure", NULL);
        g_key_file_set_integer(file, PARTS, pid_key, state->parts[part].pid);
        if (state->parts[part].failure != NULL)
            g_key_file_set_string(file, PARTS, failure_key, state->parts[part].failure);
    }
    return file;
}

static gboolean write_all(int fd, const char *bytes, gsize length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return FALSE;
        bytes += written;
        length -= (gsize)written;
    }
    return TRUE;
}

gboolean state_save(const SandboxState *state, GError **error)
{
    g_autoptr(GKeyFile) file = to_key_file(state);
    gsize length = 0;
    g_autofree char *text = g_key_file_to_data(file, &length, NULL);
    g_autofree char *path = state_path(state, "sandbox.ini");
    g_autofree char *temporary = g_strconcat(path, ".new", NULL);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "Cannot write %s", temporary);
    gboolean written = write_all(fd, text, length) && fsync(fd) == 0;
    int reason = errno;
    close(fd);
    if (written && rename(temporary, path) == 0)
        return TRUE;
    reason = written ? errno : reason;
    unlink(temporary);
    return rs_error_set_errno(error, reason, "Cannot write %s", path);
}

void state_set_aws_port(SandboxState *state, int port)
{
    state->aws_port = port;
    g_free(state->endpoint_url);
    state->endpoint_url = g_strdup_printf("http://%s:%d", state->host, port);
}

char *state_tls_endpoint(const SandboxState *state)
{
    return g_strdup_printf("https://%s:%d", state->host, state->aws_tls_port);
}

char *state_container_token(const SandboxState *state)
{
    return g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *)state->secret_access_key,
                                     strlen(state->secret_access_key), "container", -1);
}

char *state_path(const SandboxState *state, const char *name)
{
    return g_build_filename(state->dir, name, NULL);
}

void state_free(SandboxState *state)
{
    if (state == NULL)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        g_free(*field_of(state, i));
    for (int part = 0; part < PART_COUNT; part++)
        g_free(state->parts[part].failure);
    g_free(state->dir);
    g_free(state);
}
