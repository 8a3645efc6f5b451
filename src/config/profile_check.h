/*
 * profile_check: fields that contradict each other, and fields that are missing.
 *
 * A rule is a row: which facts must hold, which must not, the field to look at and what to do. The rows
 * cover what the Spark connector and the Data API connector refuse, as far as it concerns a profile,
 * and the combinations that only this program has.
 *
 * Call order:  profile_check on what the user gave, before anything is filled in: a default cannot
 *              contradict. profile_check_complete once the environment has had its say.
 * Source:      the connectors' own refusals (parameters and errors); the AWS API references of
 *              GetClusterCredentials, GetClusterCredentialsWithIAM, GetCredentials and ExecuteStatement.
 * Threads:     pure.
 * Errors:      RS_ERROR_CONFIG with the text of the first rule that is broken
 */
#ifndef REDSMITH_CONFIG_PROFILE_CHECK_H
#define REDSMITH_CONFIG_PROFILE_CHECK_H

#include "config/profile.h"

typedef struct {
    const char *field; /* the one to change; static */
    char *text;        /* what is wrong and what to do, naming the fields */
} ProfileProblem;

/* All contradictions, then all gaps; empty when it is sound. Of ProfileProblem; free with
 * g_ptr_array_unref. */
GPtrArray *profile_problems(const Profile *profile);

/* The first contradiction. *field may be NULL; it gets the field to look at. */
gboolean profile_check(const Profile *profile, const char **field, GError **error);

/* The first gap: something that the login needs and nothing gives. */
gboolean profile_check_complete(const Profile *profile, GError **error);

/* The auth of a profile that has none: what its other fields say, else pgpass. Static. */
const char *profile_guess_auth(const Profile *profile);

#endif
