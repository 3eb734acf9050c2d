// SPDX-License-Identifier: MIT
// Distribution function of the normal distribution and its inverse (scalar; part of vdraw.h, once per profile).
VM_AI double VM_D(ratio)(double r, const double *a, const double *b)
{
    return VM_D(poly)(r, a, 8) / VM_D(poly)(r, b, 8);
}
// Inverse: algorithm AS 241 (PPND16), M. J. Wichura, Applied Statistics 37 (1988) 477-484; its three rational functions.
static __attribute__((noinline, unused)) double VM_OUT(normal_quantile)(double p)
{
    static const double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
                               4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[] = {1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
                               2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3};
    static const double c[] = {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
                               1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
                               1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
                               7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15};
    double q = p - 0.5;
    if (__builtin_fabs(q) <= 0.425) return q * VM_D(ratio)(0.180625 - q * q, a, b);
    double tail = q < 0 ? p : 1.0 - p;
    if (!(tail > 0)) return q < 0 ? -VM_INF : VM_INF;
    double r = __builtin_sqrt(-VM_D(log)(tail));
    double x = r <= 5.0 ? VM_D(ratio)(r - 1.6, c, d) : VM_D(ratio)(r - 5.0, e, f);
    return q < 0 ? -x : x;
}
// P(N < x) for x <= 0: erfc(z)/2, z = -x/sqrt(2), where (1 + 2z) e^(z^2) erfc(z) is a polynomial in (z - 3.75)/(z + 3.75)
// (the transformation of Shepherd and Laframboise, Math. Comp. 36 (1981) 249-253).
VM_AI double VM_D(normal_lower)(double x)
{
    static const double c[] = {VM_ERFC};
    double z = x < -38.5 ? 38.5 * 0.70710678118654752 : -x * 0.70710678118654752, t = (z - 3.75) / (z + 3.75);
    VM_D(dd) s = VM_D(two_prod)(z, z);
    double g = VM_D(exp)(-s.hi) * (1.0 - s.lo) * (VM_D(poly)(t, c, (int)(sizeof c / sizeof *c)) / (1.0 + 2.0 * z));
    return x < -38.5 ? 0.0 : 0.5 * g;
}
VM_AI double VM_D(normal_cdf)(double x) { return x <= 0 ? VM_D(normal_lower)(x) : 1.0 - VM_D(normal_lower)(-x); }
// Standard normal conditioned on lo..hi at probability u. The interval is mirrored so that its bulk lies below 0, where the
// distribution function keeps its relative accuracy; far in the tail it is exponential in x^2.
static __attribute__((noinline, unused)) double VM_OUT(trunc_at)(double u, double lo, double hi)
{
    if (!(lo < hi)) return lo == hi ? lo : VM_NAN;
    int mirror = lo + hi > 0 || (lo > 0 && hi > 0);
    double a = mirror ? -hi : lo, b = mirror ? -lo : hi, x;
    if (mirror) u = 1.0 - u;
    double pa = VM_D(normal_cdf)(a), pb = VM_D(normal_cdf)(b);
    if (pb > 1e-290) {
        x = VM_OUT(normal_quantile)(pa + u * (pb - pa));
    } else {
        double cut = VM_D(exp)((b - a) * (b + a) * 0.5);
        x = -__builtin_sqrt(b * b - 2.0 * VM_D(log)(cut + u * (1.0 - cut)));
    }
    x = x < a ? a : x > b ? b : x;
    return mirror ? -x : x;
}
