#include "redshift/fingerprint.h"

#include <string.h>

#include "base/error.h"
#include "redshift/types.h"

#define HASH "SUM(STRTOL(SUBSTRING(MD5(%s), 1, 15), 16))::varchar"
/* Characters of a least and a greatest value that are worth showing. */
#define SHOWN "60"
#define MOST_DIGITS 38

/* One column of a side, by its place there: the text of a query has names that are no names. */
typedef struct {
    char *name;
    guint32 oid;
    int modifier;
    guint place; /* from 1 */
} Column;

/* The column of either side; NULL: it has none. */
typedef struct {
    const Column *sides[2];
} Pair;

struct Fingerprint {
    char *sources[2];      /* SELECT statements */
    GPtrArray *columns[2]; /* of Column */
    GArray *pairs;         /* of Pair: common ones in the order of A, then the others */
    guint n_common;
};

static void column_free(gpointer data)
{
    Column *column = data;
    g_free(column->name);
    g_free(column);
}

void fingerprint_free(Fingerprint *fingerprint)
{
    if (fingerprint == NULL)
        return;
    for (int i = 0; i < 2; i++) {
        g_free(fingerprint->sources[i]);
        g_clear_pointer(&fingerprint->columns[i], g_ptr_array_unref);
    }
    g_array_unref(fingerprint->pairs);
    g_free(fingerprint);
}

static void line_free(gpointer data)
{
    FingerprintLine *line = data;
    g_free(line->name);
    for (int side = 0; side < 2; side++) {
        g_free(line->types[side]);
        for (guint i = 0; i < FINGERPRINT_FIGURES; i++)
            g_free(line->figures[side][i]);
    }
    g_free(line);
}

const char *fingerprint_verdict_name(FingerprintVerdict verdict)
{
    static const char *const names[] = {"agrees", "differs", "counted", "only in A", "only in B"};
    return names[verdict];
}

const char *fingerprint_figure_name(guint figure)
{
    static const char *const names[] = {"count", "least", "greatest", "bytes", "hash"};
    return names[figure];
}

/* --- what a type can tell ----------------------------------------------------------------------- */

typedef struct {
    guint32 oid;
    const char *text; /* a value as text, %s being the column; NULL: only counted */
    gboolean ordered, measured;
} TypeTraits;

/* FROM_VARBYTE and JSON_SERIALIZE are Redshift's own; a boolean has no cast to text there. */
static const TypeTraits traits[] = {
    {16, "CASE %s WHEN TRUE THEN 't' WHEN FALSE THEN 'f' END", FALSE, FALSE},
    {20, "%s::varchar", TRUE, FALSE},   /* bigint */
    {21, "%s::varchar", TRUE, FALSE},   /* smallint */
    {23, "%s::varchar", TRUE, FALSE},   /* integer */
    {25, "%s", TRUE, TRUE},             /* text */
    {19, "%s::varchar", TRUE, TRUE},    /* name */
    {700, "%s::varchar", TRUE, FALSE},  /* real */
    {701, "%s::varchar", TRUE, FALSE},  /* double precision */
    {1042, "RTRIM(%s)", TRUE, TRUE},    /* char */
    {1043, "%s", TRUE, TRUE},           /* varchar */
    {1082, "%s::varchar", TRUE, FALSE}, /* date */
    {1083, "%s::varchar", TRUE, FALSE}, /* time */
    {1114, "%s::varchar", TRUE, FALSE}, /* timestamp */
    {1184, "%s::varchar", TRUE, FALSE}, /* timestamptz */
    {1188, "%s::varchar", TRUE, FALSE}, /* interval year to month */
    {1190, "%s::varchar", TRUE, FALSE}, /* interval day to second */
    {1266, "%s::varchar", TRUE, FALSE}, /* timetz */
    {1700, "%s::varchar", TRUE, FALSE}, /* numeric */
    {4000, "JSON_SERIALIZE(%s)", FALSE, FALSE},
    {6551, "TO_HEX(%s)", FALSE, FALSE},
};

static const TypeTraits *traits_of(guint32 oid)
{
    static const TypeTraits none = {0};
    for (gsize i = 0; i < G_N_ELEMENTS(traits); i++)
        if (traits[i].oid == oid)
            return &traits[i];
    return &none;
}

