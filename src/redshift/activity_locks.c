#include <string.h>

#include "redshift/activity_report.h"

/* Bit i of row m: mode m conflicts with mode i. */
static const struct {
    const char *name;
    guint conflicts;
} modes[] = {
    {"AccessShareLock", 1u << 7},
    {"RowShareLock", 1u << 6 | 1u << 7},
    {"RowExclusiveLock", 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7},
    {"ShareUpdateExclusiveLock", 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7},
    {"ShareLock", 1u << 2 | 1u << 3 | 1u << 5 | 1u << 6 | 1u << 7},
    {"ShareRowExclusiveLock", 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7},
    {"ExclusiveLock", 0xffu & ~1u},
    {"AccessExclusiveLock", 0xffu},
};

static int find_mode(const char *name)
{
    for (guint i = 0; name != NULL && i < G_N_ELEMENTS(modes); i++)
        if (g_ascii_strcasecmp(modes[i].name, name) == 0)
            return (int)i;
    return -1;
}

gboolean activity_modes_conflict(const char *held, const char *wanted)
{
    int a = find_mode(held), b = find_mode(wanted);
    return a < 0 || b < 0 || (modes[a].conflicts >> b & 1) != 0;
}

static gboolean blocks(const ActivityLock *holder, const ActivityLock *waiter)
{
    return holder->granted && !waiter->granted && holder->pid != waiter->pid &&
           holder->relation_id != 0 && holder->relation_id == waiter->relation_id &&
           activity_modes_conflict(holder->mode, waiter->mode);
}

/* Where the tree stands while it is written. */
typedef struct {
    const GPtrArray *locks;
    GHashTable *statements;
    GHashTable *on_path;  /* pids from the root to here */
    GHashTable *expanded; /* pids whose waiters were written */
    GHashTable *written;  /* locks that have a row */
    GPtrArray *rows;
} Tree;

static void write_row(Tree *tree, const ActivityLock *lock, guint depth, int waits_for)
{
    g_autofree char *indent = g_strnfill(depth * 2, ' ');
    g_autofree char *pid = g_strdup_printf("%s%d", indent, lock->pid);
    g_autofree char *blocker = waits_for != 0 ? g_strdup_printf("%d", waits_for) : NULL;
    g_autofree char *age = g_strdup_printf("%" G_GINT64_FORMAT, lock->age_ms);
    g_autofree char *transaction = g_strdup_printf("%" G_GINT64_FORMAT, lock->transaction);
    const char *const cells[] = {
        pid,     lock->user,  lock->granted ? "holds" : "waits",
        blocker, lock->mode,  lock->relation,
        age,     transaction, g_hash_table_lookup(tree->statements, GINT_TO_POINTER(lock->pid))};
    g_ptr_array_add(tree->rows, session_row_new(G_N_ELEMENTS(cells), cells, NULL));
    g_hash_table_add(tree->written, (gpointer)lock);
}

/* Those that wait for a lock which `pid` holds, each with those that wait for it in turn. */
static void write_waiters(Tree *tree, int pid, guint depth)
{
    g_hash_table_add(tree->on_path, GINT_TO_POINTER(pid));
    g_hash_table_add(tree->expanded, GINT_TO_POINTER(pid));
    for (guint i = 0; i < tree->locks->len; i++) {
        const ActivityLock *waiter = tree->locks->pdata[i];
        gboolean waits = FALSE;
        for (guint j = 0; j < tree->locks->len && !waits; j++) {
            const ActivityLock *holder = tree->locks->pdata[j];
            waits = holder->pid == pid && blocks(holder, waiter);
        }
        if (!waits)
            continue;
        write_row(tree, waiter, depth, pid);
        if (!g_hash_table_contains(tree->on_path, GINT_TO_POINTER(waiter->pid)))
            write_waiters(tree, waiter->pid, depth + 1);
    }
    g_hash_table_remove(tree->on_path, GINT_TO_POINTER(pid));
}

static gboolean is_blocked(const GPtrArray *locks, int pid)
{
    for (guint i = 0; i < locks->len; i++) {
        const ActivityLock *lock = locks->pdata[i];
        if (lock->pid == pid && !lock->granted)
            return TRUE;
    }
    return FALSE;
}

static gboolean blocks_any(const GPtrArray *locks, const ActivityLock *holder)
{
    for (guint i = 0; i < locks->len; i++)
        if (blocks(holder, locks->pdata[i]))
            return TRUE;
    return FALSE;
}

/* The holders that block somebody; those that wait themselves only when `waiting`. */
static void write_blockers(Tree *tree, gboolean waiting)
{
    for (guint i = 0; i < tree->locks->len; i++) {
        const ActivityLock *lock = tree->locks->pdata[i];
        if (!blocks_any(tree->locks, lock) || g_hash_table_contains(tree->written, lock) ||
            is_blocked(tree->locks, lock->pid) != waiting ||
            g_hash_table_contains(tree->expanded, GINT_TO_POINTER(lock->pid)))
            continue;
        write_row(tree, lock, 0, 0);
        write_waiters(tree, lock->pid, 1);
    }
}

/* A waiter that no root leads to is part of a circle: the first of them stands for its root. */
static gboolean reaches_all_waiters(const Tree *tree)
{
    for (guint i = 0; i < tree->locks->len; i++) {
        const ActivityLock *lock = tree->locks->pdata[i];
        if (!lock->granted && lock->relation_id != 0 && !g_hash_table_contains(tree->written, lock))
            return FALSE;
    }
    return TRUE;
}

GPtrArray *activity_lock_tree(const GPtrArray *locks, GHashTable *statements)
{
    g_autoptr(GHashTable) on_path = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) expanded = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) written = g_hash_table_new(NULL, NULL);
    Tree tree = {.locks = locks,
                 .statements = statements,
                 .on_path = on_path,
                 .expanded = expanded,
                 .written = written,
                 .rows = g_ptr_array_new_with_free_func(g_free)};
    write_blockers(&tree, FALSE);
    if (!reaches_all_waiters(&tree))
        write_blockers(&tree, TRUE);
    for (guint i = 0; i < locks->len; i++)
        if (!g_hash_table_contains(written, locks->pdata[i]))
            write_row(&tree, locks->pdata[i], 0, 0);
    return tree.rows;
}
