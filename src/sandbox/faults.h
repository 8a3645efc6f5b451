/*
 * faults: the sandbox's orders to fail, one rule per line of <dir>/faults.conf.
 *
 *     AREA KIND key=value ...
 *     s3 GetObject nth=3 status=503 code=SlowDown   the third GetObject, once
 *     s3 PutObject nth=2 every=5 reset=during       the 2nd, 7th, 12th ... PutObject
 *     s3 * delay_ms=200                             every request of any operation
 *     redshift-data GetStatementResult status=400 code=ThrottlingException count=2
 *     s3 GetObject trickle=2000                     answers of 2,000 bytes a second
 *     sts * clock_s=-7200                           STS has a clock that is two hours late
 *     secretsmanager * code=ExpiredToken count=1    one refusal as if the keys had expired
 *     sts AssumeRole ttl_s=2                        keys that expire after two seconds
 *     wire drop after_bytes=100000 count=1          a connection that was sent that much
 *     wire drop statement='COMMIT' when=after       drops it between the work and the answer
 *     unload rows_per_second=2000                   numbers have no KIND
 *     copy rows_per_second=2000
 *
 * The services beside s3 are redshift-data, redshift, redshift-serverless, secretsmanager and sts; they
 * take the same keys.
 *
 * nth=N fires on the Nth match only (with every=M on each Mth after it), every=M alone on each Mth,
 * count=N at most N times. Each process counts for itself; the counters of a rule live as long as its
 * line stays in the file. The file is read again when it changes, so rules work at run time.
 * Values may be quoted as in a shell; # starts a comment.
 *
 * Threads: a Faults may be used by any thread at once.
 * Errors:  RS_ERROR_USAGE names the area, kind, key or value that is not known.
 */
#ifndef REDSMITH_SANDBOX_FAULTS_H
#define REDSMITH_SANDBOX_FAULTS_H

#include <glib.h>

typedef struct Faults Faults;

typedef enum {
    FAULT_NO_RESET,
    FAULT_RESET_BEFORE,
    FAULT_RESET_DURING,
    FAULT_RESET_AFTER
} FaultReset;

/* What the matching rule asks for; fields that it does not name are 0. */
typedef struct {
    int delay_ms;     /* wait this long first; then go on with the rest */
    int status;       /* answer with this HTTP status: 0 means none; code alone implies its own */
    char code[64];    /* S3 error code; "" lets the server choose one for the status */
    int trickle;      /* send the answer's body at that many bytes a second */
    int clock_s;      /* the service's clock is that many seconds ahead, below 0: behind */
    FaultReset reset; /* reset the connection: before the work, in the middle of the body, after the
                         work and before the answer */
    int ttl_s;     /* sts, metadata: credentials that are given out live this long; 0: as asked */
    gboolean drop; /* wire: drop the connection; reset says BEFORE or AFTER the statement */
} FaultHit;

/* Rules of that sandbox folder; the file need not exist. Never fails: a line that does not parse is
 * logged and left out (faults_add keeps such lines from getting there). */
Faults *faults_open(const char *dir);
void faults_close(Faults *faults);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Faults, faults_close)

/* The number of a rule such as "unload" "rows_per_second", or 0. The last such line counts. */
double faults_number(Faults *faults, const char *area, const char *name);

/*
 * Counts one operation ("GetObject", "ListObjectsV2", ...) of an area ("s3") and says whether a rule
 * fires for it. The delays of all firing rules add up; of the rest the first rule wins. TRUE fills *hit.
 */
gboolean faults_match(Faults *faults, const char *area, const char *operation, FaultHit *hit);

/* The same for "wire drop statement=": a prefix of the statement, whatever its case. */
gboolean faults_match_statement(Faults *faults, const char *statement, FaultHit *hit);

/* Has a connection that was sent `bytes` so far reached a "wire drop after_bytes=" rule? */
gboolean faults_match_bytes(Faults *faults, guint64 bytes);

/* The commands behind `redsmith-sandbox fault`. list returns the file's text, "" when there is none. */
gboolean faults_check(const char *rule, GError **error);
gboolean faults_add(const char *dir, const char *rule, GError **error);
gboolean faults_clear(const char *dir, GError **error);
char *faults_list(const char *dir, GError **error);

#endif
