/*
 * region: which Region, when nobody said so?
 *
 * The caller's own, AWS_REGION, AWS_DEFAULT_REGION, `region` of the AWS profile, and, only when asked
 * to, where the instance is (a request to its metadata, up to four seconds).
 *
 * Source:   AWS SDKs and Tools Reference Guide, "AWS Region".
 * Threads:  any; not the main thread with ask_instance.
 */
#ifndef REDSMITH_AWS_REGION_H
#define REDSMITH_AWS_REGION_H

#include <gio/gio.h>

/* Free with g_free. NULL without an error when nobody knows one; RS_ERROR_CONFIG for a damaged shared
 * file. explicit_region and aws_profile may be NULL. */
char *region_find(const char *explicit_region, const char *aws_profile, gboolean ask_instance,
                  GCancellable *cancellable, GError **error);

#endif