/* Digits before and behind the point; FALSE for what is no exact number, or of unknown size. */
static gboolean digits_of(const Column *column, int *whole, int *scale)
{
    int packed = column->modifier - 4;
    *scale = 0;
    *whole = column->oid == 21 ? 5 : column->oid == 23 ? 10 : column->oid == 20 ? 19 : 0;
    if (*whole > 0)
        return TRUE;
    if (column->oid != 1700 || packed < 0)
        return FALSE;
    *scale = packed & 0xffff;
    *whole = ((packed >> 16) & 0xffff) - *scale;
    return TRUE;
}

/* 1.5 and 1.50 are one number: both sides are written with the larger scale, if it fits. */
static char *value_of(const Pair *pair, int side)
{
    int whole[2], scale[2];
    char *name = g_strdup_printf("c%u", pair->sides[side]->place);
    if (!digits_of(pair->sides[0], &whole[0], &scale[0]) ||
        !digits_of(pair->sides[1], &whole[1], &scale[1]) || scale[0] == scale[1])
        return name;
    int most_whole = MAX(whole[0], whole[1]), most_scale = MAX(scale[0], scale[1]);
    if (most_whole + most_scale > MOST_DIGITS)
        return name;
    g_autofree char *plain = name;
    return g_strdup_printf("%s::numeric(%d,%d)", plain, most_whole + most_scale, most_scale);
}

/* The value as text, NULL for types that are only counted. Free with g_free. */
static char *text_of(const Pair *pair, int side)
{
    const char *format = traits_of(pair->sides[side]->oid)->text;
    g_autofree char *value = value_of(pair, side);
    g_auto(GStrv) around = format != NULL ? g_strsplit(format, "%s", 2) : NULL;
    return format != NULL ? g_strconcat(around[0], value, around[1], NULL) : NULL;
}

/* --- the statements ----------------------------------------------------------------------------- */

/* "(row)": the texts' hashes in a row, for NULL has none and no text is mistaken for two. */
static void append_row_hash(GString *sql, const Fingerprint *fingerprint, int side)
{
    g_autoptr(GString) row = g_string_new(NULL);
    for (guint i = 0; i < fingerprint->n_common; i++) {
        const Pair *pair = &g_array_index(fingerprint->pairs, Pair, i);
        g_autofree char *text = text_of(pair, side);
        g_string_append(row, i > 0 ? " || " : "");
        if (text != NULL)
            g_string_append_printf(row, "COALESCE(MD5(%s), '-')", text);
        else
            g_string_append_printf(row, "CASE WHEN c%u IS NULL THEN '-' ELSE '+' END",
                                   pair->sides[side]->place);
    }
    g_string_append_printf(sql, HASH, row->str);
}

static void append_figures(GString *sql, const Pair *pair, int side)
{
    g_autofree char *text = text_of(pair, side), *value = value_of(pair, side);
    const TypeTraits *type = traits_of(pair->sides[side]->oid);
    g_string_append_printf(sql, ",\n    COUNT(c%u)", pair->sides[side]->place);
    if (type->ordered)
        g_string_append_printf(
            sql, ", LEFT(MIN(%s)::varchar, " SHOWN "), LEFT(MAX(%s)::varchar, " SHOWN ")",
            type->measured ? text : value, type->measured ? text : value);
    else
        g_string_append(sql, ", NULL::varchar, NULL::varchar");
    if (type->measured)
        g_string_append_printf(sql, ", SUM(OCTET_LENGTH(%s)::bigint)::varchar", text);
    else
        g_string_append(sql, ", NULL::varchar");
    if (text != NULL)
        g_string_append_printf(sql, ", " HASH, text);
    else
        g_string_append(sql, ", NULL::varchar");
}

/* A select list of its own for each side, whose columns are called c1, c2 .. by their places. */
static void append_side(GString *sql, const Fingerprint *fingerprint, int side, guint first)
{
    guint end = MIN(first + FINGERPRINT_COLUMNS, fingerprint->n_common);
    g_string_append(sql, "(SELECT COUNT(*), ");
    if (first == 0)
        append_row_hash(sql, fingerprint, side);
    else
        g_string_append(sql, "NULL::varchar");
    for (guint i = first; i < end; i++)
        append_figures(sql, &g_array_index(fingerprint->pairs, Pair, i), side);
    g_string_append_printf(sql, "\n  FROM (%s\n  ) side (", fingerprint->sources[side]);
    for (guint i = 1; i <= fingerprint->columns[side]->len; i++)
        g_string_append_printf(sql, "%sc%u", i > 1 ? ", " : "", i);
    g_string_append_printf(sql, ")) %c (", side == 0 ? 'a' : 'b');
    for (guint i = 0; i < 2 + (end - first) * FINGERPRINT_FIGURES; i++)
        g_string_append_printf(sql, "%s%c%u", i > 0 ? ", " : "", side == 0 ? 'a' : 'b', i + 1);
    g_string_append_c(sql, ')');
}

