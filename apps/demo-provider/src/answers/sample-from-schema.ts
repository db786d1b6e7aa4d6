// Makes a value that fits a JSON schema: arguments of tool calls, structured answers. Deterministic.
// Understood: type, enum, const, properties, items, prefixItems, minItems, lengths, bounds, multipleOf, formats, default,
// anyOf, oneOf, allOf, $ref inside the document. Not understood: pattern, if/then/else, not, dependencies.

/** A JSON schema, read leniently. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Deeper values are left out where the schema lets them be, so that recursive schemas end. */
const MOST_DEPTH = 6;
/** Values made for one schema; after them everything is null. A schema that refers to itself often grows exponentially. */
const MOST_VALUES = 2_000;
/** Never more: a schema must not make the provider run out of memory. */
const MOST_ITEMS = 64;
const LONGEST_STRING = 4_096;

const BY_FORMAT: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  time: '12:00:00Z',
  'date-time': '2026-01-31T12:00:00Z',
  duration: 'PT1H',
  email: 'demo@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

/** What the value is made from. */
export interface SampleOptions {
  /** Text for a string property of this name; undefined takes a word of its own. */
  readonly textFor: (property: string) => string | undefined;
}

/** A value that fits. Never throws; what it does not understand it leaves out of account. */
export function sampleFromSchema(schema: unknown, options: SampleOptions): unknown {
  return new Sampler(schema, options).sample(schema, 'value', 0);
}

interface Place {
  readonly property: string;
  readonly depth: number;
}

class Sampler {
  private left = MOST_VALUES;

  constructor(
    private readonly root: unknown,
    private readonly options: SampleOptions,
  ) {}

  sample(schema: unknown, property: string, depth: number): unknown {
    this.left -= 1;
    if (this.left < 0) return null;
    if (!isObject(schema) || depth > MOST_DEPTH * 2) return {};
    const node = this.resolve(schema);
    if ('const' in node) return node['const'];
    if (Array.isArray(node['enum']) && node['enum'].length > 0) return node['enum'][0];
    const branches = arrayOf(node['anyOf']) ?? arrayOf(node['oneOf']);
    if (branches !== undefined) return this.sampleBranch(node, branches, { property, depth });
    if (node['default'] !== undefined) return node['default'];
    return this.sampleType(node, property, depth);
  }

  /** Follows references and merges `allOf`; a reference that leads nowhere is an empty schema. */
  private resolve(schema: JsonSchema, hops = 0): JsonSchema {
    let node = schema;
    const reference = node['$ref'];
    if (typeof reference === 'string' && hops < MOST_DEPTH) {
      node = { ...this.resolve(this.lookUp(reference), hops + 1), ...without(node, '$ref') };
    }
    const parts = arrayOf(node['allOf']);
    if (parts === undefined || hops >= MOST_DEPTH) return node;
    return parts
      .filter(isObject)
      .map((part) => this.resolve(part, hops + 1))
      .reduce(merge, without(node, 'allOf'));
  }

  private lookUp(reference: string): JsonSchema {
    if (!reference.startsWith('#')) return {};
    let found: unknown = this.root;
    for (const step of reference
      .slice(1)
      .split('/')
      .filter((part) => part !== '')) {
      const key = decode(step).replaceAll('~1', '/').replaceAll('~0', '~');
      found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
    }
    return isObject(found) ? found : {};
  }

  private sampleBranch(node: JsonSchema, branches: readonly unknown[], { property, depth }: Place): unknown {
    const isNull = (branch: unknown): boolean => isObject(branch) && branch['type'] === 'null';
    const deep = depth >= MOST_DEPTH;
    const chosen = (deep ? branches.find(isNull) : branches.find((branch) => !isNull(branch))) ?? branches[0];
    const beside = without(node, 'anyOf', 'oneOf');
    return this.sample(isObject(chosen) ? merge(beside, chosen) : beside, property, depth + 1);
  }

  private sampleType(node: JsonSchema, property: string, depth: number): unknown {
    const type = typeOf(node);
    switch (type) {
      case 'object':
        return this.sampleObject(node, depth);
      case 'array':
        return this.sampleArray(node, property, depth);
      case 'integer':
      case 'number':
        return sampleNumber(node, type === 'integer');
      case 'boolean':
        return true;
      case 'null':
        return null;
      default:
        return this.sampleString(node, property);
    }
  }

