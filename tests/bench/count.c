// SPDX-License-Identifier: MIT
// QEMU plugin: instructions executed in ranges of addresses, exactly. Arguments NAME=LO-HI (hexadecimal, HI outside); the counts are written at
// the end as `NAME COUNT`. The interface is declared here, since distributions ship no header for it (QEMU docs/devel/tcg-plugins).
//
//   cc -shared -fPIC -o count.so count.c;   qemu-system-arm -plugin ./count.so,step=4b4-580 -d plugin ...
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op, void *ptr, uint64_t imm);     // op 0: add
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t id, void *p), void *p);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_outs(const char *text);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
enum { MOST = 64 };
static struct { char name[40]; uint64_t lo, hi, count; } range[MOST];
static int nranges;

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t at = qemu_plugin_insn_vaddr(insn);
        for (int r = 0; r < nranges; r++)
            if (at >= range[r].lo && at < range[r].hi) qemu_plugin_register_vcpu_insn_exec_inline(insn, 0, &range[r].count, 1);
    }
}
static void ended(qemu_plugin_id_t id, void *p)
{
    (void)id;
    (void)p;
    for (int r = 0; r < nranges; r++) {
        char line[100];
        snprintf(line, sizeof line, "%.40s %llu\n", range[r].name, (unsigned long long)range[r].count);
        qemu_plugin_outs(line);
    }
}
__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc && nranges < MOST; i++) {
        char *equals = strchr(argv[i], '='), *end;
        if (!equals) return -1;
        snprintf(range[nranges].name, sizeof range[nranges].name, "%.*s", (int)(equals - argv[i]), argv[i]);
        range[nranges].lo = strtoull(equals + 1, &end, 16);
        if (*end != '-') return -1;
        range[nranges++].hi = strtoull(end + 1, NULL, 16);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
