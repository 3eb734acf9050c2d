// SPDX-License-Identifier: MIT
// What a generated image tells the program that runs it on a board (main.c): filled by the compiler, in this order of members.
#ifndef SNN_BOARD_H
#define SNN_BOARD_H
#include <stdint.h>

// FILL: n words at state + at, `stride` words apart, become `value`. COPY: they become data[0..n), or palette[byte of data] where there is a palette.
// SPIKE: neuron n of port `at` is made to spike in this step. FORGET: no spike is under way any more.
enum { BOARD_FILL, BOARD_COPY, BOARD_SPIKE, BOARD_FORGET };
typedef struct SnnBoardAct { uint32_t step, kind, at, n, value, stride; const void *data; const uint32_t *palette; } SnnBoardAct;   // ascending steps
typedef struct SnnBoardPort { const char *name; uint32_t pos, ring, slot_bytes, words, slots, told; } SnnBoardPort;       // offsets in the state
typedef struct SnnBoard {
    uint32_t steps, nports, nacts;
    char *state;
    const SnnBoardPort *port;
    const SnnBoardAct *act;
    void (*init)(void *state);
    void (*step)(void *state);
} SnnBoard;
extern const SnnBoard snn_board;

// What a board's port may replace.
void snn_port_tick(uint32_t step);             // after each step
void snn_port_log(const char *text);           // a piece of text for whoever watches
void snn_port_sleep(void);                     // nothing to do until the next step
_Noreturn void snn_port_exit(int code);
#endif