static char *statement(const Fingerprint *fingerprint, guint first)
{
    GString *sql = g_string_new("SELECT * FROM\n  ");
    append_side(sql, fingerprint, 0, first);
    g_string_append(sql, ",\n  ");
    append_side(sql, fingerprint, 1, first);
    return g_string_free(sql, FALSE);
}

char *fingerprint_sql(const Fingerprint *fingerprint)
{
    GString *all = g_string_new(NULL);
    for (guint first = 0; first < fingerprint->n_common; first += FINGERPRINT_COLUMNS) {
        g_autofree char *sql = statement(fingerprint, first);
        g_string_append_printf(all, "%s;\n", sql);
    }
    return g_string_free(all, FALSE);
}

/* --- the columns -------------------------------------------------------------------------------- */

static GPtrArray *take_columns(const Statement *read)
{
    guint n;
    const ResultColumn *described = statement_columns(read, &n);
    GPtrArray *columns = g_ptr_array_new_with_free_func(column_free);
    for (guint i = 0; i < n; i++) {
        Column *column = g_new(Column, 1);
        *column = (Column){g_strdup(described[i].name), described[i].type_oid,
                           described[i].type_modifier, i + 1};
        g_ptr_array_add(columns, column);
    }
    return columns;
}

static GPtrArray *read_columns(Session *session, const char *source, GCancellable *cancellable,
                               GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT * FROM (%s\n) side LIMIT 0", source);
    Statement *read = session_start(session, sql, cancellable, error);
    if (read == NULL)
        return NULL;
    g_autoptr(GPtrArray) columns = take_columns(read);
    return statement_finish(read, NULL, error) ? g_steal_pointer(&columns) : NULL;
}

static const Column *find(const GPtrArray *columns, const char *name)
{
    for (guint i = 0; i < columns->len; i++)
        if (strcmp(((const Column *)columns->pdata[i])->name, name) == 0)
            return columns->pdata[i];
    return NULL;
}

static gboolean check_names(const Fingerprint *fingerprint, const char *const *names,
                            GError **error)
{
    for (int side = 0; side < 2; side++)
        for (guint i = 0; i < fingerprint->columns[side]->len; i++) {
            const Column *column = fingerprint->columns[side]->pdata[i];
            if (find(fingerprint->columns[side], column->name) == column)
                continue;
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        "%c has two columns \"%s\": give one of them another name",
                        side == 0 ? 'A' : 'B', column->name);
            return FALSE;
        }
    for (guint i = 0; names != NULL && names[i] != NULL; i++) {
        if (find(fingerprint->columns[0], names[i]) != NULL ||
            find(fingerprint->columns[1], names[i]) != NULL)
            continue;
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "neither side has a column \"%s\"", names[i]);
        return FALSE;
    }
    return TRUE;
}

static void add_pairs(Fingerprint *fingerprint, int side, gboolean common, const char *const *names)
{
    const GPtrArray *own = fingerprint->columns[side], *others = fingerprint->columns[1 - side];
    for (guint i = 0; i < own->len; i++) {
        const Column *column = own->pdata[i], *other = find(others, column->name);
        if ((other != NULL) != common || (names != NULL && !g_strv_contains(names, column->name)))
            continue;
        Pair pair = {{0}};
        pair.sides[side] = column;
        pair.sides[1 - side] = other;
        g_array_append_val(fingerprint->pairs, pair);
        fingerprint->n_common += common;
    }
}

Fingerprint *fingerprint_new(Session *session, const char *a, const char *b,
                             const char *const *names, GCancellable *cancellable, GError **error)
{
    g_autoptr(Fingerprint) fingerprint = g_new0(Fingerprint, 1);
    fingerprint->pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    fingerprint->sources[0] = g_strdup(a);
    fingerprint->sources[1] = g_strdup(b);
    for (int side = 0; side < 2; side++) {
        fingerprint->columns[side] =
            read_columns(session, fingerprint->sources[side], cancellable, error);
        if (fingerprint->columns[side] == NULL)
            return NULL;
    }
    if (!check_names(fingerprint, names, error))
        return NULL;
    add_pairs(fingerprint, 0, TRUE, names);
    add_pairs(fingerprint, 0, FALSE, names);
    add_pairs(fingerprint, 1, FALSE, names);
    if (fingerprint->n_common > 0)
        return g_steal_pointer(&fingerprint);
    g_set_error_literal(
        error, RS_ERROR, RS_ERROR_USAGE,
        "the two sides have no column of the same name: there is nothing to compare");
    return NULL;
}

