# SPDX-License-Identifier: MIT
"""The target wasm32: experiments in Node have the spikes and the results of the host, bit for bit; the page runs in a browser, its sliders and
clicks act on the network, and nothing is loaded from elsewhere."""
import json
import os
import shutil
import time
from suites.common import result

# Programs that meet most of the run time: rules, delays, draws, lumped and per-synapse states, plasticity, sweeps, presented values.
PROGRAMS = {
    "balanced": (["--arithmetic", "plain"], """network Balanced {
    population E : LIF[160], I : LIF[40]
    E.V ~ uniform(-70 mV, -50 mV)
    I.V ~ normal(-60 mV, 5 mV)
    population S : PoissonSource[100](rate = 400 Hz)
    connect E -> E by pairwise_bernoulli(0.1) via ExpCurrent weight 30 pA delay uniform(1 ms, 3 ms)
    connect E -> I by fixed_indegree(10) via ExpConductance(tau = 4 ms) weight lognormal(2 nS, 0.5) delay 1 ms
    connect I -> E by fixed_outdegree(20) via ExpCurrent weight -150 pA delay 0.5 ms
    connect S -> E by fixed_total_number(1600) via NMDA weight 3 nS
    connect S[0:40] -> I by one_to_one via ExpCurrent weight 300 pA
    connect S -> E by pairwise_bernoulli(0.3) via ExpCurrent weight 40 pA
    population J : LIF[600]
    connect S -> (E, J) by pairwise_bernoulli(0.8) via ExpCurrent(tau = 3 ms) weight normal(5 pA, 1 pA) delay uniform(0.5 ms, 1.5 ms)
}
experiment run {
    use Balanced as net
    record net.E.V[0:4] every 1 ms
    run 200 ms
    print e = rate(net.E), i = rate(net.I), cv = cv_isi(net.E), n = count(net.S)
}
"""),
    "plastic": (["--arithmetic", "plain"], """network Plastic {
    population In : PoissonSource[60](rate = 40 Hz), P : LIF[3](sigma_test = 1)
    connect In -> P by all_to_all via ExpCurrent weight uniform(20 pA, 120 pA) plastic STDP(w_max = 150 pA)
}
neuron LIF {
    param C = 100 pF, g_L = 10 nS, E_L = -70 mV, sigma_test = 1
    input I : pA
    state V = E_L, a = 0, tiny = 1e-306      // becomes subnormal, which is zero
    V' = (g_L*(E_L - V) + 4 pA*exp((V - E_L)/6 mV) + I)/C + sigma_test*xi*0.5 mV/sqrt(1 ms)
    tiny' = -tiny/3 ms
    a' = -a/150 ms + tanh(a)*0.001 ms^-1
    spike when V > -50 mV { V = -65 mV; a += 1; refractory 2 ms hold V }
}
experiment learn {
    use Plastic as net
    seed 5
    run 30 ms
    print tiny = mean(values(net.P.tiny))
    run 970 ms
    print w = mean(weights(net.P)), spikes = count(net.P), a = mean(values(net.P.a))
    yield w = mean(weights(net.P))
}
"""),
    "event": (["--arithmetic", "plain", "--engine", "event"], """network N {
    population S : PoissonSource[50](rate = 200 Hz), P : LIF[40]
    connect S -> P by pairwise_bernoulli(0.3) via ExpCurrent weight 60 pA delay 1 ms
    connect P -> P by pairwise_bernoulli(0.1) via ExpCurrent weight 30 pA delay 1 ms
}
experiment e {
    use N as net
    run 300 ms
    print n = count(net.P), v = mean(values(net.P.V)), sd = std(values(net.P.V))
}
"""),
    "fixed": (["--arithmetic", "long", "--precision", "fixed"], """network N {
    population S : RegularSource[20](period = 6 ms), P : LIF[20]
    connect S -> P by pairwise_bernoulli(0.5) via ExpCurrent weight 90 pA delay 1 ms
}
experiment e {
    use N as net
    run 200 ms
    print n = count(net.P), v = mean(values(net.P.V)), sd = std(values(net.P.V))
}
"""),
    "swept": (["--arithmetic", "plain", "--precision", "float"], """network One { param w = 100 pA; population P : LIF[4]; population S : RegularSource[4](period = 7 ms); connect S -> P by one_to_one via AlphaCurrent weight w }
experiment curve {
    use One as net
    sweep I in linspace(200 pA, 500 pA, 4) {
        drive net.P.I = I
        run 100 ms
        yield I = I, f = rate(net.P)
    }
}
"""),
}

