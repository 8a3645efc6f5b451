/*
 * fault: places where a test makes the program die, exactly and not by timing.
 *
 * REDSMITH_TEST_CRASH=NAME in the environment kills the process with SIGKILL when it comes to the point
 * of that name. The points are listed in executor.h. Without the variable a point does nothing.
 *
 * Threads: any.
 */
#ifndef REDSMITH_JOB_FAULT_H
#define REDSMITH_JOB_FAULT_H

#include <glib.h>

/* One point, named as printf would: fault_point("upload:file-%u", done). */
void fault_point(const char *name_format, ...) G_GNUC_PRINTF(1, 2);

#endif
