#include "aws/query_call.h"

#include <expat.h>
#include <string.h>

#include "base/error.h"

#define DEEPEST 64
#define FORM "application/x-www-form-urlencoded; charset=utf-8"

struct QueryNode {
    char *name;
    GString *text;
    GPtrArray *children; /* of QueryNode; NULL: none */
};

struct QueryCall {
    const QueryService *service;
    char *action;
    GString *form;
};

/* --- the answer -------------------------------------------------------------------------------- */

static QueryNode *node_new(const char *name)
{
    QueryNode *node = g_new0(QueryNode, 1);
    node->name = g_strdup(name);
    node->text = g_string_new(NULL);
    return node;
}

void query_node_free(QueryNode *node)
{
    if (node == NULL)
        return;
    explicit_bzero(node->text->str, node->text->allocated_len);
    g_string_free(node->text, TRUE);
    g_clear_pointer(&node->children, g_ptr_array_unref);
    g_free(node->name);
    g_free(node);
}

static void node_add(QueryNode *node, QueryNode *child)
{
    if (node->children == NULL)
        node->children = g_ptr_array_new_with_free_func((GDestroyNotify)query_node_free);
    g_ptr_array_add(node->children, child);
}

typedef struct {
    XML_Parser parser;
    QueryNode *root;
    QueryNode *open[DEEPEST]; /* from the root to the current element */
    guint depth;
    const char *refusal;
} Reader;

static void stop(Reader *reader, const char *why)
{
    reader->refusal = why;
    XML_StopParser(reader->parser, XML_FALSE);
}

static void on_start(void *data, const char *name, const char **attributes)
{
    Reader *reader = data;
    if (reader->depth == DEEPEST) {
        stop(reader, "it is nested too deeply");
        return;
    }
    QueryNode *node = node_new(name);
    if (reader->depth == 0)
        reader->root = node;
    else
        node_add(reader->open[reader->depth - 1], node);
    reader->open[reader->depth++] = node;
}

static void on_text(void *data, const char *text, int length)
{
    Reader *reader = data;
    if (reader->depth > 0)
        g_string_append_len(reader->open[reader->depth - 1]->text, text, length);
}

static void on_end(void *data, const char *name)
{
    Reader *reader = data;
    reader->depth--;
}

static void on_doctype(void *data, const char *name, const char *system, const char *public_id,
                       int internal)
{
    stop(data, "it has a document type declaration");
}

QueryNode *query_node_parse(const char *xml, gsize length, GError **error)
{
    Reader reader = {.parser = XML_ParserCreate(NULL)};
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
    gboolean good = XML_Parse(reader.parser, xml, (int)length, TRUE) == XML_STATUS_OK;
    if (!good) {
        const char *why = reader.refusal != NULL ? reader.refusal
                                                 : XML_ErrorString(XML_GetErrorCode(reader.parser));
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "the answer is not XML (line %lu: %s)",
                    XML_GetCurrentLineNumber(reader.parser), why);
        g_clear_pointer(&reader.root, query_node_free);
    }
    XML_ParserFree(reader.parser);
    return reader.root;
}

const QueryNode *query_node_find(const QueryNode *node, const char *path)
{
    while (node != NULL && *path != '\0') {
        gsize length = strcspn(path, "/");
        const QueryNode *found = NULL;
        for (guint i = 0; found == NULL && i < query_node_children(node); i++) {
            const QueryNode *child = query_node_child(node, i);
            if (strlen(child->name) == length && strncmp(child->name, path, length) == 0)
                found = child;
        }
        node = found;
        path += length + (path[length] == '/' ? 1 : 0);
    }
    return node;
}

const char *query_node_text(const QueryNode *node, const char *path)
{
    const QueryNode *found = query_node_find(node, path);
    return found != NULL && found->children == NULL && found->text->len > 0 ? found->text->str
                                                                            : NULL;
}

guint query_node_children(const QueryNode *node)
{
    return node->children != NULL ? node->children->len : 0;
}

const QueryNode *query_node_child(const QueryNode *node, guint index)
{
    return node->children->pdata[index];
}

const char *query_node_name(const QueryNode *node)
{
    return node->name;
}

/* --- the call ---------------------------------------------------------------------------------- */

QueryCall *query_call_new(const QueryService *service, const char *action)
{
    QueryCall *call = g_new0(QueryCall, 1);
    call->service = service;
    call->action = g_strdup(action);
    call->form = g_string_new(NULL);
    query_call_add(call, "Action", action);
    query_call_add(call, "Version", service->version);
    return call;
}

void query_call_free(QueryCall *call)
{
    if (call == NULL)
        return;
    explicit_bzero(call->form->str, call->form->allocated_len);
    g_string_free(call->form, TRUE);
    g_free(call->action);
    g_free(call);
}

void query_call_add(QueryCall *call, const char *name, const char *value)
{
    if (value == NULL)
        return;
    g_autofree char *encoded = sigv4_uri_encode(value, -1, FALSE);
    g_string_append_printf(call->form, "%s%s=%s", call->form->len > 0 ? "&" : "", name, encoded);
    explicit_bzero(encoded, strlen(encoded));
}

void query_call_add_number(QueryCall *call, const char *name, guint64 value)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, value);
    query_call_add(call, name, text);
}

void query_call_add_list(QueryCall *call, const char *name, const char *member,
                         const char *const *values)
{
    for (guint i = 0; values[i] != NULL; i++) {
        g_autofree char *full = g_strdup_printf("%s.%s.%u", name, member, i + 1);
        query_call_add(call, full, values[i]);
    }
}

/* The result inside <ACTIONResponse>, taken out of it; the response itself for actions without one. */
static gpointer read_result(gconstpointer user, HttpResponse *response, GError **error)
{
    const QueryCall *call = user;
    g_autofree char *outer = g_strconcat(call->action, "Response", NULL);
    g_autofree char *inner = g_strconcat(call->action, "Result", NULL);
    const char *xml = http_response_text(response);
    g_autoptr(QueryNode) root = query_node_parse(xml, response->body->len, error);
    if (root == NULL)
        return NULL;
    if (strcmp(root->name, outer) != 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "the answer is not a %s", outer);
        return NULL;
    }
    for (guint i = 0; i < query_node_children(root); i++)
        if (strcmp(query_node_child(root, i)->name, inner) == 0)
            return g_ptr_array_steal_index(root->children, i);
    return g_steal_pointer(&root);
}

QueryNode *query_call_send(QueryCall *call, const PostTarget *target, GCancellable *cancellable,
                           GError **error)
{
    const Post post = {.endpoint = &call->service->endpoint,
                       .signing_name = call->service->signing_name,
                       .operation = call->action,
                       .content_type = FORM,
                       .header = "Accept",
                       .value = "text/xml",
                       .body = call->form,
                       .read_failure = aws_failure_read_xml,
                       .read = read_result,
                       .user = call};
    return post_send(&post, target, cancellable, error);
}
