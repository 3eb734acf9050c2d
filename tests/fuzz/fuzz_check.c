// SPDX-License-Identifier: MIT
// Fuzz target for everything before code generation: whatever the text, it is refused with messages or becomes a Net that holds its invariants.
#include "net/net.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(Diags *d) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diag_show(d, out, false);
    fclose(out);
    free(text);
}

static void check(Diags *d, Sources *s, const char *path) {
    Model *m = sema_check(d, s, path, &(SemaOptions){.all = true});
    if (!m) {
        if (!d->errors) fatal("refused without a message");
        return;
    }
    NetProgram *nets = net_build(d, m, &(NetOptions){.place = true});
    if (!nets && !d->errors) fatal("no net and no message");
    for (uint32_t i = 0; nets && i < nets->nets.n; i++) net_verify(nets->nets.at[i]);
    if (nets) net_free(nets);
    model_free(m);
}

// The checker reads files, so the text is one, in memory.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[40];
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) fatal("no memory file");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    Sources s = {0};
    Diags d = {.src = &s};
    check(&d, &s, path);
    show(&d);
    diags_free(&d);
    sources_free(&s);
    close(fd);
    return 0;
}