/* --- the answer --------------------------------------------------------------------------------- */

static FingerprintLine *line_new(FingerprintKind kind, const char *name)
{
    FingerprintLine *line = g_new0(FingerprintLine, 1);
    line->kind = kind;
    line->name = g_strdup(name);
    return line;
}

static gboolean figures_agree(const FingerprintLine *line, guint figure)
{
    return g_strcmp0(line->figures[0][figure], line->figures[1][figure]) == 0;
}

/* Least and greatest are for reading only: 1.5 and 1.50 are the same. */
static void judge(FingerprintLine *line)
{
    gboolean hashed =
        line->figures[0][FINGERPRINT_HASH] != NULL || line->figures[1][FINGERPRINT_HASH] != NULL;
    gboolean none = g_strcmp0(line->figures[0][FINGERPRINT_COUNT], "0") == 0;
    if (!figures_agree(line, FINGERPRINT_COUNT) || !figures_agree(line, FINGERPRINT_HASH))
        line->verdict = FINGERPRINT_DIFFERS;
    else
        line->verdict = hashed || none ? FINGERPRINT_AGREES : FINGERPRINT_COUNTED;
}

static FingerprintLine *rows_line(char *const *row, guint width)
{
    FingerprintLine *line = line_new(FINGERPRINT_ROWS, "");
    for (int side = 0; side < 2; side++) {
        line->figures[side][FINGERPRINT_COUNT] = g_strdup(row[(guint)side * width]);
        line->figures[side][FINGERPRINT_HASH] = g_strdup(row[(guint)side * width + 1]);
    }
    judge(line);
    return line;
}

static FingerprintLine *column_line(const Pair *pair)
{
    const Column *known = pair->sides[0] != NULL ? pair->sides[0] : pair->sides[1];
    FingerprintLine *line = line_new(FINGERPRINT_COLUMN, known->name);
    line->verdict = pair->sides[1] == NULL ? FINGERPRINT_ONLY_A : FINGERPRINT_ONLY_B;
    for (int side = 0; side < 2; side++)
        if (pair->sides[side] != NULL)
            line->types[side] = type_text(pair->sides[side]->oid, pair->sides[side]->modifier);
    return line;
}

static void take_figures(FingerprintLine *line, char *const *row, guint width, guint place)
{
    for (int side = 0; side < 2; side++)
        for (guint i = 0; i < FINGERPRINT_FIGURES; i++)
            line->figures[side][i] =
                g_strdup(row[(guint)side * width + 2 + place * FINGERPRINT_FIGURES + i]);
    judge(line);
}

static gboolean compare_from(const Fingerprint *fingerprint, guint first, GPtrArray *lines,
                             Session *session, GCancellable *cancellable, GError **error)
{
    guint end = MIN(first + FINGERPRINT_COLUMNS, fingerprint->n_common), n = 0;
    guint width = 2 + (end - first) * FINGERPRINT_FIGURES;
    g_autofree char *sql = statement(fingerprint, first);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, &n, cancellable, error);
    if (rows == NULL)
        return FALSE;
    if (rows->len != 1 || n != 2 * width) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                    "%u rows of %u figures came, expected 1 of %u", rows->len, n, 2 * width);
        return FALSE;
    }
    if (first == 0)
        g_ptr_array_add(lines, rows_line(rows->pdata[0], width));
    for (guint i = first; i < end; i++) {
        FingerprintLine *line = column_line(&g_array_index(fingerprint->pairs, Pair, i));
        take_figures(line, rows->pdata[0], width, i - first);
        g_ptr_array_add(lines, line);
    }
    return TRUE;
}

GPtrArray *fingerprint_compare(const Fingerprint *fingerprint, Session *session,
                               GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(line_free);
    for (guint first = 0; first < fingerprint->n_common; first += FINGERPRINT_COLUMNS)
        if (!compare_from(fingerprint, first, lines, session, cancellable, error))
            return NULL;
    for (guint i = fingerprint->n_common; i < fingerprint->pairs->len; i++)
        g_ptr_array_add(lines, column_line(&g_array_index(fingerprint->pairs, Pair, i)));
    return g_steal_pointer(&lines);
}
