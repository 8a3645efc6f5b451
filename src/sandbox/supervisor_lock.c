#include "sandbox/supervisor_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define POLL_US 5000

/* Opens the lock file; a file made by root goes to the folder's owner, who has to open it later. */
static int open_lock(const char *dir, const char *name, int flags, GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | flags, 0600);
    struct stat folder;
    if (fd >= 0 && geteuid() == 0 && stat(dir, &folder) == 0 &&
        fchown(fd, folder.st_uid, folder.st_gid) != 0)
        g_debug("%s stays with root", path);
    if (fd < 0)
        rs_error_set_errno(error, errno, "Cannot open %s", path);
    return fd;
}

int lock_commands(const char *dir, GError **error)
{
    int fd = open_lock(dir, "start.lock", O_CLOEXEC, error);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
        continue;
    return fd;
}

gboolean lock_supervisor(const char *dir, GError **error)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open_lock(dir, "sandbox.lock", O_CLOEXEC, error);
    if (fd < 0)
        return FALSE;
    if (fcntl(fd, F_SETLK, &whole) == 0)
        return TRUE; /* the descriptor stays open: closing it would give the lock back */
    g_set_error(error, RS_ERROR, RS_ERROR_EXISTS, "The sandbox in %s runs already", dir);
    close(fd);
    return FALSE;
}

pid_t lock_supervisor_holder(const char *dir)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    g_autofree char *path = g_build_filename(dir, "sandbox.lock", NULL);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return 0;
    gboolean held = fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    close(fd);
    return held ? whole.l_pid : 0;
}

gboolean lock_alive(const char *dir, GError **error)
{
    int fd = open_lock(dir, "alive.lock", 0, error);
    if (fd < 0)
        return FALSE;
    if (flock(fd, LOCK_SH) == 0)
        return TRUE;
    rs_error_set_errno(error, errno, "Cannot lock %s/alive.lock", dir);
    close(fd);
    return FALSE;
}

gboolean lock_wait_until_dead(const char *dir, int timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + timeout_ms * G_GINT64_CONSTANT(1000);
    g_autofree char *path = g_build_filename(dir, "alive.lock", NULL);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return TRUE;
    gboolean dead;
    while (!(dead = flock(fd, LOCK_EX | LOCK_NB) == 0) && g_get_monotonic_time() < deadline)
        g_usleep(POLL_US);
    close(fd);
    return dead;
}
