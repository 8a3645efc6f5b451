/*
 * sigv4-sign: signs what it is told to, for test-sigv4-oracle.py.
 *
 * One request per line of standard input, as a JSON object; one answer per line of standard output, with
 * every stage of the signature. A line that is no request ends the program with status 1.
 *
 *   mode      "s3": "key" is encoded by us; "s3-service", "double": "path" is as on the wire
 *   query     as on the wire; absent: none
 *   headers   [[name, value], ...]
 *   body      text to hash; absent: UNSIGNED-PAYLOAD
 *   expires   seconds: a presigned query; absent: an Authorization header
 *   sha256    true: X-Amz-Content-SHA256 is sent, too
 *   method, access, secret, token (may be absent), region, service, time (epoch seconds)
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4.h"

static const char *text_of(const cJSON *line, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, name));
}

static GPtrArray *headers_of(const cJSON *line)
{
    GPtrArray *headers = sigv4_headers_new();
    const cJSON *pair;
    cJSON_ArrayForEach(pair, cJSON_GetObjectItemCaseSensitive(line, "headers"))
    {
        sigv4_headers_add(headers, cJSON_GetStringValue(cJSON_GetArrayItem(pair, 0)),
                          cJSON_GetStringValue(cJSON_GetArrayItem(pair, 1)));
    }
    return headers;
}

static SigV4PathMode mode_of(const cJSON *line)
{
    const char *mode = text_of(line, "mode");
    if (strcmp(mode, "s3") == 0)
        return SIGV4_PATH_S3;
    return strcmp(mode, "double") == 0 ? SIGV4_PATH_DOUBLE : SIGV4_PATH_S3_SERVICE;
}

static void sign_as_told(const cJSON *line, SigV4Request *request, const SigV4Key *key,
                         SigV4Result *result)
{
    g_autoptr(GPtrArray) headers = headers_of(line);
    request->headers = headers;
    const cJSON *expires = cJSON_GetObjectItemCaseSensitive(line, "expires");
    if (expires != NULL) {
        sigv4_presign(request, key, (guint)expires->valueint, result);
    } else {
        const cJSON *sha256 = cJSON_GetObjectItemCaseSensitive(line, "sha256");
        sigv4_add_headers(headers, key, request->payload_hash, cJSON_IsTrue(sha256));
        sigv4_sign(request, key, result);
    }
    request->headers = NULL;
}

static void print_result(const SigV4Result *result)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "canonical", result->canonical_request);
    cJSON_AddStringToObject(answer, "to_sign", result->string_to_sign);
    cJSON_AddStringToObject(answer, "signature", result->signature);
    if (result->authorization != NULL)
        cJSON_AddStringToObject(answer, "authorization", result->authorization);
    if (result->query != NULL)
        cJSON_AddStringToObject(answer, "query", result->query);
    char *text = cJSON_PrintUnformatted(answer);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(answer);
}

static void answer_line(const cJSON *line)
{
    const char *raw_key = text_of(line, "key"), *body = text_of(line, "body");
    g_autofree char *encoded = raw_key != NULL ? sigv4_uri_encode(raw_key, -1, TRUE) : NULL;
    g_autofree char *hash =
        body != NULL ? sigv4_sha256(body, strlen(body)) : g_strdup(SIGV4_UNSIGNED_PAYLOAD);
    SigV4Request request = {
        .method = text_of(line, "method"),
        .path = raw_key != NULL ? encoded : text_of(line, "path"),
        .query = text_of(line, "query"),
        .payload_hash = hash,
        .path_mode = mode_of(line),
    };
    SigV4Key key = {
        .access_key_id = text_of(line, "access"),
        .secret_access_key = text_of(line, "secret"),
        .session_token = text_of(line, "token"),
        .region = text_of(line, "region"),
        .service = text_of(line, "service"),
        .time = (gint64)cJSON_GetObjectItemCaseSensitive(line, "time")->valuedouble,
    };
    g_auto(SigV4Result) result = {0};
    sign_as_told(line, &request, &key, &result);
    print_result(&result);
}

int main(void)
{
    char *text = NULL;
    size_t size = 0;
    while (getline(&text, &size, stdin) > 0) {
        cJSON *line = cJSON_Parse(text);
        if (!cJSON_IsObject(line)) {
            fputs("sigv4-sign: a line is no JSON object\n", stderr);
            return 1;
        }
        answer_line(line);
        cJSON_Delete(line);
    }
    free(text);
    return 0;
}
