// SPDX-License-Identifier: MIT
// The fixed-point part of snnc explain: for each variable what was seen, its format, its resolution and where it is clamped.
#include "fixed.h"
#include <math.h>

static void field_line(const Net *n, const Field *f, FILE *out) {
    const FixedFormat *q = &n->fixed->field[f->id];
    const FixedRange *seen = &n->fixed->seen[f->id];
    char range[60];
    if (seen->lo <= seen->hi) snprintf(range, sizeof range, "%.5g .. %.5g", seen->lo, seen->hi);
    else snprintf(range, sizeof range, "nothing");
    fprintf(out, "      %-24s %-26s %3d %12.3g   %.5g .. %.5g\n", f->name, range, (int)floor(log2(fixed_scale(q)) + 0.5), 1 / fixed_scale(q), q->lo, q->hi);
}
static void owner(const Net *n, const char *kind, const char *name, const uint32_t *ids, uint32_t count, FILE *out) {
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        const Field *f = &n->fields.at[ids[i]];
        if (f->elem != ELEM_REAL) continue;
        if (!any) fprintf(out, "    %s %s\n", kind, name);
        any = true;
        field_line(n, f, out);
    }
}

void net_explain_fixed(const Net *n, FILE *out) {
    fprintf(out, "\n  fixed point: 32-bit numbers, %s\n", n->fixed->short_products ? "16-bit factors with 32-bit products (short)" : "32-bit factors with 64-bit products (long)");
    fprintf(out, "      %-24s %-26s %3s %12s   %s\n", "variable", "seen in the calibration run", "bits", "resolution", "clamped at");
    for (uint32_t i = 0; i < n->pops.n; i++) owner(n, "population", n->pops.at[i].path, n->pops.at[i].fields.at, n->pops.at[i].fields.n, out);
    for (uint32_t i = 0; i < n->projs.n; i++) owner(n, "projection", n->projs.at[i].path, n->projs.at[i].fields.at, n->projs.at[i].fields.n, out);
}
