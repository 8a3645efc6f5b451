#include "aws/transfer_internal.h"

#define SLICE_US (50 * G_TIME_SPAN_MILLISECOND) /* between two looks at the cancellable */
#define BURST_US (100 * G_TIME_SPAN_MILLISECOND)

struct TransferControl {
    GMutex mutex;
    GCond changed;
    guint64 rate;
    guint rates; /* how often it was set: who waits by an old one stops waiting */
    gboolean paused;
    gint64 next; /* monotonic µs: when what was taken so far will have passed at that rate */
};

TransferControl *transfer_control_new(guint64 rate)
{
    TransferControl *control = g_new0(TransferControl, 1);
    g_mutex_init(&control->mutex);
    g_cond_init(&control->changed);
    transfer_control_set_rate(control, rate);
    return control;
}

void transfer_control_free(TransferControl *control)
{
    if (control == NULL)
        return;
    g_mutex_clear(&control->mutex);
    g_cond_clear(&control->changed);
    g_free(control);
}

void transfer_control_set_rate(TransferControl *control, guint64 rate)
{
    g_mutex_lock(&control->mutex);
    control->rate = rate > 0 ? MAX(rate, TRANSFER_MIN_RATE) : 0;
    control->next = 0;
    control->rates++;
    g_cond_broadcast(&control->changed);
    g_mutex_unlock(&control->mutex);
}

void transfer_control_pause(TransferControl *control, gboolean paused)
{
    g_mutex_lock(&control->mutex);
    control->paused = paused;
    g_cond_broadcast(&control->changed);
    g_mutex_unlock(&control->mutex);
}

void transfer_control_wait(TransferControl *control, GCancellable *cancellable)
{
    if (control == NULL)
        return;
    g_mutex_lock(&control->mutex);
    while (control->paused && !g_cancellable_is_cancelled(cancellable))
        g_cond_wait_until(&control->changed, &control->mutex, g_get_monotonic_time() + SLICE_US);
    g_mutex_unlock(&control->mutex);
}

void transfer_control_take(TransferControl *control, guint64 bytes, GCancellable *cancellable)
{
    if (control == NULL)
        return;
    g_mutex_lock(&control->mutex);
    gint64 now = g_get_monotonic_time(), until = now;
    guint rates = control->rates;
    if (control->rate > 0) {
        control->next = MAX(control->next, now - BURST_US);
        control->next += (gint64)((double)bytes * G_USEC_PER_SEC / (double)control->rate);
        until = control->next;
    }
    while (now < until && rates == control->rates && !g_cancellable_is_cancelled(cancellable)) {
        g_cond_wait_until(&control->changed, &control->mutex, MIN(until, now + SLICE_US));
        now = g_get_monotonic_time();
    }
    g_mutex_unlock(&control->mutex);
}

char *transfer_range_md5(const TransferContext *context, const TransferWork *work, guint64 offset,
                         guint64 length, GError **error)
{
    g_autoptr(Digest) md5 = digest_new(DIGEST_MD5);
    if (!s3_digest_range(md5, work->fd, work->item->path, offset, length, context->cancellable,
                         error))
        return NULL;
    return g_strdup(digest_hex(md5));
}
