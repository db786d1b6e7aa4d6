// Reading of a client's JSON for translation: absent and null are the same, a wrong kind is refused by name.
import { asRecord } from '../wire/read-unknown.js';
import { asNumber, parseExactJson } from './exact-json.js';
import { TranslationRefusal, wrongKind } from './translation-refusal.js';

/** A JSON object of unknown content. */
export type UnknownRecord = Readonly<Record<string, unknown>>;

/**
 * The body of a request as an object.
 * @throws TranslationRefusal when it is none
 */
export function parseRequest(bytes: Buffer): UnknownRecord {
  const record = asRecord(parseExactJson(bytes.toString('utf8')));
  if (record === null) throw new TranslationRefusal('', 'must be a JSON object.');
  return record;
}

/** @throws TranslationRefusal when the value is neither text nor absent */
export function readText(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrongKind(field, 'a string', value);
  return value;
}

/** @throws TranslationRefusal when the value is not a text of at least one character */
export function requireText(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw wrongKind(field, 'a non-empty string', value);
  return value;
}

/** @throws TranslationRefusal when the value is neither a number nor absent */
export function readNumber(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = asNumber(value);
  if (number === null) throw wrongKind(field, 'a number', value);
  return number;
}

/** A count of at least one. @throws TranslationRefusal when the value is neither that nor absent */
export function readPositive(value: unknown, field: string): number | undefined {
  const number = readNumber(value, field);
  if (number === undefined) return undefined;
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new TranslationRefusal(field, 'must be a whole number of at least 1.');
  }
  return number;
}

/** @throws TranslationRefusal when the value is neither an object nor absent */
export function readRecord(value: unknown, field: string): UnknownRecord | undefined {
  if (value === undefined || value === null) return undefined;
  return requireRecord(value, field);
}

/** @throws TranslationRefusal when the value is not an object */
export function requireRecord(value: unknown, field: string): UnknownRecord {
  const record = asRecord(value);
  if (record === null) throw wrongKind(field, 'an object', value);
  return record;
}

/** An absent list is an empty one. @throws TranslationRefusal when the value is neither a list nor absent */
export function readList(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongKind(field, 'an array', value);
  return value;
}

/** One text or a list of texts, as stop sequences come. @throws TranslationRefusal when it is neither */
export function readTexts(value: unknown, field: string): readonly string[] {
  if (typeof value === 'string') return [value];
  return readList(value, field).map((item, index) => {
    if (typeof item !== 'string') throw wrongKind(`${field}[${index}]`, 'a string', item);
    return item;
  });
}
