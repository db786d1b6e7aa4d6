// The models of the demo provider. A name is `<base>[+<option>=<value>]*`, e.g. `demo-chat+pace=5+fault=cut:200`;
// `demo-fault-<fault>` is short for `demo-fast+fault=<fault>`.
import type { Fault } from '../faults/fault.js';
import { FaultSyntaxError, parseFault } from '../faults/parse-fault.js';

/** One of the few models that exist; everything else is an option on top. */
export interface BaseModel {
  readonly id: string;
  readonly does: 'chat' | 'embeddings';
  /** Time between two streamed tokens; 0 sends the stream at once. */
  readonly paceMs: number;
  /** Thinks without being asked to. */
  readonly reasons: boolean;
}

/** A model as a request names it. */
export interface DemoModel {
  readonly name: string;
  readonly base: BaseModel;
  readonly paceMs: number;
  /** Length of each answer; undefined lets the prompt decide. */
  readonly tokens: number | undefined;
  readonly faults: readonly Fault[];
}

/** The base models, in the order of `GET /v1/models`. 20 ms a token is about the speed of a hosted model. */
export const BASE_MODELS: readonly BaseModel[] = [
  { id: 'demo-chat', does: 'chat', paceMs: 20, reasons: false },
  { id: 'demo-fast', does: 'chat', paceMs: 0, reasons: false },
  { id: 'demo-reasoner', does: 'chat', paceMs: 20, reasons: true },
  { id: 'demo-embed', does: 'embeddings', paceMs: 0, reasons: false },
];

/** A model's name cannot be read, or there is no such model. The message says what exists. */
export class UnknownModelError extends Error {
  override readonly name = 'UnknownModelError';
}

const FAULT_PREFIX = 'demo-fault-';
const SLOWEST_PACE_MS = 60_000;
/** A stream of this length is 6 MB; longer ones would only cost memory. */
const MOST_TOKENS = 32_768;
const MOST_CACHED = 1_000;
const LONGEST_NAME = 500;

/** Parsed names. Each request names a model; at the bound all are forgotten and read again. */
const cache = new Map<string, DemoModel>();

/** Reads a model's name. Throws {@link UnknownModelError}. */
export function parseModel(name: string): DemoModel {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const model = read(name);
  if (cache.size >= MOST_CACHED) cache.clear();
  cache.set(name, model);
  return model;
}

function read(name: string): DemoModel {
  const shown = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
  const written = name.startsWith(FAULT_PREFIX) ? `demo-fast+fault=${name.slice(FAULT_PREFIX.length)}` : name;
  const [baseId, ...options] = written.split('+');
  const base = BASE_MODELS.find(({ id }) => id === baseId);
  if (base === undefined || name.length > LONGEST_NAME) {
    throw new UnknownModelError(
      `The model '${shown}' does not exist. There are ${BASE_MODELS.map(({ id }) => id).join(', ')} and demo-fault-<fault>.`,
    );
  }
  let model: DemoModel = { name, base, paceMs: base.paceMs, tokens: undefined, faults: [] };
  for (const option of options) model = { ...model, ...readOption(option, model, shown) };
  return Object.freeze(model);
}

function readOption(option: string, model: DemoModel, shown: string): Partial<DemoModel> {
  const equals = option.indexOf('=');
  const key = equals < 0 ? option : option.slice(0, equals);
  const value = equals < 0 ? '' : option.slice(equals + 1);
  switch (key) {
    case 'fault':
      return { faults: [...model.faults, readFault(value, shown)] };
    case 'pace':
      return { paceMs: readCount(value, SLOWEST_PACE_MS, `pace of '${shown}' in milliseconds`) };
    case 'tokens':
      return { tokens: readCount(value, MOST_TOKENS, `tokens of '${shown}'`) };
    default:
      throw new UnknownModelError(
        `The model '${shown}' has an unknown option '${key}'. There are fault, pace and tokens.`,
      );
  }
}

function readFault(text: string, shown: string): Fault {
  try {
    return parseFault(text);
  } catch (error) {
    if (!(error instanceof FaultSyntaxError)) throw error;
    throw new UnknownModelError(`The model '${shown}' does not exist: ${error.message}`, { cause: error });
  }
}

function readCount(value: string, most: number, what: string): number {
  const count = Number(value);
  if (/^\d+$/.test(value) && count <= most) return count;
  throw new UnknownModelError(`The ${what} should be a whole number up to ${most}, and is '${value}'.`);
}
