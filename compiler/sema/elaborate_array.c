// SPDX-License-Identifier: MIT
// Arrays that are known when compiling: literal ones, and those read from .npy or .csv files.
//
//   const W : mV[2, 3] = [[1, 2, 3], [4, 5, 6]]      numbers without a unit take the declared one
//   const K1 : mV[16, 2, 5, 5] = load("k1.npy")      relative to the .snn file, then to the data folder
//
// .npy: version 1-3, little endian, C order, float32, float64 and integers. The format: numpy.lib.format's description.
#include "elaborate.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>

typedef struct Loaded { VEC(double) v; uint32_t shape[8]; uint32_t rank; } Loaded;
enum { ARRAY_MAX = 1 << 28 };

static FILE *open_data(Sema *s, const LoadedFile *file, const char *name, const char **path) {
    const char *first = name[0] == '/' || !file || !file->dir[0] ? name : arena_printf(s->arena, "%s/%s", file->dir, name);
    FILE *f = fopen(first, "rb");
    *path = first;
    if (f || name[0] == '/' || !s->options->data_dir) return f;
    const char *second = arena_printf(s->arena, "%s/%s", s->options->data_dir, name);
    f = fopen(second, "rb");
    if (f) *path = second;
    return f;
}

static uint64_t little(const unsigned char *p, unsigned bytes) {
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++) v |= (uint64_t)p[i] << 8 * i;
    return v;
}

static double npy_item(const unsigned char *p, char kind, unsigned bytes) {
    uint64_t u = little(p, bytes);
    if (kind == 'f' && bytes == 8) { double d; memcpy(&d, &u, 8); return d; }
    if (kind == 'f') { uint32_t w = (uint32_t)u; float x; memcpy(&x, &w, 4); return x; }
    if (kind == 'i') return bytes == 8 ? (double)(int64_t)u : (double)((int64_t)(u << (64 - 8 * bytes)) >> (64 - 8 * bytes));
    return (double)u;
}

static bool npy_shape(const char *header, Loaded *out) {
    const char *p = strstr(header, "'shape':");
    p = p ? strchr(p, '(') : NULL;
    if (!p) return false;
    for (p++; *p && *p != ')';) {
        char *end;
        unsigned long v = strtoul(p, &end, 10);
        if (end == p) { p++; continue; }
        if (out->rank == 8 || v > ARRAY_MAX) return false;
        out->shape[out->rank++] = (uint32_t)v;
        p = end;
    }
    return true;
}

// NULL when read; else what is wrong.
static const char *read_npy(Sema *s, FILE *f, Loaded *out) {
    unsigned char head[12];
    if (fread(head, 1, 10, f) != 10 || memcmp(head, "\x93NUMPY", 6)) return "it is no .npy file";
    uint64_t n = little(head + 8, 2);
    if (head[6] > 1) {
        if (fread(head + 10, 1, 2, f) != 2) return "its header is cut short";
        n = little(head + 8, 4);
    }
    if (n > 65536) return "its header is too long";
    char *header = arena_alloc(s->arena, n + 1);
    if (fread(header, 1, n, f) != n) return "its header is cut short";
    if (strstr(header, "'fortran_order': True")) return "it is in Fortran order; save it with numpy.ascontiguousarray";
    const char *d = strstr(header, "'descr': '");
    if (!d || !npy_shape(header, out)) return "its header is not understood";
    d += strlen("'descr': '");
    char kind = d[1];
    unsigned bytes = (unsigned)strtoul(d + 2, NULL, 10);
    bool known = (kind == 'f' && (bytes == 4 || bytes == 8)) || ((kind == 'i' || kind == 'u') && (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8)) || (kind == 'b' && bytes == 1);
    if (d[0] == '>' || !known) return "its numbers are neither little-endian floats nor integers";
    uint64_t total = 1;
    for (uint32_t i = 0; i < out->rank; i++) total *= out->shape[i] ? out->shape[i] : 1;
    if (total > ARRAY_MAX) return "it is too large";
    unsigned char item[8];
    for (uint64_t i = 0; i < total; i++) {
        if (fread(item, 1, bytes, f) != bytes) return "it is cut short";
        vec_push(s->arena, &out->v, npy_item(item, kind, bytes));
    }
    return NULL;
}

