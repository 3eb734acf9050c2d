// SPDX-License-Identifier: MIT
// Runs the first network of a compiled object with the core of the runtime alone, and prints every spike: what the test of other
// processors runs under emulation. Only what the core needs of a platform is linked; experiments are not.
//
//     core_run STEPS SEED THREADS REAL_BITS   ->   lines "stamp population neuron", dt 0.1 ms
#include "core/inst.h"
#include <stdlib.h>

bool port_interrupted(void) { return false; }
FILE *port_open(const char *name) { return fopen(name, "r"); }

static void show(void *pop, int64_t stamp, const uint32_t *index, int64_t n) {
    for (int64_t i = 0; i < n; i++) printf("%lld %lld %u\n", (long long)stamp, (long long)(intptr_t)pop, index[i]);
}

extern const SnnProgram snn_program;

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    SnnError err = {0};
    InstOptions o = {.dt = 0.1, .seed = strtoull(argv[2], NULL, 10), .threads = atoi(argv[3]), .real_bits = atoi(argv[4])};
    const SnnNet *net = &snn_program.nets[0];
    SnnInst *in = inst_new(net, &o, &err);
    if (!in) { fprintf(stderr, "%s\n", err.text); return 3; }
    for (int64_t p = 0; p < net->npops; p++) observe_spikes(in, p, 0, 0, net->pops[p].n, show, (void *)(intptr_t)p);
    int rc = inst_run(in, atoll(argv[1]), NULL, &err);
    if (rc) fprintf(stderr, "%s\n", err.text);
    inst_free(in);
    return rc ? 3 : 0;
}
