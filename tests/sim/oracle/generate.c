// SPDX-License-Identifier: MIT
// See generate.h. Voltages are mV, inputs are given as mV, so that every neuron can be driven by every synapse.
#include "generate.h"
#include <stdarg.h>
#include <stdbool.h>

enum { MAX = 8 };
typedef struct Gen {
    uint64_t state;
    FILE *out;
    int neurons, synapses, plasticities, pops;
    bool has_input[MAX], has_event[MAX], is_encoder[MAX], has_early[MAX];    // by neuron
    bool jumps[MAX];                                         // by synapse: acts on V
    int model[MAX], size[MAX];                               // by population
    bool shaped[MAX];
} Gen;

static uint32_t pick(Gen *g, uint32_t n)
{
    g->state ^= g->state << 13;
    g->state ^= g->state >> 7;
    g->state ^= g->state << 17;
    return (uint32_t)((g->state >> 32) % n);
}
static bool odds(Gen *g, int percent) { return (int)pick(g, 100) < percent; }
static double between(Gen *g, double lo, double hi) { return lo + (hi - lo) * pick(g, 1001) / 1000; }
__attribute__((format(printf, 2, 3))) static void put(Gen *g, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vfprintf(g->out, format, ap);
    va_end(ap);
}
#define ONE_OF(g, ...) ((const char *const[]){__VA_ARGS__}[pick(g, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))])

// ---- neurons ----------------------------------------------------------------------------------------------------------------------

