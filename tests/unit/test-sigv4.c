#include <cJSON.h>
#include <string.h>

#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"

/* One vector; its strings belong to the parsed file. */
typedef struct {
    const cJSON *json;
    GPtrArray *headers, *headers_to_sign;
    char *path;
    const char *query;
    SigV4Key key;
} Vector;

static const char *text(const cJSON *json, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

static SigV4PathMode path_mode(const char *name)
{
    static const struct {
        const char *name;
        SigV4PathMode mode;
    } modes[] = {
        {"s3", SIGV4_PATH_S3},
        {"double", SIGV4_PATH_DOUBLE},
        {"suite-normalized", SIGV4_PATH_DOUBLE}, /* its raw paths make both one calculation */
        {"suite-unnormalized", SIGV4_PATH_UNNORMALIZED},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++)
        if (strcmp(name, modes[i].name) == 0)
            return modes[i].mode;
    g_error("unknown path_mode %s", name);
}

static GPtrArray *read_headers(const cJSON *json)
{
    GPtrArray *headers = sigv4_headers_new();
    const cJSON *pair;
    cJSON_ArrayForEach(pair, json)
        sigv4_headers_add(headers, cJSON_GetArrayItem(pair, 0)->valuestring,
                          cJSON_GetArrayItem(pair, 1)->valuestring);
    return headers;
}

static void vector_read(Vector *vector, const cJSON *json)
{
    const char *target = text(json, "target");
    const char *mark = strchr(target, '?');
    vector->json = json;
    vector->headers = read_headers(cJSON_GetObjectItem(json, "headers"));
    vector->headers_to_sign = read_headers(cJSON_GetObjectItem(json, "headers_to_sign"));
    vector->path = g_strndup(target, mark != NULL ? (gsize)(mark - target) : strlen(target));
    vector->query = mark != NULL ? mark + 1 : NULL;
    vector->key = (SigV4Key){
        .access_key_id = text(json, "access_key_id"),
        .secret_access_key = text(json, "secret_access_key"),
        .session_token = cJSON_IsTrue(cJSON_GetObjectItem(json, "sign_session_token"))
                             ? text(json, "session_token")
                             : NULL,
        .region = text(json, "region"),
        .service = text(json, "service"),
    };
    g_assert_true(sigv4_parse_date(text(json, "amz_date"), &vector->key.time));
}

static void vector_clear(Vector *vector)
{
    g_ptr_array_unref(vector->headers);
    g_ptr_array_unref(vector->headers_to_sign);
    g_free(vector->path);
}

static SigV4Request request_of(const Vector *vector, const GPtrArray *headers)
{
    return (SigV4Request){
        .method = text(vector->json, "method"),
        .path = vector->path,
        .query = vector->query,
        .headers = headers,
        .payload_hash = text(vector->json, "payload_hash"),
        .path_mode = path_mode(text(vector->json, "path_mode")),
    };
}

static void check_header_stages(const Vector *vector)
{
    SigV4Request request = request_of(vector, vector->headers_to_sign);
    g_auto(SigV4Result) result = {0};
    sigv4_sign(&request, &vector->key, &result);
    g_assert_cmpstr(result.canonical_request, ==, text(vector->json, "canonical_request"));
    g_assert_cmpstr(result.string_to_sign, ==, text(vector->json, "string_to_sign"));
    g_assert_cmpstr(result.signature, ==, text(vector->json, "signature"));
    g_assert_cmpstr(result.authorization, ==, text(vector->json, "authorization"));
}

/* From the headers before signing: what we add ourselves leads to the same signature. */
static void check_added_headers(const Vector *vector)
{
    g_autofree char *hash =
        sigv4_sha256(text(vector->json, "body"), strlen(text(vector->json, "body")));
    gboolean unsigned_body = strcmp(text(vector->json, "payload_hash"), hash) != 0;
    if (unsigned_body)
        g_assert_cmpstr(text(vector->json, "payload_hash"), ==, SIGV4_UNSIGNED_PAYLOAD);
    g_autoptr(GPtrArray) headers = read_headers(cJSON_GetObjectItem(vector->json, "headers"));
    sigv4_add_headers(headers, &vector->key, text(vector->json, "payload_hash"),
                      cJSON_IsTrue(cJSON_GetObjectItem(vector->json, "add_content_sha256_header")));
    SigV4Request request = request_of(vector, headers);
    g_auto(SigV4Result) result = {0};
    sigv4_sign(&request, &vector->key, &result);
    g_assert_cmpstr(result.authorization, ==, text(vector->json, "authorization"));
}

/* The service's side agrees with what was signed, and with nothing else. */
static void check_verdict(const SigV4Request *request, const Vector *vector)
{
    g_auto(SigV4Claim) claim = {0};
    g_autofree char *detail = NULL;
    g_assert_cmpint(sigv4_claim_read(request, &claim, &detail), ==, SIGV4_GOOD);
    g_assert_cmpstr(claim.access_key_id, ==, vector->key.access_key_id);
    g_assert_cmpstr(claim.region, ==, vector->key.region);
    g_assert_cmpstr(claim.service, ==, vector->key.service);
    g_assert_cmpint(claim.time, ==, vector->key.time);
    const struct {
        const char *secret;
        SigV4Verdict verdict;
    } cases[] = {{vector->key.secret_access_key, SIGV4_GOOD}, {"another", SIGV4_BAD_SIGNATURE}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(SigV4Result) result = {0};
        g_clear_pointer(&detail, g_free);
        g_assert_cmpint(sigv4_verify(request, &claim, cases[i].secret, &result, &detail), ==,
                        cases[i].verdict);
    }
}

static void check_verification(const Vector *vector)
{
    g_autoptr(GPtrArray) headers =
        read_headers(cJSON_GetObjectItem(vector->json, "headers_to_sign"));
    sigv4_headers_add(headers, "Authorization", text(vector->json, "authorization"));
    SigV4Request request = request_of(vector, headers);
    check_verdict(&request, vector);
}

static void check_presigned(const Vector *vector)
{
    const cJSON *presign = cJSON_GetObjectItem(vector->json, "presign");
    if (presign == NULL)
        return;
    SigV4Request request = request_of(vector, vector->headers);
    g_auto(SigV4Result) result = {0};
    sigv4_presign(&request, &vector->key, (guint)cJSON_GetObjectItem(presign, "expires")->valueint,
                  &result);
    g_assert_cmpstr(result.canonical_request, ==, text(presign, "canonical_request"));
    g_assert_cmpstr(result.string_to_sign, ==, text(presign, "string_to_sign"));
    g_assert_cmpstr(result.signature, ==, text(presign, "signature"));
    request.query = result.query;
    check_verdict(&request, vector);
}

static char *vectors_path(void)
{
    const char *folder = g_getenv("SIGV4_VECTORS");
    if (folder != NULL && *folder != '\0')
        return g_build_filename(folder, "vectors.json", NULL);
    return g_test_build_filename(G_TEST_DIST, "data", "sigv4", "vectors.json", NULL);
}

static void test_every_vector_agrees_at_every_stage(void)
{
    g_autofree char *path = vectors_path();
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &content, NULL, &error);
    g_assert_no_error(error);
    cJSON *file = cJSON_Parse(content);
    g_assert_nonnull(file);
    const cJSON *json, *vectors = cJSON_GetObjectItem(file, "vectors");
    g_assert_cmpint(cJSON_GetArraySize(vectors), >, 0);
    cJSON_ArrayForEach(json, vectors)
    {
        g_test_message("%s", text(json, "name"));
        Vector vector;
        vector_read(&vector, json);
        check_header_stages(&vector);
        check_added_headers(&vector);
        check_verification(&vector);
        check_presigned(&vector);
        vector_clear(&vector);
    }
    g_test_message("%d vectors", cJSON_GetArraySize(vectors));
    cJSON_Delete(file);
}

