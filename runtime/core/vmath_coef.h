// SPDX-License-Identifier: MIT
// Written by vmath_coef.py: constants of vmath.h.
#ifndef SNN_VMATH_COEF_H
#define SNN_VMATH_COEF_H
// (e^r - 1 - r)/r^2 on |r| <= ln2/2
#define VM_EXP_Q 0x1.0000000000001p-1, 0x1.5555555555556p-3, 0x1.5555555553d63p-5, 0x1.11111111109b3p-7, 0x1.6c16c1788bd90p-10, 0x1.a01a01a7c41d5p-13, 0x1.a019b90d2ae7ap-16, 0x1.71de0dae63bb3p-19, 0x1.289185613a3d6p-22, 0x1.af38a9b0ec855p-26
#define VM_EXP_Q_LONG 0x1.0000000000000p-1, 0x1.5555555555557p-3, 0x1.5555555555556p-5, 0x1.11111111100dcp-7, 0x1.6c16c16c162d4p-10, 0x1.a01a01abe7fe1p-13, 0x1.a01a01a6d889cp-16, 0x1.71de0231960ebp-19, 0x1.27e4db646b17ep-22, 0x1.af4de97ca4194p-26, 0x1.1f730349868cep-29
#define VM_EXP_QF 0x1.0000000000000p-1f, 0x1.5554dc0000000p-3f, 0x1.55551a0000000p-5f, 0x1.120b6e0000000p-7f, 0x1.6d110a0000000p-10f
// (2 atanh(s)/s - 2)/s^2 in s^2, s = (m - 1)/(m + 1), m in [sqrt(1/2), sqrt(2)]
#define VM_LOG_R 0x1.5555555555558p-1, 0x1.99999999952d7p-2, 0x1.2492492df281ap-2, 0x1.c71c62e3f11e6p-3, 0x1.7462b51cb66b1p-3, 0x1.39fe51a7c18f9p-3, 0x1.2b5900de53b32p-3
#define VM_LOG_RF 0x1.55555c0000000p-1f, 0x1.997c2e0000000p-2f, 0x1.2ee6560000000p-2f
// ((2 atanh(s)/s - 2)/s^2 - 2/3)/s^2
#define VM_POW_R 0x1.999999999999ap-2, 0x1.2492492492521p-2, 0x1.c71c71c6eaa10p-3, 0x1.745d177a96056p-3, 0x1.3b1395d2190c1p-3, 0x1.1118c7e4b0917p-3, 0x1.df7cc8e5fa539p-4, 0x1.e02e6fff27908p-4
// (sin(r)/r - 1)/r^2 and (cos(r) - 1 + r^2/2)/r^4 in r^2, |r| <= pi/4
#define VM_SIN_S -0x1.5555555555555p-3, 0x1.1111111110bb2p-7, -0x1.a01a019e83816p-13, 0x1.71de379654304p-19, -0x1.ae600aca92c64p-26, 0x1.5e0b05bff20f2p-33
#define VM_SIN_SF -0x1.5555520000000p-3f, 0x1.110c280000000p-7f, -0x1.9ac98e0000000p-13f
#define VM_COS_C 0x1.5555555555555p-5, -0x1.6c16c16c16967p-10, 0x1.a01a019f4e9b4p-16, -0x1.27e4fa17bf139p-22, 0x1.1eeb68cd22f56p-29, -0x1.907d8f29fe831p-37
#define VM_COS_CF 0x1.5555540000000p-5f, -0x1.6c12d20000000p-10f, 0x1.9bd8800000000p-16f
// (tanh(x)/x - 1)/x^2 in x^2, |x| <= 0.625
#define VM_TANH_T -0x1.5555555555555p-2, 0x1.11111111110a8p-3, -0x1.ba1ba1ba0f126p-5, 0x1.664f487e0a749p-6, -0x1.226e3473dce5cp-7, 0x1.d6d39ae3905e2p-9, -0x1.7d9f6f23e8682p-10, 0x1.3526e9ed54da1p-11, -0x1.f243823c8c981p-13, 0x1.8445870f6fe41p-14, -0x1.05bbdae896297p-15, 0x1.b33642a122cddp-18
#define VM_TANH_TF -0x1.5555560000000p-2f, 0x1.1110ea0000000p-3f, -0x1.ba08c40000000p-5f, 0x1.64a9760000000p-6f, -0x1.116a160000000p-7f, 0x1.2c83c00000000p-9f
// (atan(t)/t - 1)/t^2 in t^2, |t| <= tan(pi/8)
#define VM_ATAN_A -0x1.5555555555555p-2, 0x1.9999999999952p-3, -0x1.249249248d739p-3, 0x1.c71c71c2fc236p-4, -0x1.745d165c497f3p-4, 0x1.3b1392a9c2d8bp-4, -0x1.110e84aa36d9dp-4, 0x1.e199c62156609p-5, -0x1.ac7858539e493p-5, 0x1.74d3a7b43351ap-5, -0x1.1b1992aa413c9p-5, 0x1.0a997ba33c1dbp-6
#define VM_ATAN_AF -0x1.5555540000000p-2f, 0x1.99972e0000000p-3f, -0x1.241fe60000000p-3f, 0x1.b809900000000p-4f, -0x1.082f6c0000000p-4f
// (1 + 2z) e^(z^2) erfc(z) in t = (z - 3.75)/(z + 3.75), 0 <= z <= 27.3
#define VM_ERFC 0x1.3ccda0b5d5dc2p+0, -0x1.1f367683f89a7p-3, 0x1.d5f2948159cdcp-9, 0x1.510169d096807p-4, -0x1.bda9309a287dfp-4, 0x1.7a14188a99aaap-4, -0x1.e0d0fa6e039c6p-5, 0x1.d0b0037dcde70p-6, -0x1.3f603c33039e4p-7, 0x1.cc3a0e225fce1p-10, 0x1.33fb23af3d0c5p-12, -0x1.303f9dc28564cp-12, 0x1.b144679fc8174p-15, 0x1.778a4726ee367p-16, -0x1.800a53cbaeb99p-17, -0x1.052f371e0120fp-20, 0x1.d6d80e72a66abp-20, -0x1.f0a955fc41716p-25, -0x1.196277fb71929p-22, 0x1.9215aed53a63ep-26, 0x1.673770aa907a2p-25, -0x1.c644b025baa24p-29, -0x1.da23a4a5dba1fp-28, -0x1.bc830e5ababb9p-33, 0x1.d46b3203ba509p-31, 0x1.97c1d76ee7f32p-33
// ln 2 and pi/2 in pieces, pairs of doubles, float pieces
#define VM_LN2_1 0x1.62e42fee00000p-1
#define VM_LN2_2 0x1.a39ef35793c76p-33
#define VM_LN2P_1 0x1.62e42fee00000p-1
#define VM_LN2P_2 0x1.a39ef35600000p-33
#define VM_LN2P_3 0x1.93c7673007e5fp-65
#define VM_PIO2_1 0x1.921fb54400000p+0
#define VM_PIO2_2 0x1.0b4611a600000p-34
#define VM_PIO2_3 0x1.3198a2e000000p-69
#define VM_PIO2_4 0x1.b839a252049c1p-104
#define VM_PIO2_HI 0x1.921fb54442d18p+0
#define VM_PIO2_LO 0x1.1a62633145c07p-54
#define VM_PIO4_HI 0x1.921fb54442d18p-1
#define VM_PIO4_LO 0x1.1a62633145c07p-55
#define VM_PI_HI 0x1.921fb54442d18p+1
#define VM_PI_LO 0x1.1a62633145c07p-53
#define VM_TWO_THIRDS_HI 0x1.5555555555555p-1
#define VM_TWO_THIRDS_LO 0x1.5555555555555p-55
#define VM_LOG2E 0x1.71547652b82fep+0
#define VM_TWO_OVER_PI 0x1.45f306dc9c883p-1
#define VM_LN2F_1 0x1.62e0000000000p-1f
#define VM_LN2F_2 0x1.0bfbe80000000p-15f
#define VM_PIO2F_1 0x1.921fb60000000p+0f
#define VM_PIO2F_2 -0x1.777a5c0000000p-25f
#define VM_PIO2F_3 -0x1.ee59da0000000p-50f
#define VM_TWO_OVER_PIF 0x1.45f3060000000p-1f
// The bits of 2/pi after the point, 32 to a word.
#define VM_TWO_OVER_PI_WORDS 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u, 0xb7246e3au, 0x424dd2e0u, 0x06492eeau, 0x09d1921cu, 0xfe1deb1cu, 0xb129a73eu, 0xe88235f5u, 0x2ebb4484u, 0xe99c7026u, 0xb45f7e41u, 0x3991d639u, 0x835339f4u, 0x9c845f8bu, 0xbdf9283bu, 0x1ff897ffu, 0xde05980fu, 0xef2f118bu, 0x5a0a6d1fu, 0x6d367ecfu, 0x27cb09b7u, 0x4f463f66u, 0x9e5fea2du, 0x7527bac7u, 0xebe5f17bu, 0x3d0739f7u, 0x8a5292eau, 0x6bfb5fb1u, 0x1f8d5d08u, 0x56033046u, 0xfc7b6babu, 0xf0cfbc20u, 0x9af4361du, 0xa9e39161u, 0x5ee61b08u
#endif
