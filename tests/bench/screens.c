/*
 * screens: what the grid costs, measured from outside: redsmith on a terminal that remembers.
 *
 *     bench_screens bytes REDSMITH FILE     bytes to the terminal for a key in a grid of 200 x 50 (as curses
 *                                           sees it: 50 rows of 200 columns), beside pspg's and less's
 *                                           for the same rows in FILE, where they are installed
 *     bench_screens rows REDSMITH RELATION ROWS TEXT
 *                                           the times of the first page, of all rows, of jumps and of a
 *                                           search for TEXT in the last row, and the memory held
 *
 * The sandbox's environment is expected (`redsmith sandbox env`). Run by `make bench-grid`.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../terminal/pty.h"

enum { ROWS = 50, COLUMNS = 200, QUIET_MS = 150, KEYS = 10 };

static double seconds_since(gint64 start)
{
    return (double)(g_get_monotonic_time() - start) / 1e6;
}

/* --- bytes ----------------------------------------------------------------------------------------*/

/* The bytes that a key takes, on average of some. The one before them takes a message away. */
static gsize cost(Pty *pty, const char *key)
{
    pty_settle(pty, QUIET_MS);
    pty_send(pty, key);
    pty_settle(pty, QUIET_MS);
    pty_forget(pty);
    for (int i = 0; i < KEYS; i++) {
        pty_send(pty, key);
        pty_settle(pty, QUIET_MS);
    }
    return pty->bytes->len / KEYS;
}

static void report(const char *name, Pty *pty, const char *ready)
{
    if (!pty_wait_text(pty, ready)) {
        printf("%-9s did not start\n", name);
        pty_free(pty);
        return;
    }
    /* as a terminal in application mode sends them */
    gsize down = cost(pty, "\033OB"), page = cost(pty, "\033[6~"), right = cost(pty, "\033OC");
    printf("%-9s cursor down %6zu   page down %6zu   column right %6zu   bytes a key\n", name, down,
           page, right);
    fflush(stdout);
    pty_send(pty, "q");
    pty_free(pty);
}

static const char *const environment[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "LESS=", NULL};

static int measure_bytes(const char *program, const char *file)
{
    const char *const ours[] = {program, "-p", "sandbox", "--relation=public.sales", NULL};
    Pty *pty = pty_start(ours, environment, ROWS, COLUMNS);
    if (pty_wait_text(pty, "more on scroll")) {
        pty_send(pty, "\x14"); /* without the catalog: all of the screen is the grid's */
        pty_settle(pty, QUIET_MS);
        pty_send(pty, "A");
        pty_wait_text(pty, "(all)");
    }
    report("redsmith", pty, "rows (all)");
    static const char *const others[][5] = {{"pspg", "-f", NULL, NULL}, {"less", "-S", NULL, NULL}};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *path = g_find_program_in_path(others[i][0]);
        const char *const argv[] = {path, others[i][1], file, NULL};
        if (path == NULL)
            printf("%-9s is not installed\n", others[i][0]);
        else
            report(others[i][0], pty_start(argv, environment, ROWS, COLUMNS), "salesid");
    }
    return 0;
}

/* --- rows -----------------------------------------------------------------------------------------*/

static double mebibytes(const Pty *pty, const char *field)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pty->pid);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    const char *at = strstr(text, field);
    return at != NULL ? (double)g_ascii_strtoll(at + strlen(field) + 1, NULL, 10) / 1024 : 0;
}

static void say(const Pty *pty, const char *what, gint64 start)
{
    printf("%-34s %8.3f s   %6.1f MiB now, %6.1f MiB at most\n", what, seconds_since(start),
           mebibytes(pty, "VmRSS:"), mebibytes(pty, "VmHWM:"));
    fflush(stdout);
}

/* Waits without a deadline: a long run is what is measured. */
static void await(Pty *pty, const char *text)
{
    for (;;) {
        g_autofree char *screen = pty_text(pty);
        if (strstr(screen, text) != NULL || pty->ended)
            return;
        pty_settle(pty, 5);
    }
}

static void step(Pty *pty, const char *what, const char *keys, const char *ready)
{
    gint64 start = g_get_monotonic_time();
    pty_send(pty, keys);
    await(pty, ready);
    say(pty, what, start);
}

static char *counted(guint64 number)
{
    g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    GString *out = g_string_new(digits);
    for (gssize at = (gssize)out->len - 3; at > 0; at -= 3)
        g_string_insert_c(out, at, ',');
    return g_string_free(out, FALSE);
}

static int measure_rows(const char *program, const char *relation, guint64 rows, const char *text)
{
    g_autofree char *option = g_strconcat("--relation=", relation, NULL);
    const char *const argv[] = {program, "-p", "sandbox", option, NULL};
    g_autofree char *count = counted(rows), *middle = counted(rows / 2);
    g_autofree char *all = g_strdup_printf("%s rows (all)", count);
    g_autofree char *last = g_strdup_printf("row %s ", count);
    g_autofree char *half = g_strdup_printf("row %s ", middle);
    g_autofree char *jump = g_strdup_printf("#%" G_GUINT64_FORMAT "\r", rows / 2);
    g_autofree char *search = g_strdup_printf("/%s\r", text);
    gint64 start = g_get_monotonic_time();
    Pty *pty = pty_start(argv, environment, ROWS, COLUMNS);
    await(pty, "more on scroll");
    say(pty, "start to the first page", start);
    step(pty, "reading all rows", "A", all);
    step(pty, "to the end", "G", last);
    step(pty, "to the middle", jump, half);
    step(pty, "to the top", "gg", "row 1 ");
    step(pty, "searching to the last row", search, last);
    printf("asked for: at most 64 MiB, whatever the number of rows\n");
    pty_send(pty, "q");
    pty_free(pty);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "bytes") == 0)
        return measure_bytes(argv[2], argv[3]);
    if (argc == 6 && strcmp(argv[1], "rows") == 0)
        return measure_rows(argv[2], argv[3], g_ascii_strtoull(argv[4], NULL, 10), argv[5]);
    fprintf(stderr, "usage: %s bytes REDSMITH FILE | rows REDSMITH RELATION ROWS TEXT\n", argv[0]);
    return 2;
}
