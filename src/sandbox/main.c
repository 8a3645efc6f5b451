#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "config.h"
#include "sandbox/cluster.h"
#include "sandbox/faults.h"
#include "sandbox/secrets_server.h"
#include "sandbox/state.h"
#include "sandbox/supervisor.h"
#include "sandbox/supervisor_account.h"
#include "sandbox/supervisor_lock.h"

#define CONTAINER_PATH "/v1/credentials"

/* Exit statuses, an interface (redsmith-sandbox(1)). */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOT_RUNNING = 3 };

typedef struct {
    char *dir;
    char **faults; /* --fault RULE, in order; NULL when none */
    SupervisorOptions supervisor;
    char *template_dir;
    char *tls, *tls_certificate; /* words; NULL when not given */
    gboolean https;              /* env */
    char *credentials;           /* env: where the AWS keys come from; NULL: the account's own */
    gboolean clear, list, version;
} Options;

typedef int (*CommandRun)(const Options *options, char **words);

typedef struct {
    const char *name, *words, *help;
    gboolean takes_words, takes_faults;
    CommandRun run;
} Command;

static int fail(const GError *error)
{
    fprintf(stderr, "redsmith-sandbox: %s\n", error->message);
    return g_error_matches(error, RS_ERROR, RS_ERROR_USAGE) ? EXIT_USAGE : EXIT_FAILED;
}

static void print_ports(const SandboxState *state, const char *what)
{
    printf("%s in %s: Redshift on %s:%d, AWS on %s\n", what, state->dir, state->host, state->port,
           state->endpoint_url);
}

static gboolean add_faults(const Options *options, GError **error)
{
    for (char **rule = options->faults; rule != NULL && *rule != NULL; rule++)
        if (!faults_check(*rule, error))
            return FALSE;
    if (options->faults != NULL && !account_own_dir(options->dir, error))
        return FALSE;
    for (char **rule = options->faults; rule != NULL && *rule != NULL; rule++)
        if (!faults_add(options->dir, *rule, error))
            return FALSE;
    return TRUE;
}

/* The command lock, in a folder that exists. */
static int begin(const Options *options, GError **error)
{
    return account_own_dir(options->dir, error) ? lock_commands(options->dir, error) : -1;
}

static int run_start(const Options *options, char **words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SandboxState) state = NULL;
    int lock = begin(options, &error);
    if (lock < 0)
        return fail(error);
    gboolean running = supervisor_find(options->dir) > 0;
    gboolean fine = add_faults(options, &error) &&
                    (running || supervisor_launch(options->dir, &options->supervisor, &error)) &&
                    (state = state_load(options->dir, &error)) != NULL;
    close(lock);
    if (!fine)
        return fail(error);
    print_ports(state, running ? "The sandbox runs already" : "The sandbox runs");
    return EXIT_DONE;
}

typedef struct {
    const Options *options;
    int lock;
} Serve;

static void announce(gpointer user)
{
    Serve *serve = user;
    g_autoptr(SandboxState) state = state_load(serve->options->dir, NULL);
    if (state != NULL)
        print_ports(state, "The sandbox runs");
    fflush(stdout);
    close(serve->lock);
    serve->lock = -1;
}

static int run_serve(const Options *options, char **words)
{
    g_autoptr(GError) error = NULL;
    Serve serve = {.options = options, .lock = begin(options, &error)};
    if (serve.lock < 0 || !add_faults(options, &error) ||
        !supervisor_run(options->dir, &options->supervisor, announce, &serve, &error))
        return fail(error);
    return EXIT_DONE;
}

static int run_stop(const Options *options, char **words)
{
    g_autoptr(GError) error = NULL;
    gboolean was_running = FALSE;
    if (!supervisor_stop(options->dir, &was_running, &error))
        return fail(error);
    printf("The sandbox in %s %s\n", options->dir, was_running ? "has stopped" : "was not running");
    return EXIT_DONE;
}

