#include "aws/retry.h"

#include <string.h>

#define QUOTA_TOKENS 500
#define COST 5
#define COST_TIMED_OUT 10

struct RetryQuota {
    GMutex mutex;
    guint tokens;
};

typedef struct {
    const char *code;
    RetryKind kind;
} CodeRow;

static const CodeRow codes[] = {
    {"BandwidthLimitExceeded", RETRY_THROTTLED},
    {"EC2ThrottledException", RETRY_THROTTLED},
    {"LimitExceededException", RETRY_THROTTLED},
    {"ProvisionedThroughputExceededException", RETRY_THROTTLED},
    {"RequestLimitExceeded", RETRY_THROTTLED},
    {"RequestThrottled", RETRY_THROTTLED},
    {"RequestThrottledException", RETRY_THROTTLED},
    {"SlowDown", RETRY_THROTTLED},
    {"ThrottledException", RETRY_THROTTLED},
    {"Throttling", RETRY_THROTTLED},
    {"ThrottlingException", RETRY_THROTTLED},
    {"TooManyRequestsException", RETRY_THROTTLED},
    {"TransactionInProgressException", RETRY_THROTTLED},
    {"BadDigest", RETRY_TRANSIENT},
    {"IDPCommunicationError", RETRY_TRANSIENT},
    {"InternalError", RETRY_TRANSIENT},
    {"PriorRequestNotComplete", RETRY_TRANSIENT},
    {"RequestTimeout", RETRY_TRANSIENT},
    {"RequestTimeoutException", RETRY_TRANSIENT},
    {"AuthFailure", RETRY_SKEW},
    {"InvalidSignatureException", RETRY_SKEW},
    {"RequestExpired", RETRY_SKEW},
    {"RequestInTheFuture", RETRY_SKEW},
    {"RequestTimeTooSkewed", RETRY_SKEW},
    {"SignatureDoesNotMatch", RETRY_SKEW},
    {"ExpiredToken", RETRY_EXPIRED},
    {"ExpiredTokenException", RETRY_EXPIRED},
};

RetryKind retry_classify(int status, const char *code)
{
    for (gsize i = 0; code != NULL && i < G_N_ELEMENTS(codes); i++)
        if (strcmp(code, codes[i].code) == 0)
            return codes[i].kind;
    switch (status) {
    case 429:
        return RETRY_THROTTLED;
    case 500:
    case 502:
    case 503:
    case 504:
        return RETRY_TRANSIENT;
    default:
        return RETRY_NEVER;
    }
}

guint retry_delay_ms(guint attempt, double random)
{
    guint shift = CLAMP(attempt, 1, 16) - 1;
    guint ceiling = MIN(RETRY_CEILING_MS, 1000u << shift);
    return (guint)(random * ceiling);
}

guint retry_after_ms(const char *retry_after, const char *amz_retry_after)
{
    guint64 ms = 0;
    if (amz_retry_after != NULL &&
        g_ascii_string_to_unsigned(amz_retry_after, 10, 0, G_MAXUINT32, &ms, NULL))
        return (guint)MIN(ms, RETRY_CEILING_MS);
    if (retry_after != NULL &&
        g_ascii_string_to_unsigned(retry_after, 10, 0, G_MAXUINT32, &ms, NULL))
        return (guint)MIN(ms * 1000, RETRY_CEILING_MS);
    return 0;
}

RetryQuota *retry_quota_new(void)
{
    RetryQuota *quota = g_new0(RetryQuota, 1);
    g_mutex_init(&quota->mutex);
    quota->tokens = QUOTA_TOKENS;
    return quota;
}

void retry_quota_free(RetryQuota *quota)
{
    if (quota == NULL)
        return;
    g_mutex_clear(&quota->mutex);
    g_free(quota);
}

guint retry_quota_take(RetryQuota *quota, gboolean timed_out)
{
    guint cost = timed_out ? COST_TIMED_OUT : COST;
    g_mutex_lock(&quota->mutex);
    gboolean enough = quota->tokens >= cost;
    if (enough)
        quota->tokens -= cost;
    g_mutex_unlock(&quota->mutex);
    return enough ? cost : 0;
}

void retry_quota_give(RetryQuota *quota, guint taken)
{
    g_mutex_lock(&quota->mutex);
    quota->tokens = MIN(QUOTA_TOKENS, quota->tokens + (taken > 0 ? taken : 1));
    g_mutex_unlock(&quota->mutex);
}

guint retry_quota_left(RetryQuota *quota)
{
    g_mutex_lock(&quota->mutex);
    guint tokens = quota->tokens;
    g_mutex_unlock(&quota->mutex);
    return tokens;
}
