#include "sandbox/copy_values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/json_text.h"
#include "sandbox/pgcopy.h"

/* SUPER's limit, and what a longer one is called. Redshift guide, "SUPER type". */
#define SUPER_BYTES ((gsize)16 * 1024 * 1024)

/* --- columns ------------------------------------------------------------------------------------ */

typedef struct {
    const char *base, *type;
    LoadKind kind;
    int bytes;
} TypeRow;

static const TypeRow type_rows[] = {
    {"smallint", "int2", LOAD_INTEGER, 2},
    {"integer", "int4", LOAD_INTEGER, 4},
    {"bigint", "int8", LOAD_INTEGER, 8},
    {"numeric", "numeric", LOAD_DECIMAL, 0},
    {"real", "float4", LOAD_FLOAT, 4},
    {"double precision", "float8", LOAD_FLOAT, 8},
    {"boolean", "bool", LOAD_BOOLEAN, 0},
    {"character", "char", LOAD_CHAR, 0},
    {"bpchar", "char", LOAD_CHAR, 0},
    {"character varying", "varchar", LOAD_VARCHAR, 0},
    {"text", "varchar", LOAD_VARCHAR, 0},
    {"date", "date", LOAD_DATE, 0},
    {"timestamp without time zone", "timestamp", LOAD_TIMESTAMP, 0},
    {"timestamp with time zone", "timestamptz", LOAD_TIMESTAMPTZ, 0},
    {"time without time zone", "time", LOAD_TIME, 0},
    {"time with time zone", "timetz", LOAD_TIMETZ, 0},
    {"super", "super", LOAD_SUPER, 0},
    {"jsonb", "super", LOAD_SUPER, 0},
    {"varbyte", "varbyte", LOAD_VARBYTE, 0},
    {"bytea", "varbyte", LOAD_VARBYTE, 0},
    {"", "other", LOAD_OTHER, 0},
};

static const TypeRow *type_row(const char *base)
{
    gsize i = 0;
    while (i + 1 < G_N_ELEMENTS(type_rows) && !g_str_equal(base, type_rows[i].base))
        i++;
    return &type_rows[i];
}

LoadColumn *load_column_new(const char *name, const char *type, gboolean not_null)
{
    const char *dot = strrchr(type, '.'), *plain = dot != NULL ? dot + 1 : type;
    const char *open = strchr(plain, '('), *close = open != NULL ? strchr(open, ')') : NULL;
    g_autofree char *base = close != NULL
                                ? g_strdup_printf("%.*s%s", (int)(open - plain), plain, close + 1)
                                : g_strdup(plain);
    const TypeRow *row = type_row(base);
    int first = -1, second = 0;
    if (close != NULL)
        sscanf(open, "(%d,%d)", &first, &second);
    LoadColumn *column = g_new0(LoadColumn, 1);
    column->name = g_strdup(name);
    column->type = row->type;
    column->kind = row->kind;
    column->bytes = row->bytes;
    column->not_null = not_null;
    column->max_length = column->precision = column->scale = -1;
    if (row->kind == LOAD_CHAR || row->kind == LOAD_VARCHAR || row->kind == LOAD_VARBYTE)
        column->max_length = first;
    if (row->kind == LOAD_CHAR && first < 0)
        column->max_length = 1;
    if (row->kind == LOAD_DECIMAL && first > 0) {
        column->precision = first;
        column->scale = second;
    }
    column->length = column->precision > 0    ? g_strdup_printf("%d,%d", first, second)
                     : column->max_length > 0 ? g_strdup_printf("%d", column->max_length)
                                              : g_strdup("");
    return column;
}

void load_column_free(LoadColumn *column)
{
    if (column == NULL)
        return;
    g_free(column->name);
    g_free(column->length);
    g_free(column);
}

/* --- problems ----------------------------------------------------------------------------------- */

