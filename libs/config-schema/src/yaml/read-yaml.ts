// In: the text of the file. Out: plain values with references resolved, where each of them stands, and what is wrong
// with the YAML itself.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { type ConfigPath } from './config-path.js';
import { type Finding } from './finding.js';
import { type PlainMap, ReferencedText, UNREADABLE } from './plain-value.js';
import { hasReference, resolveReferences, type ReferenceSources } from './resolve-references.js';
import { YAML_ERROR_MESSAGES } from './yaml-error-messages.js';

/** Where a value stands in the text: offsets of its name and of the value, and the same for what is inside. */
export interface Place {
  readonly keyOffset: number;
  readonly valueOffset: number;
  /** By name or, for lists, by index, in the order of the file. */
  readonly children: ReadonlyMap<string | number, Place>;
}

/** The file as plain values. */
export interface YamlTree {
  /** Undefined when the text is not YAML enough to be judged any further. */
  readonly value: PlainMap | undefined;
  readonly root: Place;
  readonly findings: readonly Finding[];
  /** 1-based line and column of an offset, always inside the text. */
  readonly placeAt: (offset: number) => { line: number; column: number };
}

export interface ReadYamlOptions extends ReferenceSources {
  /** Top-level sections whose references stay as they are written. */
  readonly unresolvedSections: ReadonlySet<string>;
}

// 10,000 keys of 200 bytes fit twice; a larger text is the wrong file.
const MAX_TEXT_CHARACTERS = 4 * 1024 * 1024;
// The config's own depth is 6; the rest is room for mistakes.
const MAX_DEPTH = 32;
// As the yaml library's own maxAliasCount; what they may grow to in all is bounded as well.
const MAX_ALIASES = 100;
const MAX_ALIASED_VALUES = 10_000;
const MAX_SYNTAX_FINDINGS = 20;
const REFERENCE_HINT = 'inside { } and [ ] a reference needs quotes: write "${NAME}"';
// These leave the rest of the document readable, so that its other mistakes can be listed too.
const HARMLESS_CODES: ReadonlySet<string> = new Set([
  'MULTIPLE_DOCS',
  'NON_STRING_KEY',
  'TAG_RESOLVE_FAILED',
]);

/** Reads the text. Never throws. */
export function readYaml(text: string, options: ReadYamlOptions): YamlTree {
  const lineCounter = new LineCounter();
  const placeAt = (offset: number): { line: number; column: number } => {
    const { line, col } = lineCounter.linePos(Math.min(Math.max(offset, 0), text.length));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const nowhere: Place = { keyOffset: 0, valueOffset: 0, children: new Map() };
  const refuse = (message: string, offset = 0): YamlTree => ({
    value: undefined,
    root: nowhere,
    findings: [{ path: [], message, offset }],
    placeAt,
  });

  if (text.length > MAX_TEXT_CHARACTERS) return refuse('is larger than 4 MiB: this is no Sluice config');
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      lineCounter,
      // Pretty errors quote the file's text.
      prettyErrors: false,
      schema: 'core',
      merge: false,
      resolveKnownTags: false,
      stringKeys: true,
      // The walk reports them with their path.
      uniqueKeys: false,
      logLevel: 'silent',
    });
  } catch {
    // A parser that gives up (deep nesting overflows its stack) says nothing that is safe to repeat.
    return refuse('cannot be read as YAML: it is nested too deeply or damaged');
  }
  const syntax = syntaxFindings(document, text);
  if (syntax.fatal) return { value: undefined, root: nowhere, findings: syntax.findings, placeAt };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    const empty: Finding = {
      path: [],
      message: 'is empty: it needs at least the sections "providers" and "models"',
      offset: 0,
    };
    return { value: undefined, root: nowhere, findings: [...syntax.findings, empty], placeAt };
  }
  const walk = new YamlWalk(options);
  const root = walk.read(document.contents, { path: [], keyOffset: 0, depth: 0 });
  const findings = [...syntax.findings, ...walk.findings];
  const tree = { root: root.place, findings, placeAt };
  if (isMap(document.contents)) {
    // A map node is read as a map without a prototype.
    return { ...tree, value: root.value as PlainMap };
  }
  const wrongRoot: Finding = {
    path: [],
    message: 'must be a map of sections such as "providers:" and "models:" at its top level',
    offset: root.place.valueOffset,
  };
  return { ...tree, value: undefined, findings: [...findings, wrongRoot] };
}

function syntaxFindings(document: Document.Parsed, text: string): { findings: Finding[]; fatal: boolean } {
  const all = [...document.errors, ...document.warnings];
  // One broken place makes the parser stumble over all that follows: the first of a kind and line says it.
  const seen = new Set<string>();
  const findings: Finding[] = [];
  for (const { code, pos } of all) {
    const lineStart = text.lastIndexOf('\n', pos[0] - 1) + 1;
    const id = code === 'UNEXPECTED_TOKEN' ? code : `${code} ${lineStart}`;
    if (seen.has(id) || seen.size >= MAX_SYNTAX_FINDINGS) continue;
    seen.add(id);
    const hint = text.slice(lineStart, pos[0]).includes('${') ? REFERENCE_HINT : YAML_ERROR_MESSAGES[code];
    findings.push({ path: [], message: `is not correct YAML: ${hint}`, offset: pos[0] });
  }
  return { findings, fatal: all.some(({ code }) => !HARMLESS_CODES.has(code)) };
}

interface Position {
  readonly path: ConfigPath;
  readonly keyOffset: number;
  readonly depth: number;
}

interface ReadNode {
  readonly value: unknown;
  readonly place: Place;
}

/** Turns nodes into plain values. An object because anchors, the alias count and findings grow along the way. */
class YamlWalk {
  readonly findings: Finding[] = [];
  readonly #options: ReadYamlOptions;
  readonly #anchors = new Map<string, unknown>();
  readonly #open = new Set<unknown>();
  #aliases = 0;
  #insideAliases = 0;
  #aliasedValues = 0;

  constructor(options: ReadYamlOptions) {
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
