#include "base/error.h"
#include "base/text.h"
#include "cli/profile_words.h"
#include "redshift/types.h"

/* Lines for people, or rows for programs. */
typedef struct {
    CliContext *cli;
    Output *output; /* NULL: lines */
} Printer;

static void append(GString *out, const char *title, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *shown = text_printable(lines[i], -1);
        g_string_append_printf(out, "  %s%s\n", i == 0 ? title : "  ", shown);
    }
}

/* What was asked of whom is told where the answer is not the right one. */
static gboolean print_lines(Printer *printer, const PreflightLine *line, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *answer = text_printable(line->answer, -1);
    g_string_printf(out, "%-17s %-8s %s\n", line->name, preflight_state_name(line->state), answer);
    if (line->state == PREFLIGHT_FAILED || line->state == PREFLIGHT_WARNING) {
        g_autofree char *asked = g_strdup_printf(
            "%s (of %s%s%s, %" G_GINT64_FORMAT " ms)", line->asked, line->of,
            line->as == NULL ? "" : ", as ", line->as == NULL ? "" : line->as, line->took_ms);
        append(out, "asked: ", asked);
    }
    append(out, "remedy: ", line->remedy);
    return cli_print_text(printer->cli, out->str, error);
}

static gboolean print_row(Printer *printer, const PreflightLine *line, GError **error)
{
    g_autofree char *took = g_strdup_printf("%" G_GINT64_FORMAT, line->took_ms);
    const char *const values[] = {line->name,   preflight_state_name(line->state),
                                  line->answer, line->asked,
                                  line->of,     line->as,
                                  line->remedy, took};
    return output_strings(printer->output, values, error);
}

static gboolean print(gpointer user, const PreflightLine *line, GError **error)
{
    Printer *printer = user;
    return printer->output == NULL ? print_lines(printer, line, error)
                                   : print_row(printer, line, error);
}

gboolean profile_test(CliContext *cli, const char *name, GError **error)
{
    static const ResultColumn columns[] = {
        {(char *)"check", TYPE_VARCHAR, -1},  {(char *)"state", TYPE_VARCHAR, -1},
        {(char *)"answer", TYPE_VARCHAR, -1}, {(char *)"asked", TYPE_VARCHAR, -1},
        {(char *)"of", TYPE_VARCHAR, -1},     {(char *)"as", TYPE_VARCHAR, -1},
        {(char *)"remedy", TYPE_VARCHAR, -1}, {(char *)"ms", TYPE_INTEGER, -1},
    };
    if (!cli_use_profile(cli, name, error))
        return FALSE;
    g_autoptr(Output) output =
        cli->globals.json ? cli_output_new(cli, OUTPUT_JSON, columns, G_N_ELEMENTS(columns), TRUE)
                          : NULL;
    Printer printer = {cli, output};
    g_autoptr(GError) failure = NULL;
    gboolean good =
        workbench_preflight(cli->workbench, print, &printer, cli->cancellable, &failure);
    if (output != NULL && !output_end(output, good ? error : NULL))
        return FALSE;
    if (!good)
        g_propagate_error(error, g_steal_pointer(&failure));
    return good;
}
