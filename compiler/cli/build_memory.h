// SPDX-License-Identifier: MIT
#ifndef SNNC_BUILD_MEMORY_H
#define SNNC_BUILD_MEMORY_H
#include "driver.h"

// False when an image does not fit its board; what costs most and what would help was then said. wanted: say it in any case.
bool build_memory(Arena *a, const TargetKind *kind, const EmbedReport *r, const TargetSizes *s, bool image, bool wanted);
#endif
