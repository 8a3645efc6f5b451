#include "sandbox/copy_records.h"

#include <string.h>

#include "base/error.h"
#include "sandbox/json_text.h"

#define CHUNK_BYTES ((gsize)128 * 1024)
#define MAX_RECORD_BYTES ((gsize)64 * 1024 * 1024)

struct RecordReader {
    const CopyOptions *options;
    guint columns;
    DecoderSource source;
    gpointer user;
    char *buffer;
    gsize capacity, start, end;
    gboolean ended;
    guint64 line;   /* of the byte at start */
    gint64 headers; /* still to skip */
    gsize delimiter_length;
    GArray *fields;
    GString *scratch; /* what unescaping and unquoting made */
};

RecordReader *record_reader_new(const CopyOptions *options, guint columns, DecoderSource source,
                                gpointer user)
{
    RecordReader *reader = g_new0(RecordReader, 1);
    reader->options = options;
    reader->columns = columns;
    reader->source = source;
    reader->user = user;
    reader->line = 1;
    reader->headers = options->ignore_header;
    reader->delimiter_length = strlen(options->delimiter);
    reader->fields = g_array_new(FALSE, FALSE, sizeof(CopyField));
    reader->scratch = g_string_new(NULL);
    return reader;
}

void record_reader_free(RecordReader *reader)
{
    if (reader == NULL)
        return;
    g_free(reader->buffer);
    g_array_unref(reader->fields);
    g_string_free(reader->scratch, TRUE);
    g_free(reader);
}

guint64 record_reader_lines(const RecordReader *reader)
{
    return reader->line - 1;
}

/* --- bytes -------------------------------------------------------------------------------------- */

/* More bytes behind `end`; the record's own move to the front. FALSE on failure. */
static gboolean fill(RecordReader *reader, GError **error)
{
    if (reader->start > 0)
        memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
    reader->end -= reader->start;
    reader->start = 0;
    if (reader->end > MAX_RECORD_BYTES) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                    "the record on line %" G_GUINT64_FORMAT " is longer than 64 MB", reader->line);
        return FALSE;
    }
    if (reader->capacity < reader->end + CHUNK_BYTES) {
        reader->capacity = MAX(reader->capacity * 2, reader->end + CHUNK_BYTES);
        reader->buffer = g_realloc(reader->buffer, reader->capacity);
    }
    gssize got = reader->source(reader->user, reader->buffer + reader->end,
                                reader->capacity - reader->end, error);
    if (got < 0)
        return FALSE;
    reader->end += (gsize)got;
    reader->ended = got == 0;
    return TRUE;
}

/* --- where a record ends ------------------------------------------------------------------------ */

/*
 * A scan looks at the bytes one by one and remembers what it must from one look to the next, so that a
 * record longer than the buffer is scanned once. TRUE: the record ends before this byte, a newline.
 */
typedef struct {
    gsize at;         /* from the record's start */
    gboolean escaped; /* the byte before was a live backslash */
    gboolean quoted;  /* inside quotes */
    gboolean closing; /* the byte before was a quote that may be the closing one */
    gboolean field_start;
    gsize matched;         /* bytes of the delimiter that have matched */
    gboolean last_escaped; /* the byte before was itself escaped */
} Scan;

static gboolean scan_escaped(Scan *scan, char c)
{
    if (c == '\n' && !scan->escaped)
        return TRUE;
    scan->last_escaped = scan->escaped;
    scan->escaped = c == '\\' && !scan->escaped;
    return FALSE;
}

/* Only a quote at the start of a field opens; so a stray one spoils its own record only. */
static gboolean scan_csv(const RecordReader *reader, Scan *scan, char c)
{
    const CopyOptions *options = reader->options;
    if (scan->quoted && !scan->closing) {
        scan->closing = c == options->quote;
        return FALSE;
    }
    if (scan->closing) {
        scan->closing = FALSE;
        if (c == options->quote)
            return FALSE; /* doubled */
        scan->quoted = FALSE;
        scan->field_start = FALSE;
    }
    if (c == '\n')
        return TRUE;
    if (scan->field_start && c == options->quote) {
        scan->quoted = TRUE;
        return FALSE;
    }
    scan->matched = c == options->delimiter[scan->matched] ? scan->matched + 1
                    : c == options->delimiter[0]           ? 1
                                                           : 0;
    if (scan->matched == reader->delimiter_length) {
        scan->matched = 0;
        scan->field_start = TRUE;
    } else if (c != ' ' && c != '\t') {
        scan->field_start = FALSE;
    }
    return FALSE;
}

