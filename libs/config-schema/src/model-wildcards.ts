// Entries of `models` whose name has a `*`: which one answers for a name, and what the `*` stood for.

/** What a name matched. */
export interface WildcardMatch {
  /** The entry's name, e.g. `claude-*`. */
  readonly pattern: string;
  /** What its `*` stands for, at least one character. */
  readonly star: string;
}

/** The fixed text around a `*`. */
interface Wildcard {
  readonly pattern: string;
  readonly start: string;
  readonly end: string;
}

/**
 * The wildcards among the names of models, ready to be asked. The one with the longest fixed text around its `*` wins,
 * of equally long ones the first in the file. Names without a `*` are passed over: they are found by themselves.
 * @returns null for a name that none covers
 */
export function compileWildcards(names: Iterable<string>): (name: string) => WildcardMatch | null {
  const wildcards = [...names].flatMap((pattern): Wildcard[] => {
    const [start, end, ...more] = pattern.split('*');
    if (start === undefined || end === undefined || more.length > 0) return [];
    return [{ pattern, start, end }];
  });
  // Sorting is stable, so the order of the file decides between equals.
  wildcards.sort((left, right) => right.pattern.length - left.pattern.length);
  return (name) => {
    const found = wildcards.find(
      ({ start, end }) =>
        name.length > start.length + end.length && name.startsWith(start) && name.endsWith(end),
    );
    if (found === undefined) return null;
    return {
      pattern: found.pattern,
      star: name.slice(found.start.length, name.length - found.end.length),
    };
  };
}

/** A route's model with its `*`, if it has one, replaced. */
export function fillWildcard(providerModel: string, star: string): string {
  // A function, since `$&` and alike have a meaning in a replacement text.
  return providerModel.replace('*', () => star);
}
