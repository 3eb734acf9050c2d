// SPDX-License-Identifier: MIT
// What a module offers to its host side (snn.js): a network that the page moves on by itself, or an experiment as a whole.
//
//   web_open(experiment, seed)       the body runs up to its first `run`: networks used, parameters given, drives set, and constructed
//   web_advance(steps)               and what came of it: web_events (spikes), web_samples (watched quantities)
//   web_run(experiment, seed)        the whole body; its table is web_results, its spikes are events too
//
// Parameters given before opening (web_override) have the last word, like --set. All numbers that cross are 32-bit integers or doubles.
#include "core/fpmode.h"
#include "core/inst.h"
#include "host/experiment.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name))) name
extern const SnnProgram snn_program;
void snn__x_run(SnnX *x, double duration, int64_t discard);
void host_x_run(SnnX *x, double duration, int64_t discard);             // runtime/host/run.c under another name

typedef struct Watch { int64_t net, field, index; } Watch;
typedef struct Watched { int32_t field, lo, hi; double every; } Watched;   // what the experiment records
typedef struct Wires { SnnInst *inst; int32_t net; int64_t handle; } Wires;
enum { MAX_WATCH = 64 };

static struct Web {
    SnnX x; RunOptions options; bool open, whole;
    SnnX *at;                                       // whose `run` was reached (a sweep's own, or x)
    double *set; unsigned char *is_set; int64_t *base;
    int64_t *frame;
    int32_t *event; int32_t nevents, capevents;     // triples: step, network << 24 | population << 8 | port, neuron
    double *sample; int32_t nsamples, capsamples;   // rows: step, then a value for each watch
    Watch watch[MAX_WATCH]; int32_t nwatches, every;
    Watched wish[MAX_WATCH]; int32_t nwishes;
    char *text; size_t ntext, captext;
} web;

// Text for the host side: JSON, ends with NUL.
static void put(const char *format, ...) {
    for (;;) {
        va_list ap;
        va_start(ap, format);
        int n = vsnprintf(web.text + web.ntext, web.captext - web.ntext, format, ap);
        va_end(ap);
        if (n >= 0 && web.ntext + (size_t)n < web.captext) { web.ntext += (size_t)n; return; }
        size_t cap = web.captext * 2 + (size_t)n + 256;
        char *text = realloc(web.text, cap);
        if (!text) { web.ntext = 0; return; }
        web.text = text;
        web.captext = cap;
    }
}
static void put_text(const char *s) {
    put("\"");
    for (; s && *s; s++) {
        if (*s == '"' || *s == '\\') put("\\%c", *s);
        else if ((unsigned char)*s < 32) put("\\u%04x", *s);
        else put("%c", *s);
    }
    put("\"");
}
static void put_number(double v) { isfinite(v) ? put("%.17g", v) : put("null"); }
static char *begin(void) {
    web.ntext = 0;
    put("%s", "");
    return web.text;
}

// ---- what the program is -----------------------------------------------------------------------------------------------------
static void put_population(const SnnPop *p) {
    put("{\"name\":"), put_text(p->path), put(",\"model\":"), put_text(p->model);
    put(",\"size\":%lld,\"shape\":[", (long long)p->n);
    for (int64_t k = 0; k < p->rank; k++) put("%s%lld", k ? "," : "", (long long)p->shape[k]);
    put("],\"ports\":[");
    for (int64_t k = 0; k < p->nports; k++) put(k ? "," : ""), put_text(p->ports[k]);
    put("]}");
}
static void put_param(const SnnParam *p) {
    put("{\"name\":"), put_text(p->path), put(",\"unit\":"), put_text(p->unit);
    put(",\"slot\":%lld,\"value\":", (long long)p->slot), put_number(p->def / p->unit_scale);
    if (p->ranged) put(",\"low\":"), put_number(p->lo / p->unit_scale), put(",\"high\":"), put_number(p->hi / p->unit_scale);
    put("}");
}
// V of population E is E.V; what connections put into a population has their name already.
static void put_field(const SnnNet *n, const SnnField *f, int64_t i) {
    char name[600];
    snprintf(name, sizeof name, "%s%s%s", f->owner_kind || strstr(f->name, "->") ? "" : n->pops[f->owner].path, f->owner_kind || strstr(f->name, "->") ? "" : ".", f->name);
    put("{\"name\":"), put_text(name), put(",\"unit\":"), put_text(f->unit);
    put(",\"field\":%lld,\"state\":%s,\"population\":%lld}", (long long)i, f->role == INST_STATE || f->role == INST_LUMPED || f->role == INST_LET ? "true" : "false", f->owner_kind ? -1LL : (long long)f->owner);
}
static void put_net(const SnnNet *n) {
    put("{\"name\":"), put_text(n->name), put(",\"populations\":[");
    for (int64_t i = 0; i < n->npops; i++) put(i ? "," : ""), put_population(&n->pops[i]);
    put("],\"params\":[");
    for (int64_t i = 0; i < n->nparams; i++) put(i ? "," : ""), put_param(&n->params[i]);
    put("],\"fields\":[");
    for (int64_t i = 0; i < n->nfields; i++) put(i ? "," : ""), put_field(n, &n->fields[i], i);
    put("]}");
}
char *EXPORT(web_describe)(void);
char *web_describe(void) {
    begin();
    put("{\"file\":"), put_text(snn_program.file), put(",\"version\":"), put_text(snn_program.version);
    put(",\"precision\":\"%s\",\"profile\":\"%s\",\"networks\":[", snn_program.real_bits == 32 ? "float" : "double", snn_program.profile);
    for (int64_t i = 0; i < snn_program.nnets; i++) put(i ? "," : ""), put_net(&snn_program.nets[i]);
    put("],\"experiments\":[");
    for (int64_t i = 0; i < snn_program.nexperiments; i++) {
        put(i ? ",{\"name\":" : "{\"name\":"), put_text(snn_program.experiments[i].name);
        put(",\"doc\":"), put_text(snn_program.experiments[i].doc), put("}");
    }
    put("]}");
    return web.text;
}

