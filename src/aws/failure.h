/*
 * failure: what a service says when it refuses, and what that means to us.
 *
 * Each protocol has its own shape of error; a reader fills an AwsFailure from it. One table maps the
 * services' codes to RS_ERROR codes and remedies, and one function writes the message:
 *     cannot read s3://bucket/key: AccessDenied: Access Denied (HTTP 403, request id 4A..); remedy
 *
 * Threads: pure.
 */
#ifndef REDSMITH_AWS_FAILURE_H
#define REDSMITH_AWS_FAILURE_H

#include "aws/http.h"
#include "base/error.h"

typedef struct {
    int status;
    char *code;       /* "NoSuchKey"; NULL when the answer had none */
    char *message;    /* the service's own words, made printable; NULL: none */
    char *request_id; /* NULL: none */
    char *region;     /* S3: where the bucket is, when it says so */
    char *endpoint;   /* S3: the host to ask instead */
} AwsFailure;

void aws_failure_clear(AwsFailure *failure);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AwsFailure, aws_failure_clear)

/* Reads the XML errors of S3 (<Error>) and of the query protocol (<ErrorResponse><Error>). TRUE when
 * the body is such an error, or no XML; status and the headers' request id are read in any case. */
gboolean aws_failure_read_xml(HttpResponse *response, AwsFailure *failure);

/* The same for the JSON errors of the JSON and REST-JSON protocols and of OAuth: the code from
 * x-amzn-ErrorType, "__type" or "error"; a body that is no JSON is the message. */
gboolean aws_failure_read_json(HttpResponse *response, AwsFailure *failure);

/* The code that this failure has for the rest of the program. */
RsErrorCode aws_failure_code(const AwsFailure *failure);

/* "what: code: message (HTTP status, request id ..); remedy" as a GError. */
GError *aws_failure_error(const AwsFailure *failure, const char *what);

#endif
