// SPDX-License-Identifier: MIT
// The passes of wide.c for one width: WIDE_NAME names them, WIDE_SET says what the processor has. (Not inlined bodies: a compiler cuts vectors to what the
// function has in which they are written.)
#define PICK(m, a, b) ((Reals)(((m) & (Masks)(a)) | (~(m) & (Masks)(b))))
static WIDE_SET bool WIDE_NAME(delays)(const double *value, int64_t n, double limit, uint16_t *out, WideDelays *seen) {
    Reals least = (Reals){0} + seen->least, most = (Reals){0} + seen->most;
    Masks good = ~(Masks){0};
    for (int64_t e = 0; e < n; e += LANES) {
        int64_t some = n - e < LANES ? n - e : LANES;
        Reals x = (Reals){0} + value[e];                             // the last vector is filled up with what it has
        if (some == LANES) memcpy(&x, value + e, sizeof x);
        else memcpy(&x, value + e, (size_t)some * sizeof *value);
        Reals d = (x + 0x1p52) - 0x1p52;
        Masks fits = (x >= -0.5) & (d <= limit);
        good &= fits;
        least = PICK(d < least, d, least);
        most = PICK(d > most, d, most);
        Shorts s = __builtin_convertvector(__builtin_convertvector(PICK(fits, d, (Reals){0}), Ints), Shorts);
        if (some == LANES) memcpy(out + e, &s, sizeof s);
        else memcpy(out + e, &s, (size_t)some * sizeof *out);
    }
    int64_t all = -1;
    for (int i = 0; i < LANES; i++) {
        if (least[i] < seen->least) seen->least = least[i];
        if (most[i] > seen->most) seen->most = most[i];
        all &= good[i];
    }
    return all;
}
#undef PICK
#undef WIDE_NAME
#undef WIDE_SET
