/*
 * s3_server: the S3 part of the sandbox's AWS endpoint, path-style, over sandbox/store.
 *
 * One table of operations: method, what the path names (nothing, a bucket, an object), the query or
 * header that singles it out, and three functions. What no row offers is refused with NotImplemented.
 * Objects are streamed to and from the disk; parts of multipart uploads wait in the bucket's folder,
 * <dir>/s3/<bucket>/uploads/<upload id>/.
 *
 * Signatures, payload hashes, Content-MD5 and x-amz-checksum-* are all checked, aws-chunked bodies are
 * decoded and their chunk signatures checked too.
 *
 * Source:  Amazon S3 API reference.
 * Threads: as sandbox/http_exchange.
 */
#ifndef REDSMITH_SANDBOX_S3_SERVER_H
#define REDSMITH_SANDBOX_S3_SERVER_H

#include "sandbox/http_exchange.h"

void s3_server_begin(HttpExchange *exchange);
void s3_server_body(HttpExchange *exchange, const char *bytes, gsize length);
void s3_server_finish(HttpExchange *exchange);
void s3_server_clear(HttpExchange *exchange);

#endif
