// SPDX-License-Identifier: MIT
#ifndef SNNC_BUILD_DEVIATION_H
#define SNNC_BUILD_DEVIATION_H
#include "cli.h"

// Tells on stderr how far the experiment on this target is from double precision with weights as they are: spikes, rates, results.
void build_deviation(DriverOptions *o, const TargetKind *kind);
#endif
