// A config as people may see it: in the words of the file, durations with their units, secrets masked. Only edges know
// resolved values, so only they can say what changed.
import { createHash } from 'node:crypto';
import type { GatewayConfig, ModelConfig } from '@sluice/config-schema';

/** A value, or named parts in the order of the file. What is not set is not there. */
export type ShownNode =
  | {
      readonly kind: 'value';
      /** For people, as JSON would write it. */
      readonly shown: unknown;
      /** Equal exactly when the values are, also where `shown` hides them. Never show it. */
      readonly identity: string;
    }
  | { readonly kind: 'parts'; readonly parts: ReadonlyMap<string | number, ShownNode> };

const MASKED = '[masked]';

/** The file's words where they are not the field's name without its unit. */
const FILE_WORDS: Readonly<Record<string, readonly string[]>> = {
  maxRequestBodyBytes: ['maxRequestBodyMb'],
  maxEntryBytes: ['maxEntryKb'],
  keySyncMaxStaleMs: ['keySync', 'maxStale'],
  cacheTtlMs: ['cache', 'ttl'],
  retentionMaxAgeMs: ['retention', 'maxAge'],
  retentionMaxBytes: ['retention', 'maxSizeMb'],
};
const BYTES_OF_UNIT: Readonly<Record<string, number>> = {
  maxRequestBodyBytes: 1024 * 1024,
  maxEntryBytes: 1024,
  retentionMaxBytes: 1024 * 1024,
};

/** Everything in the config but its version. */
export function toShownConfig(config: GatewayConfig): ShownNode {
  const { keys, models } = config;
  return toNode(
    {
      ...without(config, 'version'),
      models: new Map([...models].map(([name, model]) => [name, withOwnTimeouts(model, config)])),
      keys: new Map(keys.map((key) => [key.name, key])),
    },
    [],
  );
}

/** Without the timeouts that every model has: those are told once, where they are set. */
function withOwnTimeouts(model: ModelConfig, { timeouts: shared }: GatewayConfig): object {
  const own = Object.entries(model.timeouts).filter(
    // The fields of both are the same.
    ([field, value]) => value !== shared[field as keyof typeof shared],
  );
  return { ...model, timeouts: Object.fromEntries(own) };
}

/** What a node shows, as plain data. */
export function toPlain(node: ShownNode): unknown {
  if (node.kind === 'value') return node.shown;
  const entries = [...node.parts].map(([name, part]) => [name, toPlain(part)] as const);
  return entries.every(([name]) => typeof name === 'number')
    ? entries.map(([, value]) => value)
    : Object.fromEntries(entries);
}

/** @param path the field's names in the config, without those that operators chose */
function toNode(value: unknown, path: readonly string[]): ShownNode {
  if (isSecret(path)) return masked(value);
  if (value instanceof Map) {
    // Maps of the config have names as keys.
    const named = value as ReadonlyMap<string, unknown>;
    return {
      kind: 'parts',
      parts: new Map([...named].map(([name, entry]) => [name, entryNode(entry, path)])),
    };
  }
  if (Array.isArray(value)) return listNode(value, path);
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) return partsNode(value, path);
  return plain(toFileUnit(value, path.at(-1) ?? ''));
}

/** An entry of a map knows its own name, which its place says already. */
function entryNode(entry: unknown, path: readonly string[]): ShownNode {
  if (typeof entry !== 'object' || entry === null) return toNode(entry, [...path, '*']);
  return toNode(without(entry, 'name'), [...path, '*']);
}

function without(fields: object, name: string): object {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
}

function listNode(items: readonly unknown[], path: readonly string[]): ShownNode {
  if (items.every((item) => typeof item !== 'object')) return plain(items);
  const parts = items.map((item, index) => [index, toNode(item, [...path, '*'])] as const);
  return { kind: 'parts', parts: new Map(parts) };
}

function partsNode(value: object, path: readonly string[]): ShownNode {
  const parts = new Map<string, ShownNode>();
  for (const [field, part] of Object.entries(value)) {
    if (part === undefined) continue;
    const node = toNode(part, [...path, field]);
    const [word = field, inner] = FILE_WORDS[field] ?? [field.replace(/Ms$/, '')];
    if (inner === undefined) {
      parts.set(word, node);
      continue;
    }
    const before = parts.get(word);
    const siblings = before?.kind === 'parts' ? before.parts : new Map<string, ShownNode>();
    parts.set(word, { kind: 'parts', parts: new Map([...siblings, [inner, node]]) });
  }
  return { kind: 'parts', parts };
}

/** Keys of any kind, and headers of a provider whatever their names: some hold a credential. */
function isSecret(path: readonly string[]): boolean {
  const [section, , field] = path;
  if (section === 'providers') return field === 'apiKey' || (field === 'headers' && path.length === 4);
  return section === 'keys' && field === 'key';
}

function masked(value: unknown): ShownNode {
  const identity = createHash('sha256').update(JSON.stringify(value)).digest('hex');
  return { kind: 'value', shown: MASKED, identity };
}

const plain = (shown: unknown): ShownNode => ({ kind: 'value', shown, identity: JSON.stringify(shown) });

function toFileUnit(value: unknown, field: string): unknown {
  if (typeof value !== 'number') return value;
  const bytes = BYTES_OF_UNIT[field];
  if (bytes !== undefined) return value / bytes;
  return field.endsWith('Ms') ? toDuration(value) : value;
}

const DURATION_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** In the largest unit that needs no fraction. */
function toDuration(ms: number): string {
  const fitting = DURATION_UNITS.find(([, unitMs]) => ms > 0 && ms % unitMs === 0);
  return fitting === undefined ? `${ms}ms` : `${ms / fitting[1]}${fitting[0]}`;
}
