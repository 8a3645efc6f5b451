/*
 * terminal: the tty we borrow, and giving it back whatever happens.
 *
 * Opens curses (raw keys, no echo, short escape delay, bracketed paste, mouse left alone), reads
 * keys, stops and continues the process, and copies by OSC 52. The terminal is restored by
 * terminal_close, and on a crash (SIGSEGV, SIGABRT and their like, g_error included) by a handler
 * that writes bytes prepared beforehand and sets the saved line settings, both async-signal-safe.
 * Standard error goes to a hidden file while the screen is ours, for one stray line of a library
 * would spoil it; terminal_close shows what was written there.
 *
 * The null terminal has a size and no device: scripts draw on it.
 *
 * Threads: main thread. One terminal at a time.
 * Errors:  RS_ERROR_UNSUPPORTED for a terminal that cannot place its cursor, or none at all
 */
#ifndef REDSMITH_UI_TERMINAL_H
#define REDSMITH_UI_TERMINAL_H

#include "ui/key.h"

typedef struct Terminal Terminal;

Terminal *terminal_open(GError **error);
Terminal *terminal_open_null(int rows, int columns, GError **error);

/* Gives the screen back and prints what was caught from standard error. */
void terminal_close(Terminal *terminal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Terminal, terminal_close)

/* TRUE when the locale can show more than ASCII. */
gboolean terminal_is_utf8(const Terminal *terminal);
void terminal_size(const Terminal *terminal, int *rows, int *columns);

/* The null terminal's new size. */
void terminal_resize(Terminal *terminal, int rows, int columns);

/* Asks the device how large it is and follows. */
void terminal_measure(Terminal *terminal);

/*
 * The next key that has arrived; FALSE when there is none. A paste comes whole: *key is UI_KEY_NONE
 * and *paste its text (at most 1 MiB, line ends as \n), to be freed with g_free.
 */
gboolean terminal_read(Terminal *terminal, Key *key, char **paste);

/* TRUE once the device has hung up. */
gboolean terminal_is_gone(const Terminal *terminal);

/* Leaves the screen, stops the process, and takes the screen again when it continues. */
void terminal_stop(Terminal *terminal);

/* Lends the screen to a program of the user's, waits for its end and takes the screen again. FALSE with
 * RS_ERROR_NOT_FOUND or RS_ERROR_INTERNAL when it could not be run or ended with a failure. */
gboolean terminal_lend(Terminal *terminal, char **argv, GError **error);
/* Takes the screen again after somebody else had it: modes, size, full repaint. */
void terminal_retake(Terminal *terminal);

/* Everything on the screen is suspect: the next frame paints all of it. */
void terminal_repaint(Terminal *terminal);

/* FALSE while the device has not taken the last frame. */
gboolean terminal_has_drained(const Terminal *terminal);

/* One frame: what was drawn since the last. The cursor goes to y, x. */
void terminal_show(Terminal *terminal, int y, int x, gboolean visible);

/* Puts text on the clipboard of the user's own machine. RS_ERROR_LIMIT above 74,000 bytes, which is
 * what terminals commonly take. */
gboolean terminal_copy(Terminal *terminal, const char *text, GError **error);

/* The control string of that copy for a terminal type, for the tests. tmux: TMUX is set.
 * Free with g_free. */
char *terminal_copy_sequence(const char *text, const char *term, gboolean tmux);

#endif
