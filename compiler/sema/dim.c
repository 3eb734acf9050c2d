// SPDX-License-Identifier: MIT
// Dimensions: the exponents of the SI base units (doubled, so that roots fit), their algebra, and how a message names them.
// The coherent set is ms, mV, nS, pF, pA, GOhm, kHz with mm and mM: 1 m = 1e3, 1 kg = 1e18, 1 s = 1e3, 1 A = 1e12, 1 mol = 1e9 of
// it, so that kg m^2/(A s^3) is 1e3 mV and mol/m^3 is 1 mM.
#include "sema.h"
#include <stdlib.h>

const Dim DIM_NONE = {{0}};
const Dim DIM_TIME = {{0, 0, 2, 0, 0, 0, 0}};
const Dim DIM_RATE = {{0, 0, -2, 0, 0, 0, 0}};
const Dim DIM_CAPACITANCE = {{-4, -2, 8, 4, 0, 0, 0}};
const Dim DIM_LENGTH = {{2, 0, 0, 0, 0, 0, 0}};

// Quantities with a name and a unit of the coherent set. The first that fits is shown.
static const struct { const char *unit, *word; Dim dim; } KNOWN[] = {
    {"ms", "a time", {{0, 0, 2, 0, 0, 0, 0}}},
    {"mV", "a voltage", {{4, 2, -6, -2, 0, 0, 0}}},
    {"pA", "a current", {{0, 0, 0, 2, 0, 0, 0}}},
    {"nS", "a conductance", {{-4, -2, 6, 4, 0, 0, 0}}},
    {"pF", "a capacitance", {{-4, -2, 8, 4, 0, 0, 0}}},
    {"GOhm", "a resistance", {{4, 2, -6, -4, 0, 0, 0}}},
    {"mm", "a length", {{2, 0, 0, 0, 0, 0, 0}}},
    {"mM", "a concentration", {{-6, 0, 0, 0, 0, 2, 0}}},
    {"fC", "a charge", {{0, 0, 2, 2, 0, 0, 0}}},
    {"K", "a temperature", {{0, 0, 0, 0, 2, 0, 0}}},
    {"nmol", "an amount", {{0, 0, 0, 0, 0, 2, 0}}},
};
enum { NKNOWN = sizeof KNOWN / sizeof *KNOWN };

bool dim_equal(Dim a, Dim b) { return !memcmp(a.e, b.e, sizeof a.e); }

static int8_t clamp8(int v) { return (int8_t)(v > 120 ? 120 : v < -120 ? -120 : v); }

Dim dim_mul(Dim a, Dim b) {
    for (int i = 0; i < 7; i++) a.e[i] = clamp8(a.e[i] + b.e[i]);
    return a;
}

Dim dim_div(Dim a, Dim b) {
    for (int i = 0; i < 7; i++) a.e[i] = clamp8(a.e[i] - b.e[i]);
    return a;
}

// Exact for multiples of 1/2 of whole exponents; dim_pow_exact tells when it is not.
Dim dim_pow(Dim a, double p) {
    for (int i = 0; i < 7; i++) {
        double v = a.e[i] * p;
        a.e[i] = v > 120 ? 120 : v < -120 ? -120 : (int8_t)(v < 0 ? v - 0.5 : v + 0.5);
    }
    return a;
}

bool dim_pow_exact(Dim a, double p) {
    for (int i = 0; i < 7; i++) {
        double v = a.e[i] * p;
        if (!(v >= -120 && v <= 120) || v != (int)v) return false;
    }
    return true;
}

double dim_power_of_ten(int k) {
    char s[16];
    snprintf(s, sizeof s, "1e%d", k);
    return strtod(s, NULL);                        // correctly rounded, and exact up to 1e22
}

double dim_scale(Dim d) {
    static const int power[7] = {3, 18, 3, 12, 0, 9, 0};
    int k2 = 0;
    for (int i = 0; i < 7; i++) k2 += d.e[i] * power[i];
    double v = dim_power_of_ten(k2 / 2);
    return k2 % 2 ? (k2 > 0 ? v * 3.1622776601683795 : v / 3.1622776601683795) : v;
}

static int known(Dim d) {
    for (int i = 0; i < NKNOWN; i++)
        if (dim_equal(KNOWN[i].dim, d)) return i;
    return -1;
}

// The exponent p (halves allowed) with d = KNOWN[i]^p, or 0.
static int known_power2(Dim d, int i) {
    for (int p2 = -12; p2 <= 12; p2++) {
        bool fits = p2 != 0;
        for (int k = 0; k < 7 && fits; k++) fits = 2 * d.e[k] == p2 * KNOWN[i].dim.e[k];
        if (fits) return p2;
    }
    return 0;
}

static const char *power_text(Arena *a, const char *unit, int p2) {
    if (p2 == 2) return unit;
    return p2 % 2 ? arena_printf(a, "%s^%.1f", unit, p2 / 2.0) : arena_printf(a, "%s^%d", unit, p2 / 2);
}

