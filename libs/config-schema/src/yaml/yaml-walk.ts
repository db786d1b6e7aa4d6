// From YAML nodes to plain values: aliases followed, references resolved, places kept.
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { ConfigPath } from './config-path.js';
import type { Finding } from './finding.js';
import { ReferencedText, UNREADABLE } from './plain-value.js';
import { hasReference, resolveReferences, type ReferenceSources } from './resolve-references.js';

/** Where a value stands in the text: offsets of its name and of the value, and the same for what is inside. */
export interface Place {
  readonly keyOffset: number;
  readonly valueOffset: number;
  /** By name or, for lists, by index, in the order of the file. */
  readonly children: ReadonlyMap<string | number, Place>;
}

/** Where references lead, and which stay as they are. */
export interface YamlWalkOptions extends ReferenceSources {
  /** Top-level sections whose references stay as they are written. */
  readonly unresolvedSections: ReadonlySet<string>;
}

// The config's own depth is 6; the rest is room for mistakes.
const MAX_DEPTH = 32;
// As the yaml library's own maxAliasCount; what they may grow to in all is bounded as well.
const MAX_ALIASES = 100;
const MAX_ALIASED_VALUES = 10_000;
/** Where the walk is. */
export interface Position {
  readonly path: ConfigPath;
  readonly keyOffset: number;
  readonly depth: number;
}

/** A node's value and place. */
export interface ReadNode {
  readonly value: unknown;
  readonly place: Place;
}

/** Turns nodes into plain values. An object because anchors, the alias count and findings grow along the way. */
export class YamlWalk {
  readonly findings: Finding[] = [];
  readonly #options: YamlWalkOptions;
  readonly #anchors = new Map<string, unknown>();
  readonly #open = new Set<unknown>();
  #aliases = 0;
  #insideAliases = 0;
  #aliasedValues = 0;

  constructor(options: YamlWalkOptions) {
    this.#options = options;
  }

  read(node: unknown, position: Position): ReadNode {
    if (this.#insideAliases > 0) this.#aliasedValues++;
    if (isAlias(node)) return this.#readAlias(node.source, offsetOf(node, position), position);
    if (isScalar(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
      return this.#leaf(this.#readScalar(node.value, position.path), node, position);
    }
    if (!isMap(node) && !isSeq(node)) return this.#leaf(null, node, position);
    if (position.depth >= MAX_DEPTH) {
      this.#report(position, `is nested deeper than ${MAX_DEPTH} levels: write it flatter`);
      return this.#leaf(UNREADABLE, node, position);
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    this.#open.add(node);
    const read = isMap(node) ? this.#readMap(node, position) : this.#readList(node, position);
    this.#open.delete(node);
    return read;
  }

  #readMap(node: { items: readonly unknown[]; range?: unknown }, position: Position): ReadNode {
    // Without a prototype: no key of a file can mean anything but itself.
    const value = Object.create(null) as Record<string, unknown>;
    const children = new Map<string, Place>();
    for (const item of node.items) {
      // Items of a map are pairs; a key that is no scalar was reported by the parser.
      const pair = item as { key: unknown; value: unknown };
      if (!isScalar(pair.key)) continue;
      // Always text with the option stringKeys; a key that is not there is null.
      const key = typeof pair.key.value === 'string' ? pair.key.value : '';
      const keyOffset = offsetOf(pair.key, position);
      const path = [...position.path, key];
      const problem = keyProblem(key, children);
      if (problem !== undefined) {
        this.findings.push({
          path,
          message: problem,
          offset: keyOffset,
        });
        continue;
      }
      const child = this.read(pair.value, { path, keyOffset, depth: position.depth + 1 });
      value[key] = child.value;
      children.set(key, child.place);
    }
    return {
      value,
      place: { keyOffset: position.keyOffset, valueOffset: offsetOf(node, position), children },
    };
  }

  #readList(node: { items: readonly unknown[]; range?: unknown }, position: Position): ReadNode {
    const value: unknown[] = [];
    const children = new Map<number, Place>();
    for (const [index, item] of node.items.entries()) {
      const keyOffset = offsetOf(item, position);
      const child = this.read(item, {
        path: [...position.path, index],
        keyOffset,
        depth: position.depth + 1,
      });
      value.push(child.value);
      children.set(index, child.place);
    }
    return {
      value,
      place: { keyOffset: position.keyOffset, valueOffset: offsetOf(node, position), children },
    };
  }

  #readAlias(name: string, offset: number, position: Position): ReadNode {
    const target = this.#anchors.get(name);
    const refused: ReadNode = {
      value: UNREADABLE,
      place: { keyOffset: position.keyOffset, valueOffset: offset, children: new Map() },
    };
    this.#aliases++;
    const tooMany = this.#aliases > MAX_ALIASES || this.#aliasedValues > MAX_ALIASED_VALUES;
    if (tooMany) {
      // Said once: a bomb has thousands of them.
      const said = this.findings.some(({ message }) => message === TOO_MANY_ALIASES);
      if (!said) this.findings.push({ path: position.path, message: TOO_MANY_ALIASES, offset });
      return refused;
    }
    if (target === undefined || this.#open.has(target)) {
      const why =
        target === undefined
          ? 'is an alias to an anchor that is not set before it: add &name before the value it repeats'
          : 'is an alias to a value that contains it: write the value out';
      this.findings.push({ path: position.path, message: why, offset });
      return refused;
    }
    this.#insideAliases++;
    const read = this.read(target, position);
    this.#insideAliases--;
    return read;
  }

  #readScalar(value: unknown, path: ConfigPath): unknown {
    if (typeof value !== 'string' || !hasReference(value)) return value;
    if (this.#options.unresolvedSections.has(String(path[0]))) return new ReferencedText(value, false);
    const resolved = resolveReferences(value, this.#options);
    if (resolved.ok) return resolved.value;
    for (const message of resolved.messages) this.findings.push({ path, message });
    return UNREADABLE;
  }

  #leaf(value: unknown, node: unknown, position: Position): ReadNode {
    // An empty value has no text of its own: its key says where.
    const valueOffset = value === null ? position.keyOffset : offsetOf(node, position);
    const place = { keyOffset: position.keyOffset, valueOffset, children: new Map() };
    return { value, place };
  }

  #report(position: Position, message: string): void {
    this.findings.push({ path: position.path, message, offset: position.keyOffset });
  }
}

const TOO_MANY_ALIASES = `is one alias too many: at most ${MAX_ALIASES} aliases and ${MAX_ALIASED_VALUES} repeated values; write the values out`;

function keyProblem(key: string, before: ReadonlyMap<string, unknown>): string | undefined {
  if (key === '__proto__') return 'is a key with a meaning of its own in JavaScript: use another name';
  if (key === '<<')
    return 'is a merge key, which YAML 1.2 does not have: repeat the values, or alias a whole value';
  if (key === '') return 'is a key without a name: write a name before the ":"';
  return before.has(key) ? 'is in this map twice: remove or rename one of them' : undefined;
}

function offsetOf(node: unknown, position: Position): number {
  if (typeof node !== 'object' || node === null || !('range' in node)) return position.keyOffset;
  const { range } = node;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : position.keyOffset;
}
