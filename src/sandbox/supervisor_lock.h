/*
 * supervisor_lock: who may work on a sandbox folder, and who still does.
 *
 * Three lock files, three questions. start.lock: one start, stop or reset at a time (flock, held by
 * the command). sandbox.lock: is there a supervisor, and which (a POSIX lock, because asking for it
 * names the owner and changes nothing). alive.lock: does any process of the sandbox live (flock,
 * inherited by every child, PostgreSQL's too).
 *
 * Threads: any. Locks go with the process, also when it is killed.
 */
#ifndef REDSMITH_SANDBOX_SUPERVISOR_LOCK_H
#define REDSMITH_SANDBOX_SUPERVISOR_LOCK_H

#include <glib.h>
#include <sys/types.h>

/* Waits for start.lock of the folder. The descriptor; closing it gives the lock back. -1 on failure. */
int lock_commands(const char *dir, GError **error);

/* Takes sandbox.lock for the life of this process. RS_ERROR_EXISTS when another holds it. */
gboolean lock_supervisor(const char *dir, GError **error);
/* Its holder, 0 when there is none. */
pid_t lock_supervisor_holder(const char *dir);

/* Takes alive.lock for this process and its children. */
gboolean lock_alive(const char *dir, GError **error);
/* Waits until no process holds alive.lock. FALSE after timeout_ms. */
gboolean lock_wait_until_dead(const char *dir, int timeout_ms);

#endif
