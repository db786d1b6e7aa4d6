// What the YAML walk hands on: null, text, numbers, booleans, lists, maps without a prototype, and text that came
// from `${…}` or `file:`.

export type PlainMap = Readonly<Record<string, unknown>>;

/** Text that came from the environment or a file, or (`resolved: false`) a reference that is left for the edges. */
export class ReferencedText {
  constructor(
    readonly text: string,
    readonly resolved: boolean,
  ) {}
}

/** Stands for a value whose mistake is reported already: nothing further is said about it. */
export const UNREADABLE = new ReferencedText('', false);

export function isPlainMap(value: unknown): value is PlainMap {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ReferencedText)
  );
}

/** The kind of a value in words; never the value itself. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof ReferencedText) return value.resolved ? 'text from a reference' : 'a reference';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    default:
      return 'a map';
  }
}

/** Entries of a map; nothing for any other kind, whose mistake the schema reports. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isPlainMap(value) ? Object.entries(value) : [];
}

/** Items of a list; nothing for any other kind. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** One field of a map; undefined for any other kind. */
export function fieldOf(value: unknown, name: string): unknown {
  return isPlainMap(value) ? value[name] : undefined;
}

/** The number of a field, written or from a reference; undefined when it is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (!(value instanceof ReferencedText) || !value.resolved || value.text.trim() === '') return undefined;
  const read = Number(value.text);
  return Number.isFinite(read) ? read : undefined;
}

/** The text of a field; undefined when it is no text or a reference that only edges resolve. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof ReferencedText && value.resolved ? value.text : undefined;
}
