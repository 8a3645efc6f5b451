#include "config.h" /* _GNU_SOURCE, for memfd_create */

#include "ui/terminal.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#undef columns /* term.h makes capability names macros */
#undef lines

#include "base/error.h"

enum {
    ESCAPE_DELAY_MS = 25,
    PASTE_BEGIN = KEY_MAX + 1,
    PASTE_END,
    PASTE_MAX = 1 << 20,
    COPY_MAX = 74000,
    RESET_MAX = 256,
};

struct Terminal {
    SCREEN *screen;
    FILE *null;
    gboolean is_null, utf8, gone, pasting, bracketed;
    GString *paste;
    int saved_stderr; /* -1: not taken */
    int caught_stderr;
};

/*
 * What the crash handler needs. A handler has no user pointer, so this is the one place with static
 * state; it is written before the handlers are installed and only read by them.
 */
static struct {
    volatile sig_atomic_t active;
    struct termios modes;
    char bytes[RESET_MAX];
    gsize length;
    int stderr_copy;
} crash_reset;

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static void on_crash(int number)
{
    if (crash_reset.active) {
        crash_reset.active = 0;
        ssize_t ignored = write(STDOUT_FILENO, crash_reset.bytes, crash_reset.length);
        (void)ignored;
        tcsetattr(STDIN_FILENO, TCSANOW, &crash_reset.modes);
        if (crash_reset.stderr_copy >= 0)
            dup2(crash_reset.stderr_copy, STDERR_FILENO);
    }
    raise(number); /* SA_RESETHAND has put the default back */
}

static void append_capability(GString *out, const char *name)
{
    const char *value = tigetstr(name);
    if (value == NULL || value == (char *)-1)
        return;
    for (const char *p = value; *p != '\0'; p++) { /* padding "$<5>" is of no use here */
        const char *close = p[0] == '$' && p[1] == '<' ? strchr(p, '>') : NULL;
        if (close != NULL)
            p = close;
        else
            g_string_append_c(out, *p);
    }
}

static void prepare_crash_reset(Terminal *terminal)
{
    g_autoptr(GString) bytes = g_string_new(terminal->bracketed ? "\033[?2004l" : NULL);
    static const char *const capabilities[] = {"sgr0", "op", "rmkx", "cnorm", "rmcup"};
    for (gsize i = 0; i < G_N_ELEMENTS(capabilities); i++)
        append_capability(bytes, capabilities[i]);
    g_string_append(bytes, "\r\n");
    crash_reset.length = MIN(bytes->len, sizeof crash_reset.bytes);
    memcpy(crash_reset.bytes, bytes->str, crash_reset.length);
    crash_reset.stderr_copy = terminal->saved_stderr;
    crash_reset.active = 1;
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    for (gsize i = 0; i < G_N_ELEMENTS(crash_signals); i++)
        sigaction(crash_signals[i], &action, NULL);
}

static void forget_crash_reset(void)
{
    crash_reset.active = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(crash_signals); i++)
        signal(crash_signals[i], SIG_DFL);
}

/* Terminals that know modes beyond the VT100's, by the first letters of their name. */
static gboolean knows_private_modes(const char *term)
{
    static const char *const families[] = {"xterm", "tmux",      "screen",  "rxvt",    "foot",
                                           "kitty", "alacritty", "st",      "wezterm", "ghostty",
                                           "vte",   "gnome",     "konsole", "putty"};
    for (gsize i = 0; term != NULL && i < G_N_ELEMENTS(families); i++)
        if (g_str_has_prefix(term, families[i]))
            return TRUE;
    return FALSE;
}

static void send(const char *bytes)
{
    gsize length = strlen(bytes);
    while (length > 0) {
        ssize_t sent = write(STDOUT_FILENO, bytes, length);
        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return;
        bytes += MAX(sent, 0);
        length -= (gsize)MAX(sent, 0);
    }
}

static void take_stderr(Terminal *terminal)
{
    terminal->saved_stderr = terminal->caught_stderr = -1;
    if (!isatty(STDERR_FILENO))
        return;
    terminal->caught_stderr = memfd_create("redsmith-stderr", MFD_CLOEXEC);
    if (terminal->caught_stderr < 0)
        return;
    terminal->saved_stderr = dup(STDERR_FILENO);
    dup2(terminal->caught_stderr, STDERR_FILENO);
}

