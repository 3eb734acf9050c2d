#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Writes vmath_coef.h: polynomials by interpolation at Chebyshev nodes in 60 digits (near minimax), split constants, bits of 2/pi.
#   python3 runtime/core/vmath_coef.py > runtime/core/vmath_coef.h
import struct
from mpmath import mp, mpf, cos, pi, exp, log, sqrt, sin, tan, tanh, atan, atanh, erfc, floor, matrix, lu_solve, ldexp

mp.dps = 60


def interpolate(f, lo, hi, n):
    lo, hi = mpf(lo), mpf(hi)
    x = [(lo + hi) / 2 + (hi - lo) / 2 * cos(pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    a = matrix(n, n)
    b = matrix(n, 1)
    for i in range(n):
        b[i] = f(x[i])
        for j in range(n):
            a[i, j] = x[i] ** j
    return list(lu_solve(a, b))


def poly(name, f, lo, hi, n, fmt):
    c = interpolate(f, lo, hi, n)
    body = ", ".join(fmt(v) for v in c)
    print(f"#define {name} {body}")


def d(v):
    return float(v).hex()


def f32(v):
    return struct.unpack("f", struct.pack("f", float(v)))[0].hex() + "f"


def split(name, v, bits, parts):
    """v as `parts` pieces: all but the last with `bits` bits, so that small integers times a piece are exact."""
    out = []
    for k in range(parts - 1):
        e = int(floor(log(abs(v), 2))) + 1
        h = ldexp(floor(ldexp(v, bits - e)), e - bits)
        out.append(h)
        v = v - h
    out.append(v)
    for k, h in enumerate(out):
        print(f"#define {name}_{k + 1} {d(h)}")


def dd(name, v):
    h = float(v)
    print(f"#define {name}_HI {d(h)}\n#define {name}_LO {d(v - mpf(h))}")


def root(g):
    return lambda z: g(sqrt(z))


print("// SPDX-License-Identifier: MIT\n// Written by vmath_coef.py: constants of vmath.h.\n#ifndef SNN_VMATH_COEF_H\n#define SNN_VMATH_COEF_H")
h = log(2) / 2 * mpf("1.0001")
s2 = ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2 * mpf("1.0001")
q4 = (pi / 4) ** 2 * mpf("1.0001")
expq = lambda r: (exp(r) - 1 - r) / r ** 2 if abs(r) > mpf(10) ** -15 else mpf(1) / 2 + r / 6
print("// (e^r - 1 - r)/r^2 on |r| <= ln2/2")
poly("VM_EXP_Q", expq, -h, h, 10, d)
poly("VM_EXP_Q_LONG", expq, -h, h, 11, d)
poly("VM_EXP_QF", expq, -h, h, 5, f32)
print("// (2 atanh(s)/s - 2)/s^2 in s^2, s = (m - 1)/(m + 1), m in [sqrt(1/2), sqrt(2)]")
poly("VM_LOG_R", root(lambda s: (2 * atanh(s) / s - 2) / s ** 2), 0, s2, 7, d)
poly("VM_LOG_RF", root(lambda s: (2 * atanh(s) / s - 2) / s ** 2), 0, s2, 3, f32)
print("// ((2 atanh(s)/s - 2)/s^2 - 2/3)/s^2")
poly("VM_POW_R", root(lambda s: ((2 * atanh(s) / s - 2) / s ** 2 - mpf(2) / 3) / s ** 2), 0, s2, 8, d)
print("// (sin(r)/r - 1)/r^2 and (cos(r) - 1 + r^2/2)/r^4 in r^2, |r| <= pi/4")
poly("VM_SIN_S", root(lambda r: (sin(r) / r - 1) / r ** 2), 0, q4, 6, d)
poly("VM_SIN_SF", root(lambda r: (sin(r) / r - 1) / r ** 2), 0, q4, 3, f32)
poly("VM_COS_C", root(lambda r: (cos(r) - 1 + r ** 2 / 2) / r ** 4), 0, q4, 6, d)
poly("VM_COS_CF", root(lambda r: (cos(r) - 1 + r ** 2 / 2) / r ** 4), 0, q4, 3, f32)
print("// (tanh(x)/x - 1)/x^2 in x^2, |x| <= 0.625")
poly("VM_TANH_T", root(lambda x: (tanh(x) / x - 1) / x ** 2), 0, mpf("0.625") ** 2, 12, d)
poly("VM_TANH_TF", root(lambda x: (tanh(x) / x - 1) / x ** 2), 0, mpf("0.625") ** 2, 6, f32)
print("// (atan(t)/t - 1)/t^2 in t^2, |t| <= tan(pi/8)")
poly("VM_ATAN_A", root(lambda t: (atan(t) / t - 1) / t ** 2), 0, tan(pi / 8) ** 2 * mpf("1.001"), 12, d)
poly("VM_ATAN_AF", root(lambda t: (atan(t) / t - 1) / t ** 2), 0, tan(pi / 8) ** 2 * mpf("1.001"), 5, f32)
def erfc_t(t):
    z = mpf("3.75") * (1 + t) / (1 - t)
    return (1 + 2 * z) * exp(z * z) * erfc(z)


print("// (1 + 2z) e^(z^2) erfc(z) in t = (z - 3.75)/(z + 3.75), 0 <= z <= 27.3")
poly("VM_ERFC", erfc_t, -1, mpf("0.76"), 26, d)
print("// ln 2 and pi/2 in pieces, pairs of doubles, float pieces")
split("VM_LN2", log(2), 32, 2)
split("VM_LN2P", log(2), 32, 3)
split("VM_PIO2", pi / 2, 33, 4)
dd("VM_PIO2", pi / 2)
dd("VM_PIO4", pi / 4)
dd("VM_PI", pi)
dd("VM_TWO_THIRDS", mpf(2) / 3)
print(f"#define VM_LOG2E {d(1 / log(2))}\n#define VM_TWO_OVER_PI {d(2 / pi)}")
lf = ldexp(floor(ldexp(log(2), 14)), -14)
print(f"#define VM_LN2F_1 {f32(lf)}\n#define VM_LN2F_2 {f32(log(2) - lf)}")
p1 = mpf(float.fromhex(f32(pi / 2)[:-1]))
p2 = mpf(float.fromhex(f32(pi / 2 - p1)[:-1]))
print(f"#define VM_PIO2F_1 {f32(p1)}\n#define VM_PIO2F_2 {f32(p2)}\n#define VM_PIO2F_3 {f32(pi / 2 - p1 - p2)}\n#define VM_TWO_OVER_PIF {f32(2 / pi)}")
print("// The bits of 2/pi after the point, 32 to a word.")
mp.prec = 1500
v = 2 / mp.pi
words = []
for k in range(42):
    v = v * 2 ** 32
    w = int(mp.floor(v))
    words.append(f"0x{w:08x}u")
    v -= w
print("#define VM_TWO_OVER_PI_WORDS " + ", ".join(words))
print("#endif")
