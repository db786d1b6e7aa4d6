/** Where a value stands in a text: quotes included. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * The string value of a top-level key in the JSON of one `data:` line, without parsing it. The common case
 * (the key comes before any nested object, as every known server writes it) costs three native searches;
 * anything else is walked bracket by bracket.
 * @param name plain ASCII
 * @returns null when the key is absent or its value is no string
 */
export function findTopLevelString(text: string, name: string, within: TextSpan): TextSpan | null {
  const { start: from, end: to } = within;
  const root = text.indexOf('{', from);
  if (root < 0 || root >= to) return null;
  const quoted = `"${name}"`;
  const key = text.indexOf(quoted, root);
  if (key < 0 || key >= to) return null;
  const nested = text.indexOf('{', root + 1);
  const list = text.indexOf('[', root + 1);
  const isPlain =
    (nested < 0 || nested > key) && (list < 0 || list > key) && text.charCodeAt(key - 1) !== 0x5c;
  // A string value that happens to read "model" is followed by a comma, not by a colon.
  if (isPlain && colonAfter(text, key + quoted.length, to) > 0) {
    return stringAt(text, colonAfter(text, key + quoted.length, to), to);
  }
  return walk(text, quoted, { start: root, end: to });
}

/** Offset just after the colon that follows `at`, 0 when something else follows. */
function colonAfter(text: string, at: number, to: number): number {
  const colon = skipSpace(text, at, to);
  return text.charCodeAt(colon) === 0x3a ? colon + 1 : 0;
}

function stringAt(text: string, at: number, to: number): TextSpan | null {
  const start = skipSpace(text, at, to);
  if (text.charCodeAt(start) !== 0x22) return null;
  const end = endOfString(text, start, to);
  return end === 0 ? null : { start, end };
}

/** Finds the key at depth 1, whatever comes before it. */
function walk(text: string, quoted: string, within: TextSpan): TextSpan | null {
  const { start: root, end: to } = within;
  let depth = 0;
  for (let at = root; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    else if (code === 0x22) {
      const end = endOfString(text, at, to);
      if (end === 0) return null;
      const colon = depth === 1 && text.startsWith(quoted, at) ? colonAfter(text, end, to) : 0;
      if (colon > 0) return stringAt(text, colon, to);
      at = end - 1;
    }
    if (depth === 0) return null;
  }
  return null;
}

/** Offset after the closing quote of the string that opens at `start`, 0 when it does not close. */
function endOfString(text: string, start: number, to: number): number {
  for (let at = start + 1; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === 0x22) return at + 1;
  }
  return 0;
}

function skipSpace(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09)) at += 1;
  return at;
}
