/** 1-based, as editors count; the column counts UTF-16 units. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/**
 * Lines of a text, from offsets. Our own, since the parser's counter stops where the parser does, and a mistake
 * may be placed behind that.
 */
export function indexLines(text: string): (offset: number) => TextPlace {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const inside = Math.min(Math.max(offset, 0), text.length);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= inside) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: inside - (starts[low] ?? 0) + 1 };
  };
}
