/*
 * aws-stub: whoever gives credentials, in one stub: STS, sign-on portal and its token service, container
 * endpoint, instance metadata; with a home, shared files and an environment of their own.
 *
 * Keys are named after who gave them: ROLE-<name> for an assumed role, WEB-<name>, SSO, BOX (container),
 * IMDS. Time is virtual: it stands until the test moves it.
 *
 * Call order: aws_stub_main, and in each test aws_stub_start, aws_stub_files, (g_setenv), credentials_source_new_with ..., aws_stub_stop
 */
#ifndef REDSMITH_TESTS_AWS_STUB_H
#define REDSMITH_TESTS_AWS_STUB_H

#include "aws/credentials.h"
#include "tests/unit/http-stub.h"

#define STUB_NOW 1750000000

typedef struct {
    HttpStub *http;
    char *dir;         /* home; "~/.aws" is in it */
    AwsHooks hooks;    /* virtual time, random 0.5, sleeps that only count */
    gint now;          /* seconds after STUB_NOW: atomic */
    gint slept;        /* atomic */
    gint life;         /* of credentials, in seconds; default 3,600: atomic */
    gint status;       /* of every answer that gives credentials; 0: good: atomic */
    gint token_status; /* of the instance's PUT for a token; 0: good: atomic */
    gint stale_tokens; /* how many more GETs of the instance are refused with 401: atomic */
    const char *body;  /* instead of the container's and the instance's document */
    const char *roles; /* of the instance; NULL: "role-of-instance" */
    GMutex gate;       /* held by a test, it keeps the container from answering */
} AwsStub;

/* Runs the tests in a new home, which is removed at the end; GLib asks for HOME once, so this comes before
 * anything else. */
int aws_stub_main(int argc, char **argv, void (*add_tests)(void));

void aws_stub_start(AwsStub *stub);
void aws_stub_stop(AwsStub *stub);

/* Writes ~/.aws/config and credentials anew (NULL: none), @DIR@ in them being stub->dir, and clears the
 * environment but for the stub's own endpoints. */
void aws_stub_files(AwsStub *stub, const char *config, const char *credentials);
/* Sets a variable; @DIR@ and @URL@ in it are the stub's. */
void aws_stub_setenv(AwsStub *stub, const char *name, const char *value);
/* A file in stub->dir, with folders. */
void aws_stub_write(AwsStub *stub, const char *name, const char *content);
char *aws_stub_read(AwsStub *stub, const char *name);

/* The usual settings: the stub's clock and container address, a short limit for processes. */
CredentialsSettings aws_stub_settings(AwsStub *stub);
/* The name of a token file as the AWS tools make it: "sso/cache/<sha1>.json" below .aws. */
char *aws_stub_token_name(const char *named);

#endif
