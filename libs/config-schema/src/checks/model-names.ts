import { entriesOf, fieldOf, type PlainMap, textOf } from '../yaml/plain-value.js';

/** The names models can be asked by. */
export interface ModelNames {
  readonly models: ReadonlySet<string>;
  /** Undefined target: no text, or a reference. */
  readonly aliases: ReadonlyMap<string, string | undefined>;
}

/** What a name leads to. `broken`: an alias whose own mistake is reported at its place. */
export type NameTarget =
  | { readonly kind: 'model'; readonly name: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'broken' };

export function modelNamesOf(file: PlainMap): ModelNames {
  return {
    models: new Set(entriesOf(file.models).map(([name]) => name)),
    aliases: new Map(entriesOf(fieldOf(file, 'aliases')).map(([name, target]) => [name, textOf(target)])),
  };
}

/** Follows aliases to a model. A loop ends as `broken`. */
export function resolveModelName(name: string, names: ModelNames): NameTarget {
  if (names.models.has(name)) return { kind: 'model', name };
  const seen = new Set<string>();
  let current: string | undefined = name;
  while (current !== undefined && names.aliases.has(current) && !seen.has(current)) {
    seen.add(current);
    current = names.aliases.get(current);
    if (current !== undefined && names.models.has(current)) return { kind: 'model', name: current };
  }
  return seen.size === 0 ? { kind: 'unknown' } : { kind: 'broken' };
}

/** Every name a model can be asked by, for suggestions. */
export function knownModelNames(names: ModelNames): readonly string[] {
  return [...names.models, ...names.aliases.keys()];
}
