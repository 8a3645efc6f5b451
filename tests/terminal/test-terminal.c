/*
 * What the terminal sees of the workbench: bytes per key, signals, suspension, terminal types, colours,
 * hostile values, idleness. Against a sandbox of its own; without one it is skipped.
 */
#include "config.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "pty.h"

enum { CURSOR_BYTES = 120, PAGE_BYTES = 5000, QUIET_MS = 150, IDLE_MS = 1500 };

typedef struct {
    char *program, *sandbox, *folder;
} Fixture;

static Fixture fixture;

/* --- the sandbox --------------------------------------------------------------------------------*/

static gboolean run(const char *const *argv, char **output)
{
    int status = 0;
    g_autoptr(GError) error = NULL;
    gboolean ok = g_spawn_sync(NULL, (char **)argv, NULL,
                               G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL |
                                   (output == NULL ? G_SPAWN_STDOUT_TO_DEV_NULL : 0),
                               NULL, NULL, output, NULL, &status, &error);
    return ok && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* "export NAME='value'" lines of `redsmith-sandbox env` into our own environment. */
static void take_exports(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) words = NULL;
        if (!g_shell_parse_argv(*line, NULL, &words, NULL))
            continue;
        for (char **word = words; *word != NULL; word++) {
            char *equals = strchr(*word, '=');
            if (equals == NULL)
                continue;
            *equals = '\0';
            g_setenv(*word, equals + 1, TRUE);
        }
    }
}

static gboolean start_sandbox(void)
{
    g_autofree char *template =
        g_build_filename(g_getenv("REDSMITH_BUILDDIR"), "sandbox-template", NULL);
    g_autofree char *dir = g_build_filename(fixture.folder, "sandbox", NULL);
    g_autofree char *exports = NULL;
    const char *const start[] = {fixture.sandbox, "start",  "--dir", dir,
                                 "--template",    template, NULL};
    const char *const env[] = {fixture.sandbox, "env", "--dir", dir, NULL};
    g_setenv("REDSMITH_SANDBOX_DIR", dir, TRUE);
    if (!run(start, NULL) || !run(env, &exports))
        return FALSE;
    take_exports(exports);
    return TRUE;
}

static void end_sandbox(void)
{
    const char *const reset[] = {fixture.sandbox, "reset", "--dir",
                                 g_getenv("REDSMITH_SANDBOX_DIR"), NULL};
    const char *const remove_folder[] = {"rm", "-rf", fixture.folder, NULL};
    run(reset, NULL);
    run(remove_folder, NULL);
}

/* --- the workbench ------------------------------------------------------------------------------*/

static const char *const no_environment[] = {NULL};

static Pty *open_with(const char *const *environment, const char *term, int rows, int columns)
{
    g_autofree char *type = g_strconcat("TERM=", term, NULL);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_ptr_array_add(all, type);
    for (; *environment != NULL; environment++)
        g_ptr_array_add(all, (gpointer)*environment);
    g_ptr_array_add(all, NULL);
    const char *const argv[] = {fixture.program, "-p", "sandbox", "--relation=public.sales", NULL};
    return pty_start(argv, (const char *const *)all->pdata, rows, columns);
}

static Pty *open_sales(int rows, int columns)
{
    Pty *pty = open_with(no_environment, "xterm-256color", rows, columns);
    g_assert_true(pty_wait_text(pty, "more on scroll"));
    g_assert_true(pty_wait_text(pty, "venue"));
    pty_settle(pty, QUIET_MS);
    return pty;
}

static void leave(Pty *pty)
{
    pty_send(pty, "q");
    g_assert_true(pty_wait_end(pty));
    g_assert_true(WIFEXITED(pty->status));
    g_assert_cmpint(WEXITSTATUS(pty->status), ==, 0);
    pty_free(pty);
}

static void assert_restored(Pty *pty)
{
    struct termios modes = pty_modes(pty);
    g_assert_true(modes.c_lflag & ECHO);
    g_assert_true(modes.c_lflag & ICANON);
    g_assert_true(modes.c_iflag & ICRNL);
    g_assert_false(pty->alternate);
    g_assert_true(pty->cursor_visible);
}

