#include "config.h"

#include "pty.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 30000, SETTLE_MS = 60 };

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    Pty *pty = user;
    if (property == VTERM_PROP_ALTSCREEN)
        pty->alternate = value->boolean != 0;
    if (property == VTERM_PROP_CURSORVISIBLE)
        pty->cursor_visible = value->boolean != 0;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static void change_environment(const char *const *environment)
{
    for (; *environment != NULL; environment++) {
        const char *equals = strchr(*environment, '=');
        if (equals == NULL) {
            unsetenv(*environment);
            continue;
        }
        char *name = strndup(*environment, (size_t)(equals - *environment));
        setenv(name, equals + 1, 1);
        free(name);
    }
}

Pty *pty_start(const char *const *argv, const char *const *environment, int rows, int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    Pty *pty = g_new0(Pty, 1);
    pty->rows = rows;
    pty->columns = columns;
    pty->cursor_visible = TRUE;
    pty->bytes = g_string_new(NULL);
    pty->vterm = vterm_new(rows, columns);
    vterm_set_utf8(pty->vterm, 1);
    pty->screen = vterm_obtain_screen(pty->vterm);
    vterm_screen_set_callbacks(pty->screen, &callbacks, pty);
    vterm_screen_enable_altscreen(pty->screen, 1);
    vterm_screen_reset(pty->screen, 1);
    pty->pid = forkpty(&pty->fd, NULL, NULL, &size);
    g_assert_cmpint(pty->pid, >=, 0);
    if (pty->pid == 0) {
        change_environment(environment);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    return pty;
}

static void reap(Pty *pty, int options)
{
    if (!pty->ended && waitpid(pty->pid, &pty->status, options) == pty->pid)
        pty->ended = TRUE;
}

void pty_free(Pty *pty)
{
    if (!pty->ended) {
        kill(pty->pid, SIGKILL);
        reap(pty, 0);
    }
    close(pty->fd);
    vterm_free(pty->vterm);
    g_string_free(pty->bytes, TRUE);
    g_free(pty);
}

static void write_all(int fd, const char *bytes, gsize length)
{
    while (length > 0) {
        ssize_t sent = write(fd, bytes, length);
        if (sent < 0 && errno != EINTR)
            return;
        bytes += MAX(sent, 0);
        length -= (gsize)MAX(sent, 0);
    }
}

void pty_send(Pty *pty, const char *bytes)
{
    write_all(pty->fd, bytes, strlen(bytes));
}

void pty_resize(Pty *pty, int rows, int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    pty->rows = rows;
    pty->columns = columns;
    vterm_set_size(pty->vterm, rows, columns);
    ioctl(pty->fd, TIOCSWINSZ, &size);
}

void pty_forget(Pty *pty)
{
    g_string_truncate(pty->bytes, 0);
}

/* What the program sent within ms. FALSE when that was nothing. */
static gboolean take(Pty *pty, int ms)
{
    struct pollfd in = {.fd = pty->fd, .events = POLLIN};
    char buffer[8192];
    if (poll(&in, 1, ms) <= 0)
        return FALSE;
    ssize_t length = read(pty->fd, buffer, sizeof buffer);
    if (length <= 0)
        return FALSE;
    g_string_append_len(pty->bytes, buffer, length);
    vterm_input_write(pty->vterm, buffer, (size_t)length);
    size_t answer = vterm_output_read(pty->vterm, buffer, sizeof buffer);
    write_all(pty->fd, buffer, answer);
    return TRUE;
}

gboolean pty_hears(Pty *pty, int ms)
{
    return take(pty, ms);
}

void pty_settle(Pty *pty, int quiet_ms)
{
    while (take(pty, quiet_ms))
        continue;
}

char *pty_text(Pty *pty)
{
    GString *out = g_string_new(NULL);
    for (int y = 0; y < pty->rows; y++) {
        GString *line = g_string_new(NULL);
        for (int x = 0; x < pty->columns; x++) {
            VTermScreenCell cell;
            vterm_screen_get_cell(pty->screen, (VTermPos){y, x}, &cell);
            if (cell.chars[0] == (uint32_t)-1)
                continue;
            if (cell.chars[0] == 0)
                g_string_append_c(line, ' ');
            for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; i++)
                g_string_append_unichar(line, cell.chars[i]);
        }
        g_string_append_printf(out, "%s\n", g_strchomp(line->str));
        g_string_free(line, TRUE);
    }
    return g_string_free(out, FALSE);
}

static gboolean shows(Pty *pty, const char *text)
{
    g_autofree char *screen = pty_text(pty);
    return strstr(screen, text) != NULL;
}

static gboolean wait_for(Pty *pty, const char *text, gboolean wanted)
{
    gint64 end = g_get_monotonic_time() + DEADLINE_MS * 1000;
    while (shows(pty, text) != wanted) {
        if (g_get_monotonic_time() > end) {
            g_autofree char *screen = pty_text(pty);
            g_test_message("waited in vain for %s\"%s\":\n%s", wanted ? "" : "the end of ", text,
                           screen);
            return FALSE;
        }
        take(pty, 100);
    }
    pty_settle(pty, SETTLE_MS);
    return TRUE;
}

gboolean pty_wait_text(Pty *pty, const char *text)
{
    return wait_for(pty, text, TRUE);
}

gboolean pty_wait_gone(Pty *pty, const char *text)
{
    return wait_for(pty, text, FALSE);
}

gboolean pty_wait_end(Pty *pty)
{
    gint64 end = g_get_monotonic_time() + DEADLINE_MS * 1000;
    while (!pty->ended && g_get_monotonic_time() < end) {
        take(pty, 20);
        reap(pty, WNOHANG);
    }
    pty_settle(pty, SETTLE_MS);
    return pty->ended;
}

struct termios pty_modes(const Pty *pty)
{
    struct termios modes;
    tcgetattr(pty->fd, &modes);
    return modes;
}