NODE = """import { load } from './index.js';
const net = await load({ build: false });
const seed = process.argv[2] ? Number(process.argv[2]) : undefined;
const r = net.runExperiment({ seed });
const names = net.info.networks[0].populations.map(p => p.name);
const of = {};
r.spikes.step.forEach((s, i) => { if (!r.spikes.port[i]) (of[names[r.spikes.population[i]]] ??= []).push([s, r.spikes.index[i]]); });
console.log(JSON.stringify({ printed: r.printed, table: r.table, spikes: of, info: net.info.precision }));
"""
STEPS = """import { load } from './index.js';
const a = await load({ seed: 3 }), b = await load({ seed: 3 });
a.run(50);
for (let i = 0; i < 500; i++) b.advance();
const sa = a.takeSpikes(), sb = b.takeSpikes();
const say = {};
say.same = sa.step.length > 100 && JSON.stringify(sa) === JSON.stringify(sb);
a.reset();
a.watch('E.V', 7);
a.run(50);
say.again = JSON.stringify(a.takeSpikes()) === JSON.stringify(sb);
const [steps, v] = a.takeSamples();
say.samples = [steps.length, steps[0], steps[steps.length - 1], Math.min(...v) > -200 && v[v.length - 1] === a.read('E.V')[7]];
const before = a.get('E.g_L');
a.set('E.g_L', 2*before);
say.set = a.get('E.g_L') === 2*before;
b.inject('E', 11);
b.advance(2);
const s = b.takeSpikes();
say.injected = s.index.some((x, i) => x === 11 && s.population[i] === 0);
try { a.set('E.nothing', 1); } catch (e) { say.unknown = e.message.includes("there is no parameter 'E.nothing'"); }
try { a.inject('E', 100000); } catch (e) { say.outside = true; }
say.kept = a.reset().get('E.g_L') === 2*before;
console.log(JSON.stringify(say));
"""


def host(env, file, options):
    """Spikes and results of the host's run."""
    import h5py
    out = env.folder(os.path.basename(file) + ".out")
    code, _, err, s = env.simulate(file, *options, out=out)
    spikes = {}
    if not os.path.exists(os.path.join(out, "spikes.h5")):        # a sweep's lie in folders of its runs
        return code, err, s, {}
    with h5py.File(os.path.join(out, "spikes.h5")) as f:
        for name, g in f["spikes"].items():
            spikes[name] = sorted((round(t / 0.1), int(i)) for t, i in zip(g["timestamps"][:], g["node_ids"][:]))
    return code, err, s, spikes


def recorded(text):
    """The program with all populations recorded, so that the host writes their spikes."""
    names = {"balanced": "record net.E.spikes, net.I.spikes, net.S.spikes", "plastic": "record net.In.spikes, net.P.spikes"}
    for first, line in (("    record net.E.V", names["balanced"]), ("    seed 5\n", names["plastic"])):
        if first in text:
            return text.replace(first, f"    {line}\n{first}", 1)
    return text.replace("    use One as net\n", "    use One as net\n    record net.P.spikes, net.S.spikes\n")