/* Only what a sandbox makes is removed; a folder with anything else in it stays, with that. */
static gboolean remove_data(const char *dir, GError **error)
{
    static const char *const names[] = {
        "pg",           "pg.new",     "run",         "log",         "s3",
        "keys",         "data-api",   "faults.conf", "sandbox.ini", "sandbox.ini.new",
        "sandbox.lock", "alive.lock", "start.lock",  "ca.crt",      "ca.key",
        "server.crt",   "server.key"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);
        const char *argv[] = {"rm", "-rf", "--", path, NULL};
        int status = 0;
        if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                          &status, error) ||
            !g_spawn_check_wait_status(status, error))
            return FALSE;
    }
    if (rmdir(dir) != 0 && errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT)
        return rs_error_set_errno(error, errno, "Cannot remove %s", dir);
    return TRUE;
}

static int run_reset(const Options *options, char **words)
{
    g_autoptr(GError) error = NULL;
    gboolean was_running = FALSE;
    g_autofree char *lock_file = g_build_filename(options->dir, "sandbox.lock", NULL);
    if (access(lock_file, F_OK) != 0) {
        printf("There is no sandbox in %s\n", options->dir);
        return EXIT_DONE;
    }
    int lock = lock_commands(options->dir, &error);
    if (lock < 0 || !supervisor_stop(options->dir, &was_running, &error) ||
        !remove_data(options->dir, &error))
        return fail(error);
    close(lock);
    printf("The sandbox in %s is gone\n", options->dir);
    return EXIT_DONE;
}

static void print_part(const SandboxState *state, SandboxPart part)
{
    g_autofree char *address =
        part == PART_FRONT  ? g_strdup_printf("%s:%d", state->host, state->port)
        : part == PART_HTTP ? g_strdup(state->endpoint_url)
                            : g_build_filename(state->socket_dir, ".s.PGSQL.5432", NULL);
    const SandboxPartState *it = &state->parts[part];
    if (it->failure == NULL)
        printf("  %-10s running  pid %-8d %s\n", sandbox_part_name(part), it->pid, address);
    else
        printf("  %-10s CRASHED  %s; see %s/log/%s.log\n", sandbox_part_name(part), it->failure,
               state->dir, part == PART_POSTGRES ? "postgres" : "sandbox");
}

static int run_status(const Options *options, char **words)
{
    g_autoptr(GError) error = NULL;
    pid_t supervisor = supervisor_find(options->dir);
    g_autoptr(SandboxState) state = state_load(options->dir, &error);
    if (state == NULL && !g_error_matches(error, RS_ERROR, RS_ERROR_NOT_FOUND))
        return fail(error);
    if (supervisor == 0 || state == NULL || state->supervisor != supervisor) {
        gboolean lost = state != NULL && supervisor == 0 && state->supervisor != 0;
        printf("%s in %s%s\n", supervisor != 0 ? "A sandbox is starting" : "No sandbox runs",
               options->dir,
               lost ? "; the last one was killed, and start will recover its data" : "");
        return EXIT_NOT_RUNNING;
    }
    gboolean all = TRUE;
    printf("Sandbox in %s\n  %-10s running  pid %d\n", state->dir, "supervisor", supervisor);
    for (int part = 0; part < PART_COUNT; part++) {
        print_part(state, (SandboxPart)part);
        all = all && state->parts[part].failure == NULL;
    }
    return all ? EXIT_DONE : EXIT_FAILED;
}

static void print_export(const char *name, const char *value)
{
    g_autofree char *quoted = g_shell_quote(value);
    printf("export %s=%s\n", name, quoted);
}

static void print_comment(const char *what, int port, const char *path)
{
    printf("# %s: http://127.0.0.1:%d%s (env --credentials)\n", what, port, path);
}