static const char *read_csv(Sema *s, FILE *f, Loaded *out) {
    char *line = NULL;
    size_t cap = 0;
    uint32_t rows = 0, columns = 0;
    const char *wrong = NULL;
    while (!wrong && getline(&line, &cap, f) >= 0) {
        char *p = line + strspn(line, " \t\r\n");
        if (!*p || *p == '#') continue;
        uint32_t n = 0;
        while (*p && !wrong) {
            char *end;
            double v = strtod(p, &end);
            if (end == p) { wrong = "it has text where a number is expected"; break; }
            vec_push(s->arena, &out->v, v);
            n++;
            p = end + strspn(end, " \t\r\n,;");
            if (out->v.n > ARRAY_MAX) wrong = "it is too large";
        }
        if (rows && n != columns && !wrong) wrong = "its rows differ in length";
        columns = n;
        rows++;
    }
    free(line);
    out->rank = columns == 1 || rows == 1 ? 1 : 2;
    out->shape[0] = out->rank == 1 ? out->v.n : rows;
    out->shape[1] = columns;
    return wrong;
}

static bool load_file(Sema *s, const AstCall *call, const LoadedFile *file, Loaded *out) {
    const Ast *arg = call->args.n == 1 ? AST_AS(Arg, call->args.at[0])->value : NULL;
    if (!arg || arg->kind != AST_String) { diag(s->diags, call->base.span, D_LOAD_ARGUMENT); return false; }
    const char *name = AST_AS(String, arg)->text, *path;
    FILE *f = open_data(s, file, name, &path);
    if (!f) {
        Diag *m = diag(s->diags, arg->span, D_LOAD_OPEN, name, strerror(errno));
        if (!s->options->data_dir) diag_help(s->diags, m, "file names are relative to the .snn file, then to --data DIR");
        return false;
    }
    size_t n = strlen(name);
    const char *wrong = n > 4 && !strcmp(name + n - 4, ".npy") ? read_npy(s, f, out) : n > 4 && !strcmp(name + n - 4, ".csv") ? read_csv(s, f, out) : "its name ends neither in .npy nor in .csv";
    fclose(f);
    if (wrong) diag(s->diags, arg->span, D_LOAD_FORMAT, name, wrong);
    return !wrong;
}

// Numbers without a unit (files, bare literals) are in the declared unit.
static double declared_scale(const AstType *t) {
    Unit u = {.scale = 1};
    if (t && t->is_unit && t->name) unit_match(t->name, strlen(t->name), &u);
    return u.scale;
}

// Nested [ ... ] lists: the shape is that of the first items, all others must agree.
static bool literal(Sema *s, Scope *sc, const AstArray *a, uint32_t depth, const TypeSpec *t, double scale, Dim *first, Loaded *out) {
    if (depth >= 8) return false;
    if (out->rank <= depth) { out->rank = depth + 1; out->shape[depth] = a->items.n; }
    if (out->shape[depth] != a->items.n) { diag(s->diags, a->base.span, D_ARRAY_RAGGED, out->shape[depth], a->items.n); return false; }
    for (uint32_t i = 0; i < a->items.n; i++) {
        const Ast *e = a->items.at[i];
        if (e->kind == AST_Array) {
            if (!literal(s, sc, (const AstArray *)e, depth + 1, t, scale, first, out)) return false;
            continue;
        }
        if (out->rank > depth + 1) { diag(s->diags, e->span, D_ARRAY_RAGGED, out->shape[depth + 1], 1u); return false; }
        ExprCtx cx = {.where = "an array"};
        Expr *v = sema_const(s, sc, e, &cx, "an element of an array");
        if (v->bad) return false;
        if (!t->given && !out->v.n) *first = v->dim;
        Dim want = t->given ? t->dim : *first;
        bool plain = t->given && dim_equal(v->dim, DIM_NONE);          // a bare number is in the declared unit
        if (!plain && !sema_expect_dim(s, v, want, "an element of the array")) return false;
        vec_push(s->arena, &out->v, plain ? v->num * scale : v->num);
    }
    return true;
}

