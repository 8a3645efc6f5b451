/*
 * hooks: time and chance, so that tests can put their own in their place.
 *
 * Threads: the functions are called from any thread.
 */
#ifndef REDSMITH_AWS_HOOKS_H
#define REDSMITH_AWS_HOOKS_H

#include <gio/gio.h>

typedef struct {
    gint64 (*now)(gpointer user);    /* epoch seconds */
    double (*random)(gpointer user); /* in [0, 1) */
    /* Returns early when the cancellable, which may be NULL, is cancelled. */
    void (*sleep)(gpointer user, guint ms, GCancellable *cancellable);
    gpointer user;
} AwsHooks;

/* The machine's clock, GLib's random numbers, and waiting in earnest. Static. */
const AwsHooks *aws_hooks_real(void);

gint64 aws_hooks_now(const AwsHooks *hooks);
double aws_hooks_random(const AwsHooks *hooks);
void aws_hooks_sleep(const AwsHooks *hooks, guint ms, GCancellable *cancellable);

#endif
