#include <errno.h>
#include <poll.h>

#include "redshift/wire_private.h"

/* Where a cancellable has no descriptor to give (out of descriptors) it is looked at this often. */
#define CANCEL_LOOK_US (100 * 1000)

void wire_waiter_begin(WireWaiter *waiter, GCancellable *cancellable, gint64 deadline_us)
{
    *waiter = (WireWaiter){.cancellable = cancellable, .deadline_us = deadline_us};
    if (cancellable != NULL)
        waiter->has_cancel_fd = g_cancellable_make_pollfd(cancellable, &waiter->cancel_fd);
}

void wire_waiter_tick(WireWaiter *waiter, guint interval_ms, SessionTick tick, gpointer user)
{
    if (tick == NULL || interval_ms == 0)
        return;
    waiter->interval_ms = interval_ms;
    waiter->tick = tick;
    waiter->tick_user = user;
    waiter->next_tick_us = g_get_monotonic_time() + (gint64)interval_ms * 1000;
}

void wire_waiter_end(WireWaiter *waiter)
{
    if (waiter->has_cancel_fd)
        g_cancellable_release_fd(waiter->cancellable);
    waiter->has_cancel_fd = FALSE;
}

/* Milliseconds until the next thing that is due whatever the descriptors do; -1: nothing is. */
static int poll_timeout(const WireWaiter *waiter, gint64 now_us)
{
    gint64 due_us = G_MAXINT64;
    if (waiter->deadline_us > 0)
        due_us = MIN(due_us, waiter->deadline_us);
    if (waiter->tick != NULL)
        due_us = MIN(due_us, waiter->next_tick_us);
    if (waiter->cancellable != NULL && !waiter->has_cancel_fd)
        due_us = MIN(due_us, now_us + CANCEL_LOOK_US);
    if (due_us == G_MAXINT64)
        return -1;
    gint64 ms = due_us <= now_us ? 0 : (due_us - now_us + 999) / 1000;
    return (int)MIN(ms, G_MAXINT);
}

static void tick_if_due(WireWaiter *waiter)
{
    if (waiter->tick == NULL || g_get_monotonic_time() < waiter->next_tick_us)
        return;
    waiter->tick(waiter->tick_user);
    /* Counted from now: a slow tick must not be followed by a burst of others. */
    waiter->next_tick_us = g_get_monotonic_time() + (gint64)waiter->interval_ms * 1000;
}

WireEvent wire_wait(WireWaiter *waiter, int fd, short events)
{
    for (;;) {
        if (g_cancellable_is_cancelled(waiter->cancellable))
            return WIRE_CANCELLED;
        gint64 now_us = g_get_monotonic_time();
        struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = -1, .events = POLLIN}};
        if (waiter->has_cancel_fd)
            fds[1].fd = waiter->cancel_fd.fd;
        int ready = poll(fds, 2, poll_timeout(waiter, now_us));
        if (ready < 0 && errno != EINTR)
            return WIRE_READY; /* the read that follows meets the same fault and reports it */
        if (ready > 0 && fds[0].revents != 0)
            return WIRE_READY;
        if (waiter->deadline_us > 0 && g_get_monotonic_time() >= waiter->deadline_us)
            return WIRE_TIMED_OUT;
        tick_if_due(waiter);
    }
}
