#include <string.h>

#include "aws/s3_internal.h"
#include "aws/s3_xml.h"
#include "base/error.h"

static void test_s3_urls_are_split(void)
{
    static const struct {
        const char *url, *bucket, *key;
    } cases[] = {
        {"s3://bucket", "bucket", ""},
        {"s3://bucket/", "bucket", ""},
        {"s3://bucket/a/b c", "bucket", "a/b c"},
        {"s3a://bucket/k", "bucket", "k"},
        {"S3N://bucket//k", "bucket", "/k"},
    };
    static const char *const bad[] = {"",      "bucket/key", "s3:/bucket",
                                      "s3://", "s3:///key",  "https://bucket/key"};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *bucket = NULL, *key = NULL;
        g_assert_true(s3_parse_url(cases[i].url, &bucket, &key, NULL));
        g_assert_cmpstr(bucket, ==, cases[i].bucket);
        g_assert_cmpstr(key, ==, cases[i].key);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *bucket = NULL, *key = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(s3_parse_url(bad[i], &bucket, &key, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    }
}

static void test_addresses_and_encoded_keys(void)
{
    static const struct {
        const char *endpoint, *bucket, *key, *host, *path;
    } cases[] = {
        {NULL, "bucket", "a/b.csv", "bucket.s3.eu-west-1.amazonaws.com", "/a/b.csv"},
        {NULL, "bucket", "", "bucket.s3.eu-west-1.amazonaws.com", "/"},
        {NULL, "my.bucket", "k", "s3.eu-west-1.amazonaws.com", "/my.bucket/k"},
        {NULL, "Capital", "k", "s3.eu-west-1.amazonaws.com", "/Capital/k"},
        {NULL, "bucket", "soap", "s3.eu-west-1.amazonaws.com", "/bucket/soap"},
        {"http://127.0.0.1:9", "bucket", "k", "127.0.0.1:9", "/bucket/k"},
        {"http://127.0.0.1:9", "bucket", "", "127.0.0.1:9", "/bucket"},
        {"https://h/p", "bucket", "k", "h", "/p/bucket/k"},
        {NULL, "bucket", "a b+c%d=é$&?#'/..//x~", "bucket.s3.eu-west-1.amazonaws.com",
         "/a%20b%2Bc%25d%3D%C3%A9%24%26%3F%23%27/..//x~"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(S3Client) client = s3_client_new(cases[i].endpoint, "eu-west-1", NULL);
        S3Address address = {0};
        g_autoptr(GError) error = NULL;
        s3_address(client, cases[i].bucket, cases[i].key, "eu-west-1", &address, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(address.host, ==, cases[i].host);
        g_assert_cmpstr(address.path, ==, cases[i].path);
        g_free(address.scheme);
        g_free(address.host);
        g_free(address.path);
    }
}

static void test_a_bad_endpoint_is_every_calls_answer(void)
{
    g_autoptr(S3Client) client = s3_client_new("localhost:9000", NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_null(s3_head(client, "bucket", "key", NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
}

static void test_pages_are_read(void)
{
    static const char xml[] =
        "<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"x\"><Name>b</Name><Prefix>a</Prefix>"
        "<IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>"
        "<Contents><Key>a+b%2Bc%25%C3%A9</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
        "<ETag>&quot;e1&quot;</ETag><Size>5368709121</Size><Owner><ID>Key</ID></Owner></Contents>"
        "<Contents><Key>z</Key><Size>0</Size></Contents>"
        "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"
        "<NextContinuationToken>t/+=</NextContinuationToken></ListBucketResult>";
    g_auto(S3Page) page = {0};
    g_autoptr(GError) error = NULL;
    s3_xml_read_page(xml, strlen(xml), &page, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(page.objects->len, ==, 3);
    /* folders stand among the keys, in their order */
    const S3Object *first = page.objects->pdata[0], *second = page.objects->pdata[2];
    const S3Object *folder = page.objects->pdata[1];
    g_assert_true(folder->is_prefix);
    g_assert_cmpstr(folder->key, ==, "p/");
    g_assert_false(second->is_prefix);
    g_assert_cmpstr(first->key, ==, "a b+c%é");
    g_assert_cmpstr(first->etag, ==, "e1");
    g_assert_cmpuint(first->size, ==, 5368709121);
    g_assert_cmpint(first->modified, ==, 1767323045);
    g_assert_cmpstr(second->key, ==, "z");
    g_assert_true(page.truncated);
    g_assert_cmpstr(page.next_token, ==, "t/+=");
}

static void test_keys_stay_as_they_are_where_nothing_was_encoded(void)
{
    static const char xml[] =
        "<ListBucketResult><Contents><Key>a+b%20c</Key></Contents></ListBucketResult>";
    g_auto(S3Page) page = {0};
    g_assert_true(s3_xml_read_page(xml, strlen(xml), &page, NULL));
    const S3Object *object = page.objects->pdata[0];
    g_assert_cmpstr(object->key, ==, "a+b%20c");
}

static void test_damaged_pages_are_refused(void)
{
    static const char *const bad[] = {
        "",
        "<ListBucketResult><Contents><Key>a</Key>",
        "<Other></Other>",
        "not xml",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        /* Cut at the NUL it would be the name of another object, which rm would take. */
        ("<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a%00b</Key></Contents>"
         "</ListBucketResult>"),
        "<!DOCTYPE x [<!ENTITY e \"aaaa\">]><ListBucketResult>&e;</ListBucketResult>",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(S3Page) page = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(s3_xml_read_page(bad[i], strlen(bad[i]), &page, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
    }
}

static void test_upload_ids_are_read(void)
{
    static const char good[] = "<InitiateMultipartUploadResult><Bucket>b</Bucket><UploadId>u&amp;1"
                               "</UploadId></InitiateMultipartUploadResult>";
    static const char without[] = "<InitiateMultipartUploadResult></InitiateMultipartUploadResult>";
    g_autofree char *id = s3_xml_read_upload_id(good, strlen(good), NULL);
    g_assert_cmpstr(id, ==, "u&1");
    g_autoptr(GError) error = NULL;
    g_assert_null(s3_xml_read_upload_id(without, strlen(without), &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
}

static void test_deletions_are_written_and_their_errors_read(void)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_ptr_array_add(keys, (gpointer) "skipped");
    g_ptr_array_add(keys, (gpointer) "a&b<c>\r\n\t\"é");
    g_autoptr(GBytes) xml = s3_xml_write_delete(keys, 1, 1);
    gsize size;
    const char *text = g_bytes_get_data(xml, &size);
    g_assert_nonnull(
        g_strstr_len(text, (gssize)size, "<Key>a&#38;b&#60;c&#62;&#13;&#10;&#9;&#34;é</Key>"));
    static const char answer[] =
        "<DeleteResult><Error><Key>k1</Key><Code>AccessDenied</Code><Message>no</Message></Error>"
        "<Deleted><Key>k2</Key></Deleted><Error><Key>k3</Key></Error></DeleteResult>";
    g_auto(S3Refusals) refusals = {0};
    g_assert_true(s3_xml_read_refusals(answer, strlen(answer), &refusals, NULL));
    g_assert_cmpuint(refusals.failed, ==, 2);
    g_assert_cmpstr(refusals.key, ==, "k1");
    g_assert_cmpstr(refusals.code, ==, "AccessDenied");
}

static void test_keys_that_xml_cannot_hold_are_known(void)
{
    g_assert_true(s3_xml_can_hold("a\r\n\tb é 🎫"));
    g_assert_false(s3_xml_can_hold("bell\a"));
    g_assert_false(s3_xml_can_hold("\xff"));
    g_assert_false(s3_xml_can_hold("\xef\xbf\xbe"));
}

static void test_etags(void)
{
    g_autofree char *quoted = s3_bare_etag("\"abc\""), *weak = s3_bare_etag("W/\"abc\""),
                    *bare = s3_bare_etag("abc");
    g_assert_cmpstr(quoted, ==, "abc");
    g_assert_cmpstr(weak, ==, "abc");
    g_assert_cmpstr(bare, ==, "abc");
    g_assert_true(s3_etag_is_md5("d41d8cd98f00b204e9800998ecf8427e"));
    g_assert_false(s3_etag_is_md5("d41d8cd98f00b204e9800998ecf8427e-2"));
    /* md5(md5("a") md5("b")) as any tool computes it */
    g_autoptr(GPtrArray) etags = g_ptr_array_new();
    g_ptr_array_add(etags, (gpointer) "\"0cc175b9c0f1b6a831c399e269772661\"");
    g_ptr_array_add(etags, (gpointer) "\"92eb5ffee6ae2fec3ad71c777531578f\"");
    g_autofree char *joined = s3_multipart_etag(etags);
    g_assert_cmpstr(joined, ==, "96e024ba2074fe77e8e965ba43a704be-2");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s3/urls-are-split", test_s3_urls_are_split);
    g_test_add_func("/s3/addresses-and-encoded-keys", test_addresses_and_encoded_keys);
    g_test_add_func("/s3/a-bad-endpoint-is-every-calls-answer",
                    test_a_bad_endpoint_is_every_calls_answer);
    g_test_add_func("/s3/pages-are-read", test_pages_are_read);
    g_test_add_func("/s3/keys-stay-as-they-are-where-nothing-was-encoded",
                    test_keys_stay_as_they_are_where_nothing_was_encoded);
    g_test_add_func("/s3/damaged-pages-are-refused", test_damaged_pages_are_refused);
    g_test_add_func("/s3/upload-ids-are-read", test_upload_ids_are_read);
    g_test_add_func("/s3/deletions-are-written-and-their-errors-read",
                    test_deletions_are_written_and_their_errors_read);
    g_test_add_func("/s3/keys-that-xml-cannot-hold-are-known",
                    test_keys_that_xml_cannot_hold_are_known);
    g_test_add_func("/s3/etags", test_etags);
    return g_test_run();
}