/* Instead of the account's own key, what a program on an instance or in a container finds. */
static gboolean print_credentials(const SandboxState *state, const char *kind, GError **error)
{
    g_autofree char *token = state_container_token(state);
    /* Old clients append to it without a slash of their own. */
    g_autofree char *instance = g_strdup_printf("http://%s:%d/", state->host, state->instance_port);
    g_autofree char *container =
        g_strdup_printf("http://%s:%d" CONTAINER_PATH, state->host, state->container_port);
    gboolean is_instance = strcmp(kind, "instance") == 0;
    if (!is_instance && strcmp(kind, "container") != 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "--credentials is instance or container, not %s", kind);
        return FALSE;
    }
    puts("unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN");
    print_export("AWS_EC2_METADATA_DISABLED", is_instance ? "false" : "true");
    if (is_instance) {
        puts("unset AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN");
        print_export("AWS_EC2_METADATA_SERVICE_ENDPOINT", instance);
    } else {
        print_export("AWS_CONTAINER_CREDENTIALS_FULL_URI", container);
        print_export("AWS_CONTAINER_AUTHORIZATION_TOKEN", token);
    }
    return TRUE;
}

static void print_account_key(const SandboxState *state)
{
    print_export("AWS_ACCESS_KEY_ID", state->access_key_id);
    print_export("AWS_SECRET_ACCESS_KEY", state->secret_access_key);
    print_export("AWS_EC2_METADATA_DISABLED", "true");
}

/* At the end: an eval that is not quoted makes one line of all, and a comment ends it. */
static void print_comments(const SandboxState *state)
{
    g_autofree char *https = state_tls_endpoint(state);
    if (state->aws_tls_port != 0)
        printf("# the AWS services over TLS: %s (env --https)\n", https);
    print_comment("instance metadata", state->instance_port, "");
    print_comment("container credentials", state->container_port, CONTAINER_PATH);
}

/* As AWS is reached: over TLS, with a certificate that somebody vouches for. */
static gboolean print_endpoint(const SandboxState *state, gboolean https, GError **error)
{
    g_autofree char *endpoint = https ? state_tls_endpoint(state) : g_strdup(state->endpoint_url);
    if (https && state->aws_tls_port == 0) {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_USAGE,
                            "This sandbox was started with --tls off: there is no https");
        return FALSE;
    }
    print_export("AWS_ENDPOINT_URL", endpoint);
    if (https)
        print_export("AWS_CA_BUNDLE", state->sslrootcert);
    return TRUE;
}

static int run_env(const Options *options, char **words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SandboxState) state = state_load(options->dir, &error);
    if (state == NULL)
        return fail(error);
    if (options->credentials == NULL)
        print_account_key(state);
    else if (!print_credentials(state, options->credentials, &error))
        return fail(error);
    if (!print_endpoint(state, options->https, &error))
        return fail(error);
    g_autofree char *port = g_strdup_printf("%d", state->port);
    g_autofree char *secret = secrets_arn(state, SECRET_OWN);
    const char *const pairs[][2] = {
        {"AWS_REGION", state->region},
        {"AWS_DEFAULT_REGION", state->region},
        {"PGHOST", state->host},
        {"PGPORT", port},
        {"PGUSER", state->user},
        {"PGPASSWORD", state->password},
        {"PGDATABASE", state->database},
        {"PGSSLMODE", state->sslmode},
        {"PGSSLROOTCERT", state->sslrootcert},
        {"REDSMITH_IAM_ROLE", state->iam_role},
        {"REDSMITH_TEMPDIR", state->tempdir},
        {"REDSMITH_CLUSTER_IDENTIFIER", CLUSTER_ID},
        {"REDSMITH_WORKGROUP_NAME", WORKGROUP_NAME},
        {"REDSMITH_SECRET_ARN", secret},
        {"REDSMITH_SANDBOX_DIR", state->dir},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        print_export(pairs[i][0], pairs[i][1]);
    if (options->credentials == NULL)
        print_comments(state);
    return EXIT_DONE;
}

