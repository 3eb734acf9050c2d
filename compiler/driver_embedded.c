// SPDX-License-Identifier: MIT
// What an experiment may ask of this machine but not of a small one, told with its place before anything is run: files, series of runs, traces.
// Prints and tables of results are worked out here and are no part of an image.
#include "driver.h"

static void cannot(Diags *d, Span at, const char *what, const char *target, const char *help) {
    diag_help(d, diag(d, at, D_TARGET_CANNOT, what, target), "%s", help);
}

static void check_statement(Diags *d, const XStmt *s, const char *target, bool fixed) {
    switch (s->kind) {
    case X_RECORD:
        if (s->target && s->target->ty != TY_SPIKES) cannot(d, s->span, "recording a trace", target, "spikes are told; for states use --emit obj,header and read them from firmware");
        break;
    case X_ENGINE:
        if (fixed && !strcmp(s->what, "event")) cannot(d, s->span, "the event engine in fixed point", target, "it computes in single precision: --precision float, or leave the statement out");
        break;
    case X_SAVE: cannot(d, s->span, "writing a file", target, "there are no files there"); break;
    case X_NORMALISE: cannot(d, s->span, "normalising weights", target, "do it in firmware, or with numbers that 'load weights' reads"); break;
    case X_SWEEP: cannot(d, s->span, "a series of runs", target, "choose one run, for example with an experiment of its own and --experiment"); break;
    default: break;
    }
}

static void check_body(Diags *d, const XVec *body, const char *target, bool fixed) {
    for (uint32_t i = 0; i < body->n; i++) {
        check_statement(d, body->at[i], target, fixed);
        check_body(d, &body->at[i]->body, target, fixed);
        check_body(d, &body->at[i]->otherwise, target, fixed);
    }
}

bool driver_embedded_check(const DriverOptions *o, Compiled *c) {
    const Model *m = c->model;
    for (uint32_t i = 0; i < m->experiments.n; i++) {
        const Experiment *x = m->experiments.at[i];
        if (o->sema.experiment ? strcmp(x->name, o->sema.experiment) : i > 0) continue;
        if (o->stimulus) check_body(&c->diags, &x->body, o->target, o->net.fixed);
    }
    return !c->diags.errors;
}
