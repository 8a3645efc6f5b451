/*
 * front_certificates: the sandbox's own certificate authority, and the certificate of its wire front.
 *
 * <dir>/ca.crt and ca.key are made once per folder (and again when the authority's ten years are nearly
 * over); server.crt and server.key are new at each start, so they never expire while the sandbox is
 * used. All are PEM, EC P-256; the keys are 0600. The server's certificate names 127.0.0.1, ::1 and
 * localhost, so that `sslmode=verify-full sslrootcert=<dir>/ca.crt` verifies it, as Amazon's bundle does
 * a cluster's (Redshift guide, "Connect using SSL").
 *
 * A certificate can be wrong on purpose, for tests of how clients say so.
 *
 * Threads: any; called once by the supervisor.
 */
#ifndef REDSMITH_SANDBOX_FRONT_CERTIFICATES_H
#define REDSMITH_SANDBOX_FRONT_CERTIFICATES_H

#include <glib.h>

typedef enum {
    CERTIFICATE_GOOD,
    CERTIFICATE_EXPIRED,       /* since yesterday */
    CERTIFICATE_NOT_YET_VALID, /* from tomorrow on */
    CERTIFICATE_WRONG_HOST,    /* for redshift.example.com */
    CERTIFICATE_SELF_SIGNED,
    CERTIFICATE_UNKNOWN_CA,   /* signed by an authority that nobody has */
    CERTIFICATE_OLD_PROTOCOL, /* a good one, but the front speaks TLS 1.1 at most */
} CertificateKind;

/* "good", "expired" ... as --tls-certificate has it. FALSE for any other word. */
gboolean certificate_kind_parse(const char *word, CertificateKind *kind);
/* The words, for messages: "good, expired ...". Static. */
const char *certificate_kind_words(void);

/* Makes what is missing in the folder, and the server's certificate anew. RS_ERROR_LIMIT when a file
 * cannot be written, RS_ERROR_INTERNAL when OpenSSL refuses. */
gboolean certificates_prepare(const char *dir, CertificateKind kind, GError **error);

#endif