static int run_fault(const Options *options, char **words)
{
    g_autoptr(GError) error = NULL;
    if (!options->clear && !options->list && *words == NULL) {
        g_set_error(&error, RS_ERROR, RS_ERROR_USAGE, "fault needs a rule, --list or --clear");
        return fail(error);
    }
    for (char **word = words; *word != NULL; word++)
        if (!faults_check(*word, &error))
            return fail(error);
    if (!account_own_dir(options->dir, &error) ||
        (options->clear && !faults_clear(options->dir, &error)))
        return fail(error);
    for (char **word = words; *word != NULL; word++)
        if (!faults_add(options->dir, *word, &error))
            return fail(error);
    g_autofree char *rules = options->list ? faults_list(options->dir, &error) : g_strdup("");
    if (rules == NULL)
        return fail(error);
    fputs(rules, stdout);
    return EXIT_DONE;
}

static const Command commands[] = {
    {"start", "", "start it in the background; a running one is left alone", FALSE, TRUE,
     run_start},
    {"serve", "", "the same in the foreground, until Ctrl-C", FALSE, TRUE, run_serve},
    {"stop", "", "stop it; its data stays", FALSE, FALSE, run_stop},
    {"status", "", "ports, processes and their state", FALSE, FALSE, run_status},
    {"env", "", "shell exports for psql, aws and boto3", FALSE, FALSE, run_env},
    {"reset", "", "stop it and remove its data", FALSE, FALSE, run_reset},
    {"fault", " RULE...", "order failures: see redsmith-sandbox(1)", TRUE, FALSE, run_fault},
};

static char *summary(void)
{
    GString *text = g_string_new("A local stand-in for Amazon Redshift and S3.\n\nCommands:\n");
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *usage = g_strconcat(commands[i].name, commands[i].words, NULL);
        g_string_append_printf(text, "  %-16s %s\n", usage, commands[i].help);
    }
    return g_string_free(text, FALSE);
}

static gboolean parse(Options *options, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"dir", 0, 0, G_OPTION_ARG_FILENAME, &options->dir,
         "the sandbox's folder (default: $REDSMITH_SANDBOX_DIR, else below XDG_STATE_HOME)", "D"},
        {"fault", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->faults,
         "start, serve: add a fault rule first; may be repeated", "RULE"},
        {"template", 0, 0, G_OPTION_ARG_FILENAME, &options->template_dir,
         "start, serve: keep a prepared database in that folder and copy it", "D"},
        {"tls", 0, 0, G_OPTION_ARG_STRING, &options->tls,
         "start, serve: TLS for those who ask (on, the default), for nobody, or for all",
         "off|on|require"},
        {"tls-certificate", 0, 0, G_OPTION_ARG_STRING, &options->tls_certificate,
         "start, serve: a certificate that is wrong on purpose", "KIND"},
        {"credential-seconds", 0, 0, G_OPTION_ARG_INT64, &options->supervisor.credential_seconds,
         "start, serve: temporary logins and AWS keys last N seconds", "N"},
        {"clear", 0, 0, G_OPTION_ARG_NONE, &options->clear, "fault: forget all rules first", NULL},
        {"list", 0, 0, G_OPTION_ARG_NONE, &options->list, "fault: print the rules", NULL},
        {"credentials", 0, 0, G_OPTION_ARG_STRING, &options->credentials,
         "env: AWS keys as an instance or a container finds them", "instance|container"},
        {"https", 0, 0, G_OPTION_ARG_NONE, &options->https,
         "env: the AWS services over TLS, and the certificate to trust", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "print the version", NULL},
        {0},
    };
    g_autofree char *text = summary();
    g_autoptr(GOptionContext) context = g_option_context_new("COMMAND");
    g_option_context_set_summary(context, text);
    g_option_context_add_main_entries(context, entries, NULL);
    return g_option_context_parse(context, argc, argv, error);
}

