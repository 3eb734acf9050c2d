// SPDX-License-Identifier: MIT
// The counter-based generator: known answers of its authors, and the counter layout of docs/internals.md.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#define VM_W 1
#define VM_PLAIN 0
#include "core/vmath.h"
#include "core/vmath32.h"
#include "core/vdraw.h"

// Philox 4x32-10 rows of the file kat_vectors of Random123 (Salmon, Moraes, Dror, Shaw 2011): counter, key, words.
static const uint32_t known[3][10] = {
    {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
    {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
    {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
static void known_answers(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        const uint32_t *k = known[i];
        vm_words_f64 w = vm_philox_f64(k[0], k[1], k[2], k[3], k[4], k[5]);
        assert_int_equal(w.w0, k[6]);
        assert_int_equal(w.w1, k[7]);
        assert_int_equal(w.w2, k[8]);
        assert_int_equal(w.w3, k[9]);
    }
}
static void layout(void **state)
{
    (void)state;
    uint64_t seed = 0x0123456789abcdefu, when = 0x5432100000007u;
    vm_words_f64 a = vm_draw_words_f64(seed, 11, 22, 3, when, 0x45);
    vm_words_f64 b = vm_philox_f64(11, 22, 7, 0x45u << 12 | 0x321u, 0x89abcdef, (uint32_t)(0x01234567 + 3 * 0x9E3779B9u));
    assert_memory_equal(&a, &b, sizeof a);
}
// Neighbours share blocks: two words each (uniform numbers), one word each (counts).
static void shared(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        vm_words_f64 two = vm_draw_words_f64(5, i / 32 * 16 + i % 16, 3, 0, 9, 1), four = vm_draw_words_f64(5, i / 64 * 16 + i % 16, 3, 0, 9, 1);
        vm_half_f64 h = vm_draw_half_f64(5, i, 3, 0, 9, 1);
        assert_true(i % 32 < 16 ? h.a == two.w0 && h.b == two.w1 : h.a == two.w2 && h.b == two.w3);
        uint64_t word[4] = {four.w0, four.w1, four.w2, four.w3};
        assert_true(vm_draw_word_f64(5, i, 3, 0, 9, 1) == word[i / 16 % 4]);
    }
}
static void unit(void **state)
{
    (void)state;
    assert_true(vm_unit_f64(0, 0) == 0);
    assert_true(vm_unit_f64(0xffffffff, 0xffffffff) == 1 - 0x1p-53);
    assert_true(vm_unit_f64(0x80000000, 0) == 0.5);
    assert_true(vm_unit_f64(0, 1 << 6) == 0x1p-53);
}
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers), cmocka_unit_test(layout), cmocka_unit_test(shared), cmocka_unit_test(unit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