def same_bits(env, name):
    options, text = PROGRAMS[name]
    folder = env.folder(name)
    file = os.path.join(folder, name + ".snn")
    with open(file, "w") as f:
        f.write(recorded(text))
    code, err, s, want = host(env, file, options + ["--cpu", "generic"])
    if not env.check(f"{name}: on the host", code == 0 and s, err):
        return
    precision = options[options.index("--precision") + 1] if "--precision" in options else "double"
    for cpu in ("simd128", "generic"):
        web = os.path.join(folder, cpu)
        code, _, err = env.compile("build", file, "--target", "wasm32", "--cpu", cpu, "--emit", "module", *options[2:], "-o", web)
        if not env.check(f"{name} ({cpu}): builds", code == 0, err):
            continue
        with open(os.path.join(web, "run.mjs"), "w") as f:
            f.write(NODE)
        code, out, err = env.run("node", os.path.join(web, "run.mjs"))
        if not env.check(f"{name} ({cpu}): runs in Node", code == 0, err + out):
            continue
        got = json.loads(out)
        if name in ("balanced", "plastic"):      # the runs of a sweep share their times; events lie between steps
            for pop, spikes in want.items():
                mine = sorted(map(tuple, got["spikes"].get(pop, [])))
                env.check(f"{name} ({cpu}): spikes of {pop}", mine == spikes and spikes, f"{len(mine)} in Node, {len(spikes)} on the host; first differences {sorted(set(mine) ^ set(spikes))[:5]}")
        columns = {c["name"]: c["values"] for c in got["printed"] + got["table"]}
        for key, values in columns.items():
            there, _ = result(s, key)
            there = there if isinstance(there, list) else [there]
            env.check(f"{name} ({cpu}): {key}", values and values == there, f"{values} in Node, {there} on the host")
        env.check(f"{name} ({cpu}): precision", precision == "fixed" or got["info"] == precision, got["info"])


def module(env):
    """What a program can do with the module: steps one by one, watching, parameters, spikes from outside."""
    folder = env.folder("module")
    file = os.path.join(folder, "balanced.snn")
    with open(file, "w") as f:
        f.write(PROGRAMS["balanced"][1])
    web = os.path.join(folder, "web")
    code, _, err = env.compile("build", file, "--target", "wasm32", "-o", web)
    if not env.check("a folder with a page", code == 0 and all(os.path.exists(os.path.join(web, n)) for n in
                     ("index.html", "index.js", "index.d.ts", "package.json", "balanced.wasm", "LICENSE.uplot")), err):
        return None
    with open(os.path.join(web, "steps.mjs"), "w") as f:
        f.write(STEPS)
    code, out, err = env.run("node", os.path.join(web, "steps.mjs"))
    if env.check("the module's functions", code == 0, err):
        say = json.loads(out)
        for key in ("same", "again", "set", "injected", "unknown", "outside", "kept"):
            env.check(f"module: {key}", say.get(key) is True, out)
        env.check("module: samples", say.get("samples") == [500, 1, 500, True], out)
    with open(os.path.join(web, "package.json")) as f:
        package = json.load(f)
    env.check("package.json", package["name"] == "snn-balanced" and package["type"] == "module" and os.path.exists(os.path.join(web, package["types"])), package)
    with open(os.path.join(web, "index.d.ts")) as f:
        types = f.read()
    env.check("types name the parameters", "'E.g_L'" in types.split("ParamName =")[-1] and "'E' | 'I' | 'S'" in types, types[-400:])
    return web


SHOWN = """network Shown {
    population In : Poisson[6](r_max = 400 Hz), P : LIF[3]
    connect In -> P by fixed_indegree(4) via ExpCurrent weight 200 pA
}
experiment show {
    use Shown as net
    record net.In.spikes, net.P.spikes
    present [0.1, 0.2, 0.4, 0.6, 0.8, 1.0] to net.In for 200 ms
    present [1.0, 0.8, 0.0, 0.0, 0.2, 0.0] to net.In for 200 ms
}
"""
SHOW = """import { load } from './index.js';
const net = await load();
net.present('In', [0.1, 0.2, 0.4, 0.6, 0.8, 1.0]);
net.run(200);
net.present('In', [1.0, 0.8, 0.0, 0.0, 0.2, 0.0]);
net.run(200);
const s = net.takeSpikes();
let wrong;
try { net.present('In', [1]); } catch (e) { wrong = e.message; }
console.log(JSON.stringify({ spikes: [...s.step].map((k, i) => [net.populations[s.population[i]].name, k, s.index[i]]), wrong }));
"""


