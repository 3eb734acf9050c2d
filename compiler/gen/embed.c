// SPDX-License-Identifier: MIT
// The module for a small machine from end to end: places, kernels, the functions of its interface.
#include "embed_internal.h"
#include <llvm-c/Analysis.h>
#include <stdlib.h>

GenModule *gen_embed(const NetProgram *program, const EmbedImage *image, const GenOptions *options, const EmbedOptions *embed, EmbedReport *report) {
    Gen *g = emit_open(program, options);
    Embed *e = ARENA_NEW(&g->arena, Embed);
    *report = (EmbedReport){0};
    *e = (Embed){.g = g, .net = image->net, .image = image, .opt = *embed, .report = report};
    g->embed = e;
    plan_make(e);
    api_emit(e);
    math_finish(g);
    return gen_close(g);
}
