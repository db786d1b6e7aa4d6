// Known secrets are registered once and replaced in every text that leaves the process for a human.
// The search is Wu-Manber's: a table says how far the next three characters allow a jump, so a line without a
// secret costs about one table look-up per six characters, however many secrets there are.

/** Shorter values are not masked: they would blank out ordinary words. */
export const SHORTEST_SECRET = 8;
/** What stands in a text where a secret was. */
export const MASK = '[masked]';

const BLOCK = 3;
const FARTHEST_JUMP = SHORTEST_SECRET - BLOCK + 1;
const TABLE_SIZE = 1 << 16;

/** Hash of the three characters that end at `end` (inclusive). */
const blockAt = (text: string, end: number): number =>
  ((text.charCodeAt(end - 2) * 961) ^ (text.charCodeAt(end - 1) * 31) ^ text.charCodeAt(end)) &
  (TABLE_SIZE - 1);

/** A set of secrets and the search for them. One per process is enough; tests make their own. */
export class SecretMask {
  private readonly forms = new Set<string>();
  private readonly jumps = new Uint8Array(TABLE_SIZE).fill(FARTHEST_JUMP);
  /** Patterns by the block that ends their first eight characters, longest first. */
  private readonly buckets = new Map<number, string[]>();

  /** Adds a secret in every form in which it could show up. Values under 8 characters are ignored. Never throws. */
  register(secret: string): void {
    for (const value of new Set([secret, secret.trim()])) {
      if (value.length < SHORTEST_SECRET) continue;
      for (const form of formsOf(value)) if (form.length >= SHORTEST_SECRET) this.addForm(form);
    }
  }

  /** The text with every known secret replaced; the same string when there is none. Never throws. */
  mask(text: string): string {
    if (this.forms.size === 0 || text.length < SHORTEST_SECRET) return text;
    let result = '';
    let copied = 0;
    let hidden = 0;
    for (let last = SHORTEST_SECRET - 1; last < text.length;) {
      // blockAt stays under the table's size.
      const jump = this.jumps[blockAt(text, last)] ?? 1;
      if (jump > 0) {
        last += jump;
        continue;
      }
      const start = last - SHORTEST_SECRET + 1;
      const length = this.longestMatchAt(text, start);
      if (length > 0) {
        // Overlapping finds become one mask, so that no end of the later secret stays visible.
        if (start >= hidden) {
          result += text.slice(copied, start) + MASK;
        }
        hidden = Math.max(hidden, start + length);
        copied = hidden;
      }
      last += 1;
    }
    return copied === 0 ? text : result + text.slice(copied);
  }

  private longestMatchAt(text: string, start: number): number {
    const bucket = this.buckets.get(blockAt(text, start + SHORTEST_SECRET - 1));
    return bucket?.find((form) => text.startsWith(form, start))?.length ?? 0;
  }

  private addForm(form: string): void {
    if (this.forms.has(form)) return;
    this.forms.add(form);
    for (let end = BLOCK - 1; end < SHORTEST_SECRET; end += 1) {
      const block = blockAt(form, end);
      this.jumps[block] = Math.min(this.jumps[block] ?? 0, SHORTEST_SECRET - 1 - end);
    }
    const block = blockAt(form, SHORTEST_SECRET - 1);
    const bucket = this.buckets.get(block) ?? [];
    bucket.push(form);
    bucket.sort((a, b) => b.length - a.length);
    this.buckets.set(block, bucket);
  }
}

const processMask = new SecretMask();

/** Hides this value from now on in every log line, health page and error text of this process. */
export function registerSecret(value: string): void {
  processMask.register(value);
}

/** {@link registerSecret} for several values. */
export function registerSecrets(values: Iterable<string>): void {
  for (const value of values) processMask.register(value);
}

/** The text with every registered secret replaced by `[masked]`; the same string when there is none. */
export function maskSecrets(text: string): string {
  return processMask.mask(text);
}

/** The value as it is, in JSON (once and twice), in a URL, in a form, in base64. */
function formsOf(value: string): Set<string> {
  const json = inJson(value);
  const url = inUrl(value);
  return new Set([value, json, inJson(json), ...url, ...inBase64(value)]);
}

const inJson = (value: string): string => JSON.stringify(value).slice(1, -1);

function inUrl(value: string): string[] {
  const wellFormed = value.toWellFormed();
  const component = encodeURIComponent(wellFormed);
  const url = new URL('http://host');
  url.password = wellFormed;
  const lowerCaseHex = component.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
  return [component, lowerCaseHex, component.replaceAll('%20', '+'), url.password];
}

/**
 * The base64 characters that the value alone decides, for each of the three places where it can begin within a
 * group of three bytes: this finds it inside `user:secret` too.
 */
function inBase64(value: string): string[] {
  const bytes = Buffer.from(value);
  const skippedCharacters = [0, 2, 3];
  return skippedCharacters.flatMap((skipped, offset) => {
    const decided = Math.floor(((offset + bytes.length) * 8) / 6);
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(skipped, decided);
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
