// SPDX-License-Identifier: MIT
// The page of a network: every frame moves it on by what the speed asks for, as far as a third of the frame's time allows, and draws the last
// window of spikes, rates and traces. Stands behind snn.js in one script; uPlot is there as a global.

const $ = id => document.getElementById(id);
const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const hue = i => color(`--c${i % 8}`);
const BUDGET = 7, BIN = 2, POINTS = 1500;      // ms a frame for the network; ms of a rate's bin; points of a trace drawn

const bytes = Uint8Array.from(atob($('module').textContent.trim()), c => c.charCodeAt(0));
const net = await load({ wasm: bytes });

// What is on the page, and what a test may ask about.
const page = { net, running: false, frames: 0, fps: 0, cost: 0, speed: 0, spikes: 0, perStep: 0.05 };   // cost: ms of work a frame
window.page = page;

// ---- history: times and rows of spikes in a ring, counts in bins ------------------------------------------------------------------
const history = { cap: 1 << 18, n: 0, time: null, row: null };
let offset = [], rows = 0, bins = [], binStart = 0, injected = [];
let trace = [[]];

function forget() {
    history.n = 0;
    history.time = new Float64Array(history.cap);
    history.row = new Uint32Array(history.cap);
    offset = [];
    rows = 0;
    for (const p of net.populations) { offset.push(rows); rows += p.ports.length ? p.size : 0; }
    bins = net.populations.map(() => new Map());
    injected = [];
    trace = Array.from({ length: net.watched.length + 1 }, () => []);
}

function remember() {
    const s = net.takeSpikes(), dt = net.dt;
    for (let i = 0; i < s.step.length; i++) {
        if (s.network[i] !== net.network || s.port[i]) continue;
        const t = s.step[i] * dt, at = history.n++ & history.cap - 1, bin = Math.floor(t / BIN), p = s.population[i];
        history.time[at] = t;
        history.row[at] = offset[p] + s.index[i];
        bins[p].set(bin, (bins[p].get(bin) ?? 0) + 1);
    }
    page.spikes += s.step.length;
    const samples = net.takeSamples();
    for (let k = 0; k < trace.length; k++)
        for (let i = 0; i < samples[0].length; i++) trace[k].push(k ? samples[k][i] : samples[0][i] * dt);
    const first = net.time - span() * 1.1;
    for (const b of bins) for (const key of b.keys()) { if ((key + 1) * BIN >= first) break; b.delete(key); }
    if (trace[0].length > 3 * POINTS && trace[0][trace[0].length >> 1] < first) trace = trace.map(c => c.slice(c.length >> 1));
}

const span = () => Number($('window').value);
const bounds = () => { const end = Math.max(net.time, span()); return [end - span(), end]; };

// ---- plots -------------------------------------------------------------------------------------------------------------------------
const axis = (label, more = {}) => ({ label, labelSize: 18, size: 46, stroke: () => color('--quiet'), font: '12px sans-serif', labelFont: '12px sans-serif',
    grid: { stroke: () => color('--line'), width: 1 }, ticks: { stroke: () => color('--line') }, ...more });
const width = () => Math.max(300, $('plots').clientWidth);
let plots = [];

// Dots go into an image of the plot's size: thousands of them cost little that way.
const dots = { canvas: document.createElement('canvas'), image: null };
function dotImage(w, h) {
    if (dots.canvas.width !== w || dots.canvas.height !== h || !dots.image) {
        Object.assign(dots.canvas, { width: w, height: h });
        dots.image = dots.canvas.getContext('2d').createImageData(w, h);
        dots.pixels = new Uint32Array(dots.image.data.buffer);
    }
    dots.pixels.fill(0);
}
function rgba(css) {
    const [r, g, b] = css.match(/[0-9a-f]{2}/gi).map(x => parseInt(x, 16));
    return (0xff000000 | b << 16 | g << 8 | r) >>> 0;
}

function drawDots(u) {
    const { left, top, width: w, height: h } = u.bbox, [t0, t1] = bounds(), ctx = u.ctx, size = Math.max(1, Math.min(4, Math.round(h / rows)), Math.round(1.5 * devicePixelRatio));
    const hues = net.populations.map((p, k) => rgba(hue(k))), ends = offset.map((o, k) => o + (net.populations[k].ports.length ? net.populations[k].size : 0));
    dotImage(w, h);
    for (let i = 1, all = Math.min(history.n, history.cap); i <= all; i++) {
        const at = history.n - i & history.cap - 1, t = history.time[at], r = history.row[at];
        if (t < t0) break;
        const x = Math.floor((t - t0) / (t1 - t0) * w), y = Math.floor(h - (r + 1) / rows * h);
        let k = 0;
        while (r >= ends[k]) k++;
        for (let dy = 0; dy < size && y + dy < h; dy++)
            for (let dx = 0; dx < size && x + dx < w; dx++) dots.pixels[(y + dy) * w + x + dx] = hues[k];
    }
    dots.canvas.getContext('2d').putImageData(dots.image, 0, 0);
    ctx.drawImage(dots.canvas, left, top);
    ctx.save();
    ctx.strokeStyle = color('--bad');
    ctx.lineWidth = 2 * devicePixelRatio;
    injected = injected.filter(x => x.time >= t0);
    for (const x of injected) {
        ctx.beginPath();
        ctx.arc(left + (x.time - t0) / (t1 - t0) * w, top + h - (x.row + 0.5) / rows * h, 5 * devicePixelRatio, 0, 2 * Math.PI);
        ctx.stroke();
    }
    ctx.restore();
}

