// SPDX-License-Identifier: MIT
// The host side of a network compiled to WebAssembly: a browser or Node. The same file serves every network; what it is called, how many
// neurons and which parameters it has, the module itself tells.
//
//     const net = await load({ seed: 3, params: { 'E.tau': 15 } });
//     net.advance(1000);                    // steps
//     net.takeSpikes();                     // { step, population, port, index } as arrays
//     net.set('E.tau', 20);
//
// An experiment's body runs up to its first `run`; from there the caller moves the network on. `runExperiment` runs the whole body.

class Leave extends Error {}

const text = new TextDecoder();
// What networks call `extern`: a part of a population, or a field of it.
const PORTS = __PORTS__;

// What the C library asks of the system: a clock, and somewhere to print.
function system(state) {
    const view = () => new DataView(state.memory.buffer);
    const fail = 8;                                      // EBADF: no files here
    return {
        clock_time_get: (id, precision, out) => {
            view().setBigUint64(out, BigInt(Math.round(performance.now() * 1e6)), true);
            return 0;
        },
        fd_write: (fd, list, count, out) => {
            let all = 0;
            for (let i = 0; i < count; i++) {
                const at = view().getUint32(list + 8 * i, true), n = view().getUint32(list + 8 * i + 4, true);
                state.print(fd, text.decode(new Uint8Array(state.memory.buffer, at, n)));
                all += n;
            }
            view().setUint32(out, all, true);
            return 0;
        },
        fd_fdstat_get: (fd, out) => {
            if (fd > 2) return fail;
            for (let i = 0; i < 24; i++) view().setUint8(out + i, 0);
            view().setUint8(out, 2);                     // a character device: lines are written at once
            return 0;
        },
        fd_close: () => fail,
        fd_seek: () => fail,
        fd_read: () => fail,
        fd_prestat_get: () => fail,
        fd_prestat_dir_name: () => fail,
        environ_sizes_get: (count, size) => { view().setUint32(count, 0, true); view().setUint32(size, 0, true); return 0; },
        environ_get: () => 0,
        path_open: () => fail,
        proc_exit: code => { throw new Error(`the module ended itself with code ${code}`); },
    };
}

async function compile(source) {
    if (source instanceof WebAssembly.Module) return source;
    if (source === undefined) source = new URL('__WASM__', import.meta.url);
    if (source instanceof URL || typeof source === 'string') {
        const url = new URL(source, import.meta.url);
        if (url.protocol === 'file:' && typeof process !== 'undefined') source = await (await import('node:fs/promises')).readFile(url);
        else source = await (await fetch(url)).arrayBuffer();
    } else if (typeof Response !== 'undefined' && source instanceof Response) source = await source.arrayBuffer();
    return WebAssembly.compile(source);
}

class Network {
    #state;
    #x;
    #seed;
    #experiment;
    #watched = [];
    #every = 1;
    #given = new Map();
    /** Filled by `load`. */
    constructor(state) {
        this.#state = state;
        this.#x = state.instance.exports;
        this.info = JSON.parse(this.#text(this.#x.web_describe()));
        this.printed = '';
        state.print = (fd, s) => { this.printed += s; };
    }

    #text(at) {
        const bytes = new Uint8Array(this.#state.memory.buffer);
        let end = at;
        while (bytes[end]) end++;
        return text.decode(bytes.subarray(at, end));
    }

    // Calls an export that may leave: the exception unwinds the stack, so its pointer goes back to where it was.
    #call(name, ...args) {
        const stack = this.#x.__stack_pointer, at = stack.value;
        try {
            return this.#x[name](...args);
        } catch (e) {
            stack.value = at;
            if (!(e instanceof Leave)) throw e;
            return undefined;
        }
    }
    #check(good) {
        if (good) return;
        throw new Error(this.#text(this.#x.web_error()) || 'the network does not run');
    }

