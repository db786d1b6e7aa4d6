/** One replacement in a text: bytes start..end give way to `text`. start = end inserts. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * A copy of `bytes` with the splices applied; every other byte stays as it is.
 * @param splices in ascending order, without overlap
 */
export function applySplices(bytes: Buffer, splices: readonly Splice[]): Buffer {
  let length = bytes.length;
  for (const splice of splices) length += Buffer.byteLength(splice.text) - (splice.end - splice.start);
  const result = Buffer.allocUnsafe(length);
  let from = 0;
  let to = 0;
  for (const splice of splices) {
    to += bytes.copy(result, to, from, splice.start);
    to += result.write(splice.text, to, 'utf8');
    from = splice.end;
  }
  bytes.copy(result, to, from);
  return result;
}