// A parameter of every neuron alike, or drawn for each.
static void parameter(Gen *g, const char *name, double lo, double hi, const char *unit)
{
    double v = between(g, lo, hi);
    if (odds(g, 75)) put(g, "    param %s = %.3f %s\n", name, v, unit);
    else put(g, "    param %s ~ uniform(%.3f %s, %.3f %s)\n", name, v - (hi - lo) / 9, unit, v + (hi - lo) / 9, unit);
}
static void slope(Gen *g, bool adapts, bool gates, bool event)
{
    int kind = (int)pick(g, 5);
    if (kind == 3) put(g, "    V' = (E - V + 2 mV*exp((min(V, -40 mV) + 50 mV)/2 mV) + I");
    else if (kind == 4) put(g, "    V' = (0.04 mV^-1*(clip(V, -90 mV, -30 mV) - E)*(clip(V, -90 mV, -30 mV) + 48 mV) + I");
    else put(g, "    V' = (E - V + I");
    if (adapts) put(g, " - a");
    if (gates) put(g, " + 0.5*n*(-70 mV - V)");
    if (event) put(g, odds(g, 50) ? " + g" : " + g/5 mV*(0 mV - V)");
    put(g, ")/tau");
    if (odds(g, 15)) put(g, " + %.2f mV*sqrt(2/tau)*xi", between(g, 0.1, 2));
    if (odds(g, 10)) put(g, " - 0.2 mV/ms*exp(-since_spike/8 ms)");
    put(g, "\n");
    if (kind < 3 && odds(g, 10)) put(g, "    solve V by %s\n", ONE_OF(g, "euler", "rk4"));
}
static void membrane(Gen *g, int i)
{
    bool adapts = odds(g, 40), gates = odds(g, 30), event = odds(g, 30), threshold = odds(g, 25);
    g->has_input[i] = true;
    g->has_event[i] = event;
    parameter(g, "tau", 5, 30, "ms");
    parameter(g, "E", -52, -38, "mV");
    if (event && odds(g, 50)) parameter(g, "tau_g", 1, 8, "ms");
    else if (event) put(g, "    const tau_g = 4 ms\n");
    put(g, "    param V_r = -60 mV\n    input I : mV\n");
    if (event) put(g, "    input event exc : mV\n");
    put(g, odds(g, 50) ? "    state V ~ normal(-55 mV, 3 mV)\n" : "    state V = E - 4 mV\n");
    if (adapts) put(g, "    state a : mV = 0\n");
    if (gates) put(g, "    state n = 0.3\n    let r = 1/(1 + exp(-(V + 52 mV)/4 mV))\n");
    if (event) put(g, "    state g : mV = 0\n    g' = -g/tau_g\n    on exc(w) { g += w }\n");
    if (threshold) put(g, "    state th : mV = 0\n    th' = -th/(%.1f ms)\n", between(g, 5, 60));
    slope(g, adapts, gates, event);
    if (adapts) put(g, odds(g, 50) ? "    a' = -a/(40 ms)\n" : "    a' = (0.1*(V - E) - a)/(25 ms)\n");
    if (gates) put(g, odds(g, 50) ? "    n' = (r - n)/(6 ms)\n" : "    n' = 0.1 ms^-1*exprel((V + 50 mV)/10 mV)*(1 - n) - 0.2 ms^-1*n\n");
    put(g, odds(g, 80) ? "    spike when V >= -50 mV%s {\n" : "    spike when V crosses -50 mV%s rising {\n", threshold ? " + th" : "");
    put(g, odds(g, 70) ? "        V = V_r\n" : "        V = V_r + 0.1*(V + 50 mV)\n");
    if (adapts) put(g, "        a += 0.7 mV\n");
    if (threshold) put(g, odds(g, 60) ? "        th += 1.5 mV\n" : "        if th < 5 mV { th += 2 mV }\n");
    if (odds(g, 60)) put(g, "        refractory %.1f ms%s\n", between(g, 0.1, 4), odds(g, 70) ? " hold V" : "");
    put(g, "    }\n");
    g->has_early[i] = odds(g, 20);
    if (g->has_early[i]) put(g, "    spike early when V >= -51.5 mV {%s }\n", adapts && odds(g, 50) ? " a += 0.05 mV" : odds(g, 30) ? " V = V - 0.02 mV" : "");
}
static void discrete(Gen *g, int i)
{
    g->has_input[i] = true;
    g->has_event[i] = false;
    put(g, "    param beta = %.3f\n    input I : mV\n    state V : mV = 0\n", between(g, 0.8, 0.99));
    if (odds(g, 40)) put(g, "    let r ~ uniform(0, 1)\n    step { if r < 0.9 { V = beta*V + 0.1*I + 0.3 mV - 4 mV*spiked_before } }\n");
    else put(g, "    step { V = beta*V + 0.1*I + 0.2 mV - 4 mV*spiked_before }\n");
    put(g, "    spike when V > 4 mV { }\n");
}
static void source(Gen *g, int i)
{
    g->has_input[i] = g->has_event[i] = false;
    if (odds(g, 60)) put(g, "    param rate = %.1f Hz\n    spike with rate rate\n", between(g, 20, 300));
    else put(g, "    param period ~ uniform(3 ms, 12 ms)\n    state next = period\n    spike when t + 1.5*dt >= next { next += period }\n");
}
// The membrane as a sum of kernels: of arriving weights, of its own spikes.
static void response(Gen *g, int i)
{
    g->has_input[i] = false;
    g->has_event[i] = true;
    put(g, "    param E = %.2f mV, tau = %.2f ms\n    input event exc : mV\n", between(g, -53, -49.5), between(g, 2, 15));
    put(g, "    kernel eps(s) = %s\n", ONE_OF(g, "s/tau*exp(1 - s/tau)", "exp(-s/tau)", "2*(exp(-s/tau) - exp(-s/1.5 ms))"));
    put(g, "    kernel eta(s) = -6 mV*exp(-s/12 ms)\n    V = E + convolve(eps, exc)%s\n", ONE_OF(g, "", " + eta(since_spike)", " + convolve(eta, self)"));
    put(g, "    spike when V >= -50 mV {%s }\n", odds(g, 50) ? " refractory 1 ms" : "");
}
static void encoder(Gen *g, int i)
{
    g->is_encoder[i] = true;
    g->has_input[i] = g->has_event[i] = false;
    put(g, "encoder N%d {\n    input x in 0..1\n", i);
    switch (pick(g, 4)) {
    case 0: put(g, "    spike with rate x*%.0f Hz\n", between(g, 50, 500)); break;
    case 1: put(g, "    spike once at %.1f ms*(1 - x) when x > 0.1\n", between(g, 5, 20)); break;
    case 2: put(g, "    spike at (k + 0.5)*2 ms for k in 0:6 when bit(x, k, 6) > 0\n"); break;
    default: put(g, "    spike once at rank(x)*%.1f ms\n", between(g, 0.1, 1)); break;
    }
    put(g, "}\n");
}
static void neuron(Gen *g, int i)
{
    g->is_encoder[i] = g->has_early[i] = false;
    if (i > 0 && odds(g, 15)) {
        encoder(g, i);
        return;
    }
    put(g, "neuron N%d {\n", i);
    if (i > 0 && odds(g, 20)) source(g, i);
    else if (odds(g, 10)) discrete(g, i);
    else if (i > 0 && odds(g, 12)) response(g, i);
    else membrane(g, i);
    put(g, "}\n");
}

