import { compileWildcards, type WildcardMatch } from '../model-wildcards.js';
import { suggestName } from '../yaml/nearest-name.js';
import { entriesOf, fieldOf, type PlainMap, textOf } from '../yaml/plain-value.js';

/** The names models can be asked by. */
export interface ModelNames {
  readonly models: ReadonlySet<string>;
  /** The entry with a `*` that answers for a name without an entry of its own. */
  readonly wildcard: (name: string) => WildcardMatch | null;
  /** Undefined target: no text, or a reference. */
  readonly aliases: ReadonlyMap<string, string | undefined>;
}

/** What a name leads to. `broken`: an alias whose own mistake is reported at its place. */
export type NameTarget =
  | { readonly kind: 'model'; readonly name: string }
  /** The text of a wildcard itself, which nobody can ask for. */
  | { readonly kind: 'pattern' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'broken' };

export function modelNamesOf(file: PlainMap): ModelNames {
  const models = entriesOf(file.models).map(([name]) => name);
  return {
    models: new Set(models.filter((name) => !name.includes('*'))),
    wildcard: compileWildcards(models),
    aliases: new Map(entriesOf(fieldOf(file, 'aliases')).map(([name, target]) => [name, textOf(target)])),
  };
}

/** Follows aliases to a model; one behind a wildcard has the wildcard's name. A loop ends as `broken`. */
export function resolveModelName(name: string, names: ModelNames): NameTarget {
  const seen = new Set<string>();
  let current = name;
  for (;;) {
    if (names.models.has(current)) return { kind: 'model', name: current };
    if (!names.aliases.has(current)) break;
    const next = names.aliases.get(current);
    if (next === undefined || seen.has(current)) return { kind: 'broken' };
    seen.add(current);
    current = next;
  }
  const match = current.includes('*') ? null : names.wildcard(current);
  if (match !== null) return { kind: 'model', name: match.pattern };
  if (seen.size > 0) return { kind: 'broken' };
  return { kind: current.includes('*') ? 'pattern' : 'unknown' };
}

/** Why a name that leads to no model will not do; undefined when it does, or when the mistake is elsewhere. */
export function nameProblem(name: string, names: ModelNames): string | undefined {
  const { kind } = resolveModelName(name, names);
  if (kind === 'pattern') return 'has a "*" in it: write the name of one model, such as one that "*" covers';
  if (kind !== 'unknown') return undefined;
  return `names no model or alias of this file: add it under "models"${suggestName(name, knownModelNames(names))}`;
}

/** Every name a model can be asked by, for suggestions. */
function knownModelNames(names: ModelNames): readonly string[] {
  return [...names.models, ...names.aliases.keys()];
}
