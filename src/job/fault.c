#include "job/fault.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

void fault_point(const char *name_format, ...)
{
    const char *wanted = g_getenv("REDSMITH_TEST_CRASH");
    if (wanted == NULL)
        return;
    va_list arguments;
    va_start(arguments, name_format);
    g_autofree char *name = g_strdup_vprintf(name_format, arguments);
    va_end(arguments);
    if (strcmp(name, wanted) == 0)
        kill(getpid(), SIGKILL);
}
