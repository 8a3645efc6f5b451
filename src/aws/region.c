#include "aws/region.h"

#include "aws/imds.h"
#include "base/error.h"

static char *first_of(const char *explicit_region)
{
    const char *const choices[] = {explicit_region, g_getenv("AWS_REGION"),
                                   g_getenv("AWS_DEFAULT_REGION")};
    for (gsize i = 0; i < G_N_ELEMENTS(choices); i++)
        if (choices[i] != NULL && *choices[i] != '\0')
            return g_strdup(choices[i]);
    return NULL;
}

static char *region_of_instance(const SharedConfig *config, const char *profile,
                                GCancellable *cancellable)
{
    g_autoptr(GError) nobody = NULL; /* that there is no instance is no failure */
    g_autoptr(HttpClient) http = http_client_new();
    g_autoptr(Imds) imds = imds_new(config, profile, http, aws_hooks_real(), &nobody);
    return imds != NULL ? imds_get(imds, "placement/region", cancellable, &nobody) : NULL;
}

char *region_find(const char *explicit_region, const char *aws_profile, gboolean ask_instance,
                  GCancellable *cancellable, GError **error)
{
    char *region = first_of(explicit_region);
    if (region != NULL)
        return region;
    g_autoptr(SharedConfig) config = shared_config_load(error);
    if (config == NULL)
        return NULL;
    g_autofree char *profile = shared_config_chosen_profile(aws_profile);
    const char *set = shared_config_get(config, profile, "region", NULL);
    if (set != NULL && *set != '\0')
        return g_strdup(set);
    return ask_instance ? region_of_instance(config, profile, cancellable) : NULL;
}
