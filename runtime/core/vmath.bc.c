// SPDX-License-Identifier: MIT
// Vector and scalar functions as bitcode, linked into each generated module. No libm, no target-specific intrinsics; the generator
// replaces the attributes target-cpu, target-features and min-legal-vector-width by its own and makes the functions internal.
//
// T, W:  suffix f64, v2f64, v4f64, v8f64 (T = double, <2 x double> ...) and f32, v4f32, v8f32, v16f32 (T = float, <4 x float> ...);
//        I = i32 or <W x i32> (<2 x i32> travels as double). For profile `plain` (no fused multiply-add) append _plain: snn__exp_v8f64_plain.
//
//   T snn__exp_S(T)   likewise expm1 exprel exprelinv log log1p sin cos tan tanh atan;   T snn__atan2_S(T y, T x)   T snn__pow_S(T, T)
//
//   T snn__uniform_S    (i64 seed, I c0, I c1, I copy, i64 when, i32 stream)            [0, 1)
//   T snn__normal_S     (i64 seed, I c0, I c1, I copy, i64 when, i32 stream)            mean 0, sd 1
//   T snn__exponential_S(i64 seed, I c0, I c1, I copy, i64 when, i32 stream)            mean 1
//   T snn__poisson_S    (i64 seed, I c0, I c1, I copy, i64 when, i32 stream, T mean)    calls snn__draw_poisson for lanes with large means
//   T snn__truncnormal_S(i64 seed, I c0, I c1, I copy, i64 when, i32 stream, T lo, T hi)   standard normal conditioned on lo..hi
//   Vectors only, for arrays (n is rounded up to a multiple of 64 for draws, of W for functions):
//   void snn__many_exp_S(T x[n], i64 n)   in place; likewise the other functions of one number
//   void snn__ahead_uniform_S(i64 seed, i64 first, i64 when, i32 stream, i64 n, T out[n])     first: a multiple of 64; likewise normal, exponential
//   void snn__ahead_poisson_S(i64 seed, i64 first, i64 when, i32 stream, T mean, i32 table[256], i64 n, T out[n])   table: made by snn__poisson_table_f64(double mean, table)
//      seed: SnnCtx.seed. c0, c1: own index and 0 (population), target and source (projection). copy: number of the synapse within its
//      pair (0 in populations). when: step + 1 in step programs and handlers, 0 at construction. stream: the node's ref.
//
// Not in here, one lane at a time through runtime/abi.def, all arguments i64 then doubles, result double:
//   snn__draw_poisson(seed, c0, c1, copy, when, stream, mean)   snn__draw_gamma(.., shape)   snn__draw_binomial(.., n, p)
#include "core/draw.h"
#define VM_PLAIN 0
#define VM_W 1
#include "core/vmath_inst.h"
#define VM_W 2
#include "core/vmath_inst.h"
#define VM_W 4
#include "core/vmath_inst.h"
#define VM_W 8
#include "core/vmath_inst.h"
#define VM_W 16
#include "core/vmath_inst.h"
#undef VM_PLAIN
#define VM_PLAIN 1
#define VM_W 1
#include "core/vmath_inst.h"
#define VM_W 2
#include "core/vmath_inst.h"
#define VM_W 4
#include "core/vmath_inst.h"
#define VM_W 8
#include "core/vmath_inst.h"
#define VM_W 16
#include "core/vmath_inst.h"
