// SPDX-License-Identifier: MIT
// The C header of an object for a small machine.
#include "embed.h"

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
            sb_printf(out, "_SCALE %.17g  /* the number is the value times this */\n", at[i].scale);
        }
        sb_free(&name);
    }
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
    ports(out, prefix, "ports of spikes: inject, spikes", "SPIKES", r->spikes.at, r->spikes.n, false);
    ports(out, prefix, "inputs: set_input", "INPUT", r->inputs.at, r->inputs.n, r->fixed);
    ports(out, prefix, "states: state", "STATE", r->fields.at, r->fields.n, r->fixed);
    sb_printf(out, "\ntypedef struct %s_t { uint64_t words[%u]; } %s_t%s;\n\n", prefix, (r->state_bytes + 7) / 8, prefix, r->align > 8 ? " __attribute__((aligned(16)))" : "");
    sb_printf(out, "void %s_init(%s_t *net);                                                /* as constructed */\n", prefix, prefix);
    sb_printf(out, "void %s_reset(%s_t *net);                                               /* states as constructed, no spikes under way; weights stay */\n", prefix, prefix);
    sb_printf(out, "void %s_step(%s_t *net);                                                /* one time step */\n", prefix, prefix);
    sb_printf(out, "void %s_inject(%s_t *net, uint32_t port, uint32_t index);               /* this neuron spikes in the coming step */\n", prefix, prefix);
    sb_printf(out, "void %s_set_input(%s_t *net, uint32_t input, uint32_t index, %s value);   /* from now on, in pA, nS, mV, kHz */\n", prefix, prefix, value);
    sb_printf(out, "uint32_t %s_spikes(const %s_t *net, uint32_t port, uint32_t *out, uint32_t max); /* who spiked in the last step; returns how many */\n", prefix, prefix);
    sb_printf(out, "%s %s_state(const %s_t *net, uint32_t field, uint32_t index);\n", value, prefix, prefix);
    sb_puts(out, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}
