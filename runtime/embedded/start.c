// SPDX-License-Identifier: MIT
// From reset to the experiment: vector table, memory as C expects it, FPU on; then runs the network that the compiler put beside this file, does
// what the experiment does to it and tells the spikes: a line `POPULATION NEURON STEP` each, over semihosting.
//
// A spike found while the state moves from t_k to t_(k+1) has step k + 1. The last line is `steps N`. A network on events tells `POPULATION NEURON STEP
// PART`: at STEP + PART * 2^-24 steps; and at the end how many events it had and how many spikes found no room in a queue.
#include "embedded/board.h"
#include <stddef.h>

extern uint32_t link_data_load[], link_data[], link_data_end[], link_bss[], link_bss_end[], link_stack_top[];

#define WEAK __attribute__((weak))

// ---- semihosting: the debugger (or QEMU) does input and output ----
enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, EXIT_BY_APPLICATION = 0x20026 };
static inline void semihosting(uint32_t what, const void *argument)
{
#if defined __arm__
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
#else
    register uint32_t a0 __asm__("a0") = what;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".option push\n.option norvc\n.balign 16\nslli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop" : "+r"(a0) : "r"(a1) : "memory");
#endif
}

WEAK void snn_port_tick(uint32_t step) { (void)step; }
WEAK void snn_port_sleep(void) {}
WEAK void snn_port_sleep_until(uint32_t step, uint32_t part) { (void)step, (void)part; }
WEAK void snn_port_log(const char *text) { semihosting(SYS_WRITE0, text); }
WEAK _Noreturn void snn_port_exit(int code)
{
    const uint32_t block[2] = {EXIT_BY_APPLICATION, (uint32_t)code};
    semihosting(SYS_EXIT_EXTENDED, block);
    for (;;) {}
}

// ---- text ----
typedef struct Line { char text[100]; uint32_t n; } Line;
static void flush(Line *l)
{
    l->text[l->n] = 0;
    if (l->n) snn_port_log(l->text);
    l->n = 0;
}
static void put(Line *l, char c)
{
    if (l->n == sizeof l->text - 1) flush(l);
    l->text[l->n++] = c;
}
static void put_text(Line *l, const char *s) { while (*s) put(l, *s++); }
static void put_number(Line *l, uint32_t v)
{
    char digit[10];
    int n = 0;
    do digit[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n) put(l, digit[--n]);
}

// ---- the experiment ----
static uint32_t *slot(const SnnBoardPort *p, uint32_t back)
{
    uint32_t pos = *(const uint32_t *)(snn_board.state + p->pos);
    pos = pos < back ? pos + p->slots - back : pos - back;
    return (uint32_t *)(snn_board.state + p->ring + pos * p->slot_bytes);
}
static void act(const SnnBoardAct *a)
{
    uint32_t *word = (uint32_t *)(snn_board.state + a->at);
    switch (a->kind) {
    case BOARD_FILL:
        for (uint32_t i = 0; i < a->n; i++) word[i * a->stride] = a->value;
        break;
    case BOARD_COPY:
        for (uint32_t i = 0; i < a->n; i++) word[i * a->stride] = a->palette ? a->palette[((const uint8_t *)a->data)[i]] : ((const uint32_t *)a->data)[i];
        break;
    case BOARD_SPIKE:
        slot(&snn_board.port[a->at], 0)[a->n / 32] |= 1u << a->n % 32;
        break;
    case BOARD_FORGET:
        for (uint32_t i = 0; i < snn_board.nports; i++) {
            uint32_t *ring = (uint32_t *)(snn_board.state + snn_board.port[i].ring);
            for (uint32_t k = 0; k < snn_board.port[i].slots * snn_board.port[i].slot_bytes / 4; k++) ring[k] = 0;
        }
        break;
    }
}
static void tell(Line *l, const SnnBoardPort *p, uint32_t step)
{
    const uint32_t *bits = slot(p, 1);
    for (uint32_t w = 0; w < p->words; w++)
        for (uint32_t b = bits[w], i = w * 32; b; b >>= 1, i++) {
            if (!(b & 1)) continue;
            put_text(l, p->name);
            put(l, ' ');
            put_number(l, i);
            put(l, ' ');
            put_number(l, step);
            put(l, '\n');
        }
}
static void put_line(Line *l, const char *what, uint32_t v)
{
    put_text(l, what);
    put_number(l, v);
    put(l, '\n');
}

