/*
 * state: what the sandbox of one folder is: addresses, names, keys, and which parts run.
 *
 * <dir>/sandbox.ini (0600, replaced by rename) holds it as group [sandbox]: host, port, database, user,
 * password, endpoint_url, aws_port, instance_port, container_port, region, access_key_id,
 * secret_access_key, iam_role, tempdir, sslmode, sslrootcert, account_id, which is what redsmith's profile
 * "sandbox" reads, and group [parts] with the pids and fates of the processes. Password and keys are random,
 * made once per folder; the ports are remembered and taken again when they are free.
 *
 * The folder: sandbox.ini, ca.crt, ca.key, server.crt, server.key (sandbox/front_certificates), sandbox.lock (held while a supervisor runs), start.lock, faults.conf, log/,
 * pg/ (PostgreSQL's data), run/ (its socket), s3/ (objects, see sandbox/store), keys/ (see
 * sandbox/issued_keys).
 *
 * Threads: a SandboxState belongs to one thread, or is read by many and changed by none: the parts
 *          get it filled and never change it.
 * Errors:  RS_ERROR_NOT_FOUND (no sandbox in that folder), RS_ERROR_CONFIG (the file is damaged).
 */
#ifndef REDSMITH_SANDBOX_STATE_H
#define REDSMITH_SANDBOX_STATE_H

#include <glib.h>
#include <sys/types.h>

#include "sandbox/front_certificates.h"

typedef enum { PART_POSTGRES, PART_FRONT, PART_HTTP, PART_COUNT } SandboxPart;

/* --tls: Redshift takes plaintext too unless its parameter require_ssl is set. */
typedef enum { TLS_ON, TLS_OFF, TLS_REQUIRE } SandboxTls;

typedef struct {
    pid_t pid;     /* 0: not started */
    char *failure; /* how it ended when nobody asked it to, or NULL while all is well */
} SandboxPartState;

typedef struct {
    char *dir;          /* absolute */
    char *host;         /* 127.0.0.1 */
    int port;           /* Redshift wire protocol */
    int aws_port;       /* S3 and the other AWS services, plain HTTP */
    int aws_tls_port;   /* the same over TLS; 0: none, with --tls off */
    int instance_port;  /* instance metadata, plain HTTP */
    int container_port; /* container credentials, plain HTTP */
    int aws_tls_fd, instance_fd,
        container_fd;      /* listening on them, on the way to their part; else -1. Not kept. */
    char *endpoint_url;    /* http://127.0.0.1:<aws_port> */
    char *database;        /* dev */
    char *user, *password; /* the one account of the wire front */
    char *superuser;       /* PostgreSQL's own, reachable over the private socket only */
    char *socket_dir; /* where PostgreSQL's Unix socket is; its port number is SANDBOX_PG_PORT */
    char *region;     /* us-east-1 */
    char *account_id; /* twelve digits */
    char *access_key_id, *secret_access_key;
    char *iam_role;    /* the one role that UNLOAD and COPY may name */
    char *tempdir;     /* s3://sandbox-stage/tmp */
    char *sslmode;     /* verify-full, or disable with --tls off */
    char *sslrootcert; /* <dir>/ca.crt */
    /* Of this run, as `start` was told; not kept in the file. */
    SandboxTls tls;
    CertificateKind tls_certificate;
    gint64 credential_seconds; /* how long all temporary credentials last; 0: as the services say */
    pid_t supervisor;          /* 0: not running */
    SandboxPartState parts[PART_COUNT];
} SandboxState;

/* The port number in the name of PostgreSQL's socket; it listens on no network address. */
#define SANDBOX_PG_PORT 5432

/* "postgres", "wire", "aws": as status and the log say it. Static. */
const char *sandbox_part_name(SandboxPart part);

/* $REDSMITH_SANDBOX_DIR, else $XDG_STATE_HOME/redsmith/sandbox. Free with g_free. */
char *state_default_dir(void);

/* A new sandbox for dir: names, fresh password and keys; ports and pids 0. Free with state_free. */
SandboxState *state_new(const char *dir);

/* What <dir>/sandbox.ini says. Free with state_free. */
SandboxState *state_load(const char *dir, GError **error);

/* Writes <dir>/sandbox.ini whole: a reader sees the old file or the new one. */
gboolean state_save(const SandboxState *state, GError **error);

/* endpoint_url follows the port. */
void state_set_aws_port(SandboxState *state, int port);

/* https://127.0.0.1:<aws_tls_port>. Free with g_free. */
char *state_tls_endpoint(const SandboxState *state);

/* What the container credentials endpoint wants to see as Authorization. Free with g_free. */
char *state_container_token(const SandboxState *state);

/* A path inside the folder. Free with g_free. */
char *state_path(const SandboxState *state, const char *name);

void state_free(SandboxState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SandboxState, state_free)

#endif
