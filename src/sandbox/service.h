/*
 * service: what the services beside S3 share: signature, fault rules, operations by name, JSON and XML.
 *
 * A service is a table of ServiceOperation. Its row in http.c has `whole_body` set, service_begin_json or
 * service_begin_query as `begin` (which checks the signature and obeys the fault rules) and a `finish` of
 * its own that hands its table to service_run. An operation reads what it needs from the call and either
 * answers or refuses; readers that refuse return FALSE, and the operation then returns at once.
 *
 * Example:
 *     static void get_thing(ServiceCall *call)
 *     {
 *         const char *id = service_text(call, "ThingId");
 *         if (!service_require(call, "ThingId"))
 *             return;
 *         g_autoptr(GString) out = service_object();
 *         service_add_text(out, "Name", id);
 *         service_answer_json(call, out);
 *     }
 *
 * Threads: a call belongs to its connection's thread.
 */
#ifndef REDSMITH_SANDBOX_SERVICE_H
#define REDSMITH_SANDBOX_SERVICE_H

#include <cjson/cJSON.h>

#include "sandbox/http_exchange.h"

typedef struct {
    HttpExchange *exchange;
    const SandboxState *state;
    char *operation;
    cJSON *input;    /* JSON services: the request */
    GPtrArray *form; /* query services: name, value, name, value ... decoded */
} ServiceCall;

typedef struct {
    const char *name;
    void (*run)(ServiceCall *call);
} ServiceOperation;

/* http.c's `begin` for both protocols. */
void service_begin(HttpExchange *exchange);
/* http.c's `clear`. */
void service_clear(HttpExchange *exchange);

/* Finds the operation that the request names and runs it. */
void service_run(HttpExchange *exchange, const ServiceOperation *operations, gsize count);

/* The caller as a database user: "IAM:name" for a user's keys, "IAMR:role" for a role's. g_free it. */
char *service_caller(const ServiceCall *call);

/* --- reading ------------------------------------------------------------------------------------ */

/* A string parameter, NULL when it is not there; owned by the call. */
const char *service_text(const ServiceCall *call, const char *name);
/* FALSE, refused, when the parameter is missing or empty. */
gboolean service_require(ServiceCall *call, const char *name);
/* A whole number within bounds into *number, which keeps its value when the parameter is missing. */
gboolean service_number(ServiceCall *call, const char *name, gint64 least, gint64 most,
                        gint64 *number);
gboolean service_flag(const ServiceCall *call, const char *name, gboolean missing);
/* JSON: an array of strings, NULL when it is not there. Query: NAME.MEMBER.1 and so on. g_ptr_array_unref
 * it; the elements belong to the call. */
GPtrArray *service_list(const ServiceCall *call, const char *name, const char *member);

/* --- answering ---------------------------------------------------------------------------------- */

/* An error in the service's shape. */
void service_refuse(ServiceCall *call, guint status, const char *code, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* The same with one more member, such as ResourceId (JSON only). */
void service_refuse_with(ServiceCall *call, guint status, const char *code, const char *member,
                         const char *value, const char *message);

/* "{", to be filled by service_add_*; service_answer_json closes it. */
GString *service_object(void);
/* A comma where one is due, and the member's name when it is not NULL (an array's element has none). */
void service_add_name(GString *out, const char *name);
void service_add_text(GString *out, const char *name, const char *text); /* NULL: left out */
void service_add_number(GString *out, const char *name, gint64 number);
void service_add_flag(GString *out, const char *name, gboolean flag);
/* Microseconds of the epoch, as seconds with three decimals. */
void service_add_time(GString *out, const char *name, gint64 time_us);
/* open is '[' or '{'; close the same with service_close. */
void service_open(GString *out, const char *name, char open);
void service_close(GString *out, char close);

void service_answer_json(ServiceCall *call, GString *out);
/* The text goes into <OperationResponse><OperationResult>..</..><ResponseMetadata>..</..>. */
void service_answer_query(ServiceCall *call, const char *result);
/* "<name>text</name>", escaped. */
void service_xml_text(GString *out, const char *name, const char *text);

/* --- pages -------------------------------------------------------------------------------------- */

/* Opaque page marks: they carry the position of the next page's first item. */
char *service_mark(gint64 position);
/* 0 without a mark; -1 for one that is not ours. */
gint64 service_read_mark(const char *mark);

/* "2026-01-02T03:04:05.000Z" of epoch seconds. Free with g_free. */
char *service_iso_time(gint64 seconds);

#endif
