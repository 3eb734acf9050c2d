// SPDX-License-Identifier: MIT
// Arm MPS2 with image AN386: start, text over semihosting, and one of the two timers of its CMSDK. Everything else that depends on the board is in board.ld.
#include "board.h"

// ---- start ----

extern uint32_t data_load[], data_begin[], data_end[], bss_begin[], bss_end[], stack_top[];

static void semihosting(uint32_t what, const void *argument)
{
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
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

static void fault(void)
{
    board_text("fault\n");
    const uint32_t code[2] = {0x20026, 3};
    semihosting(0x20, code);
    for (;;) {}
}

// ---- text ----

void board_text(const char *text) { semihosting(0x04, text); }
void board_number(uint32_t v)
{
    char text[12], *p = text + sizeof text - 1;
    *p = 0;
    do *--p = (char)('0' + v % 10);
    while (v /= 10);
    board_text(p);
}

// ---- time: a counter that runs down from SPAN again and again, and one that runs down once and wakes the core ----

typedef struct Timer { volatile uint32_t control, value, reload, interrupt; } Timer;
enum { RUN = 1, WAKE = 8 };
enum { TIMER1 = 9 };                                         // number of its interrupt
#define CLOCK ((Timer *)0x40000000)
#define ALARM ((Timer *)0x40001000)
#define INTERRUPT_ENABLE (*(volatile uint32_t *)0xE000E100)
static const uint32_t SPAN = 0xFFFFFFFF;
static uint32_t rounds, last;

static void alarm(void)
{
    ALARM->control = 0;
    ALARM->interrupt = 1;                                    // is over
}

void board_timer_start(void)
{
    CLOCK->reload = SPAN;                                    // sets the value too
    CLOCK->control = RUN;
    rounds = last = 0;
    INTERRUPT_ENABLE = 1u << TIMER1;
}

uint64_t board_now(void)                                     // to be asked at least once a round, 171 s
{
    uint32_t now = SPAN - CLOCK->value;
    rounds += now < last;
    last = now;
    return (uint64_t)rounds << 32 | now;
}

void board_sleep_until(uint64_t time)
{
    for (uint64_t now; (now = board_now()) < time;) {
        uint64_t left = time - now;
        ALARM->reload = left < SPAN / 2 ? (uint32_t)left : SPAN / 2;      // sets the value too
        __asm__ volatile("cpsid i" ::: "memory");            // an alarm between the question and the sleep waits: the core wakes at once
        ALARM->control = RUN | WAKE;
        __asm__ volatile("dsb\nwfi\ncpsie i\nisb" ::: "memory");
    }
}

// ---- the first words of the image ----

__attribute__((section(".vectors"), used)) static void *const vectors[16 + TIMER1 + 1] = {
    [0] = stack_top, [1] = (void *)reset, [2] = (void *)fault, [3] = (void *)fault, [4] = (void *)fault, [5] = (void *)fault, [6] = (void *)fault, [16 + TIMER1] = (void *)alarm};