// ---- synapses ---------------------------------------------------------------------------------------------------------------------
static void decay(Gen *g, const char *what, bool homogeneous)
{
    if (homogeneous || odds(g, 70)) put(g, "    %s' = -%s/tau\n", what, what);
    else put(g, "    %s' = -%s/tau*(1 + 0.05*%s.index)\n", what, what, odds(g, 70) ? "post" : "pre");
}
static void on_pre(Gen *g, const char *jump)
{
    switch (pick(g, 8)) {
    case 0: put(g, "    on pre { if post.V < -45 mV { %s } }\n", jump); break;
    case 1: put(g, "    on pre { %s  if w > 0.5 mV { %s } }\n", jump, jump); break;
    default: put(g, "    on pre { %s }\n", jump); break;
    }
}
static void synapse(Gen *g, int i)
{
    int kind = (int)pick(g, 11);
    const char *start = odds(g, 85) ? "0" : "0.4 mV";
    const char *drive = odds(g, 55) ? "g" : ONE_OF(g, "0.1*g/1 mV*(0 mV - post.V)", "g/(1 + exp(-(post.V + 50 mV)/10 mV))", "if post.V < -50 mV then g else 0.5*g", "2*g - g/3", "min(g, 4 mV)");
    put(g, "synapse S%d {\n    weight w : mV\n", i);
    g->jumps[i] = kind == 0;
    if (kind == 0) {
        on_pre(g, "post.V += w");
        put(g, "}\n");
        return;
    }
    put(g, "    param tau = %.2f ms\n", between(g, 1, 12));
    switch (kind) {
    case 1: case 2: case 3:
        put(g, "    state g : mV = %s\n", start);
        decay(g, "g", false);
        on_pre(g, ONE_OF(g, "g += w", "g += w", "g += w*(1 + 0.02 mV^-1*(post.V + 50 mV))", "g += 0.5*w + 0.1 mV*sqrt(1 + pre.index)"));
        break;
    case 4:
        put(g, "    state g : mV = 0, x : mV = 0\n    x' = -x/tau\n    g' = (x - g)/(2*tau)\n");
        on_pre(g, "x += w");
        break;
    case 5: put(g, "    state g : mV = 0, x : mV = %s\n    x' = -x/tau\n    g' = (2.7*x - g)/tau\n    on pre { x += w }\n", start); break;
    case 6: put(g, "    state u = 0, x = 1, g : mV = 0\n    u' = -u/(30 ms)\n    x' = (1 - x)/(80 ms)\n    g' = -g/tau\n"
                   "    on pre { u += 0.4*(1 - u)  g += w*u*x  x -= u*x }\n"); break;
    case 7: put(g, "    state g : mV = 0\n    g' = -g/tau\n    on pre { g += max(w, 0)*(1 - g/(9 mV)) }\n"); break;
    case 8: put(g, "    state g : mV = 0\n    g' = -g/tau\n    on pre { g = max(g, w) }\n"); break;
    case 9: put(g, "    state g : mV = 0\n    g' = -g/tau\n    on pre { g += w }\n    on post { g = 0.5*g }\n"); break;
    default: put(g, "    state x = 0, g : mV = 0\n    x' = -x/(20 ms)\n    g' = -g/tau\n    on pre { g += w/(1 + x)  x += 1 }\n"); break;
    }
    put(g, "    drive post.I = %s\n}\n", drive);
}
static void plasticity(Gen *g, int i)
{
    bool third = odds(g, 40), voltage = odds(g, 20), eligibility = odds(g, 25);
    const char *add_x = odds(g, 70) ? "x += 1" : "x = 1", *add_y = odds(g, 70) ? "y += 1" : "y = 1", *then = odds(g, 50) ? "" : "*(1 + x)";
    put(g, "plasticity L%d {\n    param A = %.3f, w_max : weight\n    state x = 0, y = 0%s%s\n", i, between(g, 0.005, 0.1), third ? ", z = 0" : "", eligibility ? ", e = 0" : "");
    put(g, "    x' = -x/(%.1f ms)\n    y' = -y/(%.1f ms)\n", between(g, 5, 40), between(g, 5, 40));
    if (third) put(g, "    z' = -z/(%.1f ms)\n", between(g, 20, 120));
    if (eligibility) put(g, "    e' = -e/(50 ms)\n");
    bool first = odds(g, 50);
    put(g, "    on pre { ");
    if (first) put(g, "%s  ", add_x);
    if (voltage) put(g, "if post.V > -56 mV { w = clip(w + A*w_max*(post.V + 56 mV)/10 mV, 0, w_max) }  ");
    put(g, "w = max(w - A*w_max*y%s, 0)  ", then);
    if (eligibility) put(g, "e -= 0.3*y  ");
    if (!first) put(g, "%s ", add_x);
    put(g, "}\n    on post { ");
    if (odds(g, 50)) put(g, "%s  w = min(w + A*w_max*x%s, w_max)", add_y, third ? "*(1 + z)" : "");
    else put(g, "w = min(w + A*w_max*x%s%s, w_max)  %s", third ? "*(1 + z)" : "", eligibility ? " + A*w_max*e" : "", add_y);
    if (third) put(g, "  z += 1");
    if (eligibility) put(g, "  e += x");
    put(g, " }\n}\n");
}

