#include <string.h>

#include "redshift/catalog_private.h"
#include "sql/ident.h"

/* The letters that can be granted on a table. Redshift guide, GRANT; D is Redshift's DROP. R (rule)
 * and t (trigger) are of PostgreSQL 8.0 and cannot be granted. */
static const struct {
    char letter;
    const char *privilege;
} privileges[] = {
    {'r', "SELECT"}, {'a', "INSERT"},     {'w', "UPDATE"},  {'d', "DELETE"},
    {'D', "DROP"},   {'x', "REFERENCES"}, {'X', "EXECUTE"},
};

/* The elements of an array as PostgreSQL prints it: {a,"b,c","d\"e"}. */
GPtrArray *catalog_array_elements(const char *text)
{
    GPtrArray *elements = g_ptr_array_new_with_free_func(g_free);
    if (text == NULL || *text != '{')
        return elements;
    GString *element = g_string_new(NULL);
    gboolean quoted = FALSE;
    for (const char *p = text + 1; *p != '\0' && (quoted || *p != '}'); p++) {
        if (*p == '\\' && p[1] != '\0')
            g_string_append_c(element, *++p);
        else if (*p == '"')
            quoted = !quoted;
        else if (*p == ',' && !quoted) {
            g_ptr_array_add(elements, g_strdup(element->str));
            g_string_truncate(element, 0);
        } else
            g_string_append_c(element, *p);
    }
    if (element->len > 0)
        g_ptr_array_add(elements, g_strdup(element->str));
    g_string_free(element, TRUE);
    return elements;
}

/* The name before '=', without the quotes that odd names wear; *rest is behind the '='. */
static char *grantee_of(const char *entry, const char **rest)
{
    GString *name = g_string_new(NULL);
    gboolean quoted = FALSE;
    const char *p = entry;
    for (; *p != '\0' && (quoted || *p != '='); p++) {
        if (*p != '"')
            g_string_append_c(name, *p);
        else if (quoted && p[1] == '"')
            g_string_append_c(name, *p++);
        else
            quoted = !quoted;
    }
    *rest = *p == '=' ? p + 1 : p;
    return g_string_free(name, FALSE);
}

/* "GROUP "etl"", "PUBLIC" or ""name"". */
static char *grantee_sql(const char *grantee)
{
    if (*grantee == '\0')
        return g_strdup("PUBLIC");
    gboolean group = g_str_has_prefix(grantee, "group ");
    g_autofree char *name = sql_ident(group ? grantee + strlen("group ") : grantee);
    return g_strconcat(group ? "GROUP " : "", name, NULL);
}

/* The privileges whose letter stands before '/', with or without the star of a grant option. */
static char *privilege_list(const char *letters, gboolean with_option)
{
    GString *list = g_string_new(NULL);
    gsize length = strcspn(letters, "/");
    for (gsize i = 0; i < G_N_ELEMENTS(privileges); i++) {
        const char *at = memchr(letters, privileges[i].letter, length);
        if (at == NULL || (at[1] == '*') != with_option)
            continue;
        g_string_append_printf(list, "%s%s", list->len == 0 ? "" : ", ", privileges[i].privilege);
    }
    return g_string_free(list, FALSE);
}

GPtrArray *catalog_acl_grants(const char *acl, const char *owner, const char *target)
{
    GPtrArray *grants = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) entries = catalog_array_elements(acl);
    for (guint i = 0; i < entries->len; i++) {
        const char *letters = NULL;
        g_autofree char *grantee = grantee_of(entries->pdata[i], &letters);
        if (g_strcmp0(grantee, owner) == 0)
            continue;
        g_autofree char *to = grantee_sql(grantee);
        for (int option = 0; option < 2; option++) {
            g_autofree char *list = privilege_list(letters, option == 1);
            if (*list != '\0')
                g_ptr_array_add(grants, g_strdup_printf("GRANT %s ON %s TO %s%s", list, target, to,
                                                        option ? " WITH GRANT OPTION" : ""));
        }
    }
    return grants;
}
