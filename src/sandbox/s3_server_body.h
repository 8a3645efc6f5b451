/*
 * s3_server_body: what stands between the bytes on the wire and those of the object.
 *
 * Undoes aws-chunked framing, and checks whatever the client gave to check: the signed payload hash, the
 * signature of each chunk and of the trailer, Content-MD5, x-amz-checksum-* (as header or trailer), the
 * decoded length. What does not agree is answered with S3's error for it.
 *
 * Call order:  s3_body_new, s3_body_feed ..., s3_body_end, s3_body_free
 * Threads:     as sandbox/http_exchange
 */
#ifndef REDSMITH_SANDBOX_S3_SERVER_BODY_H
#define REDSMITH_SANDBOX_S3_SERVER_BODY_H

#include "aws/sigv4_digest.h"
#include "sandbox/http_auth.h"

typedef struct S3Body S3Body;

/* The decoded bytes. FALSE: stop, the exchange was answered. */
typedef gboolean (*S3BodySink)(gpointer user, const char *bytes, gsize length);

/* claim is borrowed. stored: the caller takes the MD5 of the decoded bytes anyway, and gives it to
 * s3_body_end, so that it is not computed twice. NULL when the headers ask for something that is not
 * offered: answered then. */
S3Body *s3_body_new(HttpExchange *exchange, const SigV4Claim *claim, gboolean stored);
/* Before the first byte: the caller takes no MD5 after all. */
void s3_body_keep_md5(S3Body *body);
gboolean s3_body_feed(S3Body *body, const char *bytes, gsize length, S3BodySink sink,
                      gpointer user);
/* All has come: does everything agree? stored_md5: of all decoded bytes; NULL when not `stored`. */
gboolean s3_body_end(S3Body *body, Digest *stored_md5);
/* Was there anything that protects the content: Content-MD5 or a checksum? */
gboolean s3_body_has_checksum(const S3Body *body);
/* Repeats the checked x-amz-checksum-* in an answer, as S3 does. */
void s3_body_add_checksum(const S3Body *body, struct MHD_Response *response);
void s3_body_free(S3Body *body);

#endif
