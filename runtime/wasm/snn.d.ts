// SPDX-License-Identifier: MIT
// Types of a network compiled to WebAssembly. ParamName, PopulationName and FieldName at the end are those of this network.

export interface Population { name: PopulationName; model: string; size: number; shape: number[]; ports: string[] }
export interface Param { name: ParamName; unit: string; slot: number; value: number | null; low?: number | null; high?: number | null }
export interface Field { name: FieldName; unit: string; field: number; state: boolean; population: number }
export interface NetworkInfo { name: string; populations: Population[]; params: Param[]; fields: Field[] }
export interface Info {
    file: string; version: string; precision: 'double' | 'float'; profile: string;
    networks: NetworkInfo[];
    experiments: { name: string; doc: string }[];
}
/** Parallel arrays, in the order of time; `step` times `dt` is the time in ms. */
export interface Spikes { step: Int32Array; network: Uint8Array; population: Uint16Array; port: Uint8Array; index: Uint32Array }
export interface Column { name: string; unit: string; values: (number | null)[] }
export interface Result { text: string; printed: Column[]; table: Column[]; spikes: Spikes; dt: number }
export interface Options {
    /** Without it the file beside this module. */
    wasm?: BufferSource | URL | string | Response | WebAssembly.Module;
    /** Of everything random; without it the experiment's own. */
    seed?: number;
    /** Parameters in the units that `params` tells; they have the last word. */
    params?: Partial<Record<ParamName, number>>;
    experiment?: string;
    /** false: only compile; call reset or runExperiment. */
    build?: boolean;
}

export class Network {
    readonly info: Info;
    readonly network: number;
    readonly populations: Population[];
    readonly params: Param[];
    /** Length of a step in ms. */
    readonly dt: number;
    readonly step: number;
    /** ms */
    readonly time: number;
    readonly synapses: number;
    /** What the experiment's `print` wrote. */
    printed: string;
    reset(options?: Pick<Options, 'seed' | 'params' | 'experiment'>): this;
    advance(steps?: number): void;
    run(ms: number): void;
    get(name: ParamName): number;
    set(name: ParamName, value: number): void;
    /** What the network declares `extern`. */
    readonly ports: Record<PortName, { output: boolean; population: number; first: number; size: number; field?: number }>;
    inject(population: PopulationName | PortName | number, neuron: number): void;
    setInput(port: PortName, value: number, neuron?: number): void;
    output(port: PortName): Float64Array;
    present(population: PopulationName | number, values?: ArrayLike<number>): void;
    readonly fields: Field[];
    readonly recorded: { name: FieldName; index: number }[];
    read(name: FieldName): Float64Array;
    watch(name: FieldName, index?: number): void;
    unwatch(every?: number): void;
    readonly watched: { name: FieldName; index: number }[];
    takeSpikes(): Spikes;
    takeSamples(): Float64Array[];
    runExperiment(options?: Pick<Options, 'seed' | 'params' | 'experiment'>): Result;
}
export function load(options?: Options): Promise<Network>;

