/*
 * query_call: one call to a service of the query protocol: a form goes out, XML comes back.
 *
 * Example:
 *     static const QueryService sts = {{"STS", "sts"}, "sts", "2011-06-15"};
 *     g_autoptr(QueryCall) call = query_call_new(&sts, "GetCallerIdentity");
 *     query_call_add(call, "Name", value);
 *     g_autoptr(QueryNode) result = query_call_send(call, &target, cancellable, &error);
 *     const char *arn = query_node_text(result, "Arn");
 *
 * Source:   AWS query protocol (Smithy, "awsQuery").
 * Errors:   those of post; RS_ERROR_CORRUPT for an answer that is not the XML of that operation.
 * Memory:   answers hold secrets: their texts are wiped when freed.
 * Threads:  a call and its answer belong to one thread.
 */
#ifndef REDSMITH_AWS_QUERY_CALL_H
#define REDSMITH_AWS_QUERY_CALL_H

#include "aws/post.h"

typedef struct {
    EndpointService endpoint;
    const char *signing_name;
    const char *version;
} QueryService;

typedef struct QueryCall QueryCall;

QueryCall *query_call_new(const QueryService *service, const char *action);
void query_call_free(QueryCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QueryCall, query_call_free)

/* A parameter; a NULL value is left out. */
void query_call_add(QueryCall *call, const char *name, const char *value);
void query_call_add_number(QueryCall *call, const char *name, guint64 value);
/* "name.member.1=..": member is "member" for STS, the shape's own name for Redshift. */
void query_call_add_list(QueryCall *call, const char *name, const char *member,
                         const char *const *values);

/* An element of the answer. */
typedef struct QueryNode QueryNode;

void query_node_free(QueryNode *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QueryNode, query_node_free)

/* <ACTIONResult> of the answer. Free with query_node_free. */
QueryNode *query_call_send(QueryCall *call, const PostTarget *target, GCancellable *cancellable,
                           GError **error);

/* The root of a document: for tests and fuzzing. */
QueryNode *query_node_parse(const char *xml, gsize length, GError **error);

/* The first element of that path ("Credentials/AccessKeyId"), or NULL; owned by the node. */
const QueryNode *query_node_find(const QueryNode *node, const char *path);
/* Its text; NULL when there is none. */
const char *query_node_text(const QueryNode *node, const char *path);
/* Its children, for lists: how many, and each; and an element's own name. */
guint query_node_children(const QueryNode *node);
const QueryNode *query_node_child(const QueryNode *node, guint index);
const char *query_node_name(const QueryNode *node);

#endif
