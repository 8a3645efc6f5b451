/*
 * field: a struct filled from INI keys by a table: name, type, range, default, one sentence.
 *
 * One table of rows per struct feeds the parser, the messages, `profile show` and the manual pages.
 * Private to the config floor, but for FieldRow, which profile.h and settings.h hand out.
 *
 * Threads: pure, but for the struct that is filled.
 */
#ifndef REDSMITH_CONFIG_FIELD_H
#define REDSMITH_CONFIG_FIELD_H

#include <glib.h>

typedef enum {
    FIELD_TEXT,     /* char * */
    FIELD_WORD,     /* char *, one of words */
    FIELD_NUMBER,   /* int */
    FIELD_DURATION, /* int, ms: "500ms", "30s", "5min", "0" */
    FIELD_FLAG,     /* gboolean: true, false, yes, no, on, off, 1, 0 */
    FIELD_LIST,     /* char **, comma separated */
    FIELD_SECRET,   /* Secret * */
    FIELD_S3_URL,   /* char *, s3://bucket[/prefix] */
    FIELD_WEB_URL,  /* char *, http:// or https:// */
    FIELD_HOST,     /* char *, a host name or address without scheme, port and path */
    FIELD_ROLE,     /* char *, ARN of an IAM role, or several with commas; one of words as well */
} FieldType;

typedef struct {
    const char *name;
    FieldType type;
    gsize offset;         /* of the member */
    const char *words;    /* FIELD_WORD, FIELD_ROLE: "a|b|c" */
    int least, most;      /* FIELD_NUMBER, FIELD_DURATION (ms) */
    const char *fallback; /* as it would be typed, or NULL: none */
    const char *sentence; /* what it is for */
    const char *group;    /* heading in forms and manuals; NULL: as the row before */
} FieldRow;

/* The row of that name, or NULL. rows ends with a NULL name. */
const FieldRow *field_find(const FieldRow *rows, const char *name);

/* The row whose name is nearest to a mistyped one, or NULL when none is near. */
const FieldRow *field_nearest(const FieldRow *rows, const char *name);

/* Reads text into the member; s3a:// and s3n:// become s3://, as every reader of theirs takes them. `where` opens the message: "FILE: [group] key". RS_ERROR_CONFIG says
 * what was expected. */
gboolean field_set(const FieldRow *row, gpointer object, const char *where, const char *text,
                   GError **error);

/* Takes the value back. */
void field_unset(const FieldRow *row, gpointer object);

/* True while a pointer member is NULL; numbers and flags count as unset when 0. */
gboolean field_is_unset(const FieldRow *row, gconstpointer object);

/* The member as it would be typed; a secret as "(set)". NULL when unset. Free with g_free. */
char *field_text(const FieldRow *row, gconstpointer object);

/* The bytes of a secret member, NULL when unset; owned by the object. */
const char *field_secret(const FieldRow *row, gconstpointer object);

/* What the field accepts: "1 to 65535", "wire", "true or false". Free with g_free. */
char *field_range(const FieldRow *row);

/* Puts the table's fallbacks into all members. */
void field_set_fallbacks(const FieldRow *rows, gpointer object);
void field_clear(const FieldRow *rows, gpointer object);

#endif
