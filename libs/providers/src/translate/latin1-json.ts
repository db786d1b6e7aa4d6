// Streams are read and written as latin1, one character a byte. Here their JSON becomes values and back.

// Everything that is not ASCII.
const BEYOND_ASCII = /[^\x00-\x7f]/;

/** The value of JSON bytes in latin1, undefined when they are no JSON. */
export function parseLatin1Json(text: string): unknown {
  try {
    return JSON.parse(
      BEYOND_ASCII.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text,
    ) as unknown;
  } catch {
    return undefined;
  }
}

/** UTF-8 bytes of a text, one character a byte. */
export const toLatin1 = (text: string): string =>
  BEYOND_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;

/** A text as a JSON string in latin1. */
export const quoteLatin1 = (text: string): string => toLatin1(JSON.stringify(text));
