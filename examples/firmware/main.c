// SPDX-License-Identifier: MIT
// Firmware around a generated network: two instances of it, each with a memory of its own; the first gets the inputs that the experiment in
// reflex.snn gives, the second the same with the sides exchanged. Everything a board needs is in this file and in board.ld.
//
//     sh build.sh && qemu-system-arm -M mps2-an386 -nographic -semihosting-config enable=on,target=native -kernel firmware.elf
#include "reflex.h"
#include <stdint.h>

static reflex_t first, second;

// ---- the board: start, and text over semihosting ----
extern uint32_t data_load[], data_begin[], data_end[], bss_begin[], bss_end[], stack_top[];
int main(void);

static void semihosting(uint32_t what, const void *argument)
{
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}
static void print(const char *text) { semihosting(0x04, text); }
static void print_number(uint32_t v)
{
    char text[12], *p = text + sizeof text - 1;
    *p = 0;
    do *--p = (char)('0' + v % 10);
    while (v /= 10);
    print(p);
}
void reset(void)
{
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;          // the FPU
    __asm__ volatile("dsb\nisb" ::: "memory");
    uint32_t *from = data_load;
    for (uint32_t *to = data_begin; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_begin; to < bss_end;) *to++ = 0;
    const uint32_t code[2] = {0x20026, (uint32_t)main()};
    semihosting(0x20, code);
    for (;;) {}
}
__attribute__((section(".vectors"), used)) static void *const vectors[] = {stack_top, (void *)reset};

// ---- what the firmware does ----
static void set_side(reflex_t *net, uint32_t input, float pA)
{
    for (uint32_t i = 0; i < REFLEX_INPUT_LEFT_I_N; i++) reflex_set_input(net, input, i, pA);
}
static uint32_t tell(const char *name, const reflex_t *net, uint32_t port, uint32_t step)
{
    uint32_t who[REFLEX_SPIKES_LEFT_N], n = reflex_spikes(net, port, who, REFLEX_SPIKES_LEFT_N);
    for (uint32_t i = 0; i < n; i++) {
        print(name);
        print(" ");
        print_number(who[i]);
        print(" ");
        print_number(step);
        print("\n");
    }
    return n;
}

int main(void)
{
    uint32_t left = 0, right = 0;
    reflex_init(&first);
    reflex_init(&second);
    for (uint32_t k = 0; k < 400; k++) {
        if (k % 200 == 0) {
            float strong = 260.0f, weak = 210.0f, l = k ? weak : strong, r = k ? strong : weak;
            set_side(&first, REFLEX_INPUT_LEFT_I, l);
            set_side(&first, REFLEX_INPUT_RIGHT_I, r);
            set_side(&second, REFLEX_INPUT_LEFT_I, r);
            set_side(&second, REFLEX_INPUT_RIGHT_I, l);
        }
        reflex_step(&first);
        reflex_step(&second);
        left += tell("left", &first, REFLEX_SPIKES_LEFT, k + 1);
        right += tell("right", &first, REFLEX_SPIKES_RIGHT, k + 1);
        tell("second.left", &second, REFLEX_SPIKES_LEFT, k + 1);
        tell("second.right", &second, REFLEX_SPIKES_RIGHT, k + 1);
    }
    return left && right ? 0 : 1;
}
