/**
 * True when a pattern covers a name: `*` stands for any run of characters, everything else for itself, case counts.
 * A name of the form `provider/model` needs a pattern that has a `/` too. Linear in each `*`, so no pattern is slow.
 */
export function matchesModelPattern(pattern: string, name: string): boolean {
  if (name.includes('/') && !pattern.includes('/')) return false;
  const [start = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === name;
  const end = rest.pop() ?? '';
  if (name.length < start.length + end.length || !name.startsWith(start) || !name.endsWith(end)) return false;
  // The first fit of each part leaves most to those after it, so it is never worth going back.
  let from = start.length;
  const limit = name.length - end.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found === -1 || found + part.length > limit) return false;
    from = found + part.length;
  }
  return true;
}

/**
 * The patterns of a key as one question: may it use what was asked (`asked`: the client's word, alias or not;
 * `resolved`: the model it leads to)? For the form `provider/model` both are that form.
 */
export function compileModelPatterns(
  patterns: readonly string[],
): (asked: string, resolved: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*'));
  const covers = (name: string): boolean =>
    exact.has(name) || globs.some((glob) => matchesModelPattern(glob, name));
  return (asked, resolved) => covers(asked) || (resolved !== asked && covers(resolved));
}
