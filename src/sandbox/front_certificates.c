#include "sandbox/front_certificates.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define DAY (24L * 60 * 60)
#define AUTHORITY_DAYS 3650
#define SERVER_DAYS 365

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free)

typedef struct {
    X509 *certificate;
    EVP_PKEY *key;
} Identity;

static void identity_clear(Identity *identity)
{
    g_clear_pointer(&identity->certificate, X509_free);
    g_clear_pointer(&identity->key, EVP_PKEY_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Identity, identity_clear)

static const struct {
    const char *word;
    CertificateKind kind;
} kinds[] = {
    {"good", CERTIFICATE_GOOD},
    {"expired", CERTIFICATE_EXPIRED},
    {"not-yet-valid", CERTIFICATE_NOT_YET_VALID},
    {"wrong-host", CERTIFICATE_WRONG_HOST},
    {"self-signed", CERTIFICATE_SELF_SIGNED},
    {"unknown-ca", CERTIFICATE_UNKNOWN_CA},
    {"old-protocol", CERTIFICATE_OLD_PROTOCOL},
};

gboolean certificate_kind_parse(const char *word, CertificateKind *kind)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i].word, word) == 0) {
            *kind = kinds[i].kind;
            return TRUE;
        }
    }
    return FALSE;
}

const char *certificate_kind_words(void)
{
    return "good, expired, not-yet-valid, wrong-host, self-signed, unknown-ca or old-protocol";
}

static gboolean fail(const char *what, GError **error)
{
    char words[256] = "no reason given";
    unsigned long code = ERR_get_error();
    if (code != 0)
        ERR_error_string_n(code, words, sizeof words);
    g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL, "%s: %s", what, words);
    return FALSE;
}

static gboolean add_extension(X509 *certificate, const X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, (X509 *)issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    gboolean added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* 120 random bits: no two certificates of an authority may have the same number. */
static gboolean set_serial(X509 *certificate)
{
    guchar bytes[15];
    BIGNUM *number =
        RAND_bytes(bytes, sizeof bytes) == 1 ? BN_bin2bn(bytes, sizeof bytes, NULL) : NULL;
    gboolean set =
        number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return set;
}

typedef struct {
    const char *name, *hosts; /* hosts NULL: an authority */
    long from, to;            /* seconds from now */
} Wanted;

static gboolean describe(X509 *certificate, const X509 *issuer, const Wanted *wanted)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    if (X509_set_version(certificate, 2) != 1 || !set_serial(certificate) ||
        X509_gmtime_adj(X509_getm_notBefore(certificate), wanted->from) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(certificate), wanted->to) == NULL ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const guchar *)wanted->name, -1, -1,
                                   0) != 1 ||
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1 ||
        !add_extension(certificate, issuer, NID_subject_key_identifier, "hash"))
        return FALSE;
    if (wanted->hosts == NULL)
        return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE") &&
               add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, issuer, NID_subject_alt_name, wanted->hosts);
}

/* signer NULL: signed by itself. */
static gboolean issue(Identity *identity, const Identity *signer, const Wanted *wanted,
                      GError **error)
{
    identity->key = EVP_EC_gen("P-256");
    identity->certificate = X509_new();
    if (identity->key == NULL || identity->certificate == NULL ||
        X509_set_pubkey(identity->certificate, identity->key) != 1)
        return fail("a key for TLS cannot be made", error);
    const X509 *issuer = signer != NULL ? signer->certificate : identity->certificate;
    if (!describe(identity->certificate, issuer, wanted) ||
        X509_sign(identity->certificate, signer != NULL ? signer->key : identity->key,
                  EVP_sha256()) == 0)
        return fail("a certificate cannot be made", error);
    return TRUE;
}

/* Written beside and renamed, so that a client never reads half a file. */
static gboolean write_file(const char *dir, const char *name, BIO *bio, int mode, GError **error)
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(bio, &bytes);
    g_autofree char *path = g_build_filename(dir, name, NULL);
    return length > 0 && g_file_set_contents_full(path, bytes, length,
                                                  G_FILE_SET_CONTENTS_CONSISTENT, mode, error);
}

static gboolean save(const char *dir, const char *name, const Identity *identity, GError **error)
{
    g_autoptr(BIO) certificate = BIO_new(BIO_s_mem());
    g_autoptr(BIO) key = BIO_new(BIO_s_mem());
    g_autofree char *certificate_name = g_strconcat(name, ".crt", NULL);
    g_autofree char *key_name = g_strconcat(name, ".key", NULL);
    if (PEM_write_bio_X509(certificate, identity->certificate) != 1 ||
        PEM_write_bio_PrivateKey(key, identity->key, NULL, NULL, 0, NULL, NULL) != 1)
        return fail("a certificate cannot be written", error);
    return write_file(dir, key_name, key, 0600, error) &&
           write_file(dir, certificate_name, certificate, 0644, error);
}

static BIO *open_file(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    return BIO_new_file(path, "r");
}

/* What the folder has, when key and certificate belong together and serve for another year at least. */
static gboolean load_authority(const char *dir, Identity *identity)
{
    g_autoptr(BIO) certificate = open_file(dir, "ca.crt");
    g_autoptr(BIO) key = open_file(dir, "ca.key");
    time_t least = time(NULL) + SERVER_DAYS * DAY;
    if (certificate != NULL && key != NULL) {
        identity->certificate = PEM_read_bio_X509(certificate, NULL, NULL, NULL);
        identity->key = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
    }
    if (identity->certificate != NULL && identity->key != NULL &&
        X509_check_private_key(identity->certificate, identity->key) == 1 &&
        X509_cmp_time(X509_get0_notAfter(identity->certificate), &least) > 0)
        return TRUE;
    ERR_clear_error();
    identity_clear(identity);
    return FALSE;
}

static gboolean make_authority(Identity *identity, const char *name, GError **error)
{
    const Wanted wanted = {.name = name, .from = -DAY, .to = AUTHORITY_DAYS * DAY};
    return issue(identity, NULL, &wanted, error);
}

static gboolean make_server(const Identity *authority, CertificateKind kind, Identity *server,
                            GError **error)
{
    Wanted wanted = {.name = "redsmith sandbox",
                     .hosts = "DNS:localhost,IP:127.0.0.1,IP:::1",
                     .from = -DAY,
                     .to = SERVER_DAYS * DAY};
    if (kind == CERTIFICATE_EXPIRED) {
        wanted.from = -30 * DAY;
        wanted.to = -DAY;
    } else if (kind == CERTIFICATE_NOT_YET_VALID) {
        wanted.from = DAY;
    } else if (kind == CERTIFICATE_WRONG_HOST) {
        wanted.name = "redshift.example.com";
        wanted.hosts = "DNS:redshift.example.com";
    }
    if (kind == CERTIFICATE_SELF_SIGNED)
        return issue(server, NULL, &wanted, error);
    g_auto(Identity) stranger = {0};
    if (kind == CERTIFICATE_UNKNOWN_CA && !make_authority(&stranger, "unknown CA", error))
        return FALSE;
    return issue(server, kind == CERTIFICATE_UNKNOWN_CA ? &stranger : authority, &wanted, error);
}

gboolean certificates_prepare(const char *dir, CertificateKind kind, GError **error)
{
    g_auto(Identity) authority = {0};
    g_auto(Identity) server = {0};
    if (!load_authority(dir, &authority) &&
        (!make_authority(&authority, "redsmith sandbox CA", error) ||
         !save(dir, "ca", &authority, error)))
        return FALSE;
    return make_server(&authority, kind, &server, error) && save(dir, "server", &server, error);
}
