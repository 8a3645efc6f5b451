#include "sql/function.h"

#include <string.h>

#include "base/error.h"

#define T SQL_VALUE_TEXT
#define I SQL_VALUE_INTEGER
#define F SQL_VALUE_FLOAT
#define ANY SQL_VALUE_UNKNOWN

static const SqlFunction functions[] = {
    {"count", "COUNT", SQL_FUNCTION_COUNT, 0, 1, I},
    {"sum", "SUM", SQL_FUNCTION_AGGREGATE, 1, 1, ANY},
    {"avg", "AVG", SQL_FUNCTION_MEAN, 1, 1, F},
    {"min", "MIN", SQL_FUNCTION_AGGREGATE, 1, 1, ANY},
    {"max", "MAX", SQL_FUNCTION_AGGREGATE, 1, 1, ANY},
    {"stddev", "STDDEV_SAMP", SQL_FUNCTION_AGGREGATE, 1, 1, F},
    {"stddev_samp", "STDDEV_SAMP", SQL_FUNCTION_AGGREGATE, 1, 1, F},
    {"stddev_pop", "STDDEV_POP", SQL_FUNCTION_AGGREGATE, 1, 1, F},
    {"variance", "VAR_SAMP", SQL_FUNCTION_AGGREGATE, 1, 1, F},
    {"var_samp", "VAR_SAMP", SQL_FUNCTION_AGGREGATE, 1, 1, F},
    {"var_pop", "VAR_POP", SQL_FUNCTION_AGGREGATE, 1, 1, F},
    {"median", "MEDIAN", SQL_FUNCTION_MEAN, 1, 1, F},
    {"listagg", "LISTAGG", SQL_FUNCTION_LIST, 1, 2, T},
    {"coalesce", "COALESCE", SQL_FUNCTION_PLAIN, 1, 0, ANY},
    {"nullif", "NULLIF", SQL_FUNCTION_PLAIN, 2, 2, ANY},
    {"if", "CASE", SQL_FUNCTION_IF, 3, 3, ANY},
    {"greatest", "GREATEST", SQL_FUNCTION_PLAIN, 1, 0, ANY},
    {"least", "LEAST", SQL_FUNCTION_PLAIN, 1, 0, ANY},
    {"lower", "LOWER", SQL_FUNCTION_PLAIN, 1, 1, T},
    {"upper", "UPPER", SQL_FUNCTION_PLAIN, 1, 1, T},
    {"length", "LEN", SQL_FUNCTION_PLAIN, 1, 1, I},
    {"len", "LEN", SQL_FUNCTION_PLAIN, 1, 1, I},
    {"ascii", "ASCII", SQL_FUNCTION_PLAIN, 1, 1, I},
    {"concat", "||", SQL_FUNCTION_JOINED, 2, 0, T},
    {"lpad", "LPAD", SQL_FUNCTION_PLAIN, 2, 3, T},
    {"rpad", "RPAD", SQL_FUNCTION_PLAIN, 2, 3, T},
    {"translate", "TRANSLATE", SQL_FUNCTION_PLAIN, 3, 3, T},
    {"replace", "REPLACE", SQL_FUNCTION_PLAIN, 3, 3, T},
    {"trim", "BTRIM", SQL_FUNCTION_PLAIN, 1, 2, T},
    {"ltrim", "LTRIM", SQL_FUNCTION_PLAIN, 1, 2, T},
    {"rtrim", "RTRIM", SQL_FUNCTION_PLAIN, 1, 2, T},
    {"substring", "SUBSTRING", SQL_FUNCTION_PLAIN, 2, 3, T},
    {"abs", "ABS", SQL_FUNCTION_PLAIN, 1, 1, ANY},
    {"acos", "ACOS", SQL_FUNCTION_PLAIN, 1, 1, F},
    {"asin", "ASIN", SQL_FUNCTION_PLAIN, 1, 1, F},
    {"atan", "ATAN", SQL_FUNCTION_PLAIN, 1, 1, F},
    {"cos", "COS", SQL_FUNCTION_PLAIN, 1, 1, F},
    {"sin", "SIN", SQL_FUNCTION_PLAIN, 1, 1, F},
    {"tan", "TAN", SQL_FUNCTION_PLAIN, 1, 1, F},
    {"ceil", "CEIL", SQL_FUNCTION_PLAIN, 1, 1, ANY},
    {"floor", "FLOOR", SQL_FUNCTION_PLAIN, 1, 1, ANY},
    {"round", "ROUND", SQL_FUNCTION_PLAIN, 1, 2, SQL_VALUE_DECIMAL},
    {"exp", "EXP", SQL_FUNCTION_PLAIN, 1, 1, F},
    {"sqrt", "SQRT", SQL_FUNCTION_PLAIN, 1, 1, F},
    {"log10", "LOG", SQL_FUNCTION_PLAIN, 1, 1, F},
    {"power", "POWER", SQL_FUNCTION_PLAIN, 2, 2, F},
    {"mod", "MOD", SQL_FUNCTION_PLAIN, 2, 2, ANY},
    {"pi", "PI", SQL_FUNCTION_PLAIN, 0, 0, F},
    {"date_add", "DATEADD", SQL_FUNCTION_ADD_DAYS, 2, 2, SQL_VALUE_DATE},
    {"date_sub", "DATEADD", SQL_FUNCTION_SUB_DAYS, 2, 2, SQL_VALUE_DATE},
    {"add_months", "ADD_MONTHS", SQL_FUNCTION_PLAIN, 2, 2, SQL_VALUE_TIMESTAMP},
    {"date_trunc", "DATE_TRUNC", SQL_FUNCTION_UNIT, 2, 2, SQL_VALUE_TIMESTAMP},
    {"date_part", "DATE_PART", SQL_FUNCTION_UNIT, 2, 2, F},
    {"now", "GETDATE", SQL_FUNCTION_PLAIN, 0, 0, SQL_VALUE_TIMESTAMP},
    {"today", "CURRENT_DATE", SQL_FUNCTION_BARE, 0, 0, SQL_VALUE_DATE},
};

