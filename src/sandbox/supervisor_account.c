#include "sandbox/supervisor_account.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

static const struct passwd *the_account(void)
{
    const struct passwd *account = getpwnam("postgres");
    return account != NULL ? account : getpwnam("nobody");
}

/* A folder is ours when it is empty or has what a sandbox leaves in it first. */
static gboolean is_ours(const char *dir)
{
    static const char *const marks[] = {"start.lock", "faults.conf", "template.lock"};
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
    if (entries == NULL)
        return FALSE;
    gboolean ours = g_dir_read_name(entries) == NULL;
    for (gsize i = 0; !ours && i < G_N_ELEMENTS(marks); i++) {
        g_autofree char *mark = g_build_filename(dir, marks[i], NULL);
        ours = access(mark, F_OK) == 0;
    }
    return ours;
}

gboolean account_own_dir(const char *dir, GError **error)
{
    if (g_mkdir_with_parents(dir, 0700) != 0)
        return rs_error_set_errno(error, errno, "Cannot create the folder %s", dir);
    if (!is_ours(dir)) {
        g_set_error(error, RS_ERROR, RS_ERROR_EXISTS,
                    "%s is not empty and holds no sandbox; name another folder with --dir", dir);
        return FALSE;
    }
    if (geteuid() != 0)
        return TRUE;
    const struct passwd *account = the_account();
    struct stat before;
    if (account == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                    "PostgreSQL does not run as root, and there is no account postgres or nobody");
        return FALSE;
    }
    if (stat(dir, &before) == 0 && before.st_uid == account->pw_uid)
        return TRUE;
    if (chown(dir, account->pw_uid, account->pw_gid) != 0 || chmod(dir, 0700) != 0)
        return rs_error_set_errno(error, errno, "Cannot give %s to the account %s", dir,
                                  account->pw_name);
    return TRUE;
}

/* The first folder that cannot be entered, or NULL. */
static const char *unreachable(const char *const *dirs)
{
    for (; *dirs != NULL; dirs++) {
        int fd = open(*dirs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            return *dirs;
        close(fd);
    }
    return NULL;
}

/* Exactly this capability (-1: none), in all sets, the ambient one too, so that exec keeps it. */
static gboolean keep_capability(int capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (capability >= 0) {
        guint32 bit = 1u << (capability % 32);
        data[capability / 32] = (struct __user_cap_data_struct){bit, bit, bit};
    }
    if (syscall(SYS_capset, &header, data) != 0)
        return FALSE;
    return capability < 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0;
}

static gboolean has_capability(int capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    return syscall(SYS_capget, &header, data) == 0 &&
           (data[capability / 32].permitted & (1u << (capability % 32))) != 0;
}

/*
 * The default folder of root lies under /root, which is 0700: the account owns the folder but cannot
 * walk to it. One capability opens that way and nothing more is kept: CAP_DAC_READ_SEARCH (walk and
 * read anywhere, write nowhere new), or CAP_DAC_OVERRIDE where a container was given only that.
 */
static gboolean keep_the_way(const char *const *dirs)
{
    static const int candidates[] = {CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE};
    for (gsize i = 0; i < G_N_ELEMENTS(candidates); i++) {
        if (has_capability(candidates[i]))
            return keep_capability(candidates[i]) && unreachable(dirs) == NULL;
    }
    return FALSE;
}

static gboolean become(const struct passwd *account, GError **error)
{
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && setgroups(0, NULL) == 0 &&
        setresgid(account->pw_gid, account->pw_gid, account->pw_gid) == 0 &&
        setresuid(account->pw_uid, account->pw_uid, account->pw_uid) == 0)
        return TRUE;
    return rs_error_set_errno(error, errno, "Cannot become the account %s", account->pw_name);
}

static gboolean refuse(const char *dir, const char *name, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                "The account %s, which the sandbox runs as, cannot enter %s; name a folder that it "
                "can reach, such as --dir /var/tmp/redsmith-sandbox",
                name, dir);
    return FALSE;
}

gboolean account_enter(const char *const *dirs, GError **error)
{
    if (geteuid() != 0) {
        const char *dir = unreachable(dirs);
        return dir == NULL || refuse(dir, g_get_user_name(), error);
    }
    const struct passwd *account = the_account();
    if (account == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                    "PostgreSQL does not run as root, and there is no account postgres or nobody");
        return FALSE;
    }
    if (!become(account, error))
        return FALSE;
    g_setenv("HOME", "/nonexistent", TRUE); /* no file of root's home is ever meant */
    g_setenv("USER", account->pw_name, TRUE);
    const char *dir = unreachable(dirs);
    if (dir == NULL)
        return keep_capability(-1) ||
               rs_error_set_errno(error, errno, "Cannot give up the rights of root");
    return keep_the_way(dirs) || refuse(dir, account->pw_name, error);
}