// ---- on events ----
#define CALL(f, ...) snn_board.events->f(snn_board.events->net, snn_board.state __VA_OPT__(, ) __VA_ARGS__)
static void poke(const SnnBoardAct *a, uint32_t i, uint32_t value) { CALL(poke, snn_board.events->input, snn_board.events->ninputs, a->at + 4 * i, value); }
static void act_event(const SnnBoardAct *a)
{
    if (a->kind == BOARD_BEGIN) CALL(touch_all);
    else if (a->kind == BOARD_FORGET) CALL(forget);
    else
        for (uint32_t i = 0; i < a->n; i++)
            poke(a, i, a->kind == BOARD_FILL ? a->value : a->palette ? a->palette[((const uint8_t *)a->data)[i]] : ((const uint32_t *)a->data)[i]);
}
static void tell_events(Line *l)
{
    SnnBoardSpike s;
    while (CALL(spikes, &s, 1)) {
        put_text(l, snn_board.port[s.port].name);
        put(l, ' ');
        put_number(l, s.id);
        put(l, ' ');
        put_number(l, (uint32_t)(s.at >> 24));
        put_line(l, " ", (uint32_t)s.at & 0xFFFFFF);
    }
}
// All events before `time`, asleep between them.
static void advance(Line *l, int64_t time)
{
    for (int64_t next = CALL(next);; next = CALL(next)) {
        int64_t until = next < time ? next : time;
        snn_port_sleep_until((uint32_t)(until >> 24), (uint32_t)until << 8);
        next = CALL(advance, next < time ? next + 1 : time);
        tell_events(l);
        if (until == time || CALL(trouble)) return;
    }
}
// Referred to by networks on events alone, so that the others do not carry it.
void snn_run_events(void)
{
    Line line = {.n = 0}, *l = &line;
    snn_board.init(snn_board.state);
    uint32_t next = 0;
    int failed;
    for (;;) {
        uint32_t k = next < snn_board.nacts ? snn_board.act[next].step : snn_board.steps;
        if (k > snn_board.steps) k = snn_board.steps;
        advance(l, (int64_t)k << 24);
        if (k == snn_board.steps || CALL(trouble)) break;
        uint32_t begins = 0;
        for (; next < snn_board.nacts && snn_board.act[next].step == k; next++) {
            begins |= snn_board.act[next].kind == BOARD_BEGIN;
            act_event(&snn_board.act[next]);
        }
        if (begins) CALL(begin);
        else CALL(changed);
    }
    put_line(l, "events ", CALL(events));
    put_line(l, "lost ", CALL(lost));
    failed = CALL(lost) ? 4 : CALL(trouble) ? 5 : 0;
    if (failed == 5) put_line(l, "spikes without end, neuron ", CALL(trouble) - 1);
    put_line(l, "steps ", snn_board.steps);
    flush(l);
    snn_port_exit(failed);
}

static void run(void)
{
    Line line = {.n = 0};
    uint32_t next = 0;
    if (snn_board.run_events) snn_board.run_events();
    snn_board.init(snn_board.state);
    for (uint32_t k = 0; k < snn_board.steps; k++) {
        for (; next < snn_board.nacts && snn_board.act[next].step == k; next++) act(&snn_board.act[next]);
        snn_board.step(snn_board.state);
        for (uint32_t i = 0; i < snn_board.nports; i++)
            if (snn_board.port[i].told) tell(&line, &snn_board.port[i], k + 1);
        snn_port_tick(k + 1);
    }
    put_line(&line, "steps ", snn_board.steps);
    flush(&line);
    snn_port_exit(0);
}

static void memory(void)
{
    const uint32_t *from = link_data_load;
    for (uint32_t *to = link_data; to < link_data_end;) *to++ = *from++;
    for (uint32_t *to = link_bss; to < link_bss_end;) *to++ = 0;
}

// ---- reset ----
#if defined __arm__
void snn_reset(void);
static void fault(void) { snn_port_exit(3); }
__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
    link_stack_top, (void *)snn_reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault, 0, 0, 0, 0, (void *)fault, (void *)fault, 0, (void *)fault, (void *)fault};
__attribute__((used)) void snn_reset(void)
{
#if defined __ARM_FP
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;      // CPACR: coprocessors 10 and 11, before any floating-point instruction
    __asm__ volatile("dsb\nisb" ::: "memory");
#endif
    memory();
    run();
}
#else
__attribute__((used)) void snn_reset(void)
{
    memory();
    run();
}
__attribute__((section(".vectors"), naked, used)) void _start(void)
{
    __asm__ volatile(".option push\n.option arch, +zicsr\n"
                     "la sp, link_stack_top\n"
#if defined __riscv_flen
                     "li t0, 0x6000\ncsrs mstatus, t0\n"          // FS: floating-point state is there
#endif
                     "csrr t0, mhartid\n1: bnez t0, 1b\n"         // one core does it all
                     ".option pop\nj snn_reset");
}
#endif
