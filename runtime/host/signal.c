// SPDX-License-Identifier: MIT
// SIGINT and SIGTERM ask the program to come to an end: construction and runs look at the flag. A second one ends it at once.
#include "core/port.h"
#include "host/experiment.h"
#include <signal.h>

static volatile sig_atomic_t signalled;

static void on_signal(int number) {
    signalled = number;
    signal(number, SIG_DFL);
}
void run_catch_signals(void) {
    struct sigaction a = { .sa_handler = on_signal };
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    signal(SIGPIPE, SIG_IGN);                   // whoever read our text may leave before the results are written
}
bool port_interrupted(void) { return signalled != 0; }
bool run_interrupted(void) { return signalled != 0; }