static bool check_shape(Sema *s, Scope *sc, const AstParam *p, const TypeSpec *t, Loaded *out) {
    if (!t->rank) return true;
    uint32_t want[8] = {0};
    ExprCtx cx = {.where = "a shape"};
    for (uint32_t i = 0; i < t->rank && i < 8; i++) {
        int64_t n;
        if (!sema_const_int(s, sc, t->dims->at[i], &cx, "a size", 1, &n)) return false;
        want[i] = n > ARRAY_MAX ? ARRAY_MAX : (uint32_t)n;
    }
    uint64_t total = 1;
    for (uint32_t i = 0; i < t->rank; i++) total *= want[i];
    bool same = out->rank == t->rank;
    for (uint32_t i = 0; same && i < t->rank; i++) same = want[i] == out->shape[i];
    bool flat = out->rank == 1 && total == out->v.n;          // a flat list fills any shape
    if (!same && !flat) {
        StrBuf have = {0}, need = {0};
        for (uint32_t i = 0; i < out->rank; i++) sb_printf(&have, i ? ", %u" : "%u", out->shape[i]);
        for (uint32_t i = 0; i < t->rank; i++) sb_printf(&need, i ? ", %u" : "%u", want[i]);
        diag(s->diags, p->init->span, D_ARRAY_SHAPE, p->name, need.s ? need.s : "", have.s ? have.s : "");
        sb_free(&have);
        sb_free(&need);
        return false;
    }
    out->rank = t->rank;
    memcpy(out->shape, want, sizeof want);
    return true;
}

static bool all_finite(const Loaded *a) {
    for (uint32_t i = 0; i < a->v.n; i++)
        if (!isfinite(a->v.at[i])) return false;
    return true;
}

Var *array_declare(Sema *s, Scope *sc, const AstParam *p, const TypeSpec *t, const LoadedFile *file) {
    Loaded a = {0};
    Dim first = t->dim;
    bool file_numbers = p->init && p->init->kind == AST_Call, ok = p->init != NULL;
    if (!p->init) diag(s->diags, p->name_span, D_CONST_VALUE, p->name);
    else if (file_numbers) ok = load_file(s, (const AstCall *)p->init, file, &a);
    else if (p->init->kind == AST_Array) ok = literal(s, sc, (const AstArray *)p->init, 0, t, declared_scale((const AstType *)p->type), &first, &a);
    else { diag(s->diags, p->init->span, D_ARRAY_VALUE, p->name); ok = false; }
    ok = ok && check_shape(s, sc, p, t, &a);
    if (ok && !all_finite(&a)) { diag(s->diags, p->init->span, D_ARRAY_NAN, p->name); ok = false; }
    Var *v = var_new(s, p->name, VAR_ARRAY, first, p->name_span);
    v->ty = TY_ARRAY;
    if (!ok) { v->init = expr_bad(s, p->name_span); v->bad = true; }
    double scale = file_numbers ? declared_scale((const AstType *)p->type) : 1;
    for (uint32_t i = 0; i < a.v.n; i++) a.v.at[i] *= scale;
    v->data = a.v.at;
    v->rank = a.rank;
    v->shape = ARENA_ARRAY(s->arena, uint32_t, 8);
    memcpy(v->shape, a.shape, sizeof a.shape);
    return v;
}
