#include "cli/load_options.h"

#include "base/error.h"
#include "cli/select.h"

#define AT(member) G_STRUCT_OFFSET(LoadOptions, member)

enum { MAX_ERRORS = 100000, MAX_PART_MB = 4096, MAX_WORKERS = 64 };

const CliOption load_options[] = {
    {"format", 0, CLI_STRING, AT(format), "csv, text, json or parquet; else by suffix", "FORMAT"},
    {"compression", 0, CLI_STRING, AT(compression), "none, gzip, zstd or bzip2; else by suffix",
     "KIND"},
    {"header", 0, CLI_FLAG, AT(header), "the first line holds names", NULL},
    {"no-header", 0, CLI_FLAG, AT(no_header), "the first line is data", NULL},
    {"delimiter", 0, CLI_STRING, AT(delimiter), "between fields", "CHAR"},
    {"quote", 0, CLI_STRING, AT(quote), "CSV: instead of \"", "CHAR"},
    {"null-as", 0, CLI_STRING, AT(null_as), "what stands for NULL; else \\N", "TEXT"},
    {"no-escape", 0, CLI_FLAG, AT(no_escape), "text: backslash is an ordinary byte", NULL},
    {"remove-quotes", 0, CLI_FLAG, AT(remove_quotes), "text: fields are in quotes", NULL},
    {"columns", 0, CLI_STRING, AT(columns), "the target's column for each field", "NAMES"},
    {"date-format", 0, CLI_STRING, AT(date_format), "auto, or as COPY's DATEFORMAT", "FORMAT"},
    {"time-format", 0, CLI_STRING, AT(time_format), "auto, epochsecs, or as COPY's TIMEFORMAT",
     "FORMAT"},
    {"widen", 0, CLI_STRING, AT(widen), "make a VARCHAR of the target longer before",
     "COLUMN=BYTES"},
    {"max-errors", 0, CLI_NUMBER, AT(max_errors), "skip fewer than N bad rows", "N"},
    {"truncate-columns", 0, CLI_FLAG, AT(truncate_columns), "cut text that is too long", NULL},
    {"empty-as-null", 0, CLI_FLAG, AT(empty_as_null), "load empty text as NULL", NULL},
    {"blanks-as-null", 0, CLI_FLAG, AT(blanks_as_null), "load text of blanks as NULL", NULL},
    {"fill-record", 0, CLI_FLAG, AT(fill_record), "fields missing at the end are NULL", NULL},
    {"ignore-blank-lines", 0, CLI_FLAG, AT(ignore_blank_lines), "skip lines without a byte", NULL},
    {"trim-blanks", 0, CLI_FLAG, AT(trim_blanks), "drop blanks at the end of text", NULL},
    {"accept-any-date", 0, CLI_FLAG, AT(accept_any_date), "load dates that are none as NULL", NULL},
    {"roundec", 0, CLI_FLAG, AT(roundec), "round decimals instead of cutting them", NULL},
    {"accept-inv-chars", 0, CLI_FLAG, AT(accept_inv_chars), "replace bytes that are not UTF-8",
     NULL},
    {"explicit-ids", 0, CLI_FLAG, AT(explicit_ids), "the file brings the IDENTITY column", NULL},
    {"region", 0, CLI_STRING, AT(region), "of the bucket that is read", "REGION"},
    {"iam-role", 0, CLI_STRING, AT(iam_role), "instead of the profile's", "ARN"},
    {"tempdir", 0, CLI_STRING, AT(tempdir), "instead of the profile's", "URL"},
    {"part-mb", 0, CLI_NUMBER, AT(part_mb), "size of the parts that are uploaded", "MB"},
    {"workers", 0, CLI_NUMBER, AT(workers), "parallel uploads", "N"},
    {"keep-stage", 0, CLI_FLAG, AT(keep_stage), "leave the stage in S3 for a look", NULL},
    {0},
};

static gboolean check_number(const char *name, gint64 value, gint64 most, GError **error)
{
    if (value >= 0 && value <= most)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "--%s is %" G_GINT64_FORMAT "; expected 0 to %" G_GINT64_FORMAT, name, value, most);
    return FALSE;
}

static gboolean check(const LoadOptions *options, GError **error)
{
    if (options->header && options->no_header) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "--header and --no-header exclude each other");
        return FALSE;
    }
    return check_number("max-errors", options->max_errors, MAX_ERRORS, error) &&
           check_number("part-mb", options->part_mb, MAX_PART_MB, error) &&
           check_number("workers", options->workers, MAX_WORKERS, error);
}

gboolean load_options_source(LoadOptions *options, char **paths, LoadSource *source, GError **error)
{
    if (!check(options, error))
        return FALSE;
    if (options->columns != NULL) {
        options->column_names = select_names(options->columns, error);
        if (options->column_names == NULL)
            return FALSE;
    }
    *source = (LoadSource){
        .paths = (const char *const *)paths,
        .format = options->format,
        .compression = options->compression,
        .header = options->header      ? LOAD_HEADER_YES
                  : options->no_header ? LOAD_HEADER_NO
                                       : LOAD_HEADER_AUTO,
        .delimiter = options->delimiter,
        .quote = options->quote,
        .null_as = options->null_as,
        .no_escape = options->no_escape,
        .remove_quotes = options->remove_quotes,
        .columns = (const char *const *)options->column_names,
        .date_format = options->date_format,
        .time_format = options->time_format,
        .widen = options->widen,
        .max_errors = (int)options->max_errors,
        .truncate_columns = options->truncate_columns,
        .empty_as_null = options->empty_as_null,
        .blanks_as_null = options->blanks_as_null,
        .fill_record = options->fill_record,
        .ignore_blank_lines = options->ignore_blank_lines,
        .trim_blanks = options->trim_blanks,
        .accept_any_date = options->accept_any_date,
        .roundec = options->roundec,
        .accept_inv_chars = options->accept_inv_chars,
        .explicit_ids = options->explicit_ids,
        .region = options->region,
        .part_bytes = (guint64)options->part_mb << 20,
        .workers = (guint)options->workers,
    };
    return TRUE;
}

void load_options_release(LoadOptions *options)
{
    g_clear_pointer(&options->column_names, g_strfreev);
}
