import { NOT_BUILT_YET, type NotBuiltYet } from './not-built-yet.js';
import type { ConfigPath } from './yaml/config-path.js';
import type { Finding } from './yaml/finding.js';
import { isPlainMap, textOf } from './yaml/plain-value.js';

/** A warning for each setting of the file that has no effect yet, at its key. */
export function findWarnings(
  file: unknown,
  settings: readonly NotBuiltYet[] = NOT_BUILT_YET,
): readonly Finding[] {
  return settings.flatMap((setting) =>
    placesOf(file, setting.path)
      .filter(({ value }) => setting.actsAs === undefined || (textOf(value) ?? value) !== setting.actsAs)
      .map(({ path }) => ({
        path,
        message: `is read but has no effect in this version: ${setting.sentence}`,
        at: 'key' as const,
      })),
  );
}

interface Found {
  readonly path: ConfigPath;
  readonly value: unknown;
}

/** Everything that a path with `*` in it leads to. */
function placesOf(root: unknown, path: readonly string[]): readonly Found[] {
  let found: readonly Found[] = [{ path: [], value: root }];
  for (const segment of path) found = found.flatMap((parent) => childrenOf(parent, segment));
  return found;
}

function childrenOf({ path, value }: Found, segment: string): readonly Found[] {
  if (Array.isArray(value)) {
    return segment === '*'
      ? value.map((item: unknown, index) => ({ path: [...path, index], value: item }))
      : [];
  }
  if (!isPlainMap(value)) return [];
  const names = segment === '*' ? Object.keys(value) : [segment];
  return names
    .filter((name) => value[name] !== undefined)
    .map((name) => ({ path: [...path, name], value: value[name] }));
}
