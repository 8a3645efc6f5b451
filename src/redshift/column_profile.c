#include "redshift/column_profile.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "redshift/probe.h"
#include "redshift/types.h"
#include "sql/ident.h"

/* Characters of a value that are worth showing. */
#define SHOWN "120"

static void value_free(gpointer data)
{
    ColumnProfileValue *value = data;
    g_free(value->value);
    g_free(value);
}

void column_profile_free(ColumnProfile *profile)
{
    if (profile == NULL)
        return;
    g_free(profile->column);
    g_free(profile->type);
    g_free(profile->least);
    g_free(profile->greatest);
    g_ptr_array_unref(profile->top);
    g_free(profile);
}

/* --- what a type can tell ----------------------------------------------------------------------- */

typedef struct {
    const char *prefix; /* of the type's name */
    const char *text;   /* how a value reads; NULL: not as text */
    const char *number; /* its place on a line, for the histogram; NULL: none */
    const char *length; /* its bytes; NULL: of no interest */
    gboolean ordered;   /* has a least and a greatest */
} TypeTraits;

/* Dates count from a day; Redshift has no EXTRACT(EPOCH) of a date. */
static const TypeTraits traits[] = {
    {"smallint", "v::varchar", "v::float8", NULL, TRUE},
    {"integer", "v::varchar", "v::float8", NULL, TRUE},
    {"bigint", "v::varchar", "v::float8", NULL, TRUE},
    {"numeric", "v::varchar", "v::float8", NULL, TRUE},
    {"real", "v::varchar", "v::float8", NULL, TRUE},
    {"double", "v::varchar", "v::float8", NULL, TRUE},
    {"date", "v::varchar", "(v - DATE '2000-01-01')::float8", NULL, TRUE},
    {"timestamp", "v::varchar", "EXTRACT(EPOCH FROM v)::float8", NULL, TRUE},
    {"time", "v::varchar", NULL, NULL, TRUE},
    {"boolean", "CASE WHEN v THEN 'true' ELSE 'false' END", NULL, NULL, FALSE},
    {"character", "LEFT(v, " SHOWN ")", NULL, "OCTET_LENGTH(v)", TRUE},
    {"interval", "v::varchar", NULL, NULL, TRUE},
    {"super", NULL, NULL, NULL, FALSE},
    {"binary varying", NULL, NULL, "OCTET_LENGTH(v)", FALSE},
};

static const TypeTraits *traits_of(const char *type)
{
    static const TypeTraits none = {"", NULL, NULL, NULL, FALSE};
    for (gsize i = 0; i < G_N_ELEMENTS(traits); i++)
        if (g_str_has_prefix(type, traits[i].prefix))
            return &traits[i];
    return &none;
}

double column_profile_sample(gint64 rows)
{
    return rows <= COLUMN_PROFILE_SAMPLE ? 1 : (double)COLUMN_PROFILE_SAMPLE / (double)rows;
}

/* --- the statement ------------------------------------------------------------------------------ */

/* Every part has the same nine columns: part, two texts, five whole numbers, one real. */
static void append_figures(GString *sql, const TypeTraits *type)
{
    const char *text = type->text;
    gboolean ordered = type->ordered && text != NULL;
    gboolean cut = ordered && g_str_has_prefix(text, "LEFT");
    g_string_append(sql, "SELECT 'figures' AS part, ");
    if (cut)
        g_string_append(sql, "LEFT(MIN(v), " SHOWN ") AS a, LEFT(MAX(v), " SHOWN ") AS b, ");
    else if (ordered)
        g_string_append(sql, "MIN(v)::varchar AS a, MAX(v)::varchar AS b, ");
    else
        g_string_append(sql, "NULL::varchar AS a, NULL::varchar AS b, ");
    g_string_append(sql, "COUNT(*) AS n1, COUNT(v) AS n2, ");
    g_string_append(sql, text != NULL ? "APPROXIMATE COUNT(DISTINCT v) AS n3, "
                                      : "NULL::bigint AS n3, ");
    if (type->length != NULL)
        g_string_append_printf(sql,
                               "MIN(%s)::bigint AS n4, MAX(%s)::bigint AS n5, "
                               "AVG(%s::float8) AS x",
                               type->length, type->length, type->length);
    else
        g_string_append(sql, "NULL::bigint AS n4, NULL::bigint AS n5, NULL::float8 AS x");
    g_string_append(sql, " FROM data");
}

static void append_top(GString *sql, const TypeTraits *type)
{
    if (type->text == NULL)
        return;
    g_string_append_printf(
        sql,
        "\nUNION ALL SELECT * FROM (SELECT 'top', t, NULL::varchar, COUNT(*), NULL::bigint, "
        "NULL::bigint, NULL::bigint, NULL::bigint, NULL::float8 FROM (SELECT %s AS t FROM data "
        "WHERE v IS NOT NULL) texts GROUP BY t ORDER BY 4 DESC, 2 LIMIT %d) top",
        type->text, COLUMN_PROFILE_TOP);
}