/* --- bytes --------------------------------------------------------------------------------------*/

static gsize bytes_of(Pty *pty, const char *key)
{
    pty_settle(pty, QUIET_MS);
    pty_forget(pty);
    pty_send(pty, key);
    g_assert_true(pty_hears(pty, 5000));
    pty_settle(pty, QUIET_MS);
    return pty->bytes->len;
}

static void test_a_moved_cursor_costs_little(void)
{
    Pty *pty = open_sales(50, 200);
    for (int i = 0; i < 12; i++) { /* the row's number becomes longer on the way */
        gsize bytes = bytes_of(pty, "j");
        g_autofree char *escaped = g_strescape(pty->bytes->str, NULL);
        g_test_message("cursor down: %" G_GSIZE_FORMAT " bytes: %s", bytes, escaped);
        g_assert_cmpuint(bytes, <=, CURSOR_BYTES);
    }
    g_assert_cmpuint(bytes_of(pty, "l"), <=, CURSOR_BYTES);
    leave(pty);
}

static void test_a_page_costs_less_than_its_text(void)
{
    Pty *pty = open_sales(50, 200);
    for (int i = 0; i < 4; i++) {
        gsize bytes = bytes_of(pty, "\033[6~");
        g_test_message("page down: %" G_GSIZE_FORMAT " bytes", bytes);
        g_assert_cmpuint(bytes, <=, PAGE_BYTES);
    }
    leave(pty);
}

static void test_repainting_is_asked_for(void)
{
    Pty *pty = open_sales(30, 100);
    g_assert_cmpuint(bytes_of(pty, "\f"), >, 1000);
    leave(pty);
}

/* --- idleness -----------------------------------------------------------------------------------*/

/* How often the threads of a process went to sleep so far: a system call at least each. */
static gint64 sleeps_of(GPid pid)
{
    g_autofree char *tasks = g_strdup_printf("/proc/%d/task", (int)pid);
    g_autoptr(GDir) dir = g_dir_open(tasks, 0, NULL);
    gint64 sleeps = 0;
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(tasks, name, "status", NULL);
        g_autofree char *text = NULL;
        if (!g_file_get_contents(path, &text, NULL, NULL))
            continue;
        const char *line = strstr(text, "\nvoluntary_ctxt_switches:");
        sleeps += line != NULL ? g_ascii_strtoll(strchr(line, ':') + 1, NULL, 10) : 0;
    }
    return sleeps;
}

static void test_idle_means_idle(void)
{
#ifdef __SANITIZE_THREAD__
    g_test_skip("the thread sanitizer has a thread of its own, which wakes up");
    return;
#endif
    Pty *pty = open_sales(30, 100);
    pty_settle(pty, 600);
    gint64 before = sleeps_of(pty->pid);
    g_assert_false(pty_hears(pty, IDLE_MS));
    g_assert_cmpint(sleeps_of(pty->pid), ==, before);
    leave(pty);
}

/* --- the first frame ----------------------------------------------------------------------------*/

/* A port that takes connections and never answers. */
static int mute_server(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(fd, 8), ==, 0);
    getsockname(fd, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return fd;
}

static void test_the_first_frame_needs_no_network(void)
{
    int number;
    int server = mute_server(&number);
    g_autofree char *port = g_strdup_printf("PGPORT=%d", number);
    const char *const environment[] = {
        "TERM=xterm-256color", "PGHOST=127.0.0.1",  port, "PGUSER=nobody", "PGPASSWORD=x",
        "PGDATABASE=dev",      "PGSSLMODE=disable", NULL};
    const char *const argv[] = {fixture.program, NULL};
    Pty *pty = pty_start(argv, environment, 30, 100);
    g_assert_true(pty_wait_text(pty, "connecting"));
    g_assert_true(pty_wait_text(pty, "not connected"));
    pty_send(pty, "?");
    g_assert_true(pty_wait_text(pty, "In the catalog"));
    pty_send(pty, "q");
    g_assert_true(pty_wait_text(pty, "connecting"));
    leave(pty);
    close(server);
}

/* --- signals ------------------------------------------------------------------------------------*/