// ---- spikes and samples ------------------------------------------------------------------------------------------------------
static bool room(void **at, int32_t *cap, int32_t want, size_t each) {
    if (want <= *cap) return true;
    int32_t more = want + *cap + 1024;
    void *p = realloc(*at, (size_t)more * each);
    if (!p) return false;
    *at = p;
    *cap = more;
    return true;
}
static void on_spikes(void *self, int64_t stamp, const uint32_t *index, int64_t n) {
    int32_t tag = (int32_t)(intptr_t)self;
    if (!room((void **)&web.event, &web.capevents, web.nevents + (int32_t)n * 3, sizeof *web.event)) return;
    for (int64_t i = 0; i < n; i++) {
        int32_t *e = web.event + web.nevents;
        e[0] = (int32_t)stamp, e[1] = tag, e[2] = (int32_t)index[i];
        web.nevents += 3;
    }
}
static void on_sample(void *self, int64_t stamp) {
    SnnInst *in = self;
    if (!web.nwatches || in != web.at->use[web.watch[0].net].inst) return;
    if (!room((void **)&web.sample, &web.capsamples, web.nsamples + web.nwatches + 1, sizeof *web.sample)) return;
    double *row = web.sample + web.nsamples;
    row[0] = (double)stamp;
    for (int32_t i = 0; i < web.nwatches; i++) {
        const Watch *w = &web.watch[i];
        const SnnInst *own = web.at->use[w->net].inst;
        if (own) inst_read(own, w->field, w->index, w->index + 1, &row[i + 1]);
    }
    web.nsamples += web.nwatches + 1;
}
static void observe(SnnUse *u) {
    for (int64_t p = 0; p < u->net->npops; p++)
        for (int64_t k = 0; k < u->net->pops[p].nports; k++)
            observe_spikes(u->inst, p, k, 0, u->net->pops[p].n, on_spikes, (void *)(intptr_t)(u->number << 24 | p << 8 | k));
    if (!web.whole) observe_samples(u->inst, web.every > 0 ? web.every : 1, on_sample, u->inst);
}

// The recorder's functions of these names, which write files: here a note of what the page may show.
bool record_add_spikes(Recorder *r, int64_t pop, int64_t port, int64_t lo, int64_t hi) { (void)r, (void)pop, (void)port, (void)lo, (void)hi; return true; }
bool record_add_field(Recorder *r, int64_t field, int64_t lo, int64_t hi, double every, bool single) {
    (void)r, (void)single;
    if (web.nwishes < MAX_WATCH) web.wish[web.nwishes++] = (Watched){(int32_t)field, (int32_t)lo, (int32_t)hi, every};
    return true;
}