/* Infinities and NaN have no place on the line. With another sample for each mention of the data, a
 * value may lie outside the edges: it counts at the edge. */
static void append_histogram(GString *sql, const TypeTraits *type)
{
    if (type->number == NULL)
        return;
    g_string_append_printf(
        sql,
        "\nUNION ALL SELECT 'bucket', NULL::varchar, NULL::varchar, "
        "CASE WHEN hi > lo THEN LEAST(%d, GREATEST(0, FLOOR((x - lo) / (hi - lo) * %d)))::bigint "
        "ELSE 0 END, COUNT(*), NULL::bigint, NULL::bigint, NULL::bigint, NULL::float8 "
        "FROM places, (SELECT MIN(x) AS lo, MAX(x) AS hi FROM places) edges GROUP BY 4",
        COLUMN_PROFILE_BUCKETS - 1, COLUMN_PROFILE_BUCKETS);
}

char *column_profile_sql(const char *schema, const char *relation, const CatalogColumn *column,
                         double sample)
{
    const TypeTraits *type = traits_of(column->type == NULL ? "" : column->type);
    g_autofree char *target = sql_ident_pair(schema, relation);
    g_autofree char *name = sql_ident(column->name);
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "WITH data AS (SELECT %s AS v FROM %s", name, target);
    if (sample < 1) {
        char number[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(number, sizeof number, "%.9f", sample);
        g_string_append_printf(sql, " WHERE RANDOM() < %s", number);
    }
    g_string_append_c(sql, ')');
    if (type->number != NULL)
        g_string_append_printf(sql,
                               ",\nplaces AS (SELECT x FROM (SELECT %s AS x FROM data) numbers "
                               "WHERE x > -1e300 AND x < 1e300)",
                               type->number);
    g_string_append_c(sql, '\n');
    append_figures(sql, type);
    append_top(sql, type);
    append_histogram(sql, type);
    return g_string_free(sql, FALSE);
}

/* --- the answer --------------------------------------------------------------------------------- */

enum { PART, TEXT_A, TEXT_B, NUMBER_1, NUMBER_2, NUMBER_3, NUMBER_4, NUMBER_5, REAL };

static void take_figures(ColumnProfile *profile, const GPtrArray *rows, guint i)
{
    const char *average = probe_text(rows, i, REAL);
    profile->least = g_strdup(probe_text(rows, i, TEXT_A));
    profile->greatest = g_strdup(probe_text(rows, i, TEXT_B));
    profile->rows = probe_number(rows, i, NUMBER_1, 0);
    profile->nulls = profile->rows - probe_number(rows, i, NUMBER_2, 0);
    profile->distinct = probe_number(rows, i, NUMBER_3, -1);
    profile->shortest = probe_number(rows, i, NUMBER_4, -1);
    profile->longest = probe_number(rows, i, NUMBER_5, -1);
    profile->average_length = average == NULL ? -1 : g_ascii_strtod(average, NULL);
}

static void take_row(ColumnProfile *profile, const GPtrArray *rows, guint i)
{
    const char *part = probe_text(rows, i, PART);
    gint64 n = probe_number(rows, i, NUMBER_1, 0);
    if (strcmp(part, "figures") == 0) {
        take_figures(profile, rows, i);
    } else if (strcmp(part, "top") == 0) {
        ColumnProfileValue *value = g_new(ColumnProfileValue, 1);
        *value = (ColumnProfileValue){g_strdup(probe_text(rows, i, TEXT_A)), n};
        g_ptr_array_add(profile->top, value);
    } else if (n >= 0 && n < COLUMN_PROFILE_BUCKETS) {
        profile->histogram[n] = probe_number(rows, i, NUMBER_2, 0);
        profile->has_histogram = TRUE;
    }
}

static int by_count(gconstpointer a, gconstpointer b)
{
    const ColumnProfileValue *first = *(ColumnProfileValue *const *)a;
    const ColumnProfileValue *second = *(ColumnProfileValue *const *)b;
    if (first->count != second->count)
        return first->count > second->count ? -1 : 1;
    return g_strcmp0(first->value, second->value);
}

ColumnProfile *column_profile_load(Session *session, const CatalogRelation *relation,
                                   const CatalogColumn *column, GCancellable *cancellable,
                                   GError **error)
{
    double sample = column_profile_sample(relation->estimated_rows);
    g_autofree char *sql = column_profile_sql(relation->schema, relation->name, column, sample);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    if (rows == NULL) {
        if (g_error_matches(*error, RS_ERROR, RS_ERROR_PERMISSION))
            g_prefix_error(error, "a profile needs SELECT on the relation and USAGE on its schema: ");
        return NULL;
    }
    guint32 oid;
    int modifier = -1;
    ColumnProfile *profile = g_new0(ColumnProfile, 1);
    profile->column = g_strdup(column->name);
    profile->type = g_strdup(column->type);
    profile->sample = sample;
    profile->table_rows = relation->estimated_rows;
    profile->declared = type_parse(column->type == NULL ? "" : column->type, &oid, &modifier)
                            ? type_max_bytes(oid, modifier)
                            : -1;
    profile->top = g_ptr_array_new_with_free_func(value_free);
    for (guint i = 0; i < rows->len; i++)
        take_row(profile, rows, i);
    g_ptr_array_sort(profile->top, by_count);
    return profile;
}

