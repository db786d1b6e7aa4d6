// Where a thing is in the file: as segments inside this lib, as dotted text for people.

/** Names and list indices from the root, e.g. `['models', 'gpt-4o', 'routes', 0, 'provider']`. */
export type ConfigPath = readonly (string | number)[];

// Longer names are no use in a message and would fill a terminal.
const MAX_SHOWN_NAME = 80;
const PLAIN_NAME = /^[^\s.[\]"'\u0000-\u001f\u007f]+$/u;

// Their entries have names that the operator chose; the first three may hold any character but blanks.
const NAMED_SECTIONS: ReadonlySet<string | number | undefined> = new Set(['models', 'aliases', 'prices']);
const OWNER_SECTIONS: ReadonlySet<string | number | undefined> = new Set(['providers', 'teams']);

/** A path fit for a message: what may be a value that became a key is cut. See {@link showKey}. */
export function showPath(path: ConfigPath): ConfigPath {
  return path.map((segment, index) => {
    if (typeof segment === 'number') return segment;
    if (index === 1 && NAMED_SECTIONS.has(path[0])) return segment;
    if (index === 1 && OWNER_SECTIONS.has(path[0])) return firstWord(segment);
    return showKey(segment);
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

// Every key of the config looks like this, a status included; keys that open doors are longer or mix in digits.
const KEY_LIKE = /^(?:\d{3}|[A-Za-z_-]{1,23})$/;
const KEY_START = /^[A-Za-z_-]{0,8}/;

/**
 * A key fit for a message. A slip of the pen makes a value part of its key (`{ apiKey:sk-… }`, `{ apiKey sk-… }`) or
 * a key of its own (`{ apiKey: , sk-… }`), so only what looks like a key is shown whole.
 */
export function showKey(key: string): string {
  const name = firstWord(key);
  if (!KEY_LIKE.test(name)) return `${KEY_START.exec(name)?.[0] ?? ''}…`;
  return name === key ? name : `${name}…`;
}

/** What stands before the first `:`, `=` or blank. */
export function firstWord(key: string): string {
  const end = key.search(/[:=\s]/);
  return end === -1 ? key : key.slice(0, end);
}

function cut(name: string): string {
  return name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name;
}
