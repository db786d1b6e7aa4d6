import { RAW_JSON } from '../wire/raw-json.js';

/**
 * A request that one dialect can say and another cannot. The edge answers it with 400 `invalid_request`
 * and `param` = {@link field}; the next route may speak a dialect that can, so it is no fault of a provider.
 */
export class TranslationRefusal extends Error {
  override readonly name = 'TranslationRefusal';
  /** Path of the field at fault as the client wrote it, e.g. `messages[2].content[0]`, cut; '' for the whole body. */
  readonly field: string;

  /** @param reason a sentence that follows the field's name and says the way out, e.g. `cannot be …` */
  constructor(field: string, reason: string) {
    super(field === '' ? `The body ${reason}` : `The field "${cut(field)}" ${reason}`);
    this.field = cut(field);
  }
}

/** A client's own key may be megabytes long. */
const MAX_FIELD_CHARS = 128;

const cut = (field: string): string =>
  field.length > MAX_FIELD_CHARS ? `${field.slice(0, MAX_FIELD_CHARS)}…` : field;

/** What kind of JSON value this is, for messages: never the value itself. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'an array';
  if (RAW_JSON.isRawJSON(value)) return 'a number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A refusal of a value of the wrong kind. */
export const wrongKind = (field: string, wanted: string, value: unknown): TranslationRefusal =>
  new TranslationRefusal(field, `must be ${wanted}, not ${kindOf(value)}.`);
