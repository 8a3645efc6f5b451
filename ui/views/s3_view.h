/*
 * s3_view: the objects in a bucket, a folder at a time (s3_view_new in views.h).
 *
 *     s3_view.c   the listing, its actions
 *     s3_peek.c   the first lines of an object, decoded, as a text to read
 *
 * Listing and looking are the pool's business and cancelled when the view closes. A folder is shown up to
 * S3_SHOWN_MAX lines; what is beyond is said, not left out in silence. Nothing is changed from here.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_S3_VIEW_H
#define REDSMITH_UI_S3_VIEW_H

#include "ui/action.h"

enum { S3_SHOWN_MAX = 10000 };

extern const Action s3_actions[];

/* --- for the files of the S3 view only -----------------------------------------------------------*/

/* Reads the beginning of an object and opens it as a text; a failure is told in the message line. */
void s3_peek(View *view, const char *url);

#endif