/* The record's length in *length, and whether a newline ended it. */
static gboolean find_end(RecordReader *reader, Scan *scan, gsize *length, gboolean *newline,
                         GError **error)
{
    gboolean csv = reader->options->format == COPY_CSV;
    gboolean escape = reader->options->format == COPY_TEXT && reader->options->escape;
    for (;;) {
        const char *record = reader->buffer + reader->start;
        gsize available = reader->end - reader->start;
        if (!csv && !escape && scan->at < available) {
            const char *found = memchr(record + scan->at, '\n', available - scan->at);
            scan->at = found != NULL ? (gsize)(found - record) : available;
        }
        for (; scan->at < available; scan->at++) {
            char c = record[scan->at];
            if (csv ? !scan_csv(reader, scan, c) : escape ? !scan_escaped(scan, c) : c != '\n')
                continue;
            *length = scan->at;
            *newline = TRUE;
            return TRUE;
        }
        if (reader->ended) {
            *length = available;
            *newline = FALSE;
            return TRUE;
        }
        if (!fill(reader, error))
            return FALSE;
    }
}

static guint64 count_lines(const char *text, gsize length)
{
    guint64 lines = 0;
    const char *end = text + length;
    while ((text = memchr(text, '\n', (gsize)(end - text))) != NULL) {
        lines++;
        text++;
    }
    return lines;
}

/* Moves past the record and its newline. */
static void consume(RecordReader *reader, gsize length, gboolean newline)
{
    reader->line += count_lines(reader->buffer + reader->start, length) + (newline ? 1 : 0);
    reader->start += length + (newline ? 1 : 0);
}

/* --- fields ------------------------------------------------------------------------------------- */

static void add_field(RecordReader *reader, const char *text, gsize length, gboolean null)
{
    CopyField field = {.text = null ? NULL : text, .length = null ? 0 : length};
    g_array_append_val(reader->fields, field);
}

/* Does the field as written stand for NULL? */
static gboolean is_null(const CopyOptions *options, const char *text, gsize length)
{
    if (options->null_is_nul)
        return length == 1 && text[0] == '\0';
    return strlen(options->null_as) == length && memcmp(text, options->null_as, length) == 0;
}

static gboolean at_delimiter(const RecordReader *reader, const char *p, const char *end)
{
    return (gsize)(end - p) >= reader->delimiter_length &&
           memcmp(p, reader->options->delimiter, reader->delimiter_length) == 0;
}

static void fail_record(CopyRecord *record, guint field, int code, const char *reason)
{
    record->error_code = code;
    record->reason = reason;
    record->error_field = field;
}

/* The quote that closes: of the same kind, unescaped, and before a delimiter or the end. */
static const char *closing_quote(const RecordReader *reader, const char *p, const char *end)
{
    char quote = *p;
    for (p++; p < end; p++) {
        if (reader->options->escape && *p == '\\' && p + 1 < end)
            p++;
        else if (*p == quote && (p + 1 == end || at_delimiter(reader, p + 1, end)))
            return p;
    }
    return NULL;
}

/* Adds the text between p and end, without the backslashes when ESCAPE is on. */
static void add_text(RecordReader *reader, const char *p, const char *end, gboolean null)
{
    if (null || !reader->options->escape || memchr(p, '\\', (gsize)(end - p)) == NULL) {
        add_field(reader, p, (gsize)(end - p), null);
        return;
    }
    const char *made = reader->scratch->str + reader->scratch->len;
    gsize before = reader->scratch->len;
    for (; p < end; p++) {
        if (*p == '\\' && p + 1 < end)
            p++;
        g_string_append_c(reader->scratch, *p);
    }
    add_field(reader, made, reader->scratch->len - before, FALSE);
}

static const char *end_of_text(const RecordReader *reader, const char *p, const char *end)
{
    char first = reader->options->delimiter[0];
    if (!reader->options->escape && reader->delimiter_length == 1) {
        const char *found = memchr(p, first, (gsize)(end - p));
        return found != NULL ? found : end;
    }
    for (; p < end; p++) {
        if (reader->options->escape && *p == '\\' && p + 1 < end)
            p++;
        else if (*p == first && at_delimiter(reader, p, end))
            return p;
    }
    return end;
}

