/** A `data:` address, taken apart. */
export interface DataUri {
  /** In lower case; '' when it names none. */
  readonly mediaType: string;
  readonly base64: string;
}

const DATA_URI = /^data:([^;,]*)(?:;[^;,]*)*?;base64,/i;

/** The parts of a base64 data URI, null for every other text. */
export function parseDataUri(text: string): DataUri | null {
  // Only the head is matched: the data may be megabytes.
  const head = DATA_URI.exec(text.slice(0, 256));
  if (head === null) return null;
  return { mediaType: (head[1] ?? '').trim().toLowerCase(), base64: text.slice(head[0].length) };
}

const SIGNATURES: readonly (readonly [prefix: string, mediaType: string])[] = [
  ['\x89PNG', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['GIF8', 'image/gif'],
];

/** What the first bytes say an image is, null when they say nothing. Providers check it against the name. */
export function sniffImageType(base64: string): string | null {
  const head = Buffer.from(base64.slice(0, 24), 'base64').toString('latin1');
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'image/webp';
  return SIGNATURES.find(([prefix]) => head.startsWith(prefix))?.[1] ?? null;
}
