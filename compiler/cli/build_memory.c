// SPDX-License-Identifier: MIT
// What a network takes of a small machine's memory: a line when it fits; a table of what costs most, and what would help, when it does not
// (or with --report).
#include "build_memory.h"
#include <stdlib.h>

// Of runtime/embedded/start.c with its stack, checked by the tests; helpers come as they are called. EVENTS: what a network on events takes besides.
enum { START_FLASH = 1536, START_RAM = 320, EVENTS_FLASH = 1024, EVENTS_RAM = 256 };

static const char *const kind_names[SIZE_KINDS] = {"states of neurons", "spikes under way", "states of synapses", "indices of synapses", "weights and other constants", "initial values", "stimulus", "events"};
static const char *const hints[SIZE_KINDS] = {
    "fewer neurons, or models with fewer states",
    "shorter delays: the spikes of as many steps are kept, a bit a neuron",
    "fewer plastic synapses: those that do not change lie in flash",
    "fewer synapses; all_to_all, one_to_one and slices of them need no indices, and one delay for all takes less than many",
    "fewer different weights: 256 of them take a byte a synapse, 16 half of one, a single one none",
    "initial values that are alike for all neurons take none",
    "a shorter experiment, drives that are constant, or --emit obj,header with inputs given by firmware",
    "fewer neurons on events, or the clock engine, which keeps no time for each"};

static int by_size(const void *a, const void *b) {
    const EmbedSize *x = a, *y = b;
    return x->bytes != y->bytes ? x->bytes < y->bytes ? 1 : -1 : strcmp(x->what, y->what);
}

static void bytes_text(char *out, size_t n, uint32_t bytes) { bytes < 10240 ? snprintf(out, n, "%u B", bytes) : snprintf(out, n, "%.1f KB", bytes / 1024.0); }

static void table(Arena *a, const EmbedReport *r, bool flash, uint32_t code) {
    EmbedSize *s = ARENA_ARRAY(a, EmbedSize, r->sizes.n + 1);
    uint32_t n = 0, shown = 0, rest = 0;
    for (uint32_t i = 0; i < r->sizes.n; i++)
        if (r->sizes.at[i].flash == flash) s[n++] = r->sizes.at[i];
    qsort(s, n, sizeof *s, by_size);
    fprintf(stderr, "  %s:\n", flash ? "flash" : "RAM");
    char text[24];
    if (flash) { bytes_text(text, sizeof text, code); fprintf(stderr, "    %10s  code\n", text); }
    for (uint32_t i = 0; i < n; i++) {
        if (shown++ >= 10) { rest += s[i].bytes; continue; }
        bytes_text(text, sizeof text, s[i].bytes);
        fprintf(stderr, "    %10s  %s (%s)\n", text, kind_names[s[i].kind], s[i].what);
    }
    bytes_text(text, sizeof text, rest);
    if (rest) fprintf(stderr, "    %10s  the rest\n", text);
}

// What options would save, for the parts where they save most.
static void numbers(const EmbedReport *r) {
    uint32_t eight = 0, four = 0, draw = 0, n = 0;
    const char *who = NULL;
    char a[24], b[24];
    for (uint32_t i = 0; i < r->sizes.n; i++) {
        const EmbedSize *s = &r->sizes.at[i];
        if (s->eight && s->eight < s->bytes) eight += s->bytes - s->eight;
        if (s->four && s->four < s->bytes) four += s->bytes - s->four;
        if (!s->could_draw) continue;
        draw += s->could_draw;
        if (!n++) who = s->what;
    }
    bytes_text(a, sizeof a, eight);
    bytes_text(b, sizeof b, four);
    if (eight) fprintf(stderr, "  --weights 8 would save %s, --weights 4 %s (--report tells what rounding costs)\n", a, b);
    else if (four) fprintf(stderr, "  --weights 4 would save %s (--report tells what rounding costs)\n", b);
    bytes_text(a, sizeof a, draw);
    if (draw) fprintf(stderr, "  procedural = true would save %s of indices in %s%s; a synapse then costs some hundred instructions more\n", a, who, n > 1 ? " and others" : "");
}

static void hint(const EmbedReport *r, bool flash) {
    uint32_t sum[SIZE_KINDS] = {0}, most = 0;
    for (uint32_t i = 0; i < r->sizes.n; i++)
        if (r->sizes.at[i].flash == flash) sum[r->sizes.at[i].kind] += r->sizes.at[i].bytes;
    for (uint32_t k = 1; k < SIZE_KINDS; k++) most = sum[k] > sum[most] ? k : most;
    fprintf(stderr, "  what would help: %s\n", hints[most]);
    if (flash) numbers(r);
}

bool build_memory(Arena *a, const TargetKind *kind, const EmbedReport *r, const TargetSizes *s, bool image, bool wanted) {
    const Board *b = kind->board;
    uint32_t flash = s->code + s->constants + (image ? START_FLASH + (r->events ? EVENTS_FLASH : 0) : 0), ram = (image ? s->data + START_RAM + (r->events ? EVENTS_RAM : 0) : r->state_bytes) + s->stack;
    bool flash_fits = !image || flash <= b->flash, ram_fits = !image || ram <= b->ram;
    char f[24], m[24], st[24], fb[24] = "", rb[24] = "";
    bytes_text(f, sizeof f, flash);
    bytes_text(m, sizeof m, ram);
    bytes_text(st, sizeof st, s->stack);
    if (b) { bytes_text(fb, sizeof fb, b->flash); bytes_text(rb, sizeof rb, b->ram); }
    if (!flash_fits) fprintf(stderr, "snnc build: the network does not fit the flash of %s: it needs %s, there are %s\n", b->name, f, fb);
    if (!ram_fits) fprintf(stderr, "snnc build: the network does not fit the RAM of %s: it needs %s (%s of it stack), there are %s\n", b->name, m, st, rb);
    if (flash_fits && ram_fits) {
        if (!wanted) return true;
        fprintf(stderr, "flash %s%s%s, RAM %s%s%s, of it stack at most %s\n", f, b ? " of " : "", fb, m, b ? " of " : "", rb, st);
    }
    if (wanted || !flash_fits) table(a, r, true, s->code);
    if (wanted || !ram_fits) table(a, r, false, 0);
    if (!flash_fits) hint(r, true);
    if (!ram_fits) hint(r, false);
    return flash_fits && ram_fits;
}
