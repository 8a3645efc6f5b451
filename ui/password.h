/*
 * password: asks for a password, or the code of an MFA device, on the screen while a worker waits for it.
 *
 * password_ask is a LoginSecret, password_ask_code a CredentialsPrompt: each runs on the worker that connects
 * or signs, hands a question to the main
 * thread, and sleeps until it is answered, given up, or the connection attempt is cancelled. The
 * question is a prompt with a hidden field; what is typed goes into a Secret and is wiped.
 *
 * Threads: password_ask, password_ask_code and password_note any; the rest main thread.
 * Errors:  RS_ERROR_CANCELLED when the user gave up or the screens are gone
 */
#ifndef REDSMITH_UI_PASSWORD_H
#define REDSMITH_UI_PASSWORD_H

#include "redshift/login.h"
#include "ui/view.h"

typedef struct PasswordAsker PasswordAsker;

PasswordAsker *password_asker_new(App *app);
/* Questions that are still open end as given up. */
void password_asker_close(PasswordAsker *asker);

/* user: the PasswordAsker. */
Secret *password_ask(gpointer user, const Profile *profile, GCancellable *cancellable,
                     GError **error);

/* The same for workbench_set_code_prompt. */
Secret *password_ask_code(gpointer user, const char *mfa_serial, GCancellable *cancellable,
                          GError **error);

/* For workbench_set_note: the line becomes a message at the bottom. Any thread. */
void password_note(gpointer user, const char *line);

#endif