const SqlFunction *sql_function(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(functions); i++)
        if (g_ascii_strcasecmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}

gboolean sql_function_is_aggregate(const SqlFunction *function)
{
    return function->form >= SQL_FUNCTION_AGGREGATE;
}

char *sql_function_names(void)
{
    GString *names = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(functions); i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", functions[i].name);
    return g_string_free(names, FALSE);
}

/* sized: how many numbers may stand in parentheses behind it. */
static const struct {
    const char *name;
    int sized;
    SqlValueKind kind;
} types[] = {
    {"smallint", 0, I},
    {"integer", 0, I},
    {"int", 0, I},
    {"bigint", 0, I},
    {"decimal", 2, SQL_VALUE_DECIMAL},
    {"numeric", 2, SQL_VALUE_DECIMAL},
    {"real", 0, SQL_VALUE_REAL},
    {"float4", 0, SQL_VALUE_REAL},
    {"float8", 0, F},
    {"double precision", 0, F},
    {"boolean", 0, SQL_VALUE_BOOLEAN},
    {"char", 1, T},
    {"varchar", 1, T},
    {"date", 0, SQL_VALUE_DATE},
    {"time", 0, SQL_VALUE_TIME},
    {"timestamp", 0, SQL_VALUE_TIMESTAMP},
    {"timestamptz", 0, SQL_VALUE_TIMESTAMPTZ},
    {"varbyte", 1, SQL_VALUE_BYTES},
    {"super", 0, SQL_VALUE_SUPER},
};

/* "(10)" or "(10,2)", blanks allowed: at most so many numbers of at most five digits. */
static gboolean is_size(const char *p, int most)
{
    for (int n = 0; n < most; n++) {
        p += 1; /* "(" or "," */
        gsize digits = strspn(p, "0123456789");
        if (digits == 0 || digits > 5)
            return FALSE;
        p += digits;
        if (*p == ')')
            return p[1] == '\0';
        if (*p != ',')
            return FALSE;
    }
    return FALSE;
}

char *sql_type_checked(const char *type, SqlValueKind *kind)
{
    const char *open = strchr(type, '(');
    g_autofree char *name = g_ascii_strdown(type, open != NULL ? open - type : -1);
    g_strstrip(name);
    g_auto(GStrv) pieces = g_strsplit_set(open != NULL ? open : "", " \t\n", -1);
    g_autofree char *size = g_strjoinv("", pieces);
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (strcmp(types[i].name, name) != 0 || (*size != '\0' && !is_size(size, types[i].sized)))
            continue;
        *kind = types[i].kind;
        g_autofree char *upper = g_ascii_strup(name, -1);
        return g_strconcat(upper, size, NULL);
    }
    return NULL;
}
