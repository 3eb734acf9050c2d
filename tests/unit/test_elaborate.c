// SPDX-License-Identifier: MIT
// Networks made flat: paths, structural parameters, --set, slices, projections, experiments.
#include "sema_fixture.h"

static void check_set(Checked *c, const char *text, const char *const *set, uint32_t nset) {
    *c = (Checked){0};
    c->diags.src = &c->sources;
    source_add(&c->sources, "test.snn", text, strlen(text));
    c->model = sema_check(&c->diags, &c->sources, "test.snn", &(SemaOptions){.all = true, .set = set, .nset = nset});
    if (c->diags.errors && getenv("SHOW")) diag_show(&c->diags, stderr, false);
}

static const Population *pop_named(const Network *n, const char *path) {
    for (uint32_t i = 0; i < n->pops.n; i++)
        if (!strcmp(n->pops.at[i]->path, path)) return n->pops.at[i];
    fail_msg("no population %s", path);
    return NULL;
}

static const Projection *proj_named(const Network *n, const char *path) {
    for (uint32_t i = 0; i < n->projs.n; i++)
        if (!strcmp(n->projs.at[i]->path, path)) return n->projs.at[i];
    fail_msg("no projection %s", path);
    return NULL;
}

static const Var *param_named(const Network *n, const char *path) {
    for (uint32_t i = 0; i < n->params.n; i++)
        if (!strcmp(n->params.at[i]->path, path)) return n->params.at[i];
    return NULL;
}

static const char NESTED[] =
    "circuit Layer(n : int, tau = 5 ms) { port source, out  param J = 10 pA  population P : LIF[n]\n"
    "  connect source -> P by all_to_all via ExpCurrent(tau = tau) weight J  out = P }\n"
    "circuit Two(n : int) { port source, out  use Layer(n, source = source) as a  use Layer(2*n, source = a.out, tau = 3 ms) as b  out = b.out }\n"
    "network N { const k = 3  param t0 = 7 ms  population In : PoissonSource[k]  use Two(k, source = In) as two\n"
    "  use Layer(source = two.out[0:2], n = 1, tau = 2*t0) as last }\n";

static void circuits_become_flat(void **state) {
    (void)state;
    Checked c;
    check_set(&c, NESTED, NULL, 0);
    assert_non_null(c.model);
    const Network *n = c.model->networks.at[0];
    assert_int_equal(n->pops.n, 4);
    assert_int_equal(pop_named(n, "two.a.P")->n, 3);
    assert_int_equal(pop_named(n, "two.b.P")->n, 6);
    assert_int_equal(pop_named(n, "last.P")->n, 1);
    assert_int_equal(n->projs.n, 3);
    const Projection *p = proj_named(n, "two.b.P[0:2]->last.P");
    assert_int_equal(p->source.at[0].hi, 2);
    proj_named(n, "In->two.a.P");
    proj_named(n, "two.a.P->two.b.P");
    check_free(&c);
}

static void parameters_have_paths(void **state) {
    (void)state;
    Checked c;
    check_set(&c, NESTED, NULL, 0);
    const Network *n = c.model->networks.at[0];
    assert_true(param_named(n, "two.a.tau")->init->num == 5);
    assert_true(param_named(n, "two.b.tau")->init->num == 3);
    assert_non_null(param_named(n, "two.b.J"));
    assert_int_equal(param_named(n, "last.tau")->init->kind, E_BINARY);       // over the outer parameter
    assert_null(param_named(n, "two.n"));                                      // structural
    assert_null(param_named(n, "k"));
    check_free(&c);
}

static void settings_change_structure(void **state) {
    (void)state;
    static const char *const set[] = {"k=4", "two.b.n=2", "t0=3 ms"};
    Checked c;
    check_set(&c, NESTED, set, 3);
    assert_non_null(c.model);
    const Network *n = c.model->networks.at[0];
    assert_int_equal(pop_named(n, "In")->n, 4);
    assert_int_equal(pop_named(n, "two.a.P")->n, 4);
    assert_int_equal(c.model->set_used.n, 2);                                  // t0 is left to the run time
    check_free(&c);
}

static void one_network_for_each_structure(void **state) {
    (void)state;
    Checked c;
    check_set(&c, "network N(n : int = 3) { param w = 1 pA  population E : LIF[n]  connect E -> E by all_to_all via ExpCurrent weight w }\n"
                  "experiment x { use N as a  use N(5, w = 2 pA) as b  use N(n = 3) as c  run 1 ms  print rate(a.E), rate(b.E), rate(c.E) }\n", NULL, 0);
    assert_non_null(c.model);
    assert_int_equal(c.model->networks.n, 3);                                  // a and c are used at once: two networks of one structure
    assert_int_equal(c.model->networks.at[1]->pops.at[0]->n, 5);
    const Experiment *x = c.model->experiments.at[0];
    assert_int_equal(x->nets.n, 3);
    assert_int_equal(x->body.at[1]->args.n, 1);
    assert_ptr_not_equal(x->body.at[0]->net, x->body.at[2]->net);
    check_free(&c);
}

