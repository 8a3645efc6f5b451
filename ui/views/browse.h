/*
 * browse: the first screen: catalog at the left, a relation's tabs at the right, jobs below.
 *
 * browse.c holds the view (panes, focus, drawing), browse_actions.c what keys do with it.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_BROWSE_H
#define REDSMITH_UI_BROWSE_H

#include "ui/action.h"
#include "ui/views/data_pane.h"
#include "ui/views/details_pane.h"
#include "ui/views/jobs_pane.h"
#include "ui/views/tree_pane.h"
#include "ui/view.h"

typedef enum { FOCUS_TREE, FOCUS_BODY, FOCUS_JOBS } BrowseFocus;
/* From TAB_COLUMNS on in the order of DetailsTab. */
typedef enum {
    TAB_DATA,
    TAB_COLUMNS,
    TAB_DDL,
    TAB_PROFILE,
    TAB_STORAGE,
    TAB_DEPENDENTS,
    N_TABS
} BrowseTab;

/* Parts for view_touch. */
enum { PART_TREE = 1, PART_BODY = 2, PART_JOBS = 4, PART_FRAME = 8 };

typedef struct {
    View view;
    TreePane *tree;
    DataPane *data;
    DetailsPane *details;
    JobsPane jobs;
    BrowseFocus focus;
    BrowseTab tab;
    char *schema, *relation; /* what the tabs show; NULL at first */
    SqlQuery *draft;   /* what the composer was left with, or NULL */
    char *draft_shown; /* the SQL of the rows it was composed on */
    gboolean tree_hidden;
} BrowseView;

/* Shows a relation in the current tab; the data tab asks the server for its rows. */
void browse_open(BrowseView *browse, const CatalogRelation *relation);
/* The shown tab as the details pane calls it. */
DetailsTab browse_details_tab(const BrowseView *browse);
void browse_show_tab(BrowseView *browse, BrowseTab tab);
void browse_set_focus(BrowseView *browse, BrowseFocus focus);
/* To the pane after (1) or before (-1). */
void browse_turn_focus(BrowseView *browse, int step);

extern const Action browse_actions[];
extern const Action grid_actions[];

#endif
