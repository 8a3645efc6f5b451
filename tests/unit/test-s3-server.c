/* What the sandbox's AWS endpoint answers to requests that our own client would not make. */
#include <string.h>

#include "tests/unit/s3-fixture.h"

/* One request; fields that are NULL or 0 take the ordinary value. */
typedef struct {
    const char *method, *path, *query;
    const char *headers[8]; /* name, value, ...; signed */
    const char *body;
    const char *hash; /* "-": no x-amz-content-sha256 at all; NULL: that of the body */
    gint64 age;       /* seconds before now that it says it was signed */
    const char *service;
    gboolean bare; /* not signed at all */
} Ask;

typedef struct {
    int status;
    char *code; /* of the error, or "" */
    char *body;
    GPtrArray *headers;
} Answer;

static void answer_clear(Answer *answer)
{
    g_free(answer->code);
    g_free(answer->body);
    g_clear_pointer(&answer->headers, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static const char *host_of(const S3Fixture *fixture)
{
    return fixture->endpoint + strlen("http://");
}

static SigV4Key key_of(const Ask *ask)
{
    return (SigV4Key){.access_key_id = FIXTURE_KEY,
                      .secret_access_key = FIXTURE_SECRET,
                      .region = "us-east-1",
                      .service = ask->service != NULL ? ask->service : "s3",
                      .time = g_get_real_time() / G_USEC_PER_SEC - ask->age};
}

/* Signs; *seed, when wanted, is the signature that chunk signatures follow. */
static GPtrArray *headers_of(const S3Fixture *fixture, const Ask *ask, char **seed)
{
    GPtrArray *headers = sigv4_headers_new();
    const char *body = ask->body != NULL ? ask->body : "";
    g_autofree char *sha256 = sigv4_sha256(body, strlen(body));
    gboolean without = g_strcmp0(ask->hash, "-") == 0;
    const char *hash = ask->hash != NULL && !without ? ask->hash : sha256;
    sigv4_headers_add(headers, "Host", host_of(fixture));
    for (gsize i = 0; i + 1 < G_N_ELEMENTS(ask->headers) && ask->headers[i] != NULL; i += 2)
        sigv4_headers_add(headers, ask->headers[i], ask->headers[i + 1]);
    if (ask->bare)
        return headers;
    SigV4Key key = key_of(ask);
    g_auto(SigV4Result) result = {0};
    sigv4_add_headers(headers, &key, hash, !without);
    SigV4Request request = {ask->method, ask->path, ask->query,
                            headers,     hash,      SIGV4_PATH_S3_SERVICE};
    sigv4_sign(&request, &key, &result);
    sigv4_headers_add(headers, "Authorization", result.authorization);
    if (seed != NULL)
        *seed = g_strdup(result.signature);
    return headers;
}

static char *between(const char *text, const char *start, const char *end)
{
    const char *from = strstr(text, start);
    const char *to = from != NULL ? strstr(from + strlen(start), end) : NULL;
    return to != NULL ? g_strndup(from + strlen(start), (gsize)(to - from) - strlen(start))
                      : g_strdup("");
}

static void send_with(const S3Fixture *fixture, const Ask *ask, const GPtrArray *headers,
                      const char *body, Answer *answer)
{
    g_autoptr(HttpClient) http = http_client_new();
    g_auto(HttpResponse) response = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *url = g_strconcat(fixture->endpoint, ask->path, ask->query != NULL ? "?" : "",
                                       ask->query != NULL ? ask->query : "", NULL);
    g_autoptr(GBytes) bytes = body != NULL ? g_bytes_new(body, strlen(body)) : NULL;
    HttpBody http_body = {.bytes = bytes, .length = body != NULL ? strlen(body) : 0};
    HttpRequest request = {.method = ask->method,
                           .url = url,
                           .headers = headers,
                           .body = body != NULL ? &http_body : NULL};
    http_send(http, &request, &response, NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(http_response_header(&response, "x-amz-request-id"));
    g_assert_cmpint(response.date, !=, 0);
    answer->status = response.status;
    answer->body = g_strdup(http_response_text(&response));
    answer->headers = g_steal_pointer(&response.headers);
    answer->code = strstr(answer->body, "__type") != NULL
                       ? between(answer->body, "\"__type\":\"", "\"")
                       : between(answer->body, "<Code>", "</Code>");
}

static void ask_for(const S3Fixture *fixture, const Ask *ask, Answer *answer)
{
    g_autoptr(GPtrArray) headers = headers_of(fixture, ask, NULL);
    send_with(fixture, ask, headers, ask->body, answer);
}

typedef struct {
    Ask ask;
    int status;
    const char *code;
} Case;

static void check_cases(const S3Fixture *fixture, const Case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        g_auto(Answer) answer = {0};
        ask_for(fixture, &cases[i].ask, &answer);
        g_test_message("%s %s?%s: %d %s", cases[i].ask.method, cases[i].ask.path,
                       cases[i].ask.query != NULL ? cases[i].ask.query : "", answer.status,
                       answer.code);
        g_assert_cmpint(answer.status, ==, cases[i].status);
        g_assert_cmpstr(answer.code, ==, cases[i].code);
    }
}

static void test_requests_that_are_not_ours_to_answer(gconstpointer data)
{
    static const Case cases[] = {
        {{.method = "GET", .path = "/", .bare = TRUE}, 403, "AccessDenied"},
        {{.method = "GET", .path = "/bucket", .age = 3600}, 403, "RequestTimeTooSkewed"},
        {{.method = "GET", .path = "/bucket", .hash = "-"}, 400, "InvalidRequest"},
        {{.method = "GET", .path = "/bucket", .query = "acl"}, 501, "NotImplemented"},
        {{.method = "GET", .path = "/bucket/k", .query = "versionId=1"}, 501, "NotImplemented"},
        {{.method = "POST", .path = "/bucket/k"}, 405, "MethodNotAllowed"},
        {{.method = "PUT", .path = "/bucket/k", .headers = {"x-amz-acl", "public-read"}},
         501,
         "NotImplemented"},
        {{.method = "PUT",
          .path = "/bucket/k",
          .headers = {"x-amz-server-side-encryption", "aws:kms",
                      "x-amz-server-side-encryption-context", "e30="}},
         501,
         "NotImplemented"},
        {{.method = "PUT", .path = "/bucket/k", .headers = {"x-amz-server-side-encryption", "DES"}},
         400,
         "InvalidEncryptionAlgorithmError"},
        {{.method = "PUT",
          .path = "/bucket/k",
          .headers = {"x-amz-server-side-encryption-aws-kms-key-id", "1"}},
         400,
         "InvalidArgument"},
        {{.method = "PUT",
          .path = "/bucket/k",
          .query = "partNumber=1&uploadId=no",
          .headers = {"x-amz-server-side-encryption", "aws:kms"}},
         501,
         "NotImplemented"},
        {{.method = "GET", .path = "/none"}, 404, "NoSuchBucket"},
        {{.method = "GET", .path = "/bucket/none"}, 404, "NoSuchKey"},
        {{.method = "PUT", .path = "/Bad_Name"}, 400, "InvalidBucketName"},
        {{.method = "PUT", .path = "/bucket"}, 409, "BucketAlreadyOwnedByYou"},
        {{.method = "GET", .path = "/bucket/a%00b"}, 400, "InvalidURI"},
        {{.method = "GET", .path = "/bucket", .query = "list-type=2&max-keys=x"},
         400,
         "InvalidArgument"},
        {{.method = "GET", .path = "/bucket", .query = "list-type=2&continuation-token=%20"},
         400,
         "InvalidArgument"},
        {{.method = "GET", .path = "/bucket", .query = "lifecycle"},
         404,
         "NoSuchLifecycleConfiguration"},
        {{.method = "PUT", .path = "/bucket", .query = "lifecycle", .body = "<Other/>"},
         400,
         "MalformedXML"},
        {{.method = "POST",
          .path = "/bucket",
          .query = "delete",
          .body = "<Delete><Object><Key>k</Key></Object></Delete>"},
         400,
         "InvalidRequest"},
        {{.method = "POST",
          .path = "/bucket",
          .query = "delete",
          .body = "<Delete>",
          .headers = {"Content-MD5", "T00AoZCWZxKRf2+8pn/xpQ=="}},
         400,
         "BadDigest"},
        {{.method = "PUT", .path = "/bucket/k", .query = "partNumber=1&uploadId=no"},
         404,
         "NoSuchUpload"},
        {{.method = "POST",
          .path = "/",
          .service = "redshift-data",
          .hash = "-",
          .headers = {"X-Amz-Target", "RedshiftData.ListNothing"},
          .body = "{}"},
         400,
         "UnknownOperationException"},
        {{.method = "POST",
          .path = "/",
          .service = "sts",
          .hash = "-",
          .headers = {"Content-Type", "application/x-www-form-urlencoded"},
          .body = "Action=GetFederationToken"},
         400,
         "InvalidAction"},
        {{.method = "POST",
          .path = "/",
          .bare = TRUE,
          .headers = {"X-Amz-Target", "Kinesis.Put"},
          .body = "{}"},
         400,
         "UnknownOperationException"},
    };
    check_cases(data, cases, G_N_ELEMENTS(cases));
}

static void test_bodies_are_checked_against_every_promise(gconstpointer data)
{
    static const char body[] = "123456789";
    static const Case cases[] = {
        {{.method = "PUT", .path = "/bucket/c", .body = body}, 200, ""},
        {{.method = "PUT", .path = "/bucket/c", .body = body, .hash = "UNSIGNED-PAYLOAD"}, 200, ""},
        {{.method = "PUT", .path = "/bucket/c", .body = body, .hash = SIGV4_EMPTY_SHA256},
         400,
         "XAmzContentSHA256Mismatch"},
        {{.method = "PUT", .path = "/bucket/c", .body = body, .hash = "nonsense"},
         400,
         "InvalidArgument"},
        {{.method = "PUT",
          .path = "/bucket/c",
          .body = body,
          .headers = {"Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw=="}},
         200,
         ""},
        {{.method = "PUT",
          .path = "/bucket/c",
          .body = body,
          .headers = {"Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="}},
         400,
         "BadDigest"},
        {{.method = "PUT", .path = "/bucket/c", .body = body, .headers = {"Content-MD5", "AAAA"}},
         400,
         "InvalidDigest"},
        {{.method = "PUT",
          .path = "/bucket/c",
          .body = body,
          .headers = {"x-amz-checksum-crc32", "y/Q5Jg=="}},
         200,
         ""},
        {{.method = "PUT",
          .path = "/bucket/c",
          .body = body,
          .headers = {"x-amz-checksum-crc32c", "4waSgw=="}},
         200,
         ""},
        {{.method = "PUT",
          .path = "/bucket/c",
          .body = body,
          .headers = {"x-amz-checksum-crc64nvme", "rosUhgp5mIg="}},
         200,
         ""},
        {{.method = "PUT",
          .path = "/bucket/c",
          .body = body,
          .headers = {"x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="}},
         200,
         ""},
        {{.method = "PUT",
          .path = "/bucket/c",
          .body = body,
          .headers = {"x-amz-checksum-sha1", "98O8HYCOBHMqCyiZZaTzJCQf2fM="}},
         400,
         "BadDigest"},
        {{.method = "PUT",
          .path = "/bucket/c",
          .body = body,
          .headers = {"x-amz-checksum-crc32", "AAAAAA=="}},
         400,
         "BadDigest"},
        {{.method = "PUT",
          .path = "/bucket/c",
          .body = body,
          .headers = {"x-amz-checksum-xxhash", "AAAAAA=="}},
         501,
         "NotImplemented"},
    };
    check_cases(data, cases, G_N_ELEMENTS(cases));
}

/* --- aws-chunked ------------------------------------------------------------------------------- */

static void append_chunk(GString *out, const SigV4Key *key, char **previous, const char *bytes,
                         gsize length)
{
    if (key == NULL) {
        g_string_append_printf(out, "%zx\r\n", length);
    } else {
        g_autofree char *hash = sigv4_sha256(bytes, length);
        char *signature = sigv4_chunk_signature(key, *previous, hash);
        g_string_append_printf(out, "%zx;chunk-signature=%s\r\n", length, signature);
        g_free(*previous);
        *previous = signature;
    }
    g_string_append_len(out, bytes, (gssize)length);
    if (length > 0)
        g_string_append(out, "\r\n");
}

static void test_chunked_bodies_are_undone(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const struct {
        const char *kind;
        gboolean is_signed, trailer;
        const char *change_from, *change_to; /* on the way */
        int status;
        const char *code;
    } cases[] = {
        {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", FALSE, TRUE, NULL, NULL, 200, ""},
        {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", FALSE, TRUE, "6789", "6780", 400, "BadDigest"},
        {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", FALSE, TRUE, "4\r\n", "z\r\n", 400,
         "InvalidRequest"},
        {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", TRUE, FALSE, NULL, NULL, 200, ""},
        {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", TRUE, FALSE, "6789", "6780", 403,
         "SignatureDoesNotMatch"},
        {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", TRUE, TRUE, "y/Q5Jg==", "y/Q5Jh==", 403,
         "SignatureDoesNotMatch"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Ask ask = {.method = "PUT",
                   .path = "/bucket/chunked",
                   .hash = cases[i].kind,
                   .headers = {"Content-Encoding", "aws-chunked", "x-amz-decoded-content-length",
                               "9", cases[i].trailer ? "x-amz-trailer" : NULL,
                               "x-amz-checksum-crc32"}};
        g_autofree char *previous = NULL;
        g_autoptr(GPtrArray) headers = headers_of(fixture, &ask, &previous);
        SigV4Key key = key_of(&ask);
        g_assert_true(sigv4_parse_date(sigv4_headers_get(headers, "X-Amz-Date"), &key.time));
        g_autoptr(GString) body = g_string_new(NULL);
        append_chunk(body, cases[i].is_signed ? &key : NULL, &previous, "12345", 5);
        append_chunk(body, cases[i].is_signed ? &key : NULL, &previous, "6789", 4);
        append_chunk(body, cases[i].is_signed ? &key : NULL, &previous, "", 0);
        if (cases[i].trailer)
            g_string_append(body, "x-amz-checksum-crc32:y/Q5Jg==\r\n");
        g_string_append(body, "\r\n");
        if (cases[i].change_from != NULL)
            g_string_replace(body, cases[i].change_from, cases[i].change_to, 1);
        g_auto(Answer) answer = {0};
        send_with(fixture, &ask, headers, body->str, &answer);
        g_test_message("%s: %d %s", cases[i].kind, answer.status, answer.code);
        g_assert_cmpint(answer.status, ==, cases[i].status);
        g_assert_cmpstr(answer.code, ==, cases[i].code);
        if (answer.status != 200)
            continue;
        g_autoptr(GBytes) back = s3_get(fixture->client, "bucket", "chunked", 0, 0, NULL, NULL);
        g_assert_cmpmem(g_bytes_get_data(back, NULL), g_bytes_get_size(back), "123456789", 9);
    }
}

/* --- reading and listing ----------------------------------------------------------------------- */

static void put_text(const S3Fixture *fixture, const char *key, const char *text)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_assert_true(s3_put(fixture->client, "bucket", key, bytes, NULL, NULL));
}

static void test_conditions_and_ranges(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const char etag[] = "\"781e5e245d69b566979b86e28d23f2c7\"";
    static const struct {
        Ask ask;
        int status;
        const char *body; /* NULL: not looked at */
    } cases[] = {
        {{.method = "GET", .path = "/bucket/d"}, 200, "0123456789"},
        {{.method = "GET", .path = "/bucket/d", .headers = {"Range", "bytes=2-4"}}, 206, "234"},
        {{.method = "GET", .path = "/bucket/d", .headers = {"Range", "bytes=-3"}}, 206, "789"},
        {{.method = "GET", .path = "/bucket/d", .headers = {"Range", "bytes=-30"}},
         206,
         "0123456789"},
        {{.method = "GET", .path = "/bucket/d", .headers = {"Range", "bytes=8-"}}, 206, "89"},
        {{.method = "GET", .path = "/bucket/d", .headers = {"Range", "bytes=10-"}}, 416, NULL},
        {{.method = "GET", .path = "/bucket/d", .headers = {"Range", "bytes=-0"}}, 416, NULL},
        {{.method = "GET", .path = "/bucket/d", .headers = {"Range", "bytes=4-2"}},
         200,
         "0123456789"},
        {{.method = "GET", .path = "/bucket/d", .headers = {"Range", "lines=1-2"}},
         200,
         "0123456789"},
        {{.method = "GET", .path = "/bucket/d", .headers = {"If-Match", etag}}, 200, NULL},
        {{.method = "GET", .path = "/bucket/d", .headers = {"If-Match", "\"x\""}}, 412, NULL},
        {{.method = "GET", .path = "/bucket/d", .headers = {"If-None-Match", etag}}, 304, NULL},
        {{.method = "PUT", .path = "/bucket/d", .headers = {"If-None-Match", "*"}}, 412, NULL},
        {{.method = "PUT", .path = "/bucket/new", .headers = {"If-None-Match", "*"}}, 200, NULL},
        {{.method = "HEAD", .path = "/bucket/d"}, 200, ""},
        {{.method = "HEAD", .path = "/bucket/none"}, 404, ""},
    };
    put_text(fixture, "d", "0123456789");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Answer) answer = {0};
        ask_for(fixture, &cases[i].ask, &answer);
        g_assert_cmpint(answer.status, ==, cases[i].status);
        if (cases[i].body != NULL)
            g_assert_cmpstr(answer.body, ==, cases[i].body);
    }
}

/* Every page of a listing, until it ends: "key key prefix/ ..." in the order they came. */
static char *all_pages(const S3Fixture *fixture, const char *query, gboolean v2)
{
    GString *out = g_string_new(NULL);
    g_autofree char *token = NULL;
    do {
        g_autofree char *encoded = token != NULL ? sigv4_uri_encode(token, -1, FALSE) : NULL;
        g_autofree char *next = encoded == NULL ? g_strdup(query)
                                : v2 ? g_strconcat(query, "&continuation-token=", encoded, NULL)
                                     : g_strconcat(query, "&marker=", encoded, NULL);
        Ask ask = {.method = "GET", .path = "/lists", .query = next};
        g_auto(Answer) answer = {0};
        ask_for(fixture, &ask, &answer);
        g_assert_cmpint(answer.status, ==, 200);
        const char *rest = answer.body;
        g_autofree char *last = NULL;
        for (const char *at; (at = strstr(rest, "<Key>")) != NULL; rest = at + 1) {
            g_free(last);
            last = between(at, "<Key>", "</Key>");
            g_string_append_printf(out, "%s ", last);
        }
        rest = answer.body;
        for (const char *at; (at = strstr(rest, "<CommonPrefixes><Prefix>")) != NULL;
             rest = at + 1) {
            g_autofree char *prefix = between(at, "<Prefix>", "</Prefix>");
            g_string_append_printf(out, "%s ", prefix);
        }
        g_free(token);
        token = strstr(answer.body, "<IsTruncated>true") == NULL ? NULL
                : v2 ? between(answer.body, "<NextContinuationToken>", "</NextContinuationToken>")
                : strstr(answer.body, "<NextMarker>") != NULL
                    ? between(answer.body, "<NextMarker>", "</NextMarker>")
                    : g_steal_pointer(&last);
    } while (token != NULL);
    return g_string_free(out, FALSE);
}

static void test_listings_in_both_versions(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const char *const keys[] = {"a/1", "a/2", "a/b/3", "b", "c/4", "d e=f", "z"};
    static const struct {
        const char *query;
        const char *expected;
    } cases[] = {
        {"", "a/1 a/2 a/b/3 b c/4 d e=f z "},
        {"&prefix=a%2F", "a/1 a/2 a/b/3 "},
        {"&max-keys=2", "a/1 a/2 a/b/3 b c/4 d e=f z "},
        {"&max-keys=1", "a/1 a/2 a/b/3 b c/4 d e=f z "},
        {"&delimiter=%2F", "b d e=f z a/ c/ "},
        {"&delimiter=%2F&max-keys=1", "a/ b c/ d e=f z "},
        {"&delimiter=%2F&prefix=a%2F", "a/1 a/2 a/b/ "},
        {"&encoding-type=url&prefix=d", "d%20e%3Df "},
        {"&prefix=none", ""},
    };
    Ask create = {.method = "PUT", .path = "/lists"};
    g_auto(Answer) created = {0};
    ask_for(fixture, &create, &created);
    g_assert_cmpint(created.status, ==, 200);
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autoptr(GBytes) bytes = g_bytes_new_static("x", 1);
        g_assert_true(s3_put(fixture->client, "lists", keys[i], bytes, NULL, NULL));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *v1 = g_strconcat("x-id=List", cases[i].query, NULL);
        g_autofree char *v2 = g_strconcat("list-type=2", cases[i].query, NULL);
        g_autofree char *in_v1 = all_pages(fixture, v1, FALSE);
        g_autofree char *in_v2 = all_pages(fixture, v2, TRUE);
        g_assert_cmpstr(in_v1, ==, cases[i].expected);
        g_assert_cmpstr(in_v2, ==, cases[i].expected);
    }
    Ask remove = {.method = "DELETE", .path = "/lists"};
    g_auto(Answer) refused = {0};
    ask_for(fixture, &remove, &refused);
    g_assert_cmpstr(refused.code, ==, "BucketNotEmpty");
}

static void test_headers_of_an_object_are_kept_and_copied(gconstpointer data)
{
    const S3Fixture *fixture = data;
    Ask put = {.method = "PUT",
               .path = "/bucket/meta",
               .body = "x",
               .headers = {"x-amz-meta-colour", "blue", "Content-Encoding", "gzip", "Content-Type",
                           "text/plain"}};
    Ask copy = {
        .method = "PUT", .path = "/bucket/copy", .headers = {"x-amz-copy-source", "/bucket/meta"}};
    Ask head = {.method = "HEAD", .path = "/bucket/copy"};
    g_auto(Answer) stored = {0}, copied = {0}, seen = {0}, plain = {0};
    ask_for(fixture, &put, &stored);
    ask_for(fixture, &copy, &copied);
    g_assert_cmpint(copied.status, ==, 200);
    ask_for(fixture, &head, &seen);
    g_assert_cmpstr(sigv4_headers_get(seen.headers, "x-amz-meta-colour"), ==, "blue");
    g_assert_cmpstr(sigv4_headers_get(seen.headers, "Content-Encoding"), ==, "gzip");
    g_assert_cmpstr(sigv4_headers_get(seen.headers, "Content-Type"), ==, "text/plain");
    put_text(fixture, "copy", "something else");
    ask_for(fixture, &head, &plain);
    g_assert_null(sigv4_headers_get(plain.headers, "x-amz-meta-colour"));
}

#define MD5_OF_X "9dd4e461268c8034f5c8564e155c67a6"

/* Stores "x" and tells how the answer and a later look at the object describe its encryption. */
static void test_encryption_is_told_and_hides_the_md5(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const struct {
        const char *headers[4];
        const char *algorithm, *key;
    } cases[] = {
        {{NULL}, "AES256", NULL},
        {{"x-amz-server-side-encryption", "AES256"}, "AES256", NULL},
        {{"x-amz-server-side-encryption", "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id",
          "alias/lake"},
         "aws:kms",
         ":alias/lake"},
        {{"x-amz-server-side-encryption", "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id",
          "arn:aws:kms:us-east-1:1:key/2"},
         "aws:kms",
         "arn:aws:kms:us-east-1:1:key/2"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Ask put = {.method = "PUT", .path = "/bucket/sealed", .body = "x"};
        Ask head = {.method = "HEAD", .path = "/bucket/sealed"};
        g_auto(Answer) stored = {0}, seen = {0};
        const Answer *answers[] = {&stored, &seen};
        memcpy(put.headers, cases[i].headers, sizeof cases[i].headers);
        ask_for(fixture, &put, &stored);
        ask_for(fixture, &head, &seen);
        for (gsize j = 0; j < G_N_ELEMENTS(answers); j++) {
            const GPtrArray *headers = answers[j]->headers;
            const char *key =
                sigv4_headers_get(headers, "x-amz-server-side-encryption-aws-kms-key-id");
            g_assert_cmpint(answers[j]->status, ==, 200);
            g_assert_cmpstr(sigv4_headers_get(headers, "x-amz-server-side-encryption"), ==,
                            cases[i].algorithm);
            g_assert_true(cases[i].key == NULL ? key == NULL : g_str_has_suffix(key, cases[i].key));
            gboolean is_md5 =
                g_strcmp0(sigv4_headers_get(headers, "ETag"), "\"" MD5_OF_X "\"") == 0;
            g_assert_true(is_md5 == (cases[i].key == NULL));
        }
        g_assert_cmpstr(sigv4_headers_get(stored.headers, "ETag"), ==,
                        sigv4_headers_get(seen.headers, "ETag"));
    }
}

static void test_a_copy_is_encrypted_as_its_own_request_says(gconstpointer data)
{
    const S3Fixture *fixture = data;
    Ask put = {.method = "PUT",
               .path = "/bucket/source",
               .body = "x",
               .headers = {"x-amz-server-side-encryption", "aws:kms"}};
    Ask copy = {.method = "PUT",
                .path = "/bucket/open",
                .headers = {"x-amz-copy-source", "/bucket/source"}};
    g_auto(Answer) stored = {0}, copied = {0};
    g_autoptr(GError) error = NULL;
    ask_for(fixture, &put, &stored);
    ask_for(fixture, &copy, &copied);
    g_assert_cmpint(copied.status, ==, 200);
    S3Object *source = s3_head(fixture->client, "bucket", "source", NULL, &error);
    S3Object *open = s3_head(fixture->client, "bucket", "open", NULL, &error);
    g_assert_no_error(error);
    g_assert_false(source->etag_is_md5);
    g_assert_true(open->etag_is_md5);
    g_assert_cmpstr(open->etag, ==, MD5_OF_X);
    s3_object_free(source);
    s3_object_free(open);
}

/* Content-MD5 is a promise about the bytes, whatever the ETag is. */
static void test_a_wrong_md5_is_refused_with_a_key_of_kms(gconstpointer data)
{
    const S3Fixture *fixture = data;
    Ask put = {.method = "PUT",
               .path = "/bucket/wrong",
               .body = "x",
               .headers = {"x-amz-server-side-encryption", "aws:kms", "Content-MD5",
                           "T00AoZCWZxKRf2+8pn/xpQ=="}};
    g_auto(Answer) refused = {0}, good = {0};
    ask_for(fixture, &put, &refused);
    g_assert_cmpstr(refused.code, ==, "BadDigest");
    put.headers[3] = "ndTkYSaMgDT1yFZOFVxnpg==";
    ask_for(fixture, &put, &good);
    g_assert_cmpint(good.status, ==, 200);
}

static void test_expired_signed_urls_are_refused(gconstpointer data)
{
    const S3Fixture *fixture = data;
    g_autoptr(GPtrArray) headers = sigv4_headers_new();
    sigv4_headers_add(headers, "Host", host_of(fixture));
    static const struct {
        gint64 age;
        int status;
    } cases[] = {{0, 404}, {120, 403}, {-3600, 403}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Ask ask = {.method = "GET", .path = "/bucket/none", .age = cases[i].age};
        SigV4Key key = key_of(&ask);
        SigV4Request request = {"GET",        ask.path, NULL, headers, SIGV4_UNSIGNED_PAYLOAD,
                                SIGV4_PATH_S3};
        g_auto(SigV4Result) result = {0};
        g_auto(Answer) answer = {0};
        sigv4_presign(&request, &key, 60, &result);
        ask.query = result.query;
        send_with(fixture, &ask, NULL, NULL, &answer);
        g_assert_cmpint(answer.status, ==, cases[i].status);
    }
}

static const struct {
    const char *name;
    GTestDataFunc run;
} tests[] = {
    {"/s3-server/requests-that-are-not-ours-to-answer", test_requests_that_are_not_ours_to_answer},
    {"/s3-server/bodies-are-checked-against-every-promise",
     test_bodies_are_checked_against_every_promise},
    {"/s3-server/chunked-bodies-are-undone", test_chunked_bodies_are_undone},
    {"/s3-server/conditions-and-ranges", test_conditions_and_ranges},
    {"/s3-server/listings-in-both-versions", test_listings_in_both_versions},
    {"/s3-server/headers-of-an-object-are-kept-and-copied",
     test_headers_of_an_object_are_kept_and_copied},
    {"/s3-server/encryption-is-told-and-hides-the-md5", test_encryption_is_told_and_hides_the_md5},
    {"/s3-server/a-copy-is-encrypted-as-its-own-request-says",
     test_a_copy_is_encrypted_as_its_own_request_says},
    {"/s3-server/a-wrong-md5-is-refused-with-a-key-of-kms",
     test_a_wrong_md5_is_refused_with_a_key_of_kms},
    {"/s3-server/expired-signed-urls-are-refused", test_expired_signed_urls_are_refused},
};

int main(int argc, char **argv)
{
    S3Fixture fixture;
    g_test_init(&argc, &argv, NULL);
    s3_fixture_start(&fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_data_func(tests[i].name, &fixture, tests[i].run);
    int status = g_test_run();
    s3_fixture_stop(&fixture);
    return status;
}
