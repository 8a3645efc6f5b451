/*
 * copy_json: from a JSON record to the fields of a row: by name, or by a jsonpaths file.
 *
 * Threads: pure. A map is read-only once made.
 */
#ifndef REDSMITH_SANDBOX_COPY_JSON_H
#define REDSMITH_SANDBOX_COPY_JSON_H

#include <glib.h>

#include "sandbox/copy_options.h"
#include "sandbox/copy_records.h"
#include "sandbox/copy_values.h"

typedef struct JsonMap JsonMap;

/*
 * How records reach the columns (elements LoadColumn, which must outlive the map). paths is the text
 * of the jsonpaths file when the statement names one. NULL with *refusal filled: a path that is none,
 * another number of paths than columns, 'noshred' into anything but one SUPER column.
 */
JsonMap *json_map_new(const CopyOptions *options, const GPtrArray *columns, const char *paths,
                      gsize paths_length, Refusal *refusal);

/* Fills record->fields, one per column; texts live in scratch until it changes. FALSE with the record's
 * error filled. */
gboolean json_fields(const JsonMap *map, CopyRecord *record, GString *scratch);

void json_map_free(JsonMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonMap, json_map_free)

#endif
