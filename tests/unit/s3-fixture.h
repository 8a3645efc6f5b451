/*
 * s3-fixture: the sandbox's AWS endpoint alone, in a process of its own and a folder of its own.
 *
 * Call order:  s3_fixture_start before the first thread of the test, s3_fixture_stop at the end
 */
#ifndef REDSMITH_TESTS_S3_FIXTURE_H
#define REDSMITH_TESTS_S3_FIXTURE_H

#include "aws/s3.h"

#define FIXTURE_KEY "AKIDSANDBOXTEST"
#define FIXTURE_SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

typedef struct {
    char *dir, *endpoint;
    pid_t pid;
    CredentialsSource *credentials;
    S3Client *client; /* retries without waiting */
    guint slept;      /* how often the client's retries wanted to wait */
} S3Fixture;

/* With the bucket "bucket". */
void s3_fixture_start(S3Fixture *fixture);
void s3_fixture_stop(S3Fixture *fixture);

/* One rule of sandbox/faults, from now on; and none. */
void s3_fixture_fault(S3Fixture *fixture, const char *rule);
void s3_fixture_clear_faults(S3Fixture *fixture);

/* A listening socket on a free port of the loopback. */
int s3_fixture_listen(int *port);

/* Repeatable bytes that no compression or offset error leaves alike. */
GBytes *s3_fixture_bytes(gsize length, guint seed);

#endif