static void connections(void **state) {
    (void)state;
    Checked c;
    check_set(&c, "network N { population E : LIF[10], I : LIF[5], G : LIF[2, 3, 4]\n"
                  "  connect E -> (E, I) by pairwise_bernoulli(0.1, self = false) via ExpCurrent weight 1 pA delay 1.5 ms\n"
                  "  connect concat(E, I) -> E[2:7] by fixed_indegree(0.7*10, multiple = false) via ExpCurrent weight 1 pA\n"
                  "  connect E -> I by all_to_all weight 1 mV into V\n"
                  "  connect G[1] -> G[1, 2, :] by all_to_all via Delta weight 1 mV\n"
                  "  connect G[1, 0:2] -> G[0:4] by all_to_all via Delta weight 1 mV }\n", NULL, 0);
    assert_non_null(c.model);
    const Network *n = c.model->networks.at[0];
    assert_int_equal(n->projs.n, 6);
    assert_false(proj_named(n, "E->E")->allow_self);
    assert_true(proj_named(n, "E->I")->delay->num == 1.5);
    const Projection *p = proj_named(n, "E+I->E[2:7]");
    assert_int_equal(p->source.n, 2);
    assert_true(p->args.at[0]->num == 7);
    assert_false(p->allow_multiple);
    assert_string_equal(proj_named(n, "E->I#2")->into->name, "V");
    const Projection *g = proj_named(n, "G[1:2]->G[20:24]");                   // one index counts through the whole population
    assert_int_equal(g->target.at[0].lo, 20);
    const Projection *rows = proj_named(n, "G[12:20]->G[0:4]");
    assert_int_equal(rows->source.at[0].hi, 20);
    check_free(&c);
}

static void parts_and_positions(void **state) {
    (void)state;
    Checked c;
    check_set(&c, "network N { population E : LIF[4, 5] at grid(1 mm, 2 mm, periodic = true), R : LIF[8] at ring(0.5 mm)\n"
                  "  E.V ~ normal(-65 mV, 5 mV)  E[0:3].V = -50 mV  E.t_ref ~ uniform(1 ms, 2 ms)  R.V = R.E_L + 1 mV*index }\n", NULL, 0);
    assert_non_null(c.model);
    const Network *n = c.model->networks.at[0];
    const Population *e = pop_named(n, "E");
    assert_int_equal(e->layout, POS_GRID);
    assert_int_equal(e->dims, 2);
    assert_true(e->periodic);
    assert_true(e->extent[1] == 2);
    assert_int_equal(e->states.n, 1);
    assert_int_equal(e->states.at[0].value->kind, E_COND);
    assert_int_equal(e->params.at[0].value->kind, E_DRAW);
    assert_int_equal(pop_named(n, "R")->dims, 2);
    check_free(&c);
}

static void experiments(void **state) {
    (void)state;
    Checked c;
    check_set(&c, "network N { param w = 1 pA  population E : LIF[10]  E.t_ref ~ uniform(1 ms, 2 ms)\n"
                  "  connect E -> E by all_to_all via ExpCurrent weight w }\n"
                  "experiment x { use N as net  let a = 3  a += 1  net.w = 2 pA  E.V_th = -51 mV  E.V = -60 mV  E[1:3].t_ref = 1 ms  E.V ~ normal(0 mV, 1 mV)\n"
                  "  for i in 0:a { run 1 ms  print rate(E[i:i + 2]) } }\n", NULL, 0);
    assert_non_null(c.model);
    const Experiment *x = c.model->experiments.at[0];
    static const XKind want[] = {X_USE, X_LET, X_ASSIGN, X_SET, X_SET, X_FILL, X_FILL, X_DRAW, X_FOR_RANGE};
    assert_int_equal(x->body.n, 9);
    for (int i = 0; i < 9; i++) assert_int_equal(x->body.at[i]->kind, want[i]);
    assert_null(x->body.at[3]->pop);
    assert_non_null(x->body.at[4]->pop);
    assert_int_equal(x->body.at[6]->target->slice_hi, 3);
    assert_false(x->has_dt);
    assert_int_equal(x->frame_slots, 2);
    const Expr *e = x->body.at[8]->body.at[1]->items.at[0].value->args.at[0];
    assert_non_null(e->slice_lo_expr);
    check_free(&c);
}

static void printed_models_agree(void **state) {
    (void)state;
    char *text[2];
    for (int i = 0; i < 2; i++) {
        Checked c;
        check_set(&c, NESTED, NULL, 0);
        size_t n;
        FILE *f = open_memstream(&text[i], &n);
        model_print(c.model, f);
        fclose(f);
        check_free(&c);
    }
    assert_string_equal(text[0], text[1]);
    assert_non_null(strstr(text[0], "population two.b.P : LIF[6]"));
    assert_non_null(strstr(text[0], "connect two.a.P->two.b.P: two.a.P -> two.b.P by all_to_all()"));
    free(text[0]);
    free(text[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circuits_become_flat), cmocka_unit_test(parameters_have_paths), cmocka_unit_test(settings_change_structure),
        cmocka_unit_test(one_network_for_each_structure), cmocka_unit_test(connections), cmocka_unit_test(parts_and_positions),
        cmocka_unit_test(experiments), cmocka_unit_test(printed_models_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
