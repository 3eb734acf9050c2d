// SPDX-License-Identifier: MIT
// oracle FILE ...: compares each file's networks (see differ.h).
#include "differ.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    DifferCounts counts = {0};
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        char why[1000];
        bool refused;
        DifferOptions o = {.steps = 500, .seed = 1, .threads = 1, .dt = 0.1, .tolerance = 1e-9};
        if (differ(argv[i], &o, &counts, &refused, why, sizeof why)) continue;
        printf("%s: %s\n", argv[i], why);
        failed = 1;
    }
    printf("%llu networks, %llu neurons, %llu synapses, %llu spikes\n", (unsigned long long)counts.programs, (unsigned long long)counts.neurons,
           (unsigned long long)counts.synapses, (unsigned long long)counts.spikes);
    return failed;
}