  private sampleObject(node: JsonSchema, depth: number): Record<string, unknown> {
    const properties = isObject(node['properties']) ? node['properties'] : {};
    const required = new Set(arrayOf(node['required'])?.filter((name) => typeof name === 'string'));
    const value: Record<string, unknown> = {};
    for (const name of new Set([...Object.keys(properties), ...required])) {
      if (depth >= MOST_DEPTH && !required.has(name)) continue;
      const sampled = this.sample(Object.hasOwn(properties, name) ? properties[name] : {}, name, depth + 1);
      // defineProperty: a property may be called __proto__.
      Object.defineProperty(value, name, {
        value: sampled,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return value;
  }

  private sampleArray(node: JsonSchema, property: string, depth: number): unknown[] {
    const prefix = arrayOf(node['prefixItems']) ?? [];
    const least = Math.min(numberOf(node['minItems']) ?? 0, MOST_ITEMS);
    const most = numberOf(node['maxItems']) ?? MOST_ITEMS;
    const length = depth >= MOST_DEPTH ? least : Math.min(Math.max(least, prefix.length, 1), most);
    const unique = node['uniqueItems'] === true;
    return Array.from({ length }, (_, index) => {
      const item = this.sample(prefix[index] ?? node['items'] ?? {}, property, depth + 1);
      if (!unique || index === 0) return item;
      if (typeof item === 'string') return `${item} ${index + 1}`;
      return typeof item === 'number' ? item + index : item;
    });
  }

  private sampleString(node: JsonSchema, property: string): string {
    const format = typeof node['format'] === 'string' ? node['format'] : '';
    const text = BY_FORMAT[format] ?? this.options.textFor(property) ?? property;
    const least = Math.min(numberOf(node['minLength']) ?? 0, LONGEST_STRING);
    return text.padEnd(least, '.').slice(0, numberOf(node['maxLength']) ?? LONGEST_STRING);
  }
}

function sampleNumber(node: JsonSchema, whole: boolean): number {
  const above = numberOf(node['exclusiveMinimum']);
  const below = numberOf(node['exclusiveMaximum']);
  const smallest = numberOf(node['minimum']) ?? (above === undefined ? undefined : above + (whole ? 1 : 0.5));
  const largest = numberOf(node['maximum']) ?? (below === undefined ? undefined : below - (whole ? 1 : 0.5));
  let value = Math.max(smallest ?? 1, Math.min(1, largest ?? 1));
  const step = numberOf(node['multipleOf']);
  if (step !== undefined && step > 0) value = Math.ceil(value / step) * step;
  else if (whole) value = Math.ceil(value);
  if (largest !== undefined && value > largest && smallest === undefined) value = largest;
  // Between two exclusive bounds that are close: the middle.
  if (!whole && above !== undefined && below !== undefined && value >= below) value = (above + below) / 2;
  return value;
}

function typeOf(node: JsonSchema): string {
  const type: unknown = node['type'];
  if (typeof type === 'string') return type;
  const first = arrayOf(type)?.find((name) => name !== 'null');
  if (typeof first === 'string') return first;
  if (isObject(node['properties'])) return 'object';
  return node['items'] === undefined ? 'string' : 'array';
}

/** Both at once: properties and required names of the two together, of everything else the second. */
function merge(one: JsonSchema, other: JsonSchema): JsonSchema {
  const properties = {
    ...(isObject(one['properties']) ? one['properties'] : {}),
    ...(isObject(other['properties']) ? other['properties'] : {}),
  };
  const required = [...(arrayOf(one['required']) ?? []), ...(arrayOf(other['required']) ?? [])];
  return {
    ...one,
    ...other,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required } : {}),
  };
}

const without = (node: JsonSchema, ...names: readonly string[]): JsonSchema =>
  Object.fromEntries(Object.entries(node).filter(([name]) => !names.includes(name)));

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not an escape after all: then it is the name itself.
    return text;
  }
}

const arrayOf = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) ? value : undefined;

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
