/*
 * feed: the rows of one statement, arriving as they are needed.
 *
 * A feed runs one statement at a time on a session of its own. The first few rows are asked for
 * alone, so that they are on the screen before the rest; then pages of FEED_PAGE rows, as long as
 * feed_want asks for more than there is and the cap is not reached. Beyond that the server is not
 * read. Starting another statement, stopping, and freeing the feed cancel what runs, on the server, in
 * the pool; the screen never waits for it. What an abandoned statement still brings is dropped.
 *
 * Threads: main thread; session and statement are touched by one pool task at a time.
 */
#ifndef REDSMITH_UI_FEED_H
#define REDSMITH_UI_FEED_H

#include "redshift/rowset.h"
#include "ui/view.h"

enum { FEED_FIRST = 100, FEED_PAGE = 500 };

typedef enum {
    FEED_EMPTY,     /* nothing was started */
    FEED_STARTING,  /* sent, no answer yet */
    FEED_READING,   /* rows are on their way */
    FEED_PAUSED,    /* more rows wait on the server */
    FEED_FINISHED,  /* all rows are here */
    FEED_CANCELLED, /* the rows so far are here */
    FEED_FAILED,
} FeedState;

typedef struct Feed Feed;

/* Called whenever rows, columns or the state changed. */
typedef void (*FeedChanged)(gpointer user);

Feed *feed_new(View *view, FeedChanged changed, gpointer user);
void feed_free(Feed *feed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Feed, feed_free)

/*
 * Statements of this feed run on one session that nobody else gets, so that what they set, begin and
 * create stays from one to the next; it ends with the feed. Before the first feed_start.
 */
void feed_keep_session(Feed *feed);
/* TRUE while the kept session is in a transaction block, as of the last statement. */
gboolean feed_in_transaction(const Feed *feed);

/* Abandons what ran before. cap: rows that are read at most; 0: no cap. */
void feed_start(Feed *feed, const char *sql, guint64 cap);

/* Cancels on the server; the rows so far stay. */
void feed_stop(Feed *feed);

/* Rows up to this number are going to be looked at. */
void feed_want(Feed *feed, guint64 rows);
void feed_set_cap(Feed *feed, guint64 cap);

FeedState feed_state(const Feed *feed);
/* The cap is reached and rows are left. */
gboolean feed_is_capped(const Feed *feed);
/* NULL until the first answer. Owned by the feed; replaced by feed_start. */
RowSet *feed_rows(const Feed *feed);
const char *feed_sql(const Feed *feed);
/* Why it failed or was cancelled; NULL otherwise. */
const GError *feed_error(const Feed *feed);
/* Once it has finished: the server's tag ("INSERT 0 5"), "" before; the rows it counts, or -1; how long
 * it took; what the server said on the way (of char *, NULL for nothing). Owned by the feed. */
const char *feed_tag(const Feed *feed);
gint64 feed_affected(const Feed *feed);
gint64 feed_duration_ms(const Feed *feed);
const GPtrArray *feed_notices(const Feed *feed);

/* How long the current answer has been awaited. */
gint64 feed_waiting_ms(const Feed *feed);

#endif
