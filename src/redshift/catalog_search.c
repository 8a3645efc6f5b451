#include "redshift/catalog_search.h"

#include <string.h>

#include "redshift/catalog_level.h"

/* Scores: a class times its width, plus what tells names of a class apart. */
enum {
    CLASS_WIDTH = 128, /* longer names are equals */
    CLASS_SAME = 0,
    CLASS_PREFIX = 1,
    CLASS_WORD = 2,
    CLASS_INSIDE = 3,
    CLASS_GAPS = 4, /* and one class more for each gap */
    MOST_GAPS = 12,
    N_SCORES = (CLASS_GAPS + MOST_GAPS + 2) * CLASS_WIDTH,
};

static inline guint64 bit_of(char c)
{
    if (c >= 'a' && c <= 'z')
        return 1ULL << (c - 'a');
    if (c >= '0' && c <= '9')
        return 1ULL << (26 + c - '0');
    return 1ULL << (c == '_' ? 36 : 37);
}

static guint64 mask_of(const char *folded)
{
    guint64 mask = 0;
    for (const char *p = folded; *p != '\0'; p++)
        mask |= bit_of(*p);
    return mask;
}

guint64 catalog_search_fold(const char *name, GString *out)
{
    gsize start = out->len, length = strlen(name);
    guint64 mask = 0;
    guchar all = 0;
    g_string_set_size(out, start + length);
    for (gsize i = 0; i < length; i++) {
        char c = name[i];
        c = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        out->str[start + i] = c;
        mask |= bit_of(c);
        all |= (guchar)c;
    }
    if (all < 0x80 || !g_utf8_validate(name, -1, NULL))
        return mask;
    g_autofree char *folded = g_utf8_casefold(name, -1);
    g_string_truncate(out, start);
    g_string_append(out, folded);
    return mask_of(out->str + start);
}

/* Class of a name that has the text's letters with gaps between them; -1 when it has not. */
static int score_gaps(const char *name, const char *text)
{
    int gaps = 0;
    gboolean run = TRUE; /* letters before the first match are no gap */
    for (; *text != '\0'; text++, name++) {
        const char *at = strchr(name, *text);
        if (at == NULL)
            return -1;
        gaps += !run || at != name;
        run = TRUE;
        name = at;
    }
    return MIN(gaps, MOST_GAPS);
}

/* Behind '_', a blank and the like, and where digits end. */
static gboolean begins_word(const char *at)
{
    return !g_ascii_isalnum(at[-1]) || (g_ascii_isdigit(at[-1]) && !g_ascii_isdigit(*at));
}

/* As strstr; names are too short for what that prepares first. */
static const char *find(const char *name, const char *text, gsize wanted)
{
    if (wanted == 0)
        return name;
    for (name = strchr(name, *text); name != NULL; name = strchr(name + 1, *text))
        if (strncmp(name, text, wanted) == 0)
            return name;
    return NULL;
}

int catalog_search_score(const char *folded, const char *text)
{
    gsize length = strlen(folded), wanted = strlen(text);
    const char *at = find(folded, text, wanted);
    int rest = (int)MIN(length - MIN(wanted, length), CLASS_WIDTH - 1);
    if (at == NULL) {
        int gaps = score_gaps(folded, text);
        return gaps < 0 ? -1 : (CLASS_GAPS + gaps) * CLASS_WIDTH + rest;
    }
    if (at == folded)
        return (length == wanted ? CLASS_SAME : CLASS_PREFIX) * CLASS_WIDTH + rest;
    for (; at != NULL; at = find(at + 1, text, wanted))
        if (begins_word(at))
            return CLASS_WORD * CLASS_WIDTH + rest;
    return CLASS_INSIDE * CLASS_WIDTH + rest;
}

/* --- all levels -------------------------------------------------------------------------------- */

typedef struct {
    CatalogMatch match;
    int score;
} Scored;

typedef struct {
    char *schema; /* folded; NULL: any */
    char *name;
    guint64 mask;
    GArray *found; /* of Scored */
    guint counts[N_SCORES];
} Search;

static char *folded(const char *text, gssize length, guint64 *mask)
{
    g_autofree char *copy = length < 0 ? g_strdup(text) : g_strndup(text, (gsize)length);
    GString *out = g_string_new(NULL);
    *mask = catalog_search_fold(copy, out);
    return g_string_free(out, FALSE);
}

static gboolean schema_fits(const Search *search, const CatalogLevel *level)
{
    if (search->schema == NULL)
        return TRUE;
    guint64 mask;
    g_autofree char *name = folded(catalog_level_schema(level), -1, &mask);
    return catalog_search_score(name, search->schema) >= 0;
}

static void search_level(Search *search, const CatalogLevel *level)
{
    const GPtrArray *relations = catalog_level_relations(level);
    for (guint i = 0; i < relations->len; i++) {
        if ((catalog_level_mask(level, i) & search->mask) != search->mask)
            continue;
        int score = catalog_search_score(catalog_level_folded(level, i), search->name);
        if (score < 0)
            continue;
        Scored scored = {{relations->pdata[i], level}, MIN(score, N_SCORES - 1)};
        search->counts[scored.score]++;
        g_array_append_val(search->found, scored);
    }
}

/* Counting sort, stable: names of one score stay in their order. */
static GArray *sorted(Search *search, guint limit)
{
    guint n = search->found->len, at = 0;
    guint wanted = limit == 0 ? n : MIN(limit, n);
    GArray *out = g_array_sized_new(FALSE, FALSE, sizeof(CatalogMatch), wanted);
    g_array_set_size(out, wanted);
    for (guint score = 0; score < N_SCORES; score++) {
        guint count = search->counts[score];
        search->counts[score] = at;
        at += count;
    }
    for (guint i = 0; i < n; i++) {
        const Scored *scored = &g_array_index(search->found, Scored, i);
        guint place = search->counts[scored->score]++;
        if (place < wanted)
            g_array_index(out, CatalogMatch, place) = scored->match;
    }
    return out;
}

GArray *catalog_search(const GPtrArray *levels, const char *text, guint limit, guint *total,
                       guint *searched)
{
    g_autofree Search *search = g_new0(Search, 1);
    const char *dot = strrchr(text, '.');
    guint64 ignored;
    guint names = 0;
    g_autofree char *schema = dot == NULL ? NULL : folded(text, dot - text, &ignored);
    g_autofree char *name = folded(dot == NULL ? text : dot + 1, -1, &search->mask);
    search->schema = schema;
    search->name = name;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Scored));
    search->found = found;
    for (guint i = 0; i < levels->len && *text != '\0'; i++) {
        names += catalog_level_relations(levels->pdata[i])->len;
        if (schema_fits(search, levels->pdata[i]))
            search_level(search, levels->pdata[i]);
    }
    if (total != NULL)
        *total = found->len;
    if (searched != NULL)
        *searched = names;
    return sorted(search, limit);
}