static gboolean problem_set(LoadProblem *problem, int code, int position, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static gboolean problem_set(LoadProblem *problem, int code, int position, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_vsnprintf(problem->reason, sizeof(problem->reason), format, args);
    va_end(args);
    problem->code = code;
    problem->position = position;
    return FALSE;
}

static gboolean bad_digit(LoadProblem *problem, int code, const char *text, gsize length, gsize at,
                          const char *type)
{
    char c = at < length ? text[at] : ' ';
    if (!g_ascii_isprint(c))
        c = '?';
    return problem_set(problem, code, (int)at, "Invalid digit, Value '%c', Pos %zu, Type: %s", c,
                       at, type);
}

/* --- numbers ------------------------------------------------------------------------------------ */

static gboolean load_integer(GString *out, const LoadColumn *column, const char *text, gsize length,
                             LoadProblem *problem)
{
    const char *type = column->bytes == 2 ? "Short" : column->bytes == 4 ? "Integer" : "Long";
    const guint64 limit = (guint64)1 << (column->bytes * 8 - 1);
    gboolean negative = length > 0 && text[0] == '-';
    gsize i = length > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    guint64 value = 0;
    if (i == length)
        return bad_digit(problem, LOAD_ERROR_DIGIT, text, length, i, type);
    for (; i < length; i++) {
        if (!g_ascii_isdigit(text[i]))
            return bad_digit(problem, LOAD_ERROR_DIGIT, text, length, i, type);
        value = value * 10 + (guint64)(text[i] - '0');
        if (value > limit || (value == limit && !negative))
            return problem_set(problem, LOAD_ERROR_OVERFLOW, 0, "Overflow, Value '%.*s', Type: %s",
                               (int)MIN(length, 40), text, type);
    }
    if (negative && value != 0)
        g_string_append_c(out, '-');
    g_string_append_printf(out, "%" G_GUINT64_FORMAT, value);
    return TRUE;
}

/* The digits of a decimal: whole part and fraction, without leading zeros. */
typedef struct {
    const char *whole, *fraction;
    gsize whole_length, fraction_length;
    gboolean negative;
} Decimal;

static gboolean read_decimal(Decimal *decimal, const char *text, gsize length, LoadProblem *problem)
{
    gsize i = 0;
    *decimal = (Decimal){.negative = length > 0 && text[0] == '-'};
    if (length > 0 && (text[0] == '-' || text[0] == '+'))
        i++;
    decimal->whole = text + i;
    while (i < length && g_ascii_isdigit(text[i]))
        i++;
    decimal->whole_length = (gsize)(text + i - decimal->whole);
    decimal->fraction = text + i;
    if (i < length && text[i] == '.') {
        decimal->fraction = text + ++i;
        while (i < length && g_ascii_isdigit(text[i]))
            i++;
        decimal->fraction_length = (gsize)(text + i - decimal->fraction);
    }
    if (i < length || decimal->whole_length + decimal->fraction_length == 0)
        return bad_digit(problem, LOAD_ERROR_DIGIT, text, length, i, "Decimal");
    while (decimal->whole_length > 0 && *decimal->whole == '0') {
        decimal->whole++;
        decimal->whole_length--;
    }
    return TRUE;
}

/* Adds one to a string of digits; TRUE when it grew by a digit. */
static gboolean increment(GString *digits)
{
    for (gsize i = digits->len; i-- > 0;) {
        if (digits->str[i] != '9') {
            digits->str[i]++;
            return FALSE;
        }
        digits->str[i] = '0';
    }
    g_string_prepend_c(digits, '1');
    return TRUE;
}

static gboolean load_decimal(GString *out, const LoadColumn *column, const CopyOptions *options,
                             const char *text, gsize length, LoadProblem *problem)
{
    Decimal decimal;
    if (!read_decimal(&decimal, text, length, problem))
        return FALSE;
    gsize scale = column->scale >= 0 ? (gsize)column->scale : decimal.fraction_length;
    g_autoptr(GString) digits = g_string_new_len(decimal.whole, (gssize)decimal.whole_length);
    gsize kept = MIN(decimal.fraction_length, scale);
    g_string_append_len(digits, decimal.fraction, (gssize)kept);
    for (gsize i = kept; i < scale; i++)
        g_string_append_c(digits, '0');
    gsize whole = decimal.whole_length;
    if (options->round_decimals && decimal.fraction_length > scale &&
        decimal.fraction[scale] >= '5' && increment(digits))
        whole++;
    if (column->precision > 0 && whole > (gsize)(column->precision - column->scale))
        return problem_set(problem, LOAD_ERROR_LENGTH, 0, "Overflow for NUMERIC(%d,%d)",
                           column->precision, column->scale);
    if (decimal.negative)
        g_string_append_c(out, '-');
    g_string_append_len(out, digits->str, (gssize)whole);
    if (whole == 0)
        g_string_append_c(out, '0');
    if (scale > 0) {
        g_string_append_c(out, '.');
        g_string_append_len(out, digits->str + whole, (gssize)(digits->len - whole));
    }
    return TRUE;
}

static gboolean is_float_word(const char *text)
{
    static const char *const words[] = {"nan", "infinity", "-infinity", "+infinity",
                                        "inf", "-inf",     "+inf",      NULL};
    g_autofree char *lower = g_ascii_strdown(text, -1);
    return g_strv_contains(words, lower);
}

static gboolean load_float(GString *out, const LoadColumn *column, const char *text, gsize length,
                           LoadProblem *problem)
{
    g_autofree char *copy = g_strndup(text, length);
    const char *type = column->bytes == 4 ? "Float" : "Double";
    if (is_float_word(copy)) {
        g_string_append(out, copy);
        return TRUE;
    }
    gsize legal = strspn(copy, "0123456789+-.eE");
    if (legal < length)
        return bad_digit(problem, LOAD_ERROR_FLOAT, text, length, legal, type);
    char *rest = NULL;
    double value = g_ascii_strtod(copy, &rest);
    if (rest == copy || *rest != '\0')
        return bad_digit(problem, LOAD_ERROR_FLOAT, text, length, (gsize)(rest - copy), type);
    double rounded = column->bytes == 4 ? (double)(float)value : value;
    if (isinf(rounded))
        return problem_set(problem, LOAD_ERROR_LENGTH, 0, "Overflow, Value '%.40s', Type: %s", copy,
                           type);
    /* What is nearer to zero than the type can say is zero; PostgreSQL would refuse it. */
    if (rounded == 0)
        g_string_append_c(out, '0');
    else
        g_string_append(out, copy);
    return TRUE;
}

static gboolean load_boolean(GString *out, const char *text, gsize length, LoadProblem *problem)
{
    static const char *const yes[] = {"t", "true", "y", "yes", "1", NULL};
    static const char *const no[] = {"f", "false", "n", "no", "0", NULL};
    g_autofree char *lower = g_ascii_strdown(text, (gssize)length);
    if (g_strv_contains(yes, lower))
        g_string_append_c(out, 't');
    else if (g_strv_contains(no, lower))
        g_string_append_c(out, 'f');
    else
        return problem_set(problem, LOAD_ERROR_BOOLEAN, 0, "Unknown boolean format");
    return TRUE;
}

/* --- characters --------------------------------------------------------------------------------- */

/* Every byte of what is not UTF-8 becomes the replacement. */
static void replace_invalid(GString *made, const char *text, gsize length, char replacement)
{
    const char *end = text + length;
    while (text < end) {
        gunichar character = g_utf8_get_char_validated(text, end - text);
        if (*text == '\0' || character == (gunichar)-1 || character == (gunichar)-2) {
            g_string_append_c(made, replacement);
            text++;
        } else {
            const char *next = g_utf8_next_char(text);
            g_string_append_len(made, text, next - text);
            text = next;
        }
    }
}

static gboolean bad_utf8(LoadProblem *problem, const char *text, gsize length, gsize at)
{
    g_autoptr(GString) hex = g_string_new(NULL);
    for (gsize i = at; i < length && i < at + 4 && (i == at || (guchar)text[i] >= 0x80); i++)
        g_string_append_printf(hex, "%s%02x", i > at ? " " : "", (guint)(guchar)text[i]);
    return problem_set(problem, LOAD_ERROR_UTF8, (int)at,
                       "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex "
                       "sequence: %s (error 4)",
                       hex->str);
}

/* The longest start that fits and does not cut a character. */
static gsize fitting(const char *text, gsize length, gsize most)
{
    if (length <= most)
        return length;
    while (most > 0 && ((guchar)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

static gboolean load_varchar(GString *out, const LoadColumn *column, const CopyOptions *options,
                             const char *text, gsize length, LoadProblem *problem)
{
    g_autoptr(GString) made = NULL;
    const char *invalid = NULL;
    if (!g_utf8_validate_len(text, length, &invalid)) {
        if (options->accept_invalid == '\0')
            return bad_utf8(problem, text, length, (gsize)(invalid - text));
        made = g_string_new(NULL);
        replace_invalid(made, text, length, options->accept_invalid);
        text = made->str;
        length = made->len;
    }
    while (options->trim_blanks && length > 0 && g_ascii_isspace(text[length - 1]))
        length--;
    gsize most = column->max_length >= 0 ? (gsize)column->max_length : length;
    if (length > most && !options->truncate_columns)
        return problem_set(problem, LOAD_ERROR_LENGTH, 0, "String length exceeds DDL length");
    pgcopy_append(out, text, fitting(text, length, most));
    return TRUE;
}

static gboolean load_char(GString *out, const LoadColumn *column, const CopyOptions *options,
                          const char *text, gsize length, LoadProblem *problem)
{
    for (gsize i = 0; i < length; i++)
        if ((guchar)text[i] >= 0x80 || text[i] == '\0')
            return problem_set(problem, LOAD_ERROR_CHAR, (int)i,
                               "Multibyte character not supported for CHAR (Hint: try using "
                               "VARCHAR). Invalid char: %02x",
                               (guint)(guchar)text[i]);
    /* Trailing blanks mean nothing in a CHAR. */
    while (length > (gsize)column->max_length && text[length - 1] == ' ')
        length--;
    if (length > (gsize)column->max_length && !options->truncate_columns)
        return problem_set(problem, LOAD_ERROR_LENGTH, 0, "Char length exceeds DDL length");
    pgcopy_append(out, text, MIN(length, (gsize)column->max_length));
    return TRUE;
}

/* --- dates, SUPER, VARBYTE ---------------------------------------------------------------------- */

static gboolean load_moment(GString *out, const LoadColumn *column, const CopyOptions *options,
                            const char *text, gsize length, LoadProblem *problem)
{
    LoadMoment moment;
    gboolean zone = column->kind == LOAD_TIMESTAMPTZ || column->kind == LOAD_TIMETZ;
    switch (column->kind) {
    case LOAD_DATE:
        if (load_date_read(&options->date_format, text, length, &moment)) {
            load_date_append(out, &moment);
            return TRUE;
        }
        break;
    case LOAD_TIMESTAMP:
    case LOAD_TIMESTAMPTZ:
        if (load_timestamp_read(&options->time_format, zone, text, length, &moment)) {
            load_timestamp_append(out, &moment, zone);
            return TRUE;
        }
        break;
    default:
        if (load_clock_read(zone, text, length, &moment)) {
            load_clock_append(out, &moment, zone);
            return TRUE;
        }
    }
    if (options->accept_any_date) {
        pgcopy_append(out, NULL, 0);
        return TRUE;
    }
    if (column->kind == LOAD_DATE)
        return problem_set(problem, LOAD_ERROR_DATE, 0, "%s",
                           length < 10 ? "Invalid Date Format - length must be 10 or more"
                                       : "Invalid Date Format or value [YYYY-MM-DD]");
    if (column->kind == LOAD_TIMESTAMP || column->kind == LOAD_TIMESTAMPTZ)
        return problem_set(problem, LOAD_ERROR_TIMESTAMP, 0,
                           "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS%s]",
                           zone ? "OF" : "");
    return problem_set(problem, LOAD_ERROR_TYPE, 0, "Invalid time format or value [HH24:MI:SS]");
}

static gboolean load_super(GString *out, const char *text, gsize length, LoadProblem *problem)
{
    const char *invalid = NULL;
    if (!g_utf8_validate_len(text, length, &invalid))
        return bad_utf8(problem, text, length, (gsize)(invalid - text));
    if (length > SUPER_BYTES)
        return problem_set(problem, LOAD_ERROR_SUPER, 0, "SUPER value exceeds export size.");
    /* PostgreSQL's jsonb has no NUL, which JSON can only write as this escape. */
    if (!json_is_value(text, length) || g_strstr_len(text, (gssize)length, "\\u0000") != NULL)
        return problem_set(problem, LOAD_ERROR_SUPER, 0,
                           "Invalid value: the data is not a valid JSON value for SUPER");
    pgcopy_append(out, text, length);
    return TRUE;
}

static gboolean load_varbyte(GString *out, const LoadColumn *column, const char *text, gsize length,
                             LoadProblem *problem)
{
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isxdigit(text[i]))
            return bad_digit(problem, LOAD_ERROR_TYPE, text, length, i, "Varbyte");
    if (length % 2 != 0)
        return problem_set(problem, LOAD_ERROR_TYPE, (int)length,
                           "Varbyte value has an odd number of hexadecimal digits");
    if (column->max_length >= 0 && length / 2 > (gsize)column->max_length)
        return problem_set(problem, LOAD_ERROR_LENGTH, 0, "Varbyte length exceeds DDL length");
    g_string_append(out, "\\\\x");
    g_string_append_len(out, text, (gssize)length);
    return TRUE;
}

/* --- any value ---------------------------------------------------------------------------------- */

static gboolean is_blank(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isspace(text[i]))
            return FALSE;
    return TRUE;
}

/* Other types than CHAR and VARCHAR read nothing, and nothing but blanks, as NULL. */
static gboolean stands_for_null(const LoadColumn *column, const CopyOptions *options,
                                const CopyField *field)
{
    if (field->text == NULL)
        return TRUE;
    if (column->kind != LOAD_CHAR && column->kind != LOAD_VARCHAR)
        return is_blank(field->text, field->length);
    if (field->length == 0)
        return options->empty_as_null;
    return options->blanks_as_null && is_blank(field->text, field->length);
}

static gboolean load_trimmed(GString *out, const LoadColumn *column, const CopyOptions *options,
                             const char *text, gsize length, LoadProblem *problem)
{
    while (length > 0 && g_ascii_isspace(*text)) {
        text++;
        length--;
    }
    while (length > 0 && g_ascii_isspace(text[length - 1]))
        length--;
    switch (column->kind) {
    case LOAD_INTEGER:
        return load_integer(out, column, text, length, problem);
    case LOAD_DECIMAL:
        return load_decimal(out, column, options, text, length, problem);
    case LOAD_FLOAT:
        return load_float(out, column, text, length, problem);
    case LOAD_BOOLEAN:
        return load_boolean(out, text, length, problem);
    case LOAD_SUPER:
        return load_super(out, text, length, problem);
    case LOAD_VARBYTE:
        return load_varbyte(out, column, text, length, problem);
    case LOAD_OTHER:
        return load_varchar(out, column, options, text, length, problem);
    default:
        return load_moment(out, column, options, text, length, problem);
    }
}

gboolean load_value(GString *out, const LoadColumn *column, const CopyOptions *options,
                    const CopyField *field, LoadProblem *problem)
{
    gsize before = out->len;
    if (stands_for_null(column, options, field)) {
        pgcopy_append(out, NULL, 0);
    } else if (column->kind == LOAD_VARCHAR) {
        return load_varchar(out, column, options, field->text, field->length, problem);
    } else if (column->kind == LOAD_CHAR) {
        return load_char(out, column, options, field->text, field->length, problem);
    } else if (!load_trimmed(out, column, options, field->text, field->length, problem)) {
        return FALSE;
    }
    gboolean null = out->len - before == 2 && memcmp(out->str + before, "\\N", 2) == 0;
    if (null && column->not_null)
        return problem_set(problem, LOAD_ERROR_NOT_NULL, 0, "Missing data for not-null field");
    return TRUE;
}
