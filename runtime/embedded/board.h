// SPDX-License-Identifier: MIT
// What a generated image tells the program that runs it on a board (main.c): filled by the compiler, in this order of members.
#ifndef SNN_BOARD_H
#define SNN_BOARD_H
#include <stdint.h>

// FILL: n words at state + at, `stride` words apart, become `value`. COPY: they become data[0..n), or palette[byte of data] where there is a palette.
// SPIKE: neuron n of port `at` is made to spike in this step. FORGET: no spike is under way any more. BEGIN: on events, a run begins.
enum { BOARD_FILL, BOARD_COPY, BOARD_SPIKE, BOARD_FORGET, BOARD_BEGIN };
typedef struct SnnBoardAct { uint32_t step, kind, at, n, value, stride; const void *data; const uint32_t *palette; } SnnBoardAct;   // ascending steps
typedef struct SnnBoardPort { const char *name; uint32_t pos, ring, slot_bytes, words, slots, told; } SnnBoardPort;       // offsets in the state
// The event engine (events.c): what it is called with, and its functions. A time is a number of 2^-24 steps.
typedef struct SnnBoardSpike { int64_t at; float offset; uint32_t port, id; } SnnBoardSpike;
typedef struct SnnBoardEvents {
    const void *net, *input;
    uint32_t ninputs;
    int64_t (*advance)(const void *net, void *state, int64_t time);
    int64_t (*next)(const void *net, void *state);
    void (*begin)(const void *net, void *state);
    void (*touch_all)(const void *net, void *state);
    void (*forget)(const void *net, void *state);
    void (*changed)(const void *net, void *state);
    void (*poke)(const void *net, void *state, const void *input, uint32_t ninputs, uint32_t at, uint32_t value);
    uint32_t (*spikes)(const void *net, void *state, SnnBoardSpike *out, uint32_t max);
    uint32_t (*lost)(const void *net, void *state);
    uint32_t (*trouble)(const void *net, void *state);
    uint32_t (*events)(const void *net, void *state);
} SnnBoardEvents;
typedef struct SnnBoard {
    uint32_t steps, nports, nacts;
    char *state;
    const SnnBoardPort *port;
    const SnnBoardAct *act;
    void (*init)(void *state);
    void (*step)(void *state);
    void (*run_events)(void);                  // start.c: snn_run_events, or NULL: the network moves in steps
    const SnnBoardEvents *events;              // or NULL
} SnnBoard;
extern const SnnBoard snn_board;
void snn_run_events(void);

// What a board's port may replace.
void snn_port_tick(uint32_t step);             // after each step
void snn_port_log(const char *text);           // a piece of text for whoever watches
void snn_port_sleep(void);                     // nothing to do until the next step
void snn_port_sleep_until(uint32_t step, uint32_t part);   // on events: nothing to do until 2^-32 * part of a step after `step`
_Noreturn void snn_port_exit(int code);
#endif
