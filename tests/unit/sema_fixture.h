// SPDX-License-Identifier: MIT
// A text checked by the checker, for unit tests: its bodies and messages.
#ifndef SEMA_FIXTURE_H
#define SEMA_FIXTURE_H
#include "sema/sema.h"
#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct Checked { Sources sources; Diags diags; Model *model; } Checked;

static inline void check_text(Checked *c, const char *text) {
    char path[] = "/tmp/sema-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    *c = (Checked){0};
    c->diags.src = &c->sources;
    c->model = sema_check(&c->diags, &c->sources, path, &(SemaOptions){.all = true});
    if (c->diags.errors && getenv("SHOW")) diag_show(&c->diags, stderr, false);
    unlink(path);
}

static inline void check_free(Checked *c) {
    if (c->model) model_free(c->model);
    diags_free(&c->diags);
    sources_free(&c->sources);
}

static inline const Body *body_named(const Checked *c, const char *name) {
    assert_non_null(c->model);
    for (uint32_t i = 0; i < c->model->bodies.n; i++)
        if (!strcmp(c->model->bodies.at[i]->name, name)) return c->model->bodies.at[i];
    fail_msg("no body %s", name);
    return NULL;
}

static inline const Var *var_named(const Body *b, const char *name) {
    const Var *v = body_var(b, sym(name));
    if (!v) fail_msg("no variable %s", name);
    return v;
}
#endif
