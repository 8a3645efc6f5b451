/*
 * retry: may this failed request be sent again, and when? The AWS standard mode, without a clock.
 *
 * Three attempts in all, unless the user's settings say otherwise (retry_find_attempts). Before attempt n + 1 a client waits a random part of
 * min(20 s, 2^(n-1) s): "full jitter". A quota of 500 tokens, shared by all requests to a service,
 * keeps a broken service from being flooded: a retry takes 5, or 10 after a time-out; a success gives
 * back what its last retry took, or 1.
 *
 * Some failures are mended rather than waited for, each once per request and outside that count: a clock
 * that is off, expired credentials, a bucket in another Region.
 *
 * Source:   AWS SDKs and Tools Reference Guide, "Retry behavior", standard mode.
 * Threads:  RetryQuota from any thread; the rest is pure.
 * Units:    ms where the name says so.
 */
#ifndef REDSMITH_AWS_RETRY_H
#define REDSMITH_AWS_RETRY_H

#include <glib.h>

#define RETRY_ATTEMPTS 3
#define RETRY_MOST_ATTEMPTS 100
#define RETRY_CEILING_MS 20000

typedef enum {
    RETRY_NEVER,
    RETRY_TRANSIENT, /* lost, timed out, 5xx */
    RETRY_THROTTLED, /* asked to slow down */
    RETRY_SKEW,      /* the clock is off: learn the offset from Date, sign again */
    RETRY_EXPIRED,   /* the credentials have expired: ask for others, sign again */
} RetryKind;

/* What to think of an answer. code is the service's error code, NULL when the answer had none. */
RetryKind retry_classify(int status, const char *code);

/* How long to wait after failed attempt number `attempt` (from 1), for a random number in [0, 1). */
guint retry_delay_ms(guint attempt, double random);

/* What the server asks for with Retry-After (seconds) or x-amz-retry-after (ms); NULL: nothing. Never
 * more than RETRY_CEILING_MS. */
guint retry_after_ms(const char *retry_after, const char *amz_retry_after);

/*
 * Attempts in all: AWS_MAX_ATTEMPTS, else max_attempts of the AWS profile (NULL: the chosen one), else those
 * of the mode, which is AWS_RETRY_MODE or the profile's retry_mode: 5 for "legacy", 3 for "standard", the
 * default, and "adaptive". A damaged shared file counts as none. RS_ERROR_CONFIG names the setting that is
 * no number from 1 to RETRY_MOST_ATTEMPTS or no mode.
 */
gboolean retry_find_attempts(const char *aws_profile, guint *attempts, GError **error);

typedef struct RetryQuota RetryQuota;
RetryQuota *retry_quota_new(void);
void retry_quota_free(RetryQuota *quota);
/* Takes the tokens of one retry: their number, or 0 when there are too few left: then do not retry. */
guint retry_quota_take(RetryQuota *quota, gboolean timed_out);
/* After a success; taken is what its last retry took, 0 without one. */
void retry_quota_give(RetryQuota *quota, guint taken);
guint retry_quota_left(RetryQuota *quota);

#endif
