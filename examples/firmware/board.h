// SPDX-License-Identifier: MIT
// What the two programs need of the board (board.c): text for whoever watches, and a timer to sleep by.
#ifndef BOARD_H
#define BOARD_H
#include <stdint.h>

int main(void);                                  // its result is the exit code of the emulator

void board_text(const char *text);
void board_number(uint32_t v);

enum { BOARD_CLOCK = 25000000 };                 // ticks of the timer in a second
void board_timer_start(void);                    // the time is 0
uint64_t board_now(void);                        // ticks since then
void board_sleep_until(uint64_t time);           // the core stands still; returns when it is `time`

#endif
