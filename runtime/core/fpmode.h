// SPDX-License-Identifier: MIT
// Subnormal numbers are flushed to zero by definition: every thread that runs kernels sets the processor so, and puts back what
// it found when it leaves.
#ifndef SNN_FPMODE_H
#define SNN_FPMODE_H
#include <stdint.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
static inline uint64_t fpmode_flush(void) { uint32_t old = _mm_getcsr(); _mm_setcsr(old | 0x8040u); return old; }   // FTZ, DAZ
static inline void fpmode_restore(uint64_t old) { _mm_setcsr((uint32_t)old); }
#elif defined(__aarch64__)
static inline uint64_t fpmode_flush(void) {
    uint64_t old;
    __asm__ volatile("mrs %0, fpcr" : "=r"(old));
    __asm__ volatile("msr fpcr, %0" : : "r"(old | (UINT64_C(1) << 24)));   // FZ
    return old;
}
static inline void fpmode_restore(uint64_t old) { __asm__ volatile("msr fpcr, %0" : : "r"(old)); }
#else
static inline uint64_t fpmode_flush(void) { return 0; }
static inline void fpmode_restore(uint64_t old) { (void)old; }
#endif
#endif
