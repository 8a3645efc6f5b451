/*
 * profile_form: a form to make or change a profile, with every field of its table.
 *
 * A URL or the options of another program (config/import.h) pasted into the first field fill the others.
 * What is saved is checked by the functions that check the file (config/profile_check.h); the changed
 * profile holds from the next start on.
 *
 * Threads: main thread; the file is written on a worker.
 */
#ifndef REDSMITH_UI_PROFILE_FORM_H
#define REDSMITH_UI_PROFILE_FORM_H

#include "ui/action.h"
#include "ui/view.h"

/* profile NULL: a new one. An existing one is what the file says of it (config/profile_file.h). */
View *profile_form_new(App *app, const Profile *profile);

extern const Action profile_form_actions[];

#endif
