#include "workbench_private.h"

#include "aws/region.h"
#include "base/log.h"
#include "redshift/catalog_cache.h"

enum {
    INTERACTIVE_WORKERS = 3, /* metadata, preview, and one to cancel with */
    BULK_WORKERS = 3,        /* jobs at once; each has its own transfer workers */
};

/* What the catalog's cache is a picture of: an edited profile must not show another cluster's. */
static char *cache_target(const Profile *profile)
{
    return g_strdup_printf("%s:%d %s %s", profile->host != NULL ? profile->host : "", profile->port,
                           profile->cluster_identifier != NULL ? profile->cluster_identifier : "",
                           profile->workgroup_name != NULL ? profile->workgroup_name : "");
}

Workbench *workbench_new(Profile *profile)
{
    Workbench *workbench = g_new0(Workbench, 1);
    workbench->profile = profile;
    workbench->pool = pool_new(NULL, INTERACTIVE_WORKERS, BULK_WORKERS);
    workbench->catalog = catalog_new();
    g_autofree char *target = cache_target(profile);
    catalog_use_cache(workbench->catalog,
                      catalog_cache_new(profile->name != NULL ? profile->name : "", target,
                                        profile->database != NULL ? profile->database : ""));
    workbench->logins = login_memory_new();
    workbench->jobs = workbench_jobs_new();
    g_mutex_init(&workbench->prompt_lock);
    g_mutex_init(&workbench->lock);
    g_cond_init(&workbench->session_given);
    g_cond_init(&workbench->session_closed);
    g_queue_init(&workbench->statements);
    workbench->open_sessions = g_ptr_array_new();
    return workbench;
}

void workbench_free(Workbench *workbench)
{
    if (workbench == NULL)
        return;
    workbench->changed = NULL;
    pool_free(workbench->pool); /* cancels what runs and waits for it: nothing uses us after this */
    workbench_jobs_free(workbench->jobs);
    session_free(workbench->session);
    s3_client_free(workbench->s3);
    credentials_source_free(workbench->credentials);
    login_memory_free(workbench->logins);
    g_free(workbench->last_note);
    catalog_free(workbench->catalog);
    g_queue_clear_full(&workbench->statements, workbench_statement_free);
    g_ptr_array_unref(workbench->open_sessions);
    g_cond_clear(&workbench->session_given);
    g_cond_clear(&workbench->session_closed);
    g_mutex_clear(&workbench->lock);
    g_mutex_clear(&workbench->prompt_lock);
    secret_unref(workbench->prompted);
    profile_free(workbench->profile);
    g_free(workbench);
}

const Profile *workbench_profile(const Workbench *workbench)
{
    return workbench->profile;
}

Pool *workbench_pool(Workbench *workbench)
{
    return workbench->pool;
}

Catalog *workbench_catalog(Workbench *workbench)
{
    return workbench->catalog;
}

char *workbench_region(Workbench *workbench)
{
    const Profile *profile = workbench->profile;
    g_autoptr(GError) damaged = NULL;
    char *region = region_find(profile->region, profile->aws_profile, FALSE, NULL, &damaged);
    if (damaged != NULL) /* whoever needs the file for its keys will say so aloud */
        log_write(LOG_LEVEL_WARNING, "%s", damaged->message);
    return region != NULL ? region : endpoint_region(NULL);
}

/* With the lock held. */
static CredentialsSource *open_credentials(Workbench *workbench)
{
    const Profile *profile = workbench->profile;
    if (workbench->credentials != NULL)
        return workbench->credentials;
    g_autofree char *region = workbench_region(workbench);
    CredentialsSettings settings = {.access_key_id = profile->access_key_id,
                                    .secret_access_key = profile->secret_access_key,
                                    .session_token = profile->session_token,
                                    .role_arn = profile->role_arn,
                                    .external_id = profile->external_id,
                                    .aws_profile = profile->aws_profile,
                                    .region = region,
                                    .endpoint_url = profile->endpoint_url,
                                    .prompt = workbench_ask_code,
                                    .prompt_user = workbench};
    workbench->credentials = credentials_source_new_with(&settings);
    return workbench->credentials;
}

CredentialsSource *workbench_credentials(Workbench *workbench)
{
    g_mutex_lock(&workbench->lock);
    CredentialsSource *credentials = open_credentials(workbench);
    g_mutex_unlock(&workbench->lock);
    return credentials;
}

S3Client *workbench_s3(Workbench *workbench, GError **error)
{
    g_mutex_lock(&workbench->lock);
    if (workbench->s3 == NULL) {
        const char *own = workbench->profile->tempdir_region;
        g_autofree char *region = own != NULL ? g_strdup(own) : workbench_region(workbench);
        workbench->s3 =
            s3_client_new(workbench->profile->endpoint_url, region, open_credentials(workbench));
    }
    g_mutex_unlock(&workbench->lock);
    return workbench->s3;
}