static void test_the_terminal_is_given_back_after_signals(void)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGSEGV, SIGABRT};
    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
        Pty *pty = open_sales(30, 100);
        g_assert_true(pty->alternate);
        kill(pty->pid, signals[i]);
        g_assert_true(pty_wait_end(pty));
        assert_restored(pty);
        pty_free(pty);
    }
}

static void test_leaving_gives_the_terminal_back(void)
{
    Pty *pty = open_sales(30, 100);
    pty_send(pty, "q");
    g_assert_true(pty_wait_end(pty));
    g_assert_cmpint(pty->status, ==, 0);
    assert_restored(pty);
    g_assert_nonnull(strstr(pty->bytes->str, "\033[?2004l")); /* no pastes are marked any more */
    pty_free(pty);
}

static void test_suspending_and_coming_back(void)
{
    g_autofree char *script =
        g_strdup_printf("set -m; '%s' -p sandbox --relation=public.sales; echo STOPPED; read x; fg "
                        ">/dev/null; echo ENDED",
                        fixture.program);
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    static const char *const environment[] = {"TERM=xterm-256color", NULL};
    Pty *pty = pty_start(argv, environment, 30, 100);
    g_assert_true(pty_wait_text(pty, "more on scroll"));
    pty_send(pty, "\x1a");
    g_assert_true(pty_wait_text(pty, "STOPPED"));
    assert_restored(pty);
    pty_resize(pty, 24, 80);
    pty_send(pty, "\n");
    g_assert_true(pty_wait_text(pty, "more on scroll"));
    g_assert_true(pty->alternate);
    g_assert_false(pty_modes(pty).c_lflag & (ICANON | ECHO | ISIG));
    g_assert_false(pty_modes(pty).c_iflag & ICRNL);
    pty_send(pty, "jj");
    g_assert_true(pty_wait_text(pty, "row 3 ·"));
    pty_send(pty, "q");
    g_assert_true(pty_wait_text(pty, "ENDED"));
    assert_restored(pty);
    pty_free(pty);
}

/* What was typed is in the draft a moment later, whatever becomes of the program. */
static void test_a_killed_editor_keeps_its_text(void)
{
    g_autofree char *path = g_build_filename(fixture.folder, "redsmith", "draft.sql", NULL);
    gint64 deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    g_autofree char *text = NULL;
    Pty *pty = open_sales(30, 100);
    pty_send(pty, "e");
    g_assert_true(pty_wait_text(pty, "F5 run"));
    pty_send(pty, "select 'kept'");
    while ((text == NULL || strstr(text, "kept") == NULL) && g_get_monotonic_time() < deadline) {
        pty_settle(pty, QUIET_MS);
        g_free(text);
        text = NULL;
        g_file_get_contents(path, &text, NULL, NULL);
    }
    kill(pty->pid, SIGKILL);
    g_assert_true(pty_wait_end(pty));
    pty_free(pty);
    pty = open_sales(30, 100);
    pty_send(pty, "e");
    g_assert_true(pty_wait_text(pty, "select 'kept'"));
    pty_send(pty, "\x1b");
    g_assert_true(pty_wait_text(pty, "more on scroll"));
    leave(pty);
}

static void test_resizing_follows_the_terminal(void)
{
    Pty *pty = open_sales(30, 100);
    pty_resize(pty, 60, 200);
    g_assert_true(pty_wait_text(pty, "saletime"));
    pty_resize(pty, 10, 40);
    g_assert_true(pty_wait_text(pty, "redsmith needs 60 columns"));
    pty_resize(pty, 1, 1);
    pty_settle(pty, QUIET_MS);
    pty_resize(pty, 24, 80);
    g_assert_true(pty_wait_text(pty, "more on scroll"));
    leave(pty);
}

/* --- kinds of terminals -------------------------------------------------------------------------*/

static void test_it_can_be_used_on_many_terminals(void)
{
    static const char *const terms[] = {"xterm", "xterm-256color", "screen-256color", "linux",
                                        "vt100"};
    for (gsize i = 0; i < G_N_ELEMENTS(terms); i++) {
        Pty *pty = open_with(no_environment, terms[i], 24, 80);
        g_assert_true(pty_wait_text(pty, "salesid"));
        g_assert_true(pty_wait_text(pty, "venue"));
        pty_send(pty, "j");
        g_assert_true(pty_wait_text(pty, "row 2 "));
        leave(pty);
    }
}

