/* racy locked|bare: two threads count in one place, with a GMutex around it or without. */
#include <glib.h>
#include <string.h>

typedef struct {
    GMutex mutex;
    gboolean locked;
    int count;
} Counter;

static gpointer count_up(gpointer data)
{
    Counter *counter = data;
    for (int i = 0; i < 1000; i++) {
        if (counter->locked)
            g_mutex_lock(&counter->mutex);
        counter->count++;
        if (counter->locked)
            g_mutex_unlock(&counter->mutex);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    Counter counter = {.locked = argc > 1 && strcmp(argv[1], "locked") == 0};
    g_mutex_init(&counter.mutex);
    GThread *one = g_thread_new("one", count_up, &counter);
    GThread *other = g_thread_new("other", count_up, &counter);
    g_thread_join(one);
    g_thread_join(other);
    g_mutex_clear(&counter.mutex);
    return 0;
}