static const Command *find_command(const char *name, GError **error)
{
    for (gsize i = 0; name != NULL && i < G_N_ELEMENTS(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s%s; --help lists the commands",
                name != NULL ? "unknown command " : "a command is missing",
                name != NULL ? name : "");
    return NULL;
}

static gboolean check_words(const Command *command, const Options *options, char **words,
                            GError **error)
{
    const char *wrong = NULL;
    if (*words != NULL && !command->takes_words)
        wrong = *words;
    else if (options->faults != NULL && !command->takes_faults)
        wrong = "--fault";
    else if (options->template_dir != NULL && !command->takes_faults)
        wrong = "--template";
    else if (options->tls != NULL && !command->takes_faults)
        wrong = "--tls";
    else if (options->tls_certificate != NULL && !command->takes_faults)
        wrong = "--tls-certificate";
    else if (options->supervisor.credential_seconds != 0 && !command->takes_faults)
        wrong = "--credential-seconds";
    else if ((options->clear || options->list) && !command->takes_words)
        wrong = options->clear ? "--clear" : "--list";
    else if (options->credentials != NULL && command->run != run_env)
        wrong = "--credentials";
    else if (options->https && command->run != run_env)
        wrong = "--https";
    if (wrong == NULL)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s does not take %s", command->name, wrong);
    return FALSE;
}

static gboolean refuse_value(const char *option, const char *expected, const char *given,
                             GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s is %s, not %s", option, expected, given);
    return FALSE;
}

/* The words of the options as the supervisor takes them. */
static gboolean read_supervisor_options(Options *options, GError **error)
{
    static const char *const modes[] = {"on", "off", "require"}; /* as SandboxTls */
    SupervisorOptions *to = &options->supervisor;
    to->template_dir = options->template_dir;
    while (options->tls != NULL && strcmp(modes[to->tls], options->tls) != 0)
        if ((gsize)++to->tls == G_N_ELEMENTS(modes))
            return refuse_value("--tls", "off, on or require", options->tls, error);
    if (options->tls_certificate != NULL &&
        !certificate_kind_parse(options->tls_certificate, &to->tls_certificate))
        return refuse_value("--tls-certificate", certificate_kind_words(), options->tls_certificate,
                            error);
    if (to->tls == TLS_OFF && options->tls_certificate != NULL)
        return refuse_value("--tls-certificate", "for --tls on or require", "for --tls off", error);
    if (to->credential_seconds < 0)
        return refuse_value("--credential-seconds", "a number of seconds", "negative", error);
    return TRUE;
}

static char *absolute(char *dir)
{
    char *path = dir != NULL ? g_canonicalize_filename(dir, NULL) : NULL;
    g_free(dir);
    return path;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    Options options = {0};
    setlocale(LC_ALL, "");
    gboolean parsed = parse(&options, &argc, &argv, &error);
    if (!parsed) {
        fprintf(stderr, "redsmith-sandbox: %s\n", error->message);
        return EXIT_USAGE;
    }
    if (options.version) {
        puts("redsmith-sandbox " PACKAGE_VERSION);
        return EXIT_DONE;
    }
    char **words = argv + MIN(argc, 2);
    const Command *command = find_command(argc > 1 ? argv[1] : NULL, &error);
    int status = EXIT_USAGE;
    options.dir = options.dir != NULL ? absolute(options.dir) : state_default_dir();
    options.template_dir = absolute(options.template_dir);
    if (command != NULL && check_words(command, &options, words, &error) &&
        read_supervisor_options(&options, &error))
        status = command->run(&options, words);
    else
        fail(error);
    g_free(options.dir);
    g_free(options.template_dir);
    g_free(options.credentials);
    g_free(options.tls);
    g_free(options.tls_certificate);
    g_strfreev(options.faults);
    return status;
}
