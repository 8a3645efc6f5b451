/*
 * data_api_internal: what the files of aws/data_api share: the client, and how each call and each answer
 * of the service begins.
 *
 * Errors:  those of json_call
 * Threads: any; only plain_polling changes, atomically
 */
#ifndef REDSMITH_AWS_DATA_API_INTERNAL_H
#define REDSMITH_AWS_DATA_API_INTERNAL_H

#include "aws/data_api.h"

struct DataApi {
    AwsClient *client;
    char *endpoint_url, *region;
    AwsHooks hooks;
    gint plain_polling; /* atomic: this endpoint does not hold answers back */
};

extern const JsonService data_api_service;

PostTarget data_api_target(const DataApi *api, const char *what);
/* The members that say where and as whom. */
void data_api_add_target(JsonCall *call, const DataApiTarget *target);
DataApiColumn *data_api_column_read(RawJson json);
/* Reads what ExecuteStatement, DescribeStatement and ListStatements tell of a statement. */
void data_api_statement_read(RawJson json, DataApiStatement *statement);
/* data_api_describe, with the answer held back up to wait seconds (0: not) while the statement runs. */
gboolean data_api_describe_for(DataApi *api, const char *id, guint wait,
                               DataApiStatement *statement, GCancellable *cancellable,
                               GError **error);

#endif