static void give_stderr_back(Terminal *terminal)
{
    if (terminal->saved_stderr < 0)
        return;
    fflush(stderr);
    dup2(terminal->saved_stderr, STDERR_FILENO);
    close(terminal->saved_stderr);
    char buffer[4096];
    ssize_t length;
    lseek(terminal->caught_stderr, 0, SEEK_SET);
    while ((length = read(terminal->caught_stderr, buffer, sizeof buffer)) > 0)
        fwrite(buffer, 1, (size_t)length, stderr);
    close(terminal->caught_stderr);
}

static void set_modes(Terminal *terminal)
{
    raw();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_DELAY_MS);
    define_key("\033[200~", PASTE_BEGIN);
    define_key("\033[201~", PASTE_END);
    if (terminal->bracketed)
        send("\033[?2004h");
}

static void start_colors(void)
{
    if (!has_colors())
        return;
    start_color();
    use_default_colors();
}

static gboolean refuse(GError **error, const char *why)
{
    const char *term = g_getenv("TERM");
    g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                "Cannot open the workbench on this terminal (TERM=%s): %s; use a headless command "
                "instead (redsmith --help)",
                term != NULL ? term : "", why);
    return FALSE;
}

/* NULL when curses knows the type (NULL: $TERM) and it has a cursor, else why not. Static. */
static const char *why_unusable(const char *type)
{
    int status;
    if (setupterm(type, STDOUT_FILENO, &status) == ERR)
        return "this type is not known here; try TERM=xterm or TERM=vt100";
    const char *cup = tigetstr("cup");
    gboolean has_cursor = cup != NULL && cup != (char *)-1;
    del_curterm(cur_term); /* newterm reads its own */
    return has_cursor ? NULL : "it cannot place its cursor";
}

static gboolean open_device(Terminal *terminal, GError **error)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return refuse(error, "standard input or output is no terminal");
    const char *why = why_unusable(NULL);
    if (why != NULL)
        return refuse(error, why);
    tcgetattr(STDIN_FILENO, &crash_reset.modes);
    terminal->screen = newterm(NULL, stdout, stdin);
    return terminal->screen != NULL || refuse(error, "curses cannot use it");
}

Terminal *terminal_open(GError **error)
{
    Terminal *terminal = g_new0(Terminal, 1);
    terminal->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    terminal->bracketed = knows_private_modes(g_getenv("TERM"));
    if (!open_device(terminal, error)) {
        g_free(terminal);
        return NULL;
    }
    take_stderr(terminal);
    start_colors();
    set_modes(terminal);
    prepare_crash_reset(terminal);
    signal(SIGTSTP, SIG_DFL); /* newterm took it; the app has it through a descriptor */
    return terminal;
}

Terminal *terminal_open_null(int rows, int columns, GError **error)
{
    static const char *const types[] = {"xterm-256color", "xterm", "vt100", "ansi"};
    Terminal *terminal = g_new0(Terminal, 1);
    terminal->is_null = TRUE;
    terminal->saved_stderr = -1;
    terminal->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    terminal->null = fopen("/dev/null", "r+e");
    gsize type = 0;
    while (type < G_N_ELEMENTS(types) && why_unusable(types[type]) != NULL)
        type++;
    if (terminal->null != NULL && type < G_N_ELEMENTS(types))
        terminal->screen = newterm(types[type], terminal->null, terminal->null);
    if (terminal->screen == NULL) {
        if (terminal->null != NULL)
            fclose(terminal->null);
        g_free(terminal);
        refuse(error, "curses knows no terminal type to draw a script's screen with");
        return NULL;
    }
    start_colors();
    terminal_resize(terminal, rows, columns);
    return terminal;
}

void terminal_close(Terminal *terminal)
{
    if (terminal == NULL)
        return;
    if (!terminal->is_null && terminal->bracketed && !terminal->gone)
        send("\033[?2004l");
    if (!terminal->gone)
        endwin();
    delscreen(terminal->screen);
    if (!terminal->is_null) {
        forget_crash_reset();
        tcsetattr(STDIN_FILENO, TCSANOW, &crash_reset.modes);
    }
    give_stderr_back(terminal);
    if (terminal->null != NULL)
        fclose(terminal->null);
    if (terminal->paste != NULL)
        g_string_free(terminal->paste, TRUE);
    g_free(terminal);
}