def presented(env):
    """Values that a program presents, step by step, against the host's experiment that presents the same."""
    folder = env.folder("shown")
    file = os.path.join(folder, "shown.snn")
    with open(file, "w") as f:
        f.write(SHOWN)
    code, err, _, want = host(env, file, ["--arithmetic", "plain"])
    web = os.path.join(folder, "web")
    built, _, err2 = env.compile("build", file, "--target", "wasm32", "--emit", "module", "-o", web)
    if not env.check("presented: builds", code == 0 and built == 0, err + err2):
        return
    with open(os.path.join(web, "show.mjs"), "w") as f:
        f.write(SHOW)
    code, out, err = env.run("node", os.path.join(web, "show.mjs"))
    if not env.check("presented: runs in Node", code == 0, err):
        return
    got = json.loads(out)
    for pop in ("In", "P"):
        mine = sorted((k, i) for name, k, i in got["spikes"] if name == pop)
        env.check(f"presented: spikes of {pop}", mine == want.get(pop) and mine, f"{len(mine)} in Node, {len(want.get(pop, []))} on the host")
    env.check("presented: too few values", "6 neurons, but 1 values" in got["wrong"], got["wrong"])


PORTS = """import { load } from './index.js';
const net = await load();
const say = { names: Object.keys(net.ports).join(' ') };
for (let k = 0; k < 120; k++) {
    if (k === 1 || k === 3 || k === 5) net.inject('left', 1);
    if (k === 9 || k === 10 || k === 11) net.inject('right', 2);
    if (k === 40) net.setInput('bias', 400);
    net.advance(1);
}
const s = net.takeSpikes();
say.spikes = [...s.step].map((k, i) => [net.populations[s.population[i]].name, k, s.index[i]]);
say.level = net.output('level').length === 1 && net.output('level')[0] === net.read('motor.V')[3];
const fails = f => { try { f(); return ''; } catch (e) { return e.message; } };
say.wrong = [fails(() => net.inject('left', 4)), fails(() => net.setInput('level', 1)), fails(() => net.output('turn')), fails(() => net.setInput('bias', 1, 2))];
console.log(JSON.stringify(say));
"""


def ports(env):
    """Names that a network gives to the outside, against the host's experiment that does the same; and learning synapses (Song et al.)."""
    import h5py
    for name in ("ports", "stdp"):
        folder, web = env.folder(name), os.path.join(env.folder(name), "web")
        code, _, err, s = env.simulate(f"tests/embedded/{name}.snn", "--arithmetic", "plain", out=folder)
        built, _, err2 = env.compile("build", f"tests/embedded/{name}.snn", "--target", "wasm32", "--emit", "module", "-o", web)
        if not env.check(f"{name}: builds", code == 0 and built == 0, err + err2):
            continue
        want = set()
        with h5py.File(os.path.join(folder, "spikes.h5")) as f:
            for pop, g in f["spikes"].items():
                want.update((pop, round(t/s["dt_ms"]), int(i)) for t, i in zip(g["timestamps"][:], g["node_ids"][:]))
        with open(os.path.join(web, "go.mjs"), "w") as f:
            f.write(PORTS if name == "ports" else "import { load } from './index.js';\nconst net = await load();\nnet.run(200);\nconst s = net.takeSpikes();\n"
                    "console.log(JSON.stringify({ spikes: [...s.step].map((k, i) => [net.populations[s.population[i]].name, k, s.index[i]]) }));\n")
        code, out, err = env.run("node", os.path.join(web, "go.mjs"))
        if not env.check(f"{name}: runs in Node", code == 0, err):
            continue
        say = json.loads(out)
        got = {tuple(x) for x in say["spikes"] if x[0] in {w[0] for w in want}}
        env.check(f"{name}: spikes", len(want) > 4 and got == want, f"{len(got)} in Node, {len(want)} on the host")
        if name == "ports":
            env.check("ports: names", say["names"] == "left right bias turn level" and say["level"], out)
            parts = ("has 4 neurons, there is no 4", "no input 'level'; there are bias", "no output 'turn'; there are level", "has 2 neurons, there is no 2")
            env.check("ports: wrong use", all(p in w for p, w in zip(parts, say["wrong"])), str(say["wrong"]))