function makePlots() {
    for (const p of plots) p.destroy();
    const spiking = net.populations.map((p, k) => [p, k]).filter(([p]) => p.ports.length);
    const named = spiking.map(([p, k]) => ({ label: p.name, stroke: () => hue(k), width: 1.5, points: { show: false } }));
    const x = { time: false, range: bounds }, base = { width: width(), cursor: { show: false }, scales: { x }, pxAlign: false };
    const empty = n => [[0], ...Array.from({ length: n }, () => [null])];
    plots = [
        new uPlot({ ...base, title: 'spikes', height: 340, legend: { show: false }, scales: { x, y: { range: [0, Math.max(1, rows)] } }, axes: [axis('ms'), axis('neuron')],
            series: [{}, { label: 'neuron', points: { show: false } }], hooks: { draw: [drawDots] } }, empty(1), $('raster')),
        new uPlot({ ...base, title: 'rates', height: 190, axes: [axis('ms'), axis('Hz')], scales: { x, y: { range: (u, lo, hi) => [0, Math.max(10, hi || 0) * 1.05] } },
            series: [{}, ...named] }, empty(named.length), $('rates')),
        new uPlot({ ...base, title: 'traces', height: 220, axes: [axis('ms'), axis([...new Set(net.watched.map(w => unit(w.name)))].join(', '))],
            series: [{}, ...net.watched.map((w, i) => ({ label: `${w.name}[${w.index}] (${unit(w.name)})`, stroke: () => hue(i + 2), width: 1.5, points: { show: false } }))] },
            empty(net.watched.length), $('traces')),
    ];
    page.plots = plots;
}
const unit = name => net.fields.find(f => f.name === name)?.unit ?? '';

function rateData() {
    const [t0, t1] = bounds(), spiking = net.populations.map((p, k) => [p, k]).filter(([p]) => p.ports.length);
    const wide = Math.max(1, Math.ceil(span() / BIN / 300)), first = Math.floor(t0 / BIN / wide), last = Math.floor(Math.min(t1, net.time) / BIN / wide) - 1;
    const time = [], data = spiking.map(() => []);
    for (let b = Math.max(0, first); b <= last; b++) {
        time.push((b + 0.5) * BIN * wide);
        spiking.forEach(([p, k], j) => {
            let n = 0;
            for (let i = 0; i < wide; i++) n += bins[k].get(b * wide + i) ?? 0;
            data[j].push(n / p.size / (BIN * wide) * 1000);
        });
    }
    return [time, ...data];
}

function traceData() {
    const [t0] = bounds(), t = trace[0];
    let lo = 0, hi = t.length;
    while (lo < hi) { const m = lo + hi >> 1; if (t[m] < t0) lo = m + 1; else hi = m; }
    const stride = Math.max(1, Math.ceil((t.length - lo) / POINTS));
    return trace.map(c => { const out = []; for (let i = lo; i < c.length; i += stride) out.push(c[i]); return out; });
}

function draw() {
    if (!plots.length) return;
    const [min, max] = bounds();
    plots[0].setScale('x', { min, max });
    plots[1].setData(rateData());
    plots[2].setData(traceData());
    $('status').textContent = `${net.time.toFixed(1)} ms   ${page.running ? `${page.speed.toPrecision(2)} x real time   ${Math.round(page.fps)} frames/s   ` : ''}`
        + `${rows.toLocaleString('en')} neurons, ${net.synapses.toLocaleString('en')} synapses`;
}

// ---- time --------------------------------------------------------------------------------------------------------------------------
const wanted = () => 10 ** (Number($('speed').value) - 3);      // times real time
let last = 0, owed = 0, since = { time: 0, net: 0, frames: 0 };

function frame(now) {
    if (!page.running) return;
    requestAnimationFrame(frame);
    owed = Math.min(owed + Math.min(now - last, 100) * wanted() / net.dt, 1e7);
    last = now;
    const begin = performance.now();
    try {
        while (owed >= 1) {
            const left = BUDGET - (performance.now() - begin);
            if (left <= 0) { owed = 0; break; }                 // cannot keep up: the speed shown is what it was
            const n = Math.max(1, Math.min(Math.floor(owed), Math.floor(left / 2 / page.perStep) || 1)), at = performance.now();
            net.advance(n);
            page.perStep = 0.8 * page.perStep + 0.2 * (performance.now() - at) / n;
            owed -= n;
        }
        remember();
    } catch (e) { trouble(e); }
    page.frames++;
    if (now - since.time > 500) {
        page.fps = (page.frames - since.frames) / (now - since.time) * 1000;
        page.speed = (net.time - since.net) / (now - since.time);
        since = { time: now, net: net.time, frames: page.frames };
    }
    draw();
    page.cost = 0.9 * page.cost + 0.1 * (performance.now() - begin);
}