static void test_a_terminal_without_a_cursor_is_refused(void)
{
    Pty *pty = open_with(no_environment, "dumb", 24, 80);
    g_assert_true(pty_wait_end(pty));
    g_assert_cmpint(WEXITSTATUS(pty->status), ==, 2);
    g_assert_nonnull(strstr(pty->bytes->str, "TERM=dumb"));
    pty_free(pty);
}

/* TRUE when an SGR sequence sets a colour. */
static gboolean has_color(const GString *bytes)
{
    g_autoptr(GRegex) sgr = g_regex_new("\\x1b\\[([0-9;]*)m", G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_regex_match_full(sgr, bytes->str, (gssize)bytes->len, 0, 0, &match, NULL);
    for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
        g_autofree char *parameters = g_match_info_fetch(match, 1);
        g_auto(GStrv) numbers = g_strsplit(parameters, ";", -1);
        for (char **number = numbers; *number != NULL; number++) {
            gint64 n = g_ascii_strtoll(*number, NULL, 10);
            if ((n >= 30 && n <= 38) || (n >= 40 && n <= 48) || n >= 90)
                return TRUE;
        }
    }
    return FALSE;
}

static void test_no_color_means_none(void)
{
    static const struct {
        const char *term, *setting;
        gboolean colored;
    } cases[] = {
        {"xterm-256color", "NO_COLOR", TRUE},
        {"xterm-256color", "NO_COLOR=1", FALSE},
        {"vt100", "NO_COLOR", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const environment[] = {cases[i].setting, NULL};
        Pty *pty = open_with(environment, cases[i].term, 24, 80);
        g_assert_true(pty_wait_text(pty, "salesid"));
        g_assert_cmpint(has_color(pty->bytes), ==, cases[i].colored);
        leave(pty);
    }
}

static void test_other_locales_get_ascii(void)
{
    static const char *const environment[] = {"LC_ALL=C", NULL};
    Pty *pty = open_with(environment, "xterm-256color", 24, 80);
    g_assert_true(pty_wait_text(pty, "salesid"));
    g_assert_true(pty_wait_text(pty, "venue"));
    for (gsize i = 0; i < pty->bytes->len; i++)
        g_assert_cmpint((guchar)pty->bytes->str[i], <, 0x80);
    leave(pty);
}

/* --- what comes from outside --------------------------------------------------------------------*/

static void test_hostile_values_never_reach_the_terminal(void)
{
    static const char *const sql[] = {
        "psql", "-Xqc",
        "DROP TABLE IF EXISTS public.hostile; CREATE TABLE public.hostile (t varchar(200)); "
        "INSERT INTO public.hostile VALUES (chr(27) || ']0;title' || chr(7)), "
        "(chr(27) || '[31;5mred'), ('a' || chr(8238) || 'b'), (chr(155) || '2J'), "
        "('x' || chr(8) || 'y' || chr(127))",
        NULL};
    static const char *const raw[] = {"\033]0;title", "\033[31;5mred", "\xe2\x80\xae",
                                      "\xc2\x9b",     "x\by",          "\x7f"};
    g_assert_true(run(sql, NULL));
    const char *const argv[] = {fixture.program, "-p", "sandbox", "--relation=public.hostile",
                                NULL};
    static const char *const environment[] = {"TERM=xterm-256color", NULL};
    Pty *pty = pty_start(argv, environment, 30, 120);
    g_assert_true(pty_wait_text(pty, "\\x1b]0;title\\x07"));
    g_assert_true(pty_wait_text(pty, "a\\u{202e}b"));
    pty_send(pty, "\r"); /* the cell viewer */
    g_assert_true(pty_wait_text(pty, "one line"));
    pty_send(pty, "qv"); /* the record */
    g_assert_true(pty_wait_text(pty, "Row"));
    for (gsize i = 0; i < G_N_ELEMENTS(raw); i++)
        g_assert_null(strstr(pty->bytes->str, raw[i]));
    pty_send(pty, "q");
    leave(pty);
}

static void test_a_paste_is_no_row_of_keys(void)
{
    Pty *pty = open_sales(30, 100);
    pty_send(pty, "\033[200~q\ru\rY\033[201~");
    g_assert_true(pty_wait_text(pty, "Pasted text has no place here"));
    pty_send(pty, "F");
    g_assert_true(pty_wait_text(pty, "Enter accepts"));
    pty_send(pty, "\033[200~qtysold\r= 8\033[201~");
    g_assert_true(pty_wait_text(pty, "WHERE \"qtysold\" = 8"));
    pty_send(pty, "\033");
    g_assert_true(pty_wait_gone(pty, "Enter accepts"));
    leave(pty);
}

static void test_copying_speaks_to_the_terminal(void)
{
    Pty *pty = open_sales(30, 100);
    pty_forget(pty);
    pty_send(pty, "y");
    g_assert_true(pty_wait_text(pty, "Copied the cell, 1 bytes"));
    g_assert_nonnull(strstr(pty->bytes->str, "\033]52;c;MQ==\a"));
    leave(pty);
}

static gboolean prepare(void)
{
    const char *build = g_getenv("REDSMITH_BUILDDIR");
    fixture.program = g_build_filename(build != NULL ? build : ".", "redsmith", NULL);
    fixture.sandbox = g_build_filename(build != NULL ? build : ".", "redsmith-sandbox", NULL);
    if (build == NULL || g_access(fixture.program, X_OK) != 0 ||
        g_access(fixture.sandbox, X_OK) != 0)
        return FALSE;
    fixture.folder = g_dir_make_tmp("redsmith-terminal-XXXXXX", NULL);
    g_chmod(fixture.folder, 0755); /* the sandbox's own account has to get in */
    g_setenv("XDG_STATE_HOME", fixture.folder, TRUE);
    g_setenv("XDG_CONFIG_HOME", fixture.folder, TRUE);
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    g_unsetenv("NO_COLOR");
    g_unsetenv("TMUX");
    g_unsetenv("COLUMNS");
    g_unsetenv("LINES");
    return start_sandbox();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!prepare()) {
        g_print("1..0 # SKIP no sandbox could be started\n");
        return 0;
    }
    g_test_add_func("/terminal/bytes/cursor", test_a_moved_cursor_costs_little);
    g_test_add_func("/terminal/bytes/page", test_a_page_costs_less_than_its_text);
    g_test_add_func("/terminal/bytes/repaint", test_repainting_is_asked_for);
    g_test_add_func("/terminal/idle", test_idle_means_idle);
    g_test_add_func("/terminal/first-frame", test_the_first_frame_needs_no_network);
    g_test_add_func("/terminal/signals", test_the_terminal_is_given_back_after_signals);
    g_test_add_func("/terminal/leaving", test_leaving_gives_the_terminal_back);
    g_test_add_func("/terminal/suspend", test_suspending_and_coming_back);
    g_test_add_func("/terminal/draft", test_a_killed_editor_keeps_its_text);
    g_test_add_func("/terminal/resize", test_resizing_follows_the_terminal);
    g_test_add_func("/terminal/types", test_it_can_be_used_on_many_terminals);
    g_test_add_func("/terminal/dumb", test_a_terminal_without_a_cursor_is_refused);
    g_test_add_func("/terminal/no-color", test_no_color_means_none);
    g_test_add_func("/terminal/ascii", test_other_locales_get_ascii);
    g_test_add_func("/terminal/hostile", test_hostile_values_never_reach_the_terminal);
    g_test_add_func("/terminal/paste", test_a_paste_is_no_row_of_keys);
    g_test_add_func("/terminal/copy", test_copying_speaks_to_the_terminal);
    /* A failed assertion aborts: the tests run in a child, so that the sandbox ends in any case. */
    fflush(NULL);
    pid_t tests = fork();
    if (tests == 0)
        return g_test_run();
    int status = 0;
    waitpid(tests, &status, 0);
    end_sandbox();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
