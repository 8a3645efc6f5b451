/*
 * s3_server_internal: one S3 request at work, shared by the files of the S3 server.
 */
#ifndef REDSMITH_SANDBOX_S3_SERVER_INTERNAL_H
#define REDSMITH_SANDBOX_S3_SERVER_INTERNAL_H

#include "sandbox/s3_server.h"
#include "sandbox/s3_server_body.h"
#include "sandbox/s3_server_parts.h"

#define S3_XMLNS "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define S3_XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define S3_MAX_PARTS 10000u

typedef enum { S3_SERVICE, S3_BUCKET, S3_OBJECT } S3Level;

/* What becomes of a request's body. */
typedef enum {
    S3_BODY_NONE,   /* read and checked, nothing else */
    S3_BODY_MEMORY, /* at most 2 MiB, in work->memory: XML */
    S3_BODY_OBJECT, /* streamed into work->writer */
} S3BodyUse;

/* One operation. begin and finish may answer; begin may be NULL. */
typedef struct {
    const char *name, *method;
    S3Level level;
    const char *parameter; /* must be in the query; NULL: the plain operation */
    const char *header;    /* must be there; NULL: none */
    S3BodyUse body;
    void (*begin)(HttpExchange *exchange);
    void (*finish)(HttpExchange *exchange);
} S3Operation;

typedef struct {
    const S3Operation *operation;
    S3Level level;
    char *bucket, *key; /* decoded; NULL where the path has none */
    SigV4Claim claim;
    S3Body *body;
    GByteArray *memory;
    StoreWriter *writer; /* PutObject */
    S3PartFile part;     /* UploadPart */
    Digest *part_md5;    /* NULL with a key of KMS */
    char *kms_key;       /* ARN, of the object that is made; NULL: SSE-S3 */
} S3Work;

static inline S3Work *s3_work(HttpExchange *exchange)
{
    return exchange->work;
}

/* Always answers: NoSuchBucket, NoSuchKey, EntityTooLarge ... for a GError of the store. */
void s3_answer_error(HttpExchange *exchange, const GError *error);
void s3_answer_xml(HttpExchange *exchange, guint status, const char *xml);
/* Answers NoSuchBucket, or NoSuchUpload, and returns FALSE when it is not there. */
gboolean s3_need_bucket(HttpExchange *exchange);

/* <dir>/s3/<bucket>[/name]. Free with g_free. */
char *s3_bucket_path(const HttpExchange *exchange, const char *name);

/* "2026-01-02T03:04:05.678Z" and the HTTP form. Free with g_free. */
char *s3_iso_time(gint64 ms);
char *s3_http_time(gint64 ms);

/* An element with escaped text appended to out; text NULL: nothing. */
void s3_append_element(GString *out, const char *name, const char *text);
/* A key in an answer: percent-encoded when the client asked for encoding-type=url. */
void s3_append_key(GString *out, const char *name, const char *key, gboolean encode);

/* The number of a query parameter: fallback when absent; FALSE after an InvalidArgument answer. */
gboolean s3_parameter_number(HttpExchange *exchange, const char *name, guint64 fallback,
                             guint64 maximum, guint64 *number);

/*
 * Headers that an object keeps beside its data (x-amz-meta-*, Content-Encoding and their like), in a
 * small file that names the ETag it belongs to: what the UNLOAD engine writes has none.
 */
char *s3_kept_headers(const HttpExchange *exchange);
/* lines NULL or "": none. */
void s3_headers_save(const HttpExchange *exchange, const char *key, const char *etag,
                     const char *lines);
char *s3_headers_load(const HttpExchange *exchange, const char *bucket, const char *key,
                      const char *etag);
void s3_headers_add(struct MHD_Response *response, const char *lines);

/* Leaf elements of an XML body. FALSE when it is no XML or its root is another. */
typedef void (*S3LeafFunction)(gpointer user, const char *parent, const char *name,
                               const char *text);
gboolean s3_read_xml(const GByteArray *xml, const char *root, S3LeafFunction leaf, gpointer user);

/* s3_server_encryption.c */
/* The ARN of the key that the request's headers ask for, or NULL. FALSE when they were refused. */
gboolean s3_encryption_read(HttpExchange *exchange, char **kms_key);
/* What answers about an object say of its encryption. */
void s3_encryption_add(struct MHD_Response *response, const char *kms_key);

/* s3_server_objects.c */
/* The object of x-amz-copy-source, percent-decoded. FALSE after an InvalidArgument answer. */
gboolean s3_read_copy_source(HttpExchange *exchange, char **bucket, char **key);
/* x-amz-copy-source-if-match and -if-none-match. FALSE after a PreconditionFailed answer. */
gboolean s3_check_copy_source(HttpExchange *exchange, const StoreObject *source);
void s3_get_object(HttpExchange *exchange);
void s3_head_object(HttpExchange *exchange);
void s3_get_tagging(HttpExchange *exchange);
void s3_put_object_begin(HttpExchange *exchange);
void s3_put_object(HttpExchange *exchange);
void s3_copy_object(HttpExchange *exchange);
void s3_delete_object(HttpExchange *exchange);
void s3_delete_objects(HttpExchange *exchange);

/* s3_server_list.c */
void s3_list_buckets(HttpExchange *exchange);
void s3_list_objects(HttpExchange *exchange);
void s3_list_objects_v2(HttpExchange *exchange);

/* s3_server_bucket.c */
void s3_create_bucket(HttpExchange *exchange);
void s3_delete_bucket(HttpExchange *exchange);
void s3_head_bucket(HttpExchange *exchange);
void s3_get_location(HttpExchange *exchange);
void s3_get_public_access(HttpExchange *exchange);
void s3_get_encryption(HttpExchange *exchange);
void s3_get_lifecycle(HttpExchange *exchange);
void s3_put_lifecycle(HttpExchange *exchange);
void s3_delete_lifecycle(HttpExchange *exchange);

/* s3_server_multipart.c */
void s3_create_upload(HttpExchange *exchange);
void s3_upload_part_begin(HttpExchange *exchange);
gboolean s3_upload_part_body(HttpExchange *exchange, const char *bytes, gsize length);
void s3_upload_part(HttpExchange *exchange);
void s3_upload_part_copy(HttpExchange *exchange);
void s3_complete_upload(HttpExchange *exchange);
void s3_abort_upload(HttpExchange *exchange);
void s3_list_parts(HttpExchange *exchange);
void s3_list_uploads(HttpExchange *exchange);

#endif