function run(on) {
    page.running = on;
    $('start').textContent = on ? 'Pause' : 'Start';
    if (!on) { draw(); return; }
    last = performance.now();
    owed = 0;
    since = { time: last, net: net.time, frames: page.frames };
    requestAnimationFrame(frame);
}

function trouble(e) {
    $('trouble').textContent = e.message;
    $('trouble').hidden = false;
    run(false);
}
const guard = f => (...args) => { try { $('trouble').hidden = true; f(...args); } catch (e) { trouble(e); } };

// ---- controls ----------------------------------------------------------------------------------------------------------------------
function limits(p, v) {
    if (p.low !== undefined) return [Number.isFinite(p.low) ? p.low : v - 1, Number.isFinite(p.high) ? p.high : v + 1];
    if (p.unit === 'mV') return [v - 30, v + 30];
    if (v > 0) return [v / 20, 3 * v];
    return v < 0 ? [3 * v, -v] : [-1, 1];
}

function slider(p) {
    const v = net.get(p.name), [low, high] = limits(p, v), line = document.createElement('div'), short = p.name.split('.').pop();
    line.className = 'param';
    line.innerHTML = '<label></label><input type="range" step="any"><input type="number" step="any"><span></span>';
    const [label, range, number, unitText] = line.children;
    label.textContent = short;
    label.title = `${p.name}; twice clicked: ${v}`;
    unitText.textContent = p.unit === '1' ? '' : p.unit;
    Object.assign(range, { min: low, max: high, value: v });
    range.dataset.param = p.name;
    range.setAttribute('aria-label', p.name);
    number.setAttribute('aria-label', p.name);
    number.value = Number(v.toPrecision(6));
    const set = guard(x => {
        if (!Number.isFinite(x)) return;
        net.set(p.name, x);
        range.value = x;
        number.value = Number(x.toPrecision(6));
    });
    range.addEventListener('input', () => set(Number(range.value)));
    number.addEventListener('change', () => set(Number(number.value)));
    label.addEventListener('dblclick', () => set(v));
    return line;
}

function makeSliders() {
    const groups = new Map();
    for (const p of net.params) {
        const group = p.name.includes('.') ? p.name.split('.').slice(0, -1).join('.') : net.info.networks[net.network].name;
        groups.set(group, [...groups.get(group) ?? [], p]);
    }
    let open = 0;
    for (const [name, list] of groups) {
        const d = document.createElement('details'), s = document.createElement('summary');
        d.open = (open += list.length) <= 40;
        s.textContent = name;
        d.append(s, ...list.map(slider));
        $('params').append(d);
    }
}

function watchFirst() {
    const fields = net.fields;
    const first = net.recorded.slice(0, 4);
    net.unwatch(1);
    for (const w of first.length ? first : fields.slice(0, 1).map(f => ({ name: f.name, index: 0 }))) if (fields.some(f => f.name === w.name)) net.watch(w.name, w.index);
    for (const f of fields) $('field').append(new Option(f.name, f.name));
}

function controls() {
    $('about').textContent = net.info.experiments[0]?.doc ?? '';
    $('start').onclick = guard(() => run(!page.running));
    $('step').onclick = guard(() => { run(false); net.advance(1); remember(); draw(); });
    $('rebuild').onclick = guard(() => { const on = page.running; run(false); net.reset({ seed: $('seed').value === '' ? -1 : Number($('seed').value) }); forget(); makePlots(); draw(); if (on) run(true); });
    $('speed').oninput = () => { $('speedtext').textContent = `${wanted().toPrecision(2)} x real`; };
    $('window').onchange = draw;
    $('add').onclick = guard(() => { net.watch($('field').value, Number($('neuron').value)); trace.push(trace[0].map(() => null)); makePlots(); draw(); });
    $('clear').onclick = guard(() => { net.unwatch(); trace = [[]]; makePlots(); draw(); });
    $('raster').addEventListener('click', guard(e => {
        const over = plots[0].over.getBoundingClientRect(), row = Math.floor((1 - (e.clientY - over.top) / over.height) * rows);
        if (row < 0 || row >= rows) return;
        const p = offset.findLastIndex((o, k) => o <= row && net.populations[k].ports.length);
        net.inject(p, row - offset[p]);
        injected.push({ time: net.time + net.dt, row });
        draw();
    }));
    document.addEventListener('keydown', e => {
        if (/^(INPUT|SELECT|BUTTON)$/.test(e.target.tagName)) return;
        if (e.key === ' ') { e.preventDefault(); $('start').click(); }
        if (e.key === '.') $('step').click();
    });
    window.addEventListener('resize', () => { for (const p of plots) p.setSize({ width: width(), height: p.height }); });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { makePlots(); draw(); });
    $('speed').oninput();
}

watchFirst();
controls();
makeSliders();
forget();
makePlots();
draw();
page.dots = () => dots.pixels.reduce((n, x) => n + (x !== 0), 0);
page.injected = () => injected.length;
page.ready = true;
