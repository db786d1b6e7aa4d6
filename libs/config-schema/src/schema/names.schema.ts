import type { z } from 'zod';
import { text } from './values.schema.js';

// What shows up in metrics, subjects of the bus and ids: letters, digits and a little more.
const PROVIDER_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const OWNER_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
const MODEL_NAME = /^[^\s*\p{C}]{1,256}$/u;
const STARRED_NAME = /^(?=.{1,256}$)[^\s*\p{C}]*\*?[^\s*\p{C}]*$/u;
const MODEL_PATTERN = /^[^\s\p{C}]{1,256}$/u;

/** What is wrong with a name, or undefined. */
export type NameRule = (name: string) => string | undefined;

export const providerNameRule: NameRule = (name) =>
  PROVIDER_NAME.test(name)
    ? undefined
    : 'must be a name of 1 to 64 letters, digits, "_" or "-" that begins with a letter or digit: rename it';

export const ownerNameRule: NameRule = (name) =>
  OWNER_NAME.test(name)
    ? undefined
    : 'must be a name of 1 to 64 letters, digits, ".", "_", "@" or "-" that begins with a letter or digit: rename it';

export const modelNameRule: NameRule = (name) =>
  MODEL_NAME.test(name)
    ? undefined
    : 'must be a name of 1 to 256 printable characters without blanks and "*": rename it';

/** The name of an entry of `models`: one `*` in it stands for any text of at least one character. */
export const modelEntryRule: NameRule = (name) =>
  STARRED_NAME.test(name)
    ? undefined
    : 'must be a name of 1 to 256 printable characters without blanks and with at most one "*": rename it';

/** Whether a client's word can be the name of a model: what every name in the file must be, `*` left out. */
export function isModelName(name: string): boolean {
  return MODEL_NAME.test(name);
}

/** The name of a provider, a model or an alias somewhere in this file. That it exists is checked across sections. */
export function reference(what: string, example: string): z.ZodType<string> {
  return text({ want: `the name of ${what}`, example });
}

/**
 * A provider's own name for a model; goes upstream as it is. A `*` stands for what the `*` of the model's name stood
 * for; that the name has one is checked across fields.
 */
export const providerModel: z.ZodType<string> = text({
  want: "the provider's name of the model",
  example: 'gpt-4o-2024-11-20',
  check: (value) =>
    STARRED_NAME.test(value)
      ? undefined
      : 'text with blanks, control characters or more than one "*", or longer than 256',
});

/** The name of a key or team. */
export const ownerName: z.ZodType<string> = text({
  want: 'a name of 1 to 64 letters, digits, ".", "_", "@" or "-"',
  example: 'ci',
  check: (value) => (OWNER_NAME.test(value) ? undefined : 'text with other characters or longer'),
});

/** A model pattern of a key. */
export const modelPattern: z.ZodType<string> = text({
  want: 'a model pattern',
  example: '"gpt-4o-*"',
  check: (value) =>
    MODEL_PATTERN.test(value) ? undefined : 'text with blanks or control characters, or longer than 256',
});