/* --- text --------------------------------------------------------------------------------------- */

char *column_profile_scope(const ColumnProfile *profile)
{
    if (profile->sample >= 1)
        return g_strdup("all rows");
    g_autofree char *rows = catalog_estimate_text(profile->table_rows);
    return g_strdup_printf("sample: %.2g%% of %s rows", profile->sample * 100, rows);
}

static void append_line(GString *out, const char *name, const char *value)
{
    g_autofree char *printable = text_printable(value, -1);
    g_string_append_printf(out, "%-10s %s\n", name, printable);
}

static void append_bar(GString *out, const char *label, int label_width, gint64 count, gint64 most,
                       gint64 rows, int width, gboolean ascii)
{
    g_autofree char *printable = text_printable(label, -1);
    g_autofree char *fitted = text_fit(printable, label_width, TEXT_LEFT, ascii);
    g_autofree char *bar = text_bar(count, most, width, ascii);
    g_autofree char *padded = text_fit(bar, width, TEXT_LEFT, ascii);
    g_autofree char *number = text_count((guint64)count);
    g_string_append_printf(out, "  %s %s %12s %5.1f%%\n", fitted, padded, number,
                           rows > 0 ? (double)count * 100 / (double)rows : 0);
}

static void append_head(GString *out, const ColumnProfile *profile)
{
    g_autofree char *rows = text_count((guint64)profile->rows);
    g_autofree char *nulls = text_count((guint64)profile->nulls);
    g_autofree char *scope = column_profile_scope(profile);
    g_autofree char *column = text_printable(profile->column, -1);
    g_string_append_printf(out, "%s  %s\n\n", column, profile->type);
    g_string_append_printf(out, "%-10s %s (%s)\n", "rows", rows, scope);
    g_string_append_printf(out, "%-10s %s (%.1f%%)\n", "nulls", nulls,
                           profile->rows > 0 ? (double)profile->nulls * 100 / (double)profile->rows
                                             : 0);
    if (profile->distinct >= 0) {
        g_autofree char *distinct = text_count((guint64)profile->distinct);
        g_string_append_printf(out, "%-10s ~%s (approximate)\n", "distinct", distinct);
    }
    if (profile->least != NULL)
        append_line(out, "least", profile->least);
    if (profile->greatest != NULL)
        append_line(out, "greatest", profile->greatest);
    if (profile->longest >= 0) {
        g_string_append_printf(
            out, "%-10s %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " bytes, average %.1f", "length",
            profile->shortest, profile->longest, profile->average_length);
        if (profile->declared > 0)
            g_string_append_printf(out, "; the column holds %" G_GINT64_FORMAT, profile->declared);
        g_string_append_c(out, '\n');
    }
}

static void append_histogram_text(GString *out, const ColumnProfile *profile, int width,
                                  gboolean ascii)
{
    gint64 most = 0;
    for (int i = 0; i < COLUMN_PROFILE_BUCKETS; i++)
        most = MAX(most, profile->histogram[i]);
    g_string_append_printf(out, "\n%d equal steps from least to greatest\n",
                           COLUMN_PROFILE_BUCKETS);
    for (int i = 0; i < COLUMN_PROFILE_BUCKETS; i++) {
        const char *label = i == 0                            ? profile->least
                            : i == COLUMN_PROFILE_BUCKETS - 1 ? profile->greatest
                                                              : "";
        append_bar(out, label == NULL ? "" : label, 20, profile->histogram[i], most, profile->rows,
                   width, ascii);
    }
}

char *column_profile_text(const ColumnProfile *profile, int width, gboolean ascii)
{
    GString *out = g_string_new(NULL);
    append_head(out, profile);
    gint64 most = profile->top->len > 0 ? ((ColumnProfileValue *)profile->top->pdata[0])->count : 0;
    if (profile->top->len > 0)
        g_string_append(out, "\nmost frequent\n");
    for (guint i = 0; i < profile->top->len; i++) {
        const ColumnProfileValue *value = profile->top->pdata[i];
        append_bar(out, *value->value == '\0' ? "''" : value->value, 20, value->count, most,
                   profile->rows, width, ascii);
    }
    if (profile->has_histogram)
        append_histogram_text(out, profile, width, ascii);
    return g_string_free(out, FALSE);
}