// ---- life --------------------------------------------------------------------------------------------------------------------
static bool prepare(void) {
    if (web.base) return true;
    int64_t n = 0;
    web.base = calloc((size_t)snn_program.nnets + 1, sizeof *web.base);
    for (int64_t i = 0; web.base && i < snn_program.nnets; i++) {
        web.base[i] = n;
        n += snn_program.nets[i].nk;
    }
    web.set = calloc((size_t)n + 1, sizeof *web.set);
    web.is_set = calloc((size_t)n + 1, 1);
    return web.base && web.set && web.is_set;
}
void EXPORT(web_override)(int32_t net, int32_t slot, double value, int32_t on);
void web_override(int32_t net, int32_t slot, double value, int32_t on) {
    if (!prepare()) return;
    web.set[web.base[net] + slot] = value;
    web.is_set[web.base[net] + slot] = on != 0;
}
void EXPORT(web_close)(void);
void web_close(void) {
    if (web.open && !web.whole && web.at && web.at != &web.x) x_close(web.at);
    if (web.open) x_close(&web.x);
    free(web.frame);
    web.frame = NULL;
    web.open = false;
    web.at = NULL;
    web.nevents = web.nsamples = web.nwishes = 0;
}
// Everything but the body; 0: an error.
static int ready(int32_t experiment, double seed, bool whole) {
    web_close();
    if (!prepare() || experiment < 0 || experiment >= snn_program.nexperiments) return 0;
    const SnnExperiment *e = &snn_program.experiments[experiment];
    web.options = (RunOptions){.program = &snn_program, .experiment = e->name, .quiet = true, .has_seed = seed >= 0, .seed = seed >= 0 ? (uint64_t)seed : 1, .threads = 1,
                               .set = web.set, .is_set = web.is_set, .set_base = web.base};
    web.whole = whole;
    web.frame = calloc((size_t)e->frame_slots + 1, sizeof *web.frame);
    x_open(&web.x, &web.options, e, NULL);
    results_init(&web.x.results, stdout);
    web.open = true;
    return web.frame && !web.x.error.code;
}
// Runs the body; leaves by an exception of the host side at its first `run` (web_open) or on an error. 0: an error.
int32_t EXPORT(web_open)(int32_t experiment, double seed);
int32_t web_open(int32_t experiment, double seed) {
    if (!ready(experiment, seed, false)) return 0;
    web.x.experiment->body(&web.x, web.frame);
    return web.at != NULL;                          // a body without `run`
}
int32_t EXPORT(web_run)(int32_t experiment, double seed);
int32_t web_run(int32_t experiment, double seed) {
    if (!ready(experiment, seed, true)) return 0;
    web.x.experiment->body(&web.x, web.frame);
    if (web.x.results.nrows) yield_table(&web.x.results, stdout);
    fflush(stdout);
    return !web.x.error.code;
}
int32_t EXPORT(web_is_open)(void);
int32_t web_is_open(void) { return web.at != NULL; }

// The observers of a network see it from its construction on: inst_new of the core, under another name, is called by way of here.
SnnInst *core_inst_new(const SnnNet *net, const InstOptions *o, SnnError *err);
SnnInst *inst_new(const SnnNet *net, const InstOptions *o, SnnError *err) {
    SnnInst *in = core_inst_new(net, o, err);
    SnnUse u = {.net = net, .number = net - snn_program.nets, .inst = in};
    if (in) observe(&u);
    return in;
}

void snn__x_run(SnnX *x, double duration, int64_t discard) {
    if (web.whole) {
        if (discard) web.nevents = 0;
        host_x_run(x, duration, discard);
        if (discard) web.nevents = 0;
        return;
    }
    for (int64_t i = 0; i < x->nuses; i++) {
        if (!x->use[i].used) continue;
        x_built(x, i)->rec->train_limit = 0;        // a page may run for hours: statistics, not trains
    }
    web.at = x;
    fflush(stdout);
    wasm_leave();
}

static bool alive(void) { return web.at != NULL; }
int32_t EXPORT(web_advance)(int32_t steps);
int32_t web_advance(int32_t steps) {
    for (int64_t i = 0; alive() && i < web.at->nuses; i++)
        if (web.at->use[i].inst && inst_run(web.at->use[i].inst, steps, NULL, &web.at->error) < 0) return 0;
    return alive();
}
int32_t EXPORT(web_first_network)(void);
int32_t web_first_network(void) {
    for (int64_t i = 0; alive() && i < web.at->nuses; i++)
        if (web.at->use[i].inst) return (int32_t)i;
    return -1;
}
double EXPORT(web_step)(void);
double web_step(void) {
    int32_t n = web_first_network();
    return n < 0 ? 0 : (double)web.at->use[n].inst->step;
}
double EXPORT(web_dt)(void);
double web_dt(void) { return web.x.dt; }
double EXPORT(web_synapses)(void);
double web_synapses(void) {
    double n = 0;
    for (int64_t i = 0; alive() && i < web.at->nuses; i++) {
        SnnTotals t;
        if (web.at->use[i].inst) inst_totals(web.at->use[i].inst, &t), n += (double)t.synapses;
    }
    return n;
}

