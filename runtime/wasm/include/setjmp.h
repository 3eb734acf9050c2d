// SPDX-License-Identifier: MIT
// WebAssembly has no longjmp. The one setjmp of the runtime stands at the root of an experiment's body, so leaving it is an exception of the host
// language: the import throws, and who called the body's export catches it and puts the stack pointer back.
#ifndef SNN_WASM_SETJMP_H
#define SNN_WASM_SETJMP_H
typedef int jmp_buf[1];
__attribute__((import_module("snn"), import_name("leave"))) _Noreturn void wasm_leave(void);
#define setjmp(b) ((void)(b), 0)
#define longjmp(b, v) wasm_leave()
#endif