    #param(name) {
        const p = this.info.networks[this.network].params.find(q => q.name === name);
        if (!p) throw new Error(`there is no parameter '${name}'; there are ${this.info.networks[this.network].params.map(q => q.name).join(', ')}`);
        return p;
    }
    #population(which) {
        const list = this.populations, i = typeof which === 'number' ? which : list.findIndex(p => p.name === which);
        if (!list[i]) throw new Error(`there is no population '${which}'; there are ${list.map(p => p.name).join(', ')}`);
        return i;
    }
    #which(experiment) {
        const i = experiment === undefined ? 0 : this.info.experiments.findIndex(e => e.name === experiment);
        if (i < 0 || !this.info.experiments[i]) throw new Error(`there is no experiment '${experiment}'`);
        return i;
    }
    #override() {
        for (const [n, net] of this.info.networks.entries())
            for (const p of net.params)
                this.#x.web_override(n, p.slot, this.#given.get(p.name) ?? 0, this.#given.has(p.name) ? 1 : 0);
    }

    /** Builds the network anew; parameters that were given or set stay, unless `params` gives others. */
    reset({ seed, params, experiment } = {}) {
        for (const [name, value] of Object.entries(params ?? {})) {
            if (!this.info.networks.some(n => n.params.some(p => p.name === name))) throw new Error(`there is no parameter '${name}'`);
            this.#given.set(name, value);
        }
        this.#seed = seed ?? this.#seed ?? -1;
        this.#experiment = experiment ?? this.#experiment;
        this.printed = '';
        this.#override();
        this.#x.web_unwatch(this.#every);
        this.#call('web_open', this.#which(this.#experiment), this.#seed);
        this.#check(this.#x.web_is_open());
        this.network = this.#x.web_first_network();
        this.populations = this.info.networks[this.network].populations;
        this.params = this.info.networks[this.network].params;
        this.dt = this.#x.web_dt();
        const watched = this.#watched;
        this.#watched = [];
        for (const w of watched) this.watch(w.name, w.index);
        return this;
    }

    get step() { return this.#x.web_step(); }
    /** Milliseconds of the network's own time. */
    get time() { return this.step * this.dt; }
    get synapses() { return this.#x.web_synapses(); }

    advance(steps = 1) {
        this.#check(this.#x.web_advance(steps));
    }
    run(ms) { this.advance(Math.round(ms / this.dt)); }

    get(name) { return this.#x.web_get(this.network, this.#param(name).slot); }
    set(name, value) {
        this.#check(this.#x.web_set(this.network, this.#param(name).slot, value));
        this.#given.set(name, value);
    }

    /** What the network names for the outside (extern): { name: { output, population, first, size, field? } }. */
    get ports() { return PORTS[this.network]; }
    #port(name, output) {
        const p = this.ports[name];
        if (!p || p.output !== output || p.field === undefined) {
            const all = Object.keys(this.ports).filter(q => this.ports[q].output === output && this.ports[q].field !== undefined);
            throw new Error(`there is no ${output ? 'output' : 'input'} '${name}'; there are ${all.join(', ') || 'none'}`);
        }
        return p;
    }
    /** An input from now on: of one neuron of the port, or of all. In pA, nS, mV, kHz. */
    setInput(name, value, neuron) {
        const p = this.#port(name, false);
        if (neuron !== undefined && !(neuron >= 0 && neuron < p.size)) throw new Error(`'${name}' has ${p.size} neurons, there is no ${neuron}`);
        for (let i = neuron ?? 0; i < (neuron === undefined ? p.size : neuron + 1); i++)
            this.#check(this.#x.web_write(this.network, p.field, p.first + i, value));
    }
    /** An output that is a state: its values. */
    output(name) {
        const p = this.#port(name, true), n = this.#x.web_length(this.network, p.field), at = this.#x.web_read(this.network, p.field);
        const out = new Float64Array(this.#state.memory.buffer, at, n).slice(p.first, p.first + p.size);
        this.#x.web_free(at);
        return out;
    }

    /** The neuron of a population, or of a port that takes spikes, sends a spike in the next step. */
    inject(population, neuron) {
        const p = typeof population === 'string' && !this.populations.some(q => q.name === population) ? this.ports[population] : undefined;
        if (p && !p.output && p.field === undefined) {
            if (!(neuron >= 0 && neuron < p.size)) throw new Error(`'${population}' has ${p.size} neurons, there is no ${neuron}`);
            this.#check(this.#x.web_inject(this.network, p.population, p.first + neuron));
        } else this.#check(this.#x.web_inject(this.network, this.#population(population), neuron));
    }

    /** Values for an encoder, from now on; nothing: it is silent again. */
    present(population, values) {
        const p = this.#population(population), all = values ?? new Float64Array(this.populations[p].size), at = this.#x.web_room(all.length);
        new Float64Array(this.#state.memory.buffer, at, all.length).set(all);
        const good = this.#x.web_present(this.network, p, at, all.length);
        this.#x.web_free(at);
        this.#check(good);
    }

    /** Quantities that can be read or watched. */
    get fields() { return this.info.networks[this.network].fields.filter(f => f.state && f.population >= 0); }
    /** What the experiment records, as { name, index } of single neurons. */
    get recorded() {
        const all = this.info.networks[this.network].fields;
        return JSON.parse(this.#text(this.#x.web_results())).recorded.filter(r => all[r.field].population >= 0).map(r => ({ name: all[r.field].name, index: r.from }));
    }
    #field(name) {
        const f = this.info.networks[this.network].fields.find(q => q.name === name);
        if (!f) throw new Error(`there is no quantity '${name}'; there are ${this.fields.map(q => q.name).join(', ')}`);
        return f;
    }
    read(name) {
        const f = this.#field(name), n = this.#x.web_length(this.network, f.field), at = this.#x.web_read(this.network, f.field);
        const out = new Float64Array(this.#state.memory.buffer, at, n).slice();
        this.#x.web_free(at);
        return out;
    }
    /** Samples a quantity of one neuron from now on: takeSamples gives them. */
    watch(name, index = 0) {
        this.#check(this.#x.web_watch(this.network, this.#field(name).field, index));
        this.#watched.push({ name, index });
    }
    unwatch(every) {
        this.#every = every ?? this.#every;
        this.#x.web_unwatch(this.#every);
        this.#watched = [];
    }
    get watched() { return this.#watched; }

    /** Spikes since the last call: parallel arrays. */
    takeSpikes() {
        const n = this.#x.web_nevents() / 3, raw = new Int32Array(this.#state.memory.buffer, this.#x.web_events(), 3 * n);
        const s = { step: new Int32Array(n), network: new Uint8Array(n), population: new Uint16Array(n), port: new Uint8Array(n), index: new Uint32Array(n) };
        for (let i = 0; i < n; i++) {
            s.step[i] = raw[3 * i];
            s.network[i] = raw[3 * i + 1] >>> 24;
            s.population[i] = raw[3 * i + 1] >>> 8 & 0xffff;
            s.port[i] = raw[3 * i + 1] & 0xff;
            s.index[i] = raw[3 * i + 2];
        }
        const samples = this.#samples();
        this.#x.web_forget();
        this.#kept = samples;
        return s;
    }
    #kept = null;
    #samples() {
        const width = this.#watched.length + 1, n = this.#x.web_nsamples() / width;
        const raw = new Float64Array(this.#state.memory.buffer, this.#x.web_samples(), n * width), out = [];
        for (let k = 0; k < width; k++) {
            const column = new Float64Array(n);
            for (let i = 0; i < n; i++) column[i] = raw[i * width + k];
            out.push(column);
        }
        return out;
    }
    /** Samples that the last takeSpikes took along: an array of steps, then one for each watched quantity. */
    takeSamples() { return this.#kept ?? this.#samples(); }

    /** The whole body of an experiment; the network that the page moves is closed by it. */
    runExperiment({ experiment, seed, params } = {}) {
        for (const [name, value] of Object.entries(params ?? {})) this.#given.set(name, value);
        this.printed = '';
        this.#override();
        const good = this.#call('web_run', this.#which(experiment ?? this.#experiment), seed ?? this.#seed ?? -1);
        this.#check(good);
        const r = JSON.parse(this.#text(this.#x.web_results())), dt = this.#x.web_dt(), spikes = this.takeSpikes();
        return { text: this.printed, printed: r.printed, table: r.table, spikes, dt };
    }
}

/**
 * Compiles the module and builds the network.
 * @param options.wasm what to compile: bytes, a URL, a Response, a WebAssembly.Module; without it the file beside this one
 */
async function load({ wasm, seed, params, experiment, build = true } = {}) {
    const module = await compile(wasm), state = { memory: null, print: () => {} };
    const imports = { wasi_snapshot_preview1: system(state), snn: { leave: () => { throw new Leave(); } } };
    state.instance = await WebAssembly.instantiate(module, imports);
    state.memory = state.instance.exports.memory;
    state.instance.exports.__wasm_call_ctors?.();
    const net = new Network(state);
    return build ? net.reset({ seed, params, experiment }) : net;
}

export { load, Network };