static void split_text(RecordReader *reader, CopyRecord *record)
{
    const CopyOptions *options = reader->options;
    const char *p = record->raw, *end = p + record->raw_length;
    for (;;) {
        guint index = reader->fields->len;
        const char *stop;
        if (options->remove_quotes && p < end && (*p == '"' || *p == '\'')) {
            const char *close = closing_quote(reader, p, end);
            if (close == NULL) {
                fail_record(record, index, LOAD_ERROR_DELIMITER,
                            "Delimited value missing end quote");
                return;
            }
            add_text(reader, p + 1, close, FALSE);
            stop = close + 1;
        } else {
            stop = end_of_text(reader, p, end);
            add_text(reader, p, stop, is_null(options, p, (gsize)(stop - p)));
        }
        if (stop == end)
            return;
        p = stop + reader->delimiter_length;
    }
}

static const char *skip_csv_blanks(const RecordReader *reader, const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t') && !at_delimiter(reader, p, end))
        p++;
    return p;
}

/* At the opening quote. Returns after the closing one and blanks; NULL when there is none. */
static const char *take_quoted(RecordReader *reader, const char *p, const char *end)
{
    char quote = reader->options->quote;
    const char *made = reader->scratch->str + reader->scratch->len;
    gsize before = reader->scratch->len;
    for (p++; p < end; p++) {
        if (*p == quote && (p + 1 == end || p[1] != quote)) {
            gsize length = reader->scratch->len - before;
            add_field(reader, made, length, is_null(reader->options, made, length));
            return skip_csv_blanks(reader, p + 1, end);
        }
        if (*p == quote)
            p++;
        g_string_append_c(reader->scratch, *p);
    }
    return NULL;
}

static const char *take_plain(RecordReader *reader, const char *p, const char *end)
{
    const char *stop = p;
    while (stop < end && !at_delimiter(reader, stop, end)) {
        if (*stop == reader->options->quote)
            return NULL;
        stop++;
    }
    add_field(reader, p, (gsize)(stop - p), is_null(reader->options, p, (gsize)(stop - p)));
    return stop;
}

static void split_csv(RecordReader *reader, CopyRecord *record)
{
    const char *p = record->raw, *end = p + record->raw_length;
    for (;;) {
        guint index = reader->fields->len;
        const char *start = skip_csv_blanks(reader, p, end);
        const char *stop = start < end && *start == reader->options->quote
                               ? take_quoted(reader, start, end)
                               : take_plain(reader, p, end);
        if (stop == NULL || (stop < end && !at_delimiter(reader, stop, end))) {
            fail_record(record, index, LOAD_ERROR_DELIMITER, "Invalid quote formatting for CSV");
            return;
        }
        if (stop == end)
            return;
        p = stop + reader->delimiter_length;
    }
}

/* Widths count characters; a byte that is not UTF-8 counts as one. */
static const char *after_characters(const char *p, const char *end, int count)
{
    for (; count > 0 && p < end; count--) {
        gunichar character = g_utf8_get_char_validated(p, end - p);
        gboolean valid = character != (gunichar)-1 && character != (gunichar)-2;
        p = valid ? g_utf8_next_char(p) : p + 1;
    }
    return p;
}

static void split_fixed(RecordReader *reader, CopyRecord *record)
{
    const char *p = record->raw, *end = p + record->raw_length;
    const GArray *widths = reader->options->widths;
    for (guint i = 0; i < widths->len && (p < end || i == 0); i++) {
        const char *stop = after_characters(p, end, g_array_index(widths, int, i));
        gsize length = (gsize)(stop - p), used = length;
        while (used > 0 && p[used - 1] == ' ')
            used--;
        add_field(reader, p, length,
                  is_null(reader->options, p, length) ||
                      (used > 0 && is_null(reader->options, p, used)));
        p = stop;
    }
    if (p < end)
        fail_record(record, widths->len, LOAD_ERROR_TOO_MANY, "Extra column(s) found");
}

/* --- records ------------------------------------------------------------------------------------ */

static void begin_record(RecordReader *reader, CopyRecord *record, gsize length)
{
    *record = (CopyRecord){.line = reader->line,
                           .raw = reader->buffer + reader->start,
                           .raw_length = length,
                           .fields = reader->fields};
    g_array_set_size(reader->fields, 0);
    /* Unescaping only shortens: with this much room no field moves while others are added. */
    g_string_set_size(reader->scratch, length);
    g_string_truncate(reader->scratch, 0);
}