static void test_canonical_paths(void)
{
    static const struct {
        const char *path;
        SigV4PathMode mode;
        const char *canonical;
    } cases[] = {
        {"", SIGV4_PATH_S3, "/"},
        {"/a%20b/%2B", SIGV4_PATH_S3, "/a%20b/%2B"},
        {"/a//./../b", SIGV4_PATH_S3, "/a//./../b"},
        {"/a+b=c$/%c3%a9", SIGV4_PATH_S3_SERVICE, "/a%2Bb%3Dc%24/%C3%A9"},
        {"/a%20b", SIGV4_PATH_DOUBLE, "/a%2520b"},
        {"/arn%3Aaws", SIGV4_PATH_DOUBLE, "/arn%253Aaws"},
        {"/a/b/../c/./", SIGV4_PATH_DOUBLE, "/a/c/"},
        {"/../..", SIGV4_PATH_DOUBLE, "/"},
        {"/a//b", SIGV4_PATH_UNNORMALIZED, "/a//b"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *canonical = sigv4_canonical_path(cases[i].path, cases[i].mode);
        g_assert_cmpstr(canonical, ==, cases[i].canonical);
    }
}

static void test_canonical_queries(void)
{
    static const struct {
        const char *query, *canonical;
    } cases[] = {
        {NULL, ""},
        {"", ""},
        {"uploads", "uploads="},
        {"prefix=a&list-type=2", "list-type=2&prefix=a"},
        {"prefix=a/b&delimiter=%2f", "delimiter=%2F&prefix=a%2Fb"},
        {"a=2&a=1&A=3", "A=3&a=1&a=2"},
        {"a-b=1&a=2&aa=3", "a=2&a-b=1&aa=3"},
        {"k=x+y&l=x%2By", "k=x%20y&l=x%2By"},
        {"k=a=b&&z", "k=a%3Db&z="},
        {"k=100%&m=%zz", "k=100%25&m=%25zz"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *canonical = sigv4_canonical_query(cases[i].query);
        g_assert_cmpstr(canonical, ==, cases[i].canonical);
    }
}

static void test_dates_are_read_strictly(void)
{
    gint64 time;
    g_assert_true(sigv4_parse_date("20260102T030405Z", &time));
    g_autofree char *back = sigv4_date(time);
    g_assert_cmpstr(back, ==, "20260102T030405Z");
    static const char *const bad[] = {"",
                                      "20260102",
                                      "20260102T030405",
                                      "20261302T030405Z",
                                      "2026-102T030405Z",
                                      "20260102 030405Z",
                                      "20260102T030405Zx"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(sigv4_parse_date(bad[i], &time));
}

/* What a hostile or broken client sends, one row each. */
static void test_refusals_name_the_part(void)
{
    static const char scope[] = "AK/20260102/us-east-1/s3/aws4_request";
    static const struct {
        const char *authorization; /* %s: the scope */
        const char *date, *extra_header;
        SigV4Verdict verdict;
        const char *detail;
    } cases[] = {
        {NULL, "20260102T030405Z", NULL, SIGV4_UNSIGNED, NULL},
        {"AWS AK:c2ln", "20260102T030405Z", NULL, SIGV4_OTHER_ALGORITHM, "Authorization"},
        {"AWS4-HMAC-SHA256 SignedHeaders=host, Signature=00", "20260102T030405Z", NULL,
         SIGV4_MALFORMED, "Credential"},
        {"AWS4-HMAC-SHA256 Credential=AK/us-east-1, SignedHeaders=host, Signature=00",
         "20260102T030405Z", NULL, SIGV4_MALFORMED, "Credential"},
        {"AWS4-HMAC-SHA256 Credential=%s, Signature=00", "20260102T030405Z", NULL, SIGV4_MALFORMED,
         "SignedHeaders"},
        {"AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host;x-amz-date", "20260102T030405Z", NULL,
         SIGV4_MALFORMED, "Signature"},
        {"AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host;x-amz-date, Signature=00", "yesterday",
         NULL, SIGV4_MALFORMED, "X-Amz-Date"},
        {"AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=x-amz-date, Signature=00",
         "20260102T030405Z", NULL, SIGV4_UNSIGNED_HEADER, "host"},
        {"AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host;x-amz-date, Signature=00",
         "20260102T030405Z", "x-amz-acl", SIGV4_UNSIGNED_HEADER, "x-amz-acl"},
        {"AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host;range;x-amz-date, Signature=00",
         "20260102T030405Z", NULL, SIGV4_MISSING_HEADER, "range"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) headers = sigv4_headers_new();
        sigv4_headers_add(headers, "Host", "localhost");
        sigv4_headers_add(headers, "X-Amz-Date", cases[i].date);
        if (cases[i].extra_header != NULL)
            sigv4_headers_add(headers, cases[i].extra_header, "value");
        if (cases[i].authorization != NULL) {
            g_autoptr(GString) value = g_string_new(cases[i].authorization);
            g_string_replace(value, "%s", scope, 0);
            sigv4_headers_add(headers, "Authorization", value->str);
        }
        SigV4Request request = {"GET", "/b/k", NULL, headers, SIGV4_EMPTY_SHA256, SIGV4_PATH_S3};
        g_auto(SigV4Claim) claim = {0};
        g_autofree char *detail = NULL;
        g_assert_cmpint(sigv4_claim_read(&request, &claim, &detail), ==, cases[i].verdict);
        g_assert_cmpstr(detail, ==, cases[i].detail);
    }
}

static void test_presigned_refusals(void)
{
    g_autoptr(GPtrArray) headers = sigv4_headers_new();
    sigv4_headers_add(headers, "Host", "localhost:9000");
    SigV4Key key = {"AK", "secret", "token", "us-east-1", "s3", 1767323045};
    SigV4Request request = {"GET",
                            "/b/k%20",
                            "response-content-type=text%2Fplain",
                            headers,
                            SIGV4_UNSIGNED_PAYLOAD,
                            SIGV4_PATH_S3};
    g_auto(SigV4Result) result = {0};
    sigv4_presign(&request, &key, 60, &result);
    static const struct {
        const char *from, *to;
        SigV4Verdict read, verified;
    } cases[] = {
        {"b", "b", SIGV4_GOOD, SIGV4_GOOD},
        {"Expires=60", "Expires=61", SIGV4_GOOD, SIGV4_BAD_SIGNATURE},
        {"text%2Fplain", "text%2Fhtml", SIGV4_GOOD, SIGV4_BAD_SIGNATURE},
        {"Expires=60", "Expires=604801", SIGV4_MALFORMED, SIGV4_GOOD},
        {"SignedHeaders=host", "SignedHeaders=date", SIGV4_UNSIGNED_HEADER, SIGV4_GOOD},
        {"Algorithm=AWS4-HMAC-SHA256", "Algorithm=AWS4-ECDSA-P256-SHA256", SIGV4_OTHER_ALGORITHM,
         SIGV4_GOOD},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) query = g_string_new(result.query);
        g_string_replace(query, cases[i].from, cases[i].to, 0);
        request.query = query->str;
        g_auto(SigV4Claim) claim = {0};
        g_auto(SigV4Result) ours = {0};
        g_autofree char *detail = NULL, *why = NULL;
        g_assert_cmpint(sigv4_claim_read(&request, &claim, &detail), ==, cases[i].read);
        if (cases[i].read != SIGV4_GOOD)
            continue;
        g_assert_cmpstr(claim.session_token, ==, "token");
        g_assert_cmpint(sigv4_verify(&request, &claim, "secret", &ours, &why), ==,
                        cases[i].verified);
    }
}

/* S3 API reference, "Signature Calculations for the Authorization Header: Transferring Payload in
 * Multiple Chunks": the published example. */
static void test_chunk_signatures_chain(void)
{
    SigV4Key key = {.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                    .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                    .region = "us-east-1",
                    .service = "s3"};
    g_assert_true(sigv4_parse_date("20130524T000000Z", &key.time));
    static const struct {
        gsize length;
        const char *signature;
    } chunks[] = {
        {65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"},
        {1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"},
        {0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"},
    };
    g_autofree char *data = g_strnfill(65536, 'a');
    g_autofree char *previous =
        g_strdup("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    for (gsize i = 0; i < G_N_ELEMENTS(chunks); i++) {
        g_autofree char *hash = sigv4_sha256(data, chunks[i].length);
        char *signature = sigv4_chunk_signature(&key, previous, hash);
        g_assert_cmpstr(signature, ==, chunks[i].signature);
        g_free(previous);
        previous = signature;
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sigv4/every-vector-agrees-at-every-stage",
                    test_every_vector_agrees_at_every_stage);
    g_test_add_func("/sigv4/canonical-paths", test_canonical_paths);
    g_test_add_func("/sigv4/canonical-queries", test_canonical_queries);
    g_test_add_func("/sigv4/dates-are-read-strictly", test_dates_are_read_strictly);
    g_test_add_func("/sigv4/refusals-name-the-part", test_refusals_name_the_part);
    g_test_add_func("/sigv4/presigned-refusals", test_presigned_refusals);
    g_test_add_func("/sigv4/chunk-signatures-chain", test_chunk_signatures_chain);
    return g_test_run();
}