static const char *one_unit(Arena *a, Dim d) {
    for (int i = 0; i < NKNOWN; i++)
        if (known_power2(d, i) > 0) return power_text(a, KNOWN[i].unit, known_power2(d, i));
    for (int i = 0; i < NKNOWN; i++)
        if (known_power2(d, i) < 0) return arena_printf(a, "1/%s", power_text(a, KNOWN[i].unit, -known_power2(d, i)));
    return NULL;
}

// A unit over, or times, a power of another: a time, a voltage or a length when `common`, as people write it.
static const char *two_units(Arena *a, Dim d, bool common) {
    static const int under[] = {2, 4, -2, 1, -1, 3};
    for (int q = 0; q < 6; q++)
        for (int j = 0; j < NKNOWN; j++) {
            bool is_common = !strcmp(KNOWN[j].unit, "ms") || !strcmp(KNOWN[j].unit, "mV") || !strcmp(KNOWN[j].unit, "mm");
            if (is_common != common || !dim_pow_exact(KNOWN[j].dim, under[q] / 2.0)) continue;
            int i = known(dim_mul(d, dim_pow(KNOWN[j].dim, under[q] / 2.0)));
            if (i < 0 || i == j) continue;
            return arena_printf(a, "%s%c%s", KNOWN[i].unit, under[q] > 0 ? '/' : '*', power_text(a, KNOWN[j].unit, abs(under[q])));
        }
    return NULL;
}

static const char *one_over_two(Arena *a, Dim d) {
    for (int i = 0; i < NKNOWN; i++)
        for (int j = 0; j <= i; j++)
            if (dim_equal(dim_mul(d, dim_mul(KNOWN[i].dim, KNOWN[j].dim)), DIM_NONE)) return arena_printf(a, "1/(%s*%s)", KNOWN[j].unit, KNOWN[i].unit);
    return NULL;
}

static const char *squared_over(Arena *a, Dim d) {
    for (int i = 0; i < NKNOWN; i++)
        for (int j = 0; j < NKNOWN; j++)
            if (i != j && dim_equal(dim_mul(d, KNOWN[j].dim), dim_pow(KNOWN[i].dim, 2))) return arena_printf(a, "%s^2/%s", KNOWN[i].unit, KNOWN[j].unit);
    for (int i = 0; i < NKNOWN; i++)
        for (int j = 0; j <= i; j++) {
            Dim rest = dim_mul(d, dim_mul(KNOWN[i].dim, KNOWN[j].dim));
            if (known(rest) >= 0) return arena_printf(a, "%s/(%s*%s)", KNOWN[known(rest)].unit, KNOWN[j].unit, KNOWN[i].unit);
        }
    return NULL;
}

// Base units of the coherent set when nothing customary fits (1e-18 kg is the mass that makes mV and pA coherent with mm).
static const char *base_units(Arena *a, Dim d) {
    static const char *const base[7] = {"mm", "(1e-18 kg)", "ms", "pA", "K", "nmol", "cd"};
    const char *text = "";
    for (int i = 0; i < 7; i++)
        if (d.e[i]) text = arena_printf(a, "%s%s%s", text, *text ? "*" : "", power_text(a, base[i], d.e[i]));
    return text;
}

const char *dim_text(Arena *a, Dim d) {
    if (dim_equal(d, DIM_NONE)) return "1";
    const char *t = one_unit(a, d);
    if (!t) t = two_units(a, d, true);
    if (!t) t = one_over_two(a, d);
    if (!t) t = two_units(a, d, false);
    if (!t) t = squared_over(a, d);
    return t ? t : base_units(a, d);
}

const char *dim_word(Dim d) {
    int i = known(d);
    return i >= 0 ? KNOWN[i].word : NULL;
}

// "a voltage per time (mV/ms)", "a plain number", "a quantity in mV^2/ms"
const char *dim_phrase(Arena *a, Dim d) {
    static const struct { Dim dim; const char *text; } PER[] = {{{{0, 0, 2, 0, 0, 0, 0}}, "time"}, {{{4, 2, -6, -2, 0, 0, 0}}, "voltage"}, {{{2, 0, 0, 0, 0, 0, 0}}, "length"}};
    if (dim_equal(d, DIM_NONE)) return "a plain number";
    const char *text = dim_text(a, d);
    if (dim_equal(d, DIM_RATE)) return arena_printf(a, "a rate (%s)", text);
    if (dim_word(d)) return arena_printf(a, "%s (%s)", dim_word(d), text);
    for (size_t i = 0; i < sizeof PER / sizeof *PER; i++) {
        const char *w = dim_word(dim_mul(d, PER[i].dim));
        if (w) return arena_printf(a, "%s per %s (%s)", w, PER[i].text, text);
    }
    return arena_printf(a, "a quantity in %s", text);
}
