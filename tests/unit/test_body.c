// SPDX-License-Identifier: MIT
// Bodies: what declarations become, one body for each set of partners, retargeting by `into`.
#include "sema_fixture.h"

static const char LEARNING[] =
    "neuron A { input I : pA, J : pA  input event exc : nS  state V = 0 mV, g : nS  V' = (I + J - g*V)/1 pF  g' = -g/5 ms  on exc(w) { g += w }\n"
    "  spike when V >= 1 mV { V = 0 mV; refractory 2 ms hold V }  spike burst when V crosses 2 mV rising { } }\n"
    "synapse S { param tau = 5 ms  weight w  state h : weight  h' = -h/tau  on pre { h += w }  drive post.I = h }\n"
    "synapse D { weight w  on pre { post.V += w } }\n"
    "plasticity P { param w_max : weight, A : weight = 0  state x = 0  x' = -x/20 ms  on pre { x += 1 }  on post { w = min(w + x*w_max + A, w_max) }  w' = -w/10 ms }\n"
    "network N { population a : A[2]\n"
    "  connect a -> a by all_to_all via S weight 1 pA plastic P(w_max = 2 pA)\n"
    "  connect a -> a by all_to_all via S weight 1 pA into J\n"
    "  connect a -> a by all_to_all via D weight 1 mV\n"
    "  connect a -> a by all_to_all via D weight 1 nS into exc plastic P(w_max = 2 nS)\n"
    "  connect a -> a by all_to_all weight 3 nS }\n";

static void neuron(void **state) {
    (void)state;
    Checked c;
    check_text(&c, LEARNING);
    const Body *b = body_named(&c, "A");
    assert_int_equal(b->what, MODEL_NEURON);
    assert_int_equal(var_named(b, "I")->kind, VAR_INPUT);
    assert_int_equal(var_named(b, "exc")->kind, VAR_EVENT_INPUT);
    assert_int_equal(b->equations.n, 2);
    assert_int_equal(b->handlers.n, 1);
    assert_int_equal(b->handlers.at[0].kind, ON_EVENT);
    assert_ptr_equal(b->handlers.at[0].event, var_named(b, "exc"));
    assert_true(dim_equal(b->handlers.at[0].arg->dim, var_named(b, "g")->dim));
    assert_int_equal(b->spikes.n, 2);
    assert_int_equal(b->spikes.at[0].body.n, 2);
    assert_int_equal(b->spikes.at[0].body.at[1]->kind, S_REFRACTORY);
    assert_ptr_equal(b->spikes.at[0].body.at[1]->hold.at[0], var_named(b, "V"));
    assert_int_equal(b->spikes.at[1].how, SPIKE_CROSSES);
    assert_string_equal(b->spikes.at[1].port, "burst");
    check_free(&c);
}

static void synapses(void **state) {
    (void)state;
    Checked c;
    check_text(&c, LEARNING);
    assert_non_null(c.model);
    const Network *n = c.model->networks.at[0];
    Arena a = {0};
    assert_int_equal(n->projs.n, 5);
    const Projection *p = n->projs.at[0], *q = n->projs.at[1], *d = n->projs.at[2], *e = n->projs.at[3], *plain = n->projs.at[4];
    const Body *post = p->synapse->post;
    assert_ptr_equal(p->synapse->drives.at[0].port, var_named(post, "I"));
    assert_ptr_equal(q->synapse->drives.at[0].port, var_named(post, "J"));
    assert_ptr_not_equal(p->synapse, q->synapse);
    assert_string_equal(dim_text(&a, p->weight_var->dim), "pA");
    assert_string_equal(dim_text(&a, d->weight_var->dim), "mV");
    assert_string_equal(dim_text(&a, e->weight_var->dim), "nS");
    assert_ptr_equal(d->synapse->handlers.at[0].body.at[0]->var, var_named(post, "V"));
    assert_ptr_equal(e->synapse->handlers.at[0].body.at[0]->var, var_named(post, "exc"));
    assert_ptr_equal(plain->synapse->handlers.at[0].body.at[0]->var, var_named(post, "exc"));
    assert_ptr_not_equal(p->plastic, e->plastic);
    assert_string_equal(dim_text(&a, body_weight(p->plastic)->dim), "pA");
    assert_string_equal(dim_text(&a, var_named(e->plastic, "w_max")->dim), "nS");
    assert_ptr_equal(p->plastic->equations.at[1].var, body_weight(p->plastic));
    arena_free(&a);
    check_free(&c);
}

static void order_is_free(void **state) {
    (void)state;
    Checked c;
    check_text(&c, "neuron N { spike when V > th { V = 0 mV }  V' = k*V  let k = 1/tau  state V = u, dead = v2  param tau = 2*half, v2 = 1  param half = 5 ms, th = u  const u = 1 mV  dead' = -dead*k }");
    assert_non_null(c.model);
    const Body *b = body_named(&c, "N");
    assert_true(dim_equal(var_named(b, "tau")->dim, DIM_TIME));
    assert_true(var_named(b, "u")->init->num == 1);
    check_free(&c);
}

static void arrivals(void **state) {
    (void)state;
    Checked c;
    check_text(&c, "neuron N { param E = -70 mV  kernel k(s) = exp(-s/5 ms)  V = E + convolve(k, arrivals) - convolve(k, self)*1 mV  spike when V > -50 mV { } }");
    assert_non_null(c.model);
    const Body *b = body_named(&c, "N");
    Arena a = {0};
    assert_string_equal(dim_text(&a, var_named(b, "arrivals")->dim), "mV");
    assert_string_equal(dim_text(&a, var_named(b, "V")->dim), "mV");
    assert_true(b->equations.at[0].algebraic);
    arena_free(&a);
    check_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(neuron), cmocka_unit_test(synapses), cmocka_unit_test(order_is_free), cmocka_unit_test(arrivals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
