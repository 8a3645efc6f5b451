#include "aws/hooks.h"

static gint64 real_now(gpointer user)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static double real_random(gpointer user)
{
    return g_random_double();
}

static void real_sleep(gpointer user, guint ms, GCancellable *cancellable)
{
    GPollFD fd;
    if (cancellable == NULL || !g_cancellable_make_pollfd(cancellable, &fd)) {
        g_usleep((gulong)ms * 1000);
        return;
    }
    g_poll(&fd, 1, (gint)ms);
    g_cancellable_release_fd(cancellable);
}

const AwsHooks *aws_hooks_real(void)
{
    static const AwsHooks hooks = {real_now, real_random, real_sleep, NULL};
    return &hooks;
}

gint64 aws_hooks_now(const AwsHooks *hooks)
{
    return hooks->now(hooks->user);
}

double aws_hooks_random(const AwsHooks *hooks)
{
    return hooks->random(hooks->user);
}

void aws_hooks_sleep(const AwsHooks *hooks, guint ms, GCancellable *cancellable)
{
    hooks->sleep(hooks->user, ms, cancellable);
}
