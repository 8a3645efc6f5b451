#include "sql/option.h"

#include <string.h>

#include "base/error.h"
#include "sql/literal.h"

static const char *name_of(guint64 bits, const SqlOptionName *names)
{
    for (; names->name != NULL; names++)
        if ((names->bit & bits) != 0)
            return names->name;
    return "?";
}

gboolean sql_options_check(const char *statement, guint64 present, const SqlOptionName *names,
                           const SqlRefusal *refusals, GError **error)
{
    for (const SqlRefusal *row = refusals; row->rule != NULL; row++) {
        if ((present & row->option) == 0)
            continue;
        if ((present & row->with) != 0) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s: %s cannot be used with %s: %s",
                        statement, name_of(row->option & present, names),
                        name_of(row->with & present, names), row->rule);
            return FALSE;
        }
        if (row->needs != 0 && (present & row->needs) == 0) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s: %s needs %s: %s", statement,
                        name_of(row->option & present, names), name_of(row->needs, names),
                        row->rule);
            return FALSE;
        }
    }
    return TRUE;
}

void sql_append_option(GString *out, const char *option, char *literal)
{
    g_string_append_printf(out, " %s %s", option, literal);
    g_free(literal);
}

void sql_append_compression(GString *out, SqlCompression compression)
{
    static const char *const words[] = {
        [SQL_COMPRESS_NONE] = "",      [SQL_COMPRESS_GZIP] = " GZIP",
        [SQL_COMPRESS_ZSTD] = " ZSTD", [SQL_COMPRESS_BZIP2] = " BZIP2",
        [SQL_COMPRESS_LZOP] = " LZOP",
    };
    g_string_append(out, words[compression]);
}

static gboolean is_role(const char *role)
{
    for (const char *p = role; *p != '\0'; p++)
        if ((guchar)*p <= ' ')
            return FALSE;
    return g_str_has_prefix(role, "arn:");
}

gboolean sql_append_role(GString *out, const char *iam_role, GError **error)
{
    if (iam_role == NULL || *iam_role == '\0') {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "no IAM role is named for Redshift's access to S3: set aws_iam_role in the "
                    "profile (an ARN, or \"default\" for the cluster's default role)");
        return FALSE;
    }
    if (g_ascii_strcasecmp(iam_role, "default") == 0) {
        g_string_append(out, " IAM_ROLE DEFAULT");
        return TRUE;
    }
    if (g_ascii_strcasecmp(iam_role, "session") == 0) {
        g_string_append(out, " IAM_ROLE 'SESSION'");
        return TRUE;
    }
    if (!is_role(iam_role)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "\"%s\" is not an IAM role: expected an ARN (several joined by commas, without "
                    "blanks), \"default\" or \"session\"",
                    iam_role);
        return FALSE;
    }
    g_autofree char *literal = sql_literal(iam_role);
    g_string_append_printf(out, " IAM_ROLE %s", literal);
    return TRUE;
}

gboolean sql_check_s3_url(const char *url, const char *what, GError **error)
{
    const char *bucket = url != NULL && g_str_has_prefix(url, "s3://") ? url + 5 : "";
    if (*bucket != '\0' && *bucket != '/')
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "%s \"%s\" is not an S3 URL: expected s3://bucket/key", what,
                url == NULL ? "" : url);
    return FALSE;
}
