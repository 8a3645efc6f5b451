#define _GNU_SOURCE
#include "base/find.h"

#include <string.h>

struct Finder {
    char *text, *wanted; /* wanted: folded unless exact */
    gsize length;        /* of wanted */
    gboolean ascii, exact;
    guint8 fold[256]; /* ASCII letters to lower case */
};

static gboolean is_ascii(const char *bytes, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if ((guint8)bytes[i] >= 0x80)
            return FALSE;
    return TRUE;
}

Finder *finder_new(const char *text)
{
    Finder *finder = g_new0(Finder, 1);
    g_autofree char *lower = g_utf8_strdown(text, -1);
    finder->text = g_strdup(text);
    finder->exact = strcmp(lower, text) != 0;
    finder->wanted = finder->exact ? g_strdup(text) : g_utf8_casefold(text, -1);
    finder->length = strlen(finder->wanted);
    finder->ascii = is_ascii(finder->wanted, finder->length);
    for (guint i = 0; i < 256; i++)
        finder->fold[i] = (guint8)(i >= 'A' && i <= 'Z' ? i + 32 : i);
    return finder;
}

void finder_free(Finder *finder)
{
    if (finder == NULL)
        return;
    g_free(finder->text);
    g_free(finder->wanted);
    g_free(finder);
}

const char *finder_text(const Finder *finder)
{
    return finder->text;
}

static gboolean finds_ascii(const Finder *finder, const char *bytes, gsize length)
{
    const guint8 *fold = finder->fold;
    guint8 first = (guint8)finder->wanted[0];
    for (gsize i = 0; i + finder->length <= length; i++) {
        if (fold[(guint8)bytes[i]] != first)
            continue;
        gsize n = 1;
        while (n < finder->length && fold[(guint8)bytes[i + n]] == (guint8)finder->wanted[n])
            n++;
        if (n == finder->length)
            return TRUE;
    }
    return FALSE;
}

static gboolean finds_folded(const Finder *finder, const char *bytes, gsize length)
{
    if (is_ascii(bytes, length))
        return FALSE;
    g_autofree char *valid = g_utf8_make_valid(bytes, (gssize)length);
    g_autofree char *folded = g_utf8_casefold(valid, -1);
    return strstr(folded, finder->wanted) != NULL;
}

gboolean finder_finds(const Finder *finder, const char *bytes, gsize length)
{
    if (finder->length == 0)
        return TRUE;
    if (finder->exact)
        return memmem(bytes, length, finder->wanted, finder->length) != NULL;
    return finder->ascii ? finds_ascii(finder, bytes, length) : finds_folded(finder, bytes, length);
}
