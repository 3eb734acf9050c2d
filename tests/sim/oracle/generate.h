// SPDX-License-Identifier: MIT
// Random programs: valid .snn text that uses neurons, synapses, plasticity, rules, delays and distributions in many combinations.
#ifndef ORACLE_GENERATE_H
#define ORACLE_GENERATE_H
#include <stdint.h>
#include <stdio.h>
void generate(uint64_t seed, FILE *out);
#endif