def wait(b, expression, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        if b.value(expression):
            return True
        time.sleep(0.1)
    return False


def rate(b, ms):
    """Spikes a neuron and second while the network runs for so many of its milliseconds."""
    t0, n0 = b.value("[page.net.time, page.spikes]")
    wait(b, f"page.net.time > {t0 + ms} || !document.getElementById('trouble').hidden")
    t1, n1 = b.value("[page.net.time, page.spikes]")
    return (n1 - n0) / (t1 - t0) * 1000 / 300 if t1 > t0 else 0


def browse(env, web):
    from suites.browser import PROGRAM, Browser
    if not env.check("a browser", PROGRAM, "install chromium"):
        return
    alone = os.path.join(env.folder("alone"), "page.html")
    shutil.copyfile(os.path.join(web, "index.html"), alone)          # the page needs nothing beside it
    with Browser() as b:
        b.open("file://" + alone)
        if not env.check("the page is ready", wait(b, "window.page && page.ready"), "\n".join(b.errors)):
            return
        env.check("a slider for every parameter", b.value("document.querySelectorAll('input[type=range][data-param]').length === page.net.params.length && page.net.params.length > 10"))
        b.value("document.getElementById('step').click()")
        env.check("one step", abs(b.value("page.net.time") - 0.1) < 1e-9, b.value("page.net.time"))
        b.value("(s => { s.value = 3; s.dispatchEvent(new Event('input')) })(document.getElementById('speed'))")
        b.value("document.getElementById('start').click()")
        usual = rate(b, 200)
        env.check("the network runs", usual > 1, usual)
        b.value("(s => { s.value = s.min; s.dispatchEvent(new Event('input')) })(document.querySelector('input[data-param=\"S.rate\"]'))")
        quiet = rate(b, 300)
        env.check("a slider changes the rate", quiet < 0.5*usual, f"{usual} before, {quiet} after")
        drawn = b.value("[page.plots[1].data[0].length, page.plots[2].data[1].filter(Number.isFinite).length, page.dots()]")
        env.check("rates, traces and dots are drawn", all(x > 20 for x in drawn), drawn)
        b.value("document.getElementById('start').click()")
        stopped = b.value("page.net.time")
        x, y = b.value("(r => [r.left + r.width/2, r.top + r.height*0.75])(page.plots[0].over.getBoundingClientRect())")
        b.click(x, y)
        before = b.value("page.spikes")
        b.value("document.getElementById('step').click(); document.getElementById('step').click()")
        env.check("a click sends a spike", b.value("page.spikes") > before and b.value("page.injected()") == 1, b.value("[page.spikes, page.injected()]"))
        env.check("stopped is stopped", abs(b.value("page.net.time") - stopped - 0.2) < 1e-9)
        b.value("document.getElementById('rebuild').click()")
        env.check("built anew", b.value("page.net.time") == 0 and not b.errors)
        env.check("no error in the console, nothing from elsewhere", not b.errors, "\n".join(b.errors))


def run(env):
    if not env.check("Node", shutil.which("node"), "install nodejs"):
        return
    env.each(PROGRAMS, lambda name: same_bits(env, name))
    presented(env)
    ports(env)
    web = module(env)
    if web:
        browse(env, web)
