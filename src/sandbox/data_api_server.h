/*
 * data_api_server: the requests of the Redshift Data API: what they ask for, and how it is answered.
 * The work is done by sandbox/data_engine.
 *
 * Source:  Redshift Data API reference, 2019-12-20.
 * Threads: any.
 */
#ifndef REDSMITH_SANDBOX_DATA_API_SERVER_H
#define REDSMITH_SANDBOX_DATA_API_SERVER_H

#include "sandbox/data_engine.h"
#include "sandbox/service.h"

void data_api_server_finish(HttpExchange *exchange);

/* Shared by the files of the server. */

/* "ValidationException". */
void data_refuse(ServiceCall *call, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The target fields of the request. FALSE, refused, when they contradict each other. */
gboolean data_read_target(ServiceCall *call, gboolean with_user, DataTarget *target);

/* data_api_execute.c */
void data_execute_statement(ServiceCall *call);
void data_batch_execute_statement(ServiceCall *call);
/* data_api_catalog.c */
void data_list_databases(ServiceCall *call);
void data_list_schemas(ServiceCall *call);
void data_list_tables(ServiceCall *call);
void data_describe_table(ServiceCall *call);

#endif
