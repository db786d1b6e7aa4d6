// The pieces every section's schema is made of. They say what was wanted and which kind was found, never the value.
import { z } from 'zod';
import { isPlainMap, kindOf, type PlainMap, ReferencedText, UNREADABLE } from '../yaml/plain-value.js';
import { firstWord } from '../yaml/config-path.js';
import { suggestName } from '../yaml/nearest-name.js';

/** What a leaf read: a value, or why the value will not do (undefined: its kind is wrong). */
export type LeafResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why?: string };

/** One kind of single value. */
export interface LeafKind<T> {
  /** Ends the sentence "must be …". */
  readonly want: string;
  /** As it is written in the file; left out where `want` lists all there is. */
  readonly example?: string;
  /** `referenced`: the text came from `${…}` or a file, so numbers arrive as text. */
  readonly read: (value: unknown, referenced: boolean) => LeafResult<T>;
  /** What stands for a reference that only edges resolve; undefined: as if the field were not set. */
  readonly unresolved: (text: string) => T | undefined;
}

// Separates the sentences of one issue about several keys; keys are shown as JSON, so none can hold it.
export const SENTENCE_BREAK = '\n';

/** Message of an issue about a value whose mistake is in the list already. */
export const ALREADY_REPORTED = '(reported)';

/** A single value. A required one that is absent says how to add it. */
export function leaf<T>(kind: LeafKind<T>): z.ZodType<T> {
  const hint = kind.example === undefined ? '' : `; for example ${kind.example}`;
  return z.unknown().transform((value, ctx): T => {
    const referenced = value instanceof ReferencedText;
    // Undefined lets the default of the field act; the only required ones (a budget's) are dropped with it.
    if (referenced && !value.resolved) return kind.unresolved(value.text) as T;
    if (value === undefined) return refuse(ctx, `is missing: add ${kind.want}${hint}`);
    const read = kind.read(referenced ? value.text : value, referenced);
    if (read.ok) return read.value;
    return refuse(ctx, `must be ${kind.want}, but is ${read.why ?? kindOf(value)}${hint}`);
  });
}

/** A map with these keys and no others. */
export function section<Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
): z.ZodType<z.output<z.ZodObject<Shape, z.core.$strict>>> {
  const known = Object.keys(shape);
  const strict = z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKeyMessage(key, known)).join(SENTENCE_BREAK)
        : undefined,
  });
  return z.unknown().transform(onlyMaps).pipe(strict);
}

/** A map of things by their names. */
export function namedMap<T>(value: z.ZodType<T>): z.ZodType<Record<string, T>> {
  return z.unknown().transform(onlyMaps).pipe(z.record(z.string(), value));
}

/** A list. `item` names what it holds: "model names". */
export function list<T>(
  items: string,
  item: z.ZodType<T>,
  options: { nonEmpty?: boolean } = {},
): z.ZodType<T[]> {
  const onlyLists = (value: unknown, ctx: z.RefinementCtx): unknown[] => {
    if (value === UNREADABLE) return refuse(ctx, ALREADY_REPORTED);
    if (value === undefined) return refuse(ctx, `is missing: add a list of ${items}`);
    if (!Array.isArray(value)) {
      return refuse(ctx, `must be a list of ${items}, but is ${kindOf(value)}; write it in [ ]`);
    }
    if (options.nonEmpty === true && value.length === 0) {
      return refuse(ctx, `must be a list of ${items} with at least one in it, but is an empty list; add one`);
    }
    return value;
  };
  return z.unknown().transform(onlyLists).pipe(z.array(item));
}

/** Ends a transform with a mistake. */
export function refuse(ctx: z.RefinementCtx, message: string): never {
  ctx.issues.push({ code: 'custom', message, input: undefined });
  // zod's own mark for "no value": nothing reads it, since the parse fails.
  return z.NEVER;
}

function onlyMaps(value: unknown, ctx: z.RefinementCtx): PlainMap {
  if (isPlainMap(value)) return value;
  if (value === UNREADABLE) return refuse(ctx, ALREADY_REPORTED);
  if (value === undefined) return refuse(ctx, 'is missing: add this section');
  return refuse(ctx, `must be a map, but is ${kindOf(value)}; write "name: value" lines under it, or { }`);
}

function unknownKeyMessage(key: string, known: readonly string[]): string {
  const word = firstWord(key);
  if (word !== key && known.includes(word))
    return `is no key: write ${JSON.stringify(`${word}: `)}, then the value`;
  const suggestion = suggestName(word, known);
  return suggestion === ''
    ? `is an unknown key: remove it, or use one of ${known.join(', ')}`
    : `is an unknown key${suggestion}`;
}