gboolean terminal_is_utf8(const Terminal *terminal)
{
    return terminal->utf8;
}

void terminal_size(const Terminal *terminal, int *rows, int *columns)
{
    *rows = LINES;
    *columns = COLS;
}

void terminal_resize(Terminal *terminal, int rows, int columns)
{
    resize_term(MAX(rows, 1), MAX(columns, 1));
    clearok(curscr, TRUE);
}

void terminal_measure(Terminal *terminal)
{
    struct winsize size;
    if (!terminal->is_null && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
        size.ws_col > 0)
        terminal_resize(terminal, size.ws_row, size.ws_col);
}

static Key key_of_function(wint_t code)
{
    static const struct {
        wint_t code;
        Key key;
    } keys[] = {
        {KEY_UP, UI_KEY_UP},
        {KEY_DOWN, UI_KEY_DOWN},
        {KEY_LEFT, UI_KEY_LEFT},
        {KEY_RIGHT, UI_KEY_RIGHT},
        {KEY_HOME, UI_KEY_HOME},
        {KEY_END, UI_KEY_END},
        {KEY_FIND, UI_KEY_HOME},
        {KEY_SELECT, UI_KEY_END},
        {KEY_PPAGE, UI_KEY_PAGE_UP},
        {KEY_NPAGE, UI_KEY_PAGE_DOWN},
        {KEY_IC, UI_KEY_INSERT},
        {KEY_DC, UI_KEY_DELETE},
        {KEY_BACKSPACE, UI_KEY_BACKSPACE},
        {KEY_ENTER, UI_KEY_ENTER},
        {KEY_BTAB, UI_KEY_BACK_TAB},
        {KEY_SR, UI_KEY_UP},
        {KEY_SF, UI_KEY_DOWN},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (keys[i].code == code)
            return keys[i].key;
    if (code >= KEY_F(1) && code <= KEY_F(12))
        return UI_KEY_F1 + (Key)(code - KEY_F(1));
    return UI_KEY_NONE;
}

static Key key_of_character(wint_t c)
{
    switch (c) {
    case '\r':
    case '\n':
        return UI_KEY_ENTER;
    case '\t':
        return UI_KEY_TAB;
    case 27:
        return UI_KEY_ESCAPE;
    case 8:
    case 127:
        return UI_KEY_BACKSPACE;
    default:
        return (Key)c;
    }
}

/* TRUE when the paste is complete. */
static gboolean take_pasted(Terminal *terminal, int kind, wint_t code)
{
    if (kind == KEY_CODE_YES && code == PASTE_END)
        return TRUE;
    if (kind != KEY_CODE_YES && terminal->paste->len < PASTE_MAX)
        g_string_append_unichar(terminal->paste, code == '\r' ? '\n' : (gunichar)code);
    return FALSE;
}

gboolean terminal_read(Terminal *terminal, Key *key, char **paste)
{
    wint_t code;
    int kind;
    while ((kind = get_wch(&code)) != ERR) {
        if (terminal->pasting) {
            if (!take_pasted(terminal, kind, code))
                continue;
            terminal->pasting = FALSE;
            *key = UI_KEY_NONE;
            *paste = g_string_free(terminal->paste, FALSE);
            terminal->paste = NULL;
            return TRUE;
        }
        if (kind == KEY_CODE_YES && code == PASTE_BEGIN) {
            terminal->pasting = TRUE;
            terminal->paste = g_string_new(NULL);
            continue;
        }
        *key = kind == KEY_CODE_YES ? key_of_function(code) : key_of_character(code);
        *paste = NULL;
        if (*key != UI_KEY_NONE)
            return TRUE;
    }
    /* Readable with nothing to read: the other end is gone. */
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    int waiting = 0;
    if (!terminal->is_null && poll(&in, 1, 0) == 1 &&
        (in.revents & (POLLHUP | POLLERR | POLLNVAL) ||
         (ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0)))
        terminal->gone = TRUE;
    return FALSE;
}

gboolean terminal_is_gone(const Terminal *terminal)
{
    return terminal->gone;
}

void terminal_stop(Terminal *terminal)
{
    if (terminal->is_null)
        return;
    if (terminal->bracketed)
        send("\033[?2004l");
    endwin();
    sigset_t stop, before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, &before);
    kill(0, SIGTSTP); /* the whole job, as the tty driver would */
    sigprocmask(SIG_SETMASK, &before, NULL);
    terminal_retake(terminal);
}

