// Where a thing is in the file: as segments inside this lib, as dotted text for people.

/** Names and list indices from the root, e.g. `['models', 'gpt-4o', 'routes', 0, 'provider']`. */
export type ConfigPath = readonly (string | number)[];

// Longer names are no use in a message and would fill a terminal.
const MAX_SHOWN_NAME = 80;
const PLAIN_NAME = /^[^\s.[\]"'\u0000-\u001f\u007f]+$/u;

// Only these may hold a ":" or "=" in names of their own.
const FREE_NAMES: ReadonlySet<string | number | undefined> = new Set(['models', 'aliases', 'prices']);

/** A path fit for a message: what may be a value glued to its key is cut. See {@link showUnknownKey}. */
export function showPath(path: ConfigPath): ConfigPath {
  return path.map((segment, index) => {
    const isFree = typeof segment === 'number' || (index === 1 && FREE_NAMES.has(path[0]));
    return isFree ? segment : showUnknownKey(segment);
  });
}

/** `models.gpt-4o.routes[0].provider`; names with dots, blanks or brackets as `models["gpt-4.1"]`. Empty for the root. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else if (PLAIN_NAME.test(segment)) text += (text === '' ? '' : '.') + cut(segment);
    else text += `[${JSON.stringify(cut(segment))}]`;
  }
  return text;
}

/** The last name of a path with its indices, in quotes: `"routes[0]"`; `the file` for the root. */
export function fieldName(path: ConfigPath): string {
  const start = path.findLastIndex((segment) => typeof segment === 'string');
  if (start === -1) return 'the file';
  const [name, ...indices] = path.slice(start);
  return JSON.stringify(cut(String(name)) + indices.map((index) => `[${index}]`).join(''));
}

/**
 * A key nobody knows, fit for a message. `{ apiKey:sk-… }` without its blank is one key to YAML,
 * so everything after a `:` or `=` is cut: it may be a secret.
 */
export function showUnknownKey(key: string): string {
  const end = key.search(/[:=]/);
  return end === -1 ? cut(key) : `${cut(key.slice(0, end + 1))}…`;
}

function cut(name: string): string {
  return name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name;
}
