#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

enum { LINE_MAX_BYTES = 4096 };

/* Waits until a byte can be read. FALSE with error set when cancelled meanwhile. */
static gboolean wait_for_input(int fd, GCancellable *cancellable, GError **error)
{
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = -1}};
    GPollFD cancel = {.fd = -1};
    if (cancellable != NULL && g_cancellable_make_pollfd(cancellable, &cancel))
        fds[1] = (struct pollfd){.fd = cancel.fd, .events = POLLIN};
    int ready;
    do {
        ready = poll(fds, 2, -1);
    } while (ready < 0 && errno == EINTR);
    if (cancel.fd >= 0)
        g_cancellable_release_fd(cancellable);
    if (rs_error_set_if_cancelled(cancellable, error))
        return FALSE;
    return ready > 0 || rs_error_set_errno(error, errno, "cannot wait for the terminal");
}

/* Byte by byte: what follows the line belongs to whoever reads next. */
static gboolean read_line(int fd, char *line, gsize size, GCancellable *cancellable, GError **error)
{
    gsize length = 0;
    for (;;) {
        char c;
        if (!wait_for_input(fd, cancellable, error))
            return FALSE;
        gssize n = read(fd, &c, 1);
        if (n < 0)
            return rs_error_set_errno(error, errno, "cannot read the answer");
        if (n == 0 && length == 0) {
            g_set_error(error, RS_ERROR, RS_ERROR_CANCELLED, "no answer was given");
            return FALSE;
        }
        if (n == 0 || c == '\n')
            break;
        if (length + 1 < size)
            line[length++] = c;
    }
    line[length] = '\0';
    return TRUE;
}

char *terminal_read_line(GCancellable *cancellable, GError **error)
{
    char line[LINE_MAX_BYTES];
    if (!read_line(STDIN_FILENO, line, sizeof line, cancellable, error))
        return NULL;
    return g_strdup(g_strstrip(line));
}

gboolean terminal_confirm(CliContext *cli, const char *what, const char *name, GError **error)
{
    if (cli->globals.yes)
        return TRUE;
    if (!cli->in_is_terminal || !cli->err_is_terminal) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "%s: that cannot be undone, and there is no terminal to ask on; add --yes to "
                    "go ahead",
                    what);
        return FALSE;
    }
    narrator_say(cli->narrator, "%s: that cannot be undone. Type %s to go ahead:", what, name);
    g_autofree char *answer = terminal_read_line(cli->cancellable, error);
    if (answer == NULL)
        return FALSE;
    if (strcmp(answer, name) == 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CANCELLED, "the answer was not %s; nothing was done",
                name);
    return FALSE;
}

/* The echo goes before the question comes: what is typed at once is neither shown nor lost. */
static Secret *read_password(int tty, const char *question, GCancellable *cancellable,
                             GError **error)
{
    struct termios before, silent;
    if (tcgetattr(tty, &before) != 0) {
        rs_error_set_errno(error, errno, "cannot silence the terminal");
        return NULL;
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ECHONL;
    tcsetattr(tty, TCSAFLUSH, &silent);
    char line[LINE_MAX_BYTES];
    gboolean read = FALSE;
    if (write(tty, question, strlen(question)) < 0)
        rs_error_set_errno(error, errno, "cannot write to the terminal");
    else
        read = read_line(tty, line, sizeof line, cancellable, error);
    tcsetattr(tty, TCSAFLUSH, &before);
    Secret *password = read ? secret_new(line, -1) : NULL;
    explicit_bzero(line, sizeof line);
    return password;
}

/* The answer to a question on /dev/tty; none is the failure when there is no terminal. */
static Secret *ask_on_terminal(const char *question, const char *none, GCancellable *cancellable,
                               GError **error)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_AUTH, none);
        return NULL;
    }
    Secret *answer = read_password(tty, question, cancellable, error);
    close(tty);
    return answer;
}

Secret *terminal_ask_password(gpointer user, const Profile *profile, GCancellable *cancellable,
                              GError **error)
{
    g_autofree char *question =
        g_strdup_printf("Password of %s at %s: ", profile->user, profile->host);
    g_autofree char *none = g_strdup_printf(
        "profile \"%s\" asks for its password (auth = prompt) and there is no terminal: "
        "use auth = pgpass or PGPASSWORD",
        profile->name);
    return ask_on_terminal(question, none, cancellable, error);
}

Secret *terminal_ask_code(gpointer user, const char *mfa_serial, GCancellable *cancellable,
                          GError **error)
{
    g_autofree char *device = text_printable(mfa_serial, -1);
    g_autofree char *question = g_strdup_printf("Code of the MFA device %s: ", device);
    g_autofree char *none = g_strdup_printf(
        "the AWS role wants a code of the MFA device %s and there is no terminal to ask on: set "
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to temporary keys",
        device);
    return ask_on_terminal(question, none, cancellable, error);
}
