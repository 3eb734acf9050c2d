// SPDX-License-Identifier: MIT
// oracle FILE ...             compares the networks of each file (differ.h)
// oracle --ways FILE         compares it in double and single precision, for three kinds of vectors, with two threads and without fused operations
// oracle --random FROM TO     compares generated programs FROM..TO-1; --print N writes program N
#include "differ.h"
#include "generate.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static DifferCounts counts;
static int failures, refusals;

static void one(const char *path, const char *name, const DifferOptions *o)
{
    char why[1000];
    bool refused = false;
    if (differ(path, o, &counts, &refused, why, sizeof why)) return;
    printf("FAIL %s: %s\n", name, why);
    fflush(stdout);
    failures++;
    refusals += refused;
}
static void random_program(uint64_t n, const char *path)
{
    static const char *const cpus[] = {NULL, NULL, "x86-64-v3", "x86-64-v2"};
    DifferOptions o = {.steps = 80 + (int64_t)(n % 6) * 40, .seed = n * 31 + 1, .threads = n % 7 == 0 ? 2 : 1, .bundle = n % 3 ? 1 : 0, .dt = 0.1, .tolerance = 1e-9,
                       .cpu = cpus[n % 4], .plain = n % 9 == 0, .single = n % 5 == 4};
    if (o.single) o.tolerance = 1e-3;        // what is compared there is the code; placement is proved in double
    if (n % 8 == 3) {
        o.dt = 0.01;
        o.share = o.single ? 0 : 1e-5;
        o.steps = 400;
    }
    char name[64];
    FILE *f = fopen(path, "w");
    if (!f) exit(2);
    generate(n, f);
    fclose(f);
    if (getenv("ORACLE_NAMES")) fprintf(stderr, "program %llu\n", (unsigned long long)n);
    snprintf(name, sizeof name, "program %llu", (unsigned long long)n);
    one(path, name, &o);
}
static void all_ways(const char *path, DifferOptions o)
{
    static const char *const cpus[] = {NULL, "x86-64-v3", "x86-64-v2"};
    for (int i = 0; i < 6; i++) {
        o.cpu = cpus[i % 3];
        o.single = i >= 3;
        o.threads = 1 + i % 2;
        o.plain = i == 2;
        o.steps = 250;
        o.tolerance = o.single ? 1e-2 : 1e-9;
        one(path, path, &o);
    }
}
int main(int argc, char **argv)
{
    clock_t start = clock();
    DifferOptions o = {.steps = 500, .seed = 1, .threads = 1, .dt = 0.1, .tolerance = 1e-9};
    if (argc == 3 && !strcmp(argv[1], "--print")) {
        generate(strtoull(argv[2], NULL, 10), stdout);
        return 0;
    }
    if (argc == 3 && !strcmp(argv[1], "--ways")) all_ways(argv[2], o);
    else if (argc == 4 && !strcmp(argv[1], "--random")) {
        char path[] = "/tmp/snnc-oracle-XXXXXX.snn";
        int fd = mkstemps(path, 4);
        if (fd < 0) return 2;
        close(fd);
        for (uint64_t n = strtoull(argv[2], NULL, 10); n < strtoull(argv[3], NULL, 10); n++) random_program(n, path);
        unlink(path);
    } else {
        for (int i = 1; i < argc; i++) one(argv[i], argv[i], &o);
    }
    printf("%llu programs, %d different, of these %d refused; %llu neurons, %llu synapses, %llu spikes, %.1f s\n", (unsigned long long)counts.programs, failures, refusals,
           (unsigned long long)counts.neurons, (unsigned long long)counts.synapses / 2, (unsigned long long)counts.spikes, (double)(clock() - start) / CLOCKS_PER_SEC);
    return failures != 0;
}
