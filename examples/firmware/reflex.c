// SPDX-License-Identifier: MIT
// Firmware around a generated network: two instances of it, each with a memory of its own; the first gets the inputs that the experiment in
// reflex.snn gives, the second the same with the sides exchanged.
//
//     sh build.sh && qemu-system-arm -M mps2-an386 -nographic -semihosting-config enable=on,target=native -kernel reflex.elf
#include "board.h"
#include "reflex.h"

static reflex_t first, second;

static void set_side(reflex_t *net, uint32_t input, float pA)
{
    for (uint32_t i = 0; i < REFLEX_INPUT_LEFT_I_N; i++) reflex_set_input(net, input, i, pA);
}
static uint32_t tell(const char *name, const reflex_t *net, uint32_t port, uint32_t step)
{
    uint32_t who[REFLEX_SPIKES_LEFT_N], n = reflex_spikes(net, port, who, REFLEX_SPIKES_LEFT_N);
    for (uint32_t i = 0; i < n; i++) {
        board_text(name);
        board_text(" ");
        board_number(who[i]);
        board_text(" ");
        board_number(step);
        board_text("\n");
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
