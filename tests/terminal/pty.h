/*
 * pty: a program under a terminal that remembers: forkpty with libvterm reading along.
 *
 * The screen as text, every byte that was sent, and what the program asked of the terminal (the
 * alternate screen, a visible cursor). Waiting is for what is on the screen, with a deadline.
 */
#ifndef REDSMITH_TESTS_PTY_H
#define REDSMITH_TESTS_PTY_H

#include <glib.h>
#include <termios.h>
#include <vterm.h>

typedef struct {
    GPid pid;
    int fd, rows, columns;
    VTerm *vterm;
    VTermScreen *screen;
    GString *bytes; /* everything since the last pty_forget */
    gboolean alternate, cursor_visible, ended;
    int status; /* as of waitpid, once it has ended */
} Pty;

/* argv and the environment's changes ("NAME=VALUE", "NAME" unsets), both NULL-terminated. */
Pty *pty_start(const char *const *argv, const char *const *environment, int rows, int columns);
/* Ends the program if it still runs. */
void pty_free(Pty *pty);

void pty_send(Pty *pty, const char *bytes);
void pty_resize(Pty *pty, int rows, int columns);
void pty_forget(Pty *pty);

/* The screen, a line per row, blanks at the ends cut. Free with g_free. */
char *pty_text(Pty *pty);

/* FALSE when it did not come to be in time; the screen is then a test message. */
gboolean pty_wait_text(Pty *pty, const char *text);
gboolean pty_wait_gone(Pty *pty, const char *text);
gboolean pty_wait_end(Pty *pty);
/* Until nothing has come for that long. */
void pty_settle(Pty *pty, int quiet_ms);
/* TRUE when a byte comes within that time. */
gboolean pty_hears(Pty *pty, int ms);

struct termios pty_modes(const Pty *pty);

#endif