static SnnInst *inst_of(int32_t net) { return alive() && net >= 0 && net < web.at->nuses ? web.at->use[net].inst : NULL; }
int32_t EXPORT(web_set)(int32_t net, int32_t slot, double value);
int32_t web_set(int32_t net, int32_t slot, double value) {
    SnnInst *in = inst_of(net);
    return in && !inst_set(in, slot, value, &web.at->error);
}
double EXPORT(web_get)(int32_t net, int32_t slot);
double web_get(int32_t net, int32_t slot) { return inst_of(net) ? inst_of(net)->K[slot] : NAN; }
int32_t EXPORT(web_inject)(int32_t net, int32_t pop, int32_t neuron);
int32_t web_inject(int32_t net, int32_t pop, int32_t neuron) {
    SnnInst *in = inst_of(net);
    if (!in || pop < 0 || pop >= in->net->npops || !in->net->pops[pop].nports || neuron < 0 || neuron >= in->net->pops[pop].n) return 0;
    int64_t stamp = in->step + 1;
    uint32_t index = (uint32_t)neuron;
    return !inst_emit(in, pop, &stamp, &index, 1, &web.at->error);
}
// Values for an encoder, from now on: the host side asks for room, writes them there and presents them.
double *EXPORT(web_room)(int32_t n);
double *web_room(int32_t n) { return n >= 0 ? calloc((size_t)n + 1, sizeof(double)) : NULL; }
int32_t EXPORT(web_present)(int32_t net, int32_t pop, const double *values, int32_t n);
int32_t web_present(int32_t net, int32_t pop, const double *values, int32_t n) {
    SnnInst *in = inst_of(net);
    return in && pop >= 0 && pop < in->net->npops && values && inst_present(in, pop, values, n, &web.at->error) >= 0;
}
int32_t EXPORT(web_write)(int32_t net, int32_t field, int32_t index, double value);
int32_t web_write(int32_t net, int32_t field, int32_t index, double value) {
    SnnInst *in = inst_of(net);
    if (!in || field < 0 || field >= in->net->nfields || index < 0 || index >= inst_length(in, field)) return 0;
    inst_write(in, field, index, index + 1, &value);
    return 1;
}
double *EXPORT(web_read)(int32_t net, int32_t field);
int32_t EXPORT(web_length)(int32_t net, int32_t field);
int32_t web_length(int32_t net, int32_t field) { return inst_of(net) ? (int32_t)inst_length(inst_of(net), field) : 0; }
double *web_read(int32_t net, int32_t field) {      // free it with web_free
    SnnInst *in = inst_of(net);
    int64_t n = in ? inst_length(in, field) : 0;
    double *out = in ? calloc((size_t)n + 1, sizeof *out) : NULL;
    if (out) inst_read(in, field, 0, n, out);
    return out;
}
void EXPORT(web_free)(void *p);
void web_free(void *p) { free(p); }
void EXPORT(web_unwatch)(int32_t every);
void web_unwatch(int32_t every) { web.nwatches = 0, web.nsamples = 0, web.every = every; }
int32_t EXPORT(web_watch)(int32_t net, int32_t field, int32_t index);
int32_t web_watch(int32_t net, int32_t field, int32_t index) {
    if (web.nwatches == MAX_WATCH) return 0;
    web.watch[web.nwatches++] = (Watch){net, field, index};
    return 1;
}

int32_t *EXPORT(web_events)(void);
int32_t *web_events(void) { return web.event; }
int32_t EXPORT(web_nevents)(void);
int32_t web_nevents(void) { return web.nevents; }
double *EXPORT(web_samples)(void);
double *web_samples(void) { return web.sample; }
int32_t EXPORT(web_nsamples)(void);
int32_t web_nsamples(void) { return web.nsamples; }
void EXPORT(web_forget)(void);
void web_forget(void) { web.nevents = web.nsamples = 0; }

// What the experiment records, what it prints and yields, and what went wrong.
static void put_columns(const ResultColumn *c, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        put(i ? ",{\"name\":" : "{\"name\":"), put_text(c[i].name), put(",\"unit\":"), put_text(c[i].unit), put(",\"values\":[");
        for (int64_t k = 0; k < c[i].n; k++) put(k ? "," : ""), put_number(c[i].value[k]);
        put("]}");
    }
}
char *EXPORT(web_results)(void);
char *web_results(void) {
    begin();
    put("{\"printed\":["), put_columns(web.x.results.printed, web.x.results.nprinted);
    put("],\"table\":["), put_columns(web.x.results.column, web.x.results.ncolumns);
    put("],\"recorded\":[");
    for (int32_t i = 0; i < web.nwishes; i++)
        put("%s{\"field\":%d,\"from\":%d,\"to\":%d}", i ? "," : "", web.wish[i].field, web.wish[i].lo, web.wish[i].hi);
    put("]}");
    return web.text;
}
char *EXPORT(web_error)(void);
char *web_error(void) {
    const SnnError *e = web.at && web.at->error.code ? &web.at->error : &web.x.error;
    begin();
    put("%s", e->code ? e->text : "");
    return web.text;
}