// ---- networks ---------------------------------------------------------------------------------------------------------------------
static void population(Gen *g, int p)
{
    static const int sizes[] = {1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 24, 31, 33, 64, 65};
    int m = (int)pick(g, (uint32_t)g->neurons);
    g->model[p] = m;
    g->size[p] = sizes[pick(g, 15)];
    put(g, "    population P%d : N%d[%d]\n", p, m, g->size[p]);
    if (g->has_input[m] && odds(g, 30)) put(g, "    P%d.V ~ uniform(-62 mV, -49 mV)\n", p);
}
static void weight(Gen *g, int pre_size)
{
    double w = between(g, 0.05, 3) * (odds(g, 25) ? -1 : 1);
    switch (pick(g, 6)) {
    case 0: put(g, " weight uniform(%.2f mV, %.2f mV)", w < 0 ? w : 0, w < 0 ? 0 : w); break;
    case 1: put(g, " weight normal(%.2f mV, 0.3 mV) in -4 mV..4 mV", w); break;
    case 2: put(g, " weight %.2f mV*(1 + pre.index/%d)", w, pre_size); break;
    case 3: put(g, " weight %.2f mV*cos(0.3*(pre.index - post.index))", w); break;
    default: put(g, " weight %.2f mV", w); break;
    }
}
static void delay(Gen *g)
{
    switch (pick(g, 6)) {
    case 0: case 1: put(g, " delay %.1f ms", between(g, 0.1, 5)); break;
    case 2: put(g, " delay uniform(0.1 ms, %.1f ms)", between(g, 0.3, 3)); break;
    case 3: put(g, " delay 0.2 ms + 0.1 ms*abs(pre.index - post.index)"); break;
    case 4: if (odds(g, 40)) put(g, " delay axonal %.1f ms dendritic %.1f ms", between(g, 0.1, 2), between(g, 0, 1)); break;
    default: break;
    }
}
static void rule(Gen *g, int a, int b, int nsrc, int ntgt)
{
    bool same = a == b;
    int free = same ? nsrc - 1 : nsrc, out = same ? ntgt - 1 : ntgt;
    switch (pick(g, 9)) {
    case 0: if (nsrc == ntgt) { put(g, "one_to_one"); return; } break;
    case 1: put(g, same && odds(g, 50) ? "all_to_all(self = false)" : "all_to_all"); return;
    case 2: if (free > 0) { put(g, "fixed_indegree(%u)", 1 + pick(g, (uint32_t)free)); return; } break;
    case 3: if (out > 0) { put(g, "fixed_outdegree(%u)", 1 + pick(g, (uint32_t)out)); return; } break;
    case 4: put(g, "pairwise_poisson(%.2f)", between(g, 0.1, 1.5)); return;
    case 5: put(g, "fixed_total_number(%u)", 1 + pick(g, 40)); return;
    case 6: put(g, "pairwise_bernoulli(0.8*exp(-abs(pre.index - post.index)/5))"); return;
    case 7: if (free > 0) { put(g, "fixed_indegree(%u, multiple = true)", 1 + pick(g, 6)); return; } break;
    default: break;
    }
    put(g, "pairwise_bernoulli(%.2f)", between(g, 0.05, 0.9));
}
static int slice(Gen *g, int p)
{
    int n = g->size[p], lo, hi;
    if (n < 3 || g->shaped[p] || odds(g, 75)) {
        put(g, "P%d", p);
        return n;
    }
    lo = (int)pick(g, (uint32_t)n - 1);
    hi = lo + 1 + (int)pick(g, (uint32_t)(n - lo));
    if (hi > n) hi = n;
    put(g, "P%d[%d:%d]", p, lo, hi);
    return hi - lo;
}
static void connection(Gen *g)
{
    int a = (int)pick(g, (uint32_t)g->pops), b = (int)pick(g, (uint32_t)g->pops), s = (int)pick(g, (uint32_t)g->synapses);
    if (!g->has_input[g->model[b]] && !g->has_event[g->model[b]]) return;
    bool direct = !g->has_input[g->model[b]] || (g->has_event[g->model[b]] && odds(g, 50));
    put(g, "    connect ");
    bool early = g->has_early[g->model[a]] && odds(g, 40);
    int nsrc = early ? g->size[a] : slice(g, a);
    if (early) put(g, "P%d.early", a);
    put(g, " -> ");
    int ntgt = slice(g, b);
    put(g, " by ");
    rule(g, a, b, nsrc, ntgt);
    if (!direct) put(g, " via S%d%s", s, !g->jumps[s] && odds(g, 30) ? ONE_OF(g, "(tau = 3.3 ms)", "(tau = 3.3 ms)", "(tau = 2 ms + 0.2 ms*pre.index)", "(tau = 2 ms + 0.3 ms*post.index)") : "");
    weight(g, g->size[a]);
    if (direct) put(g, " into exc");
    delay(g);
    if (g->plasticities && odds(g, 45)) put(g, " plastic L%u(w_max = %.1f mV)", pick(g, (uint32_t)g->plasticities), between(g, 1, 4));
    put(g, "\n");
}
// Two or three populations of planes, joined by convolution and pooling, with an array of weights. N0 has a membrane.
static void planes(Gen *g)
{
    if (!g->has_input[0] || g->pops + 3 > MAX) return;
    int p = g->pops, channels = 1 + (int)pick(g, 2), kernel = 2 + (int)pick(g, 2), side = 6 - kernel + 1;
    put(g, "    const K : mV[2, %d, %d, %d] = [", channels, kernel, kernel);
    for (int i = 0; i < 2 * channels * kernel * kernel; i++) put(g, "%s%.2f mV", i ? ", " : "", between(g, -1, 2));
    put(g, "]\n    population P%d : N0[%d, 6, 6], P%d : N0[2, %d, %d]\n", p, channels, p + 1, side, side);
    put(g, "    connect P%d -> P%d by conv2d(kernel = %d) via S0 weight K", p, p + 1, kernel);
    delay(g);
    put(g, "\n");
    g->model[p] = g->model[p + 1] = 0;
    g->size[p] = channels * 36;
    g->size[p + 1] = 2 * side * side;
    g->shaped[p] = g->shaped[p + 1] = true;
    g->pops += 2;
    if (side != 4 || odds(g, 50)) return;
    put(g, "    population P%d : N0[2, 2, 2]\n    connect P%d -> P%d by pool2d(2) via S0 weight 0.7 mV\n", p + 2, p + 1, p + 2);
    g->model[p + 2] = 0;
    g->size[p + 2] = 8;
    g->shaped[p + 2] = true;
    g->pops++;
}
static void experiment(Gen *g)
{
    put(g, "experiment e {\n    use Net as net\n    dt 0.1 ms\n");
    for (int p = 0; p < g->pops; p++)
        if (g->has_input[g->model[p]] && odds(g, 25)) put(g, "    drive net.P%d.I = 2 mV\n", p);
    put(g, "    run 1 ms\n}\n");
}
void generate(uint64_t seed, FILE *out)
{
    Gen g = {.state = seed * 0x9E3779B97F4A7C15u + 88172645463325252u, .out = out};
    for (int i = 0; i < 8; i++) pick(&g, 2);
    put(&g, "// SPDX-License-Identifier: MIT\n// Generated program %llu.\n", (unsigned long long)seed);
    bool large = odds(&g, 30);
    g.pops = 1 + (int)pick(&g, large ? 3 : 2);
    g.neurons = 1 + (int)pick(&g, (uint32_t)g.pops);
    g.synapses = 1 + (int)pick(&g, large ? 3 : 2);
    g.plasticities = (int)pick(&g, 3);
    for (int i = 0; i < g.neurons; i++) neuron(&g, i);
    for (int i = 0; i < g.synapses; i++) synapse(&g, i);
    for (int i = 0; i < g.plasticities; i++) plasticity(&g, i);
    put(&g, "network Net {\n");
    for (int p = 0; p < g.pops; p++) population(&g, p);
    if (odds(&g, 8)) planes(&g);
    for (int c = 1 + (int)pick(&g, large ? 4 : 2); c > 0; c--) connection(&g);
    put(&g, "}\n");
    experiment(&g);
}
