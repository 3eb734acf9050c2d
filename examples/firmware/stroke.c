// SPDX-License-Identifier: MIT
// Firmware that sleeps: the network of stroke.snn runs on events, and the core wakes for a touch or for the network's next event, not for time steps. A table
// plays the finger; a real sensor would wake the core by an interrupt and ask the timer what time it is.
//
//     sh build.sh && qemu-system-arm -M mps2-an386 -nographic -semihosting-config enable=on,target=native -kernel stroke.elf
#include "board.h"
#include "stroke.h"

typedef struct Touch { stroke_time_t at; uint32_t sensor; } Touch;
static const Touch touches[] = {
    {STROKE_TIME(100), 0}, {STROKE_TIME(110), 1}, {STROKE_TIME(120), 2}, {STROKE_TIME(130), 3},              // forth
    {STROKE_TIME(500), 3}, {STROKE_TIME(510), 2}, {STROKE_TIME(520), 1}, {STROKE_TIME(530), 0},              // back
    {STROKE_TIME(900), 0}, {STROKE_TIME(909), 1}, {STROKE_TIME(921), 2}, {STROKE_TIME(930), 3},              // forth, not so even
    {STROKE_TIME(1300.37), 0},                                                                               // a touch
    {STROKE_TIME(1700), 0}, {STROKE_TIME(1700), 1}, {STROKE_TIME(1700), 2}, {STROKE_TIME(1700), 3}};         // a hand
enum { TOUCHES = sizeof touches / sizeof *touches };
static const stroke_time_t END = STROKE_TIME(2000);

static stroke_t net;

// A step of the network is 2^24 of its units, and DT_MS long; rounded up, so that the core does not wake before its time.
static uint64_t ticks_of(stroke_time_t t)
{
    const uint64_t step = (uint64_t)(STROKE_DT_MS * 1e-3 * BOARD_CLOCK + 0.5), whole = (uint64_t)t >> 24, part = (uint64_t)t & 0xFFFFFF;
    return whole * step + (part * step + 0xFFFFFF) / 0x1000000;
}

static uint32_t tell(void)
{
    stroke_spike_t s[8];
    uint32_t n = stroke_spikes(&net, s, 8);
    for (uint32_t i = 0; i < n; i++) {
        board_text(s[i].port == STROKE_SPIKES_FORTH ? "forth 0 " : "back 0 ");
        board_number((uint32_t)(s[i].at >> 24));
        board_text(" ");
        board_number((uint32_t)s[i].at & 0xFFFFFF);
        board_text("\n");
    }
    return n;
}

int main(void)
{
    uint32_t next = 0, wakes = 0, spikes = 0;
    stroke_init(&net);
    board_timer_start();
    for (stroke_time_t now = 0; now < END; wakes++) {
        stroke_time_t due = stroke_next_event(&net);
        if (next < TOUCHES && touches[next].at < due) due = touches[next].at;
        if (due > END) due = END;
        board_sleep_until(ticks_of(due));
        stroke_advance_until(&net, now = due);
        while (next < TOUCHES && touches[next].at == now) stroke_inject(&net, STROKE_SPIKES_SKIN, touches[next++].sensor);
        stroke_advance_until(&net, now + 1);                 // what is due at this moment
        spikes += tell();
    }
    board_text("wakes ");
    board_number(wakes);
    board_text("\n");
    return spikes == 3 && !stroke_lost(&net) ? 0 : 1;
}
