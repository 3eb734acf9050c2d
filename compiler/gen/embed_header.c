// SPDX-License-Identifier: MIT
// The C header of an object for a small machine.
#include "embed.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// In as few digits as give this number again.
static void number(StrBuf *out, double v) {
    char text[32];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v) break;
    }
    sb_puts(out, text);
}

static void upper(StrBuf *out, const char *s) {
    for (; *s; s++) sb_putc(out, *s >= 'a' && *s <= 'z' ? (char)(*s - 32) : *s);
}

static void define(StrBuf *out, const char *prefix, const char *a, const char *b, uint32_t value, const char *comment) {
    sb_puts(out, "#define ");
    upper(out, prefix);
    sb_putc(out, '_');
    upper(out, a);
    if (b) sb_puts(out, b);
    sb_printf(out, " %uu", value);
    if (comment) sb_printf(out, "  /* %s */", comment);
    sb_putc(out, '\n');
}

static void ports(StrBuf *out, const char *prefix, const char *comment, const char *kind, const EmbedPort *at, uint32_t n, bool fixed) {
    if (!n) return;
    sb_printf(out, "\n/* %s */\n", comment);
    for (uint32_t i = 0; i < n; i++) {
        StrBuf name = {0};
        sb_printf(&name, "%s_%s", kind, at[i].name);
        define(out, prefix, name.s, NULL, at[i].number, NULL);
        define(out, prefix, name.s, "_N", at[i].n, "how many");
        if (fixed) {
            sb_puts(out, "#define ");
            upper(out, prefix);
            sb_putc(out, '_');
            upper(out, name.s);
            sb_puts(out, "_SCALE ");
            number(out, at[i].scale);
            sb_puts(out, "  /* the number is the value times this */\n");
        }
        sb_free(&name);
    }
}

static void time_defines(StrBuf *out, const char *prefix, double dt) {
    sb_puts(out, "#define ");
    upper(out, prefix);
    sb_puts(out, "_DT_MS ");
    number(out, dt);
    sb_puts(out, "  /* of a step */\n#define ");
    upper(out, prefix);
    sb_puts(out, "_NEVER INT64_MAX\n#define ");
    upper(out, prefix);
    sb_printf(out, "_TIME(ms) ((%s_time_t)((ms) * (16777216.0 / ", prefix);
    number(out, dt);
    sb_puts(out, ")))  /* for constants: it computes in double */\n");
}

// Networks on events: the same names where they mean the same.
static void event_functions(StrBuf *out, const char *p) {
    sb_printf(out, "typedef int64_t %s_time_t;  /* in 2^-24 of a step */\n", p);
    sb_printf(out, "typedef struct %s_spike_t { %s_time_t at; float offset; uint32_t port, index; } %s_spike_t;  /* offset: of `at`, behind the whole step at >> 24 */\n\n", p, p, p);
    sb_printf(out, "void %s_init(%s_t *net);                                                /* as constructed, at time 0 */\n", p, p);
    sb_printf(out, "void %s_reset(%s_t *net);                                               /* states as constructed, no spikes under way, time 0; weights stay */\n", p, p);
    sb_printf(out, "%s_time_t %s_advance_until(%s_t *net, %s_time_t time);                 /* all events before `time`; returns when the next one is due. Stops earlier when the list of spikes is full: see now */\n", p, p, p, p);
    sb_printf(out, "%s_time_t %s_next_event(%s_t *net);                                     /* when something is due next, NEVER: nothing */\n", p, p, p);
    sb_printf(out, "%s_time_t %s_now(%s_t *net);                                            /* how far it is */\n", p, p, p);
    sb_printf(out, "uint32_t %s_inject(%s_t *net, uint32_t port, uint32_t index);           /* this neuron spikes now; 0: the list of spikes is full, nothing was done */\n", p, p);
    sb_printf(out, "void %s_set_input(%s_t *net, uint32_t input, uint32_t index, float value);   /* from now on, in pA, nS, mV, kHz */\n", p, p);
    sb_printf(out, "uint32_t %s_spikes(%s_t *net, %s_spike_t *out, uint32_t max);           /* takes spikes out of the list, the oldest first; returns how many */\n", p, p, p);
    sb_printf(out, "uint32_t %s_lost(%s_t *net);                                            /* spikes that found no room on their way to synapses, since init */\n", p, p);
    sb_printf(out, "float %s_state(%s_t *net, uint32_t field, uint32_t index);              /* as it is now */\n", p, p);
}

void embed_header(StrBuf *out, const char *prefix, const char *file, const EmbedReport *r, uint32_t stack) {
    const char *slash = strrchr(file, '/'), *value = r->fixed ? "int32_t" : "float";
    sb_printf(out, "/* Made by snnc from %s. The network's state is a struct of yours: static, or wherever it fits; there may be several. */\n", slash ? slash + 1 : file);
    sb_puts(out, "#ifndef ");
    upper(out, prefix);
    sb_puts(out, "_SNN_H\n#define ");
    upper(out, prefix);
    sb_puts(out, "_SNN_H\n#include <stdint.h>\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    define(out, prefix, "STATE_BYTES", NULL, r->state_bytes, "of one network");
    define(out, prefix, "CONST_BYTES", NULL, r->const_bytes, "of tables in flash");
    define(out, prefix, "STACK_BYTES", NULL, stack, "at most, of a call");
    if (r->events) time_defines(out, prefix, r->dt);
    ports(out, prefix, "ports of spikes: inject, spikes", "SPIKES", r->spikes.at, r->spikes.n, false);
    ports(out, prefix, "inputs: set_input", "INPUT", r->inputs.at, r->inputs.n, r->fixed);
    ports(out, prefix, "states: state", "STATE", r->fields.at, r->fields.n, r->fixed);
    sb_printf(out, "\ntypedef struct %s_t { uint64_t words[%u]; } %s_t%s;\n\n", prefix, (r->state_bytes + 7) / 8, prefix, r->align > 8 ? " __attribute__((aligned(16)))" : "");
    if (r->events) { event_functions(out, prefix); sb_puts(out, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n"); return; }
    sb_printf(out, "void %s_init(%s_t *net);                                                /* as constructed */\n", prefix, prefix);
    sb_printf(out, "void %s_reset(%s_t *net);                                               /* states as constructed, no spikes under way; weights stay */\n", prefix, prefix);
    sb_printf(out, "void %s_step(%s_t *net);                                                /* one time step */\n", prefix, prefix);
    sb_printf(out, "void %s_inject(%s_t *net, uint32_t port, uint32_t index);               /* this neuron spikes in the coming step */\n", prefix, prefix);
    sb_printf(out, "void %s_set_input(%s_t *net, uint32_t input, uint32_t index, %s value);   /* from now on, in pA, nS, mV, kHz */\n", prefix, prefix, value);
    sb_printf(out, "uint32_t %s_spikes(const %s_t *net, uint32_t port, uint32_t *out, uint32_t max); /* who spiked in the last step; returns how many */\n", prefix, prefix);
    sb_printf(out, "%s %s_state(const %s_t *net, uint32_t field, uint32_t index);\n", value, prefix, prefix);
    sb_puts(out, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}