/* The program's own standard error is the terminal, not the file that catches ours. */
static void lend_stderr(gpointer user)
{
    const Terminal *terminal = user;
    if (terminal->saved_stderr >= 0)
        dup2(terminal->saved_stderr, STDERR_FILENO);
}

gboolean terminal_lend(Terminal *terminal, char **argv, GError **error)
{
    if (terminal->is_null) {
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED, "there is no terminal to lend to %s",
                    argv[0]);
        return FALSE;
    }
    if (terminal->bracketed)
        send("\033[?2004l");
    endwin();
    int status = 0;
    g_autoptr(GError) failure = NULL;
    gboolean ran = g_spawn_sync(NULL, argv, NULL,
                                G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, lend_stderr,
                                terminal, NULL, NULL, &status, &failure) &&
                   g_spawn_check_wait_status(status, &failure);
    terminal_retake(terminal);
    if (!ran)
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "%s: %s", argv[0], failure->message);
    return ran;
}

void terminal_retake(Terminal *terminal)
{
    if (terminal->is_null)
        return;
    reset_prog_mode();
    set_modes(terminal);
    terminal_measure(terminal);
    terminal_repaint(terminal);
}

void terminal_repaint(Terminal *terminal)
{
    clearok(curscr, TRUE);
}

gboolean terminal_has_drained(const Terminal *terminal)
{
    if (terminal->is_null)
        return TRUE;
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    int queued = 0;
    if (ioctl(STDOUT_FILENO, TIOCOUTQ, &queued) == 0 && queued > 0)
        return FALSE;
    return poll(&out, 1, 0) != 0;
}

void terminal_show(Terminal *terminal, int y, int x, gboolean visible)
{
    curs_set(visible ? 1 : 0);
    move(CLAMP(y, 0, LINES - 1), CLAMP(x, 0, COLS - 1));
    wnoutrefresh(stdscr);
    doupdate();
}

static void append_chunks(GString *out, const char *text, gsize size)
{
    for (gsize length = strlen(text); length > 0;) {
        gsize chunk = MIN(length, size);
        g_string_append(out, "\033P");
        g_string_append_len(out, text, (gssize)chunk);
        g_string_append(out, "\033\\");
        text += chunk;
        length -= chunk;
    }
}

char *terminal_copy_sequence(const char *text, const char *term, gboolean tmux)
{
    g_autofree char *base64 = g_base64_encode((const guchar *)text, strlen(text));
    g_autofree char *plain = g_strdup_printf("\033]52;c;%s\a", base64);
    GString *out = g_string_new(NULL);
    if (tmux) {
        /* tmux takes the plain form with set-clipboard on, and passes the wrapped one on with
         * allow-passthrough; it ignores what it is not told to take. */
        g_string_append_printf(out, "%s\033Ptmux;\033%s\033\\", plain, plain);
    } else if (term != NULL && g_str_has_prefix(term, "screen")) {
        append_chunks(out, plain, 76); /* screen's limit is 768 bytes; its old versions had less */
    } else {
        g_string_append(out, plain);
    }
    return g_string_free(out, FALSE);
}

gboolean terminal_copy(Terminal *terminal, const char *text, GError **error)
{
    gsize length = strlen(text);
    if (length > COPY_MAX) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                    "Not copied: %" G_GSIZE_FORMAT
                    " bytes, and terminals take at most %d by OSC 52",
                    length, COPY_MAX);
        return FALSE;
    }
    if (!terminal->is_null) {
        g_autofree char *sequence =
            terminal_copy_sequence(text, g_getenv("TERM"), g_getenv("TMUX") != NULL);
        send(sequence);
    }
    return TRUE;
}