static gboolean skip_headers(RecordReader *reader, GError **error)
{
    while (reader->headers > 0 && !(reader->ended && reader->start == reader->end)) {
        const char *found = NULL;
        gsize available = reader->end - reader->start;
        if (available > 0)
            found = memchr(reader->buffer + reader->start, '\n', available);
        if (found != NULL || reader->ended) {
            gsize length =
                found != NULL ? (gsize)(found - reader->buffer) - reader->start : available;
            consume(reader, length, found != NULL);
            reader->headers--;
        } else if (!fill(reader, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void split_record(RecordReader *reader, CopyRecord *record)
{
    if (record->raw_length == 0 && reader->columns > 1) {
        fail_record(record, 0, LOAD_ERROR_EMPTY_LINE, "Line is empty");
        return;
    }
    switch (reader->options->format) {
    case COPY_CSV:
        split_csv(reader, record);
        return;
    case COPY_FIXEDWIDTH:
        split_fixed(reader, record);
        return;
    default:
        split_text(reader, record);
        return;
    }
}

static RecordResult next_delimited(RecordReader *reader, CopyRecord *record, GError **error)
{
    for (;;) {
        Scan scan = {.field_start = TRUE};
        gsize length;
        gboolean newline;
        if (!find_end(reader, &scan, &length, &newline, error))
            return RECORD_FAILED;
        if (length == 0 && !newline)
            return RECORD_END;
        begin_record(reader, record, length);
        /* A carriage return before the newline belongs to the line's end, unless it is escaped. */
        if (length > 0 && record->raw[length - 1] == '\r' && !scan.last_escaped)
            record->raw_length--;
        consume(reader, length, newline);
        if (record->raw_length == 0 && reader->options->ignore_blank_lines)
            continue;
        split_record(reader, record);
        return RECORD_READ;
    }
}

/* --- JSON --------------------------------------------------------------------------------------- */

typedef struct {
    gsize at;
    int depth;
    gboolean string, escaped;
} JsonScan;

/* TRUE when this byte closes the outermost bracket. */
static gboolean scan_json(JsonScan *scan, char c)
{
    if (scan->string) {
        if (scan->escaped)
            scan->escaped = FALSE;
        else if (c == '\\')
            scan->escaped = TRUE;
        else if (c == '"')
            scan->string = FALSE;
        return FALSE;
    }
    scan->string = c == '"';
    scan->depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    return scan->depth <= 0 && (c == '}' || c == ']');
}

static gboolean skip_json_blanks(RecordReader *reader, GError **error)
{
    for (;;) {
        gsize blanks = 0, available = reader->end - reader->start;
        while (blanks < available && strchr(" \t\r\n,", reader->buffer[reader->start + blanks]) &&
               reader->buffer[reader->start + blanks] != '\0')
            blanks++;
        if (blanks > 0)
            consume(reader, blanks, FALSE);
        if (blanks < available || reader->ended)
            return TRUE;
        if (!fill(reader, error))
            return FALSE;
    }
}

/* An object or an array, else the rest of the line, which is then an error. */
static RecordResult next_json(RecordReader *reader, CopyRecord *record, GError **error)
{
    JsonScan scan = {0};
    if (!skip_json_blanks(reader, error))
        return RECORD_FAILED;
    if (reader->start == reader->end)
        return RECORD_END;
    char first = reader->buffer[reader->start];
    gboolean nested = first == '{' || first == '[', found = FALSE;
    while (!found) {
        const char *text = reader->buffer + reader->start;
        gsize available = reader->end - reader->start;
        for (; scan.at < available && !found; scan.at++)
            found = nested ? scan_json(&scan, text[scan.at]) : text[scan.at] == '\n';
        if (!found && reader->ended)
            break;
        if (!found && !fill(reader, error))
            return RECORD_FAILED;
    }
    begin_record(reader, record, scan.at);
    gboolean good = nested && found && json_is_value(record->raw, record->raw_length);
    consume(reader, scan.at, FALSE);
    if (!good)
        fail_record(record, 0, LOAD_ERROR_LINE, "Invalid JSON object");
    return RECORD_READ;
}

RecordResult record_reader_next(RecordReader *reader, CopyRecord *record, GError **error)
{
    if (reader->buffer == NULL && !fill(reader, error))
        return RECORD_FAILED;
    if (reader->headers > 0 && !skip_headers(reader, error))
        return RECORD_FAILED;
    return reader->options->format == COPY_JSON ? next_json(reader, record, error)
                                                : next_delimited(reader, record, error);
}
