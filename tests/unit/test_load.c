// SPDX-License-Identifier: MIT
// Files, imports, the library on demand, and arrays from files.
#include "sema_fixture.h"
#include <sys/stat.h>

static char folder[64];

static void write_file(const char *name, const void *bytes, size_t n) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void write_text(const char *name, const char *text) { write_file(name, text, strlen(text)); }

static void check_file_with(Checked *c, const char *name, SemaOptions o) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    *c = (Checked){0};
    c->diags.src = &c->sources;
    c->model = sema_check(&c->diags, &c->sources, path, &o);
    if (c->diags.errors && getenv("SHOW")) diag_show(&c->diags, stderr, false);
}

static void check_file(Checked *c, const char *name) { check_file_with(c, name, (SemaOptions){.all = true}); }

static int begin(void **state) {
    (void)state;
    strcpy(folder, "/tmp/load-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static const char CELL[] = "neuron Cell { input I : pA  state V = 0 mV  V' = I/(10 pF)  spike when V > 1 mV { V = 0 mV } }\n";

static void imports_follow_the_file(void **state) {
    (void)state;
    char sub[128];
    snprintf(sub, sizeof sub, "%s/sub", folder);
    mkdir(sub, 0777);
    write_text("sub/cells.snn", CELL);
    write_text("sub/more.snn", "import \"cells.snn\"\ncircuit Pair { population A : Cell[2], B : Cell[2] }\n");
    write_text("main.snn", "import \"sub/more.snn\"\nimport \"sub/cells.snn\"\nnetwork N { use Pair() as p  population C : Cell[3] }\n");
    Checked c;
    check_file(&c, "main.snn");
    assert_non_null(c.model);
    assert_int_equal(c.sources.file.n, 3);                  // cells.snn is loaded once
    assert_int_equal(c.model->networks.at[0]->pops.n, 3);
    assert_string_equal(c.model->networks.at[0]->pops.at[0]->path, "p.A");
    check_free(&c);
}

static void circles_are_refused(void **state) {
    (void)state;
    write_text("a.snn", "import \"b.snn\"\nnetwork N { population E : LIF[3] }\n");
    write_text("b.snn", "import \"a.snn\"\n");
    Checked c;
    check_file(&c, "a.snn");
    assert_null(c.model);
    assert_int_equal(c.diags.errors, 1);
    check_free(&c);
}

static void missing_main_file(void **state) {
    (void)state;
    Checked c;
    check_file(&c, "nothing.snn");
    assert_null(c.model);
    assert_int_equal(c.diags.errors, 1);
    check_free(&c);
}

static void text_from_memory(void **state) {
    (void)state;
    Checked c = {0};
    c.diags.src = &c.sources;
    const char *text = "network N { population E : LIF[3] }";
    source_add(&c.sources, "editor.snn", text, strlen(text));
    c.model = sema_check(&c.diags, &c.sources, "editor.snn", NULL);
    assert_non_null(c.model);
    assert_int_equal(c.model->networks.n, 1);
    check_free(&c);
}

static void library_folder(void **state) {
    (void)state;
    char sub[128];
    snprintf(sub, sizeof sub, "%s/lib", folder);
    mkdir(sub, 0777);
    strcat(sub, "/neuron");
    mkdir(sub, 0777);
    write_text("lib/neuron/Special.snn", "neuron Special { input I : pA  state V = 0 mV  V' = I/(10 pF)  spike when V > 1 mV { V = 0 mV } }\n");
    write_text("use.snn", "import neuron\nnetwork N { population E : Special[3] }\n");
    char lib[128];
    snprintf(lib, sizeof lib, "%s/lib", folder);
    Checked c;
    check_file_with(&c, "use.snn", (SemaOptions){.all = true, .stdlib_dir = lib});
    assert_non_null(c.model);
    check_free(&c);
    check_file(&c, "use.snn");                              // the embedded library has no such model
    assert_null(c.model);
    check_free(&c);
}

// A library file never sees the user's declarations.
static void library_is_closed(void **state) {
    (void)state;
    char sub[128];
    snprintf(sub, sizeof sub, "%s/own", folder);
    mkdir(sub, 0777);
    strcat(sub, "/circuit");
    mkdir(sub, 0777);
    write_text("own/circuit/Base.snn", "neuron Base { input I : pA  state V = 0 mV  V' = I/(10 pF)  spike when V > 1 mV { V = 0 mV } }\n");
    write_text("own/circuit/Ring.snn", "circuit Ring { population P : Base[4] }\n");
    write_text("closed.snn", "neuron Base { input I : pA  state U = 0 mV  U' = I/(10 pF)  spike when U > 1 mV { U = 0 mV } }\n"
                             "network N { use Ring() as r  population Q : Base[2] }\n");
    char lib[128];
    snprintf(lib, sizeof lib, "%s/own", folder);
    Checked c;
    check_file_with(&c, "closed.snn", (SemaOptions){.all = true, .stdlib_dir = lib});
    assert_non_null(c.model);
    const Network *n = c.model->networks.at[0];
    assert_non_null(body_var(n->pops.at[0]->body, sym("V")));
    assert_non_null(body_var(n->pops.at[1]->body, sym("U")));
    check_free(&c);
}

// ---- arrays ----
static void write_npy(const char *name, const char *descr, const char *shape, const void *data, size_t bytes) {
    char header[118], file[4096];
    memset(header, ' ', sizeof header);
    int n = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    header[n] = ' ';
    header[117] = '\n';
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(file + 10, header, 118);
    memcpy(file + 128, data, bytes);
    write_file(name, file, 128 + bytes);
}

static const Var *weight_array(const Checked *c) { return c->model->networks.at[0]->projs.at[0]->weight->var; }

static void numpy_arrays(void **state) {
    (void)state;
    const float f[6] = {1, 2, 3, 4, 5, 6.5f};
    const double d[6] = {1, 2, 3, 4, 5, -0.25};
    write_npy("f.npy", "<f4", "(2, 3)", f, sizeof f);
    write_npy("d.npy", "<f8", "(2, 3)", d, sizeof d);
    write_npy("cut.npy", "<f8", "(2, 4)", d, sizeof d);
    write_npy("big.npy", ">f8", "(2, 3)", d, sizeof d);
    static const char *const program = "network N { const W : %s[2, 3] = load(\"%s\")  population A : LIF[3], B : LIF[2]\n"
                                       "  connect A -> B by all_to_all via ExpCurrent weight W }\n";
    char text[400];
    Checked c;
    snprintf(text, sizeof text, program, "pA", "f.npy");
    write_text("w.snn", text);
    check_file(&c, "w.snn");
    assert_non_null(c.model);
    assert_int_equal(weight_array(&c)->rank, 2);
    assert_true(weight_array(&c)->data[5] == 6.5);
    check_free(&c);
    snprintf(text, sizeof text, program, "nA", "d.npy");           // numbers of a file are in the declared unit
    write_text("w.snn", text);
    check_file(&c, "w.snn");
    assert_non_null(c.model);
    assert_true(weight_array(&c)->data[5] == -250);
    check_free(&c);
    static const char *const wrong[] = {"cut.npy", "big.npy"};
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, program, "pA", wrong[i]);
        write_text("w.snn", text);
        check_file(&c, "w.snn");
        assert_null(c.model);
        assert_int_equal(c.diags.errors, 1);
        check_free(&c);
    }
}

static void data_folder(void **state) {
    (void)state;
    char sub[128];
    snprintf(sub, sizeof sub, "%s/data", folder);
    mkdir(sub, 0777);
    write_text("data/w.csv", "# weights\n1.5\n2.5\n");
    write_text("d.snn", "network N { const W : mV[2] = load(\"w.csv\")  population A : LIF[2]  connect A -> A by one_to_one via Delta weight W }\n");
    Checked c;
    check_file_with(&c, "d.snn", (SemaOptions){.all = true, .data_dir = sub});
    assert_non_null(c.model);
    assert_true(weight_array(&c)->data[1] == 2.5);
    check_free(&c);
    check_file(&c, "d.snn");
    assert_null(c.model);
    check_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imports_follow_the_file), cmocka_unit_test(circles_are_refused), cmocka_unit_test(missing_main_file),
        cmocka_unit_test(text_from_memory), cmocka_unit_test(library_folder), cmocka_unit_test(library_is_closed),
        cmocka_unit_test(numpy_arrays), cmocka_unit_test(data_folder)};
    return cmocka_run_group_tests(tests, begin, end);
}
