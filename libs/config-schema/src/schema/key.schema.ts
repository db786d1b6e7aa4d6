import { leaf, list, section } from './leaf.js';
import { flag, text, whole } from './values.schema.js';
import { timer } from './duration.schema.js';
import { limitFields } from './limits.schema.js';
import { modelPattern, ownerName } from './names.schema.js';

// Visible ASCII: a key travels in a header.
const KEY_VALUE = /^[\x21-\x7e]{24,256}$/;
const DATE = /^(\d{4}-\d{2}-\d{2})(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;

const expiresAt = leaf<Date | undefined>({
  want: 'a date, or a date with a time and its zone',
  example: '2027-01-01 or 2027-01-01T12:00:00Z',
  read: (value) => {
    if (typeof value !== 'string') return { ok: false };
    const day = DATE.exec(value)?.[1];
    if (day === undefined) return { ok: false, why: 'text in another form' };
    const date = new Date(value.toUpperCase().replace(' ', 'T'));
    const midnight = new Date(`${day}T00:00:00Z`);
    // Date rolls 30 February over to March.
    const isReal =
      !Number.isNaN(date.getTime()) &&
      !Number.isNaN(midnight.getTime()) &&
      midnight.toISOString().startsWith(day);
    return isReal ? { ok: true, value: date } : { ok: false, why: 'a date that no calendar has' };
  },
  unresolved: () => undefined,
});

/** One entry of `keys`. */
export const keySchema = section({
  name: ownerName,
  key: text({
    want: 'a key of 24 to 256 visible ASCII characters',
    example: '"${CI_KEY}"',
    check: (value) =>
      KEY_VALUE.test(value) ? undefined : 'text that is shorter, longer, or has blanks or other characters',
  }),
  team: ownerName.default('default'),
  models: list('model patterns', modelPattern, { nonEmpty: true }).default(['*']),
  ...limitFields,
  expiresAt: expiresAt.optional(),
  disabled: flag().default(false),
  maxTokens: whole({ min: 1, example: 4096 }).optional(),
  enforce: flag().default(true),
  queueTimeout: timer('0s', { zero: true }).default(0),
});

export const keysSchema = list('keys', keySchema);
