// SPDX-License-Identifier: MIT
// One run of the chosen experiment: results folder, body, tables, summary, closing report, exit code.
#include "core/inst.h"
#include "host/experiment.h"
#include "host/files.h"
#include "host/summary.h"
#include <stdlib.h>
#include <string.h>

const SnnExperiment *program_experiment(const SnnProgram *p, const char *name) {
    for (int64_t i = 0; i < p->nexperiments; i++)
        if (!name || !strcmp(p->experiments[i].name, name)) return &p->experiments[i];
    return NULL;
}

static bool complain(const char *text) {
    fprintf(stderr, "error: %s\n", text);
    return false;
}

static void collect_totals(const SnnX *x, SnnTotals *t) {
    *t = x->totals;
    for (int64_t i = 0; i < x->nuses; i++) {
        if (!x->use[i].inst) continue;
        SnnTotals own;
        inst_totals(x->use[i].inst, &own);
        t->spikes += own.spikes;
        t->synapses += own.synapses;
        t->synaptic_events += own.synaptic_events;
        t->plastic_updates += own.plastic_updates;
    }
}

static bool write_summary(const SnnX *x, bool complete) {
    const RunOptions *o = x->options;
    const Recorder **rec = calloc((size_t)x->nuses + 1, sizeof *rec);
    if (!rec) return complain("not enough memory for summary.json");
    int64_t n = 0;
    for (int64_t i = 0; i < x->nuses; i++)
        if (x->use[i].rec) rec[n++] = x->use[i].rec;
    SnnTotals t;
    collect_totals(x, &t);
    bool events = false, clock = false;
    for (int64_t i = 0; i < x->nuses; i++)
        for (int64_t p = 0; x->use[i].used && p < x->use[i].net->npops; p++) *(x->use[i].net->pops[p].event ? &events : &clock) = true;
    Summary s = { .version = o->program->version, .file = o->program->file, .precision = o->program->fixed ? "fixed" : o->program->real_bits == 32 ? "float" : "double", .engine = events && clock ? "clock and event" : events ? "event" : "clock",
                  .seed = x->seed, .dt_ms = x->dt, .threads = o->threads, .complete = complete, .compile = o->compile_seconds,
                  .construct = x->seconds_construct, .simulate = x->seconds_simulate, .biological_seconds = x->biological_ms * 1e-3, .synapses = t.synapses,
                  .synaptic_events = t.synaptic_events, .plastic_updates = t.plastic_updates, .recorder = rec, .nrecorders = n, .results = &x->results };
    char path[4300], err[1000];
    snprintf(path, sizeof path, "%s/summary.json", o->out);
    bool ok = summary_write(&s, path, err, sizeof err) || complain(err);
    free(rec);
    return ok;
}
static bool write_results(SnnX *x, bool complete) {
    char path[4300], err[1000];
    snprintf(path, sizeof path, "%s/%.200s.csv", x->options->out, x->experiment->name);
    bool ok = yield_csv(&x->results, path, err, sizeof err) || complain(err);
    if (ok) yield_forget(x->options->out);
    ok &= record_folder_finish(x->folder, err, sizeof err) || complain(err);
    return write_summary(x, complete && ok) && ok;
}

static void report(const SnnX *x) {
    SnnTotals t;
    collect_totals(x, &t);
    double bio = x->biological_ms * 1e-3;
    fflush(stdout);
    if (bio > 0)
        fprintf(stderr, "%.4g s simulated in %.3g s (%.3g x real time)", bio, x->seconds_simulate, x->seconds_simulate > 0 ? bio / x->seconds_simulate : 0);
    if (bio > 0 && t.synapses) fprintf(stderr, ", %lld synapses, %lld synaptic events", (long long)t.synapses, (long long)t.synaptic_events);
    if (bio > 0) fputc('\n', stderr);
    for (int64_t i = 0; i < x->nuses; i++) {
        const Recorder *r = x->use[i].rec;
        for (int64_t p = 0; r && p < r->net->npops; p++)
            if (r->net->pops[p].nports && r->net->npops <= 12)
                fprintf(stderr, "  %-12s %8lld neurons  %.4g Hz\n", r->net->pops[p].path, (long long)r->net->pops[p].n, analysis_rate(r, p, 0, r->net->pops[p].n) * 1e3);
    }
    if (x->options->out) fprintf(stderr, "results in %s\n", x->options->out);
}

static int finish(SnnX *x) {
    if (x->results.nrows) yield_table(&x->results, x->options->text ? x->options->text : stdout);
    bool complete = !x->error.code && !x->interrupted;
    if (!complete) { fflush(stdout); complain(x->error.code ? x->error.text : "interrupted"); }
    if (x->error.code == 2) return 2;                           // wrong use: nothing is written
    bool written = !x->folder || write_results(x, complete);
    x->written = true;
    if (!x->options->quiet) report(x);
    if (!complete) return x->error.code > 1 ? x->error.code : 3;
    return written ? 0 : 3;
}

int experiment_run(const RunOptions *o) {
    const SnnExperiment *e = program_experiment(o->program, o->experiment);
    char err[1000];
    RecordFolder *folder = NULL;
    files_base(o->program->file, o->data);
    if (o->out && !(folder = record_folder(o->out, err, sizeof err))) { complain(err); return 2; }
    SnnX x;
    x_open(&x, o, e, NULL);
    x.folder = folder;
    results_init(&x.results, o->text ? o->text : stdout);
    run_catch_signals();
    if (folder) write_summary(&x, false);              // so that a killed run does not pass for a complete one
    int64_t *frame = calloc((size_t)e->frame_slots + 1, sizeof *frame);
    if (!frame) port_error(&x.error, 3, "not enough memory");
    else if (!x.error.code) x_body(&x, e->body, frame);
    free(frame);
    int rc = finish(&x);
    x_close(&x);
    if (folder) record_folder_free(folder);
    return rc;
}
