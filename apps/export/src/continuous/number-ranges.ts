/** Whole numbers as sorted, disjoint, non-touching half-open ranges `[from, to)`. Small, because numbers are dense. */
export type NumberRanges = readonly (readonly [from: number, to: number])[];

/** Whether the number is in one of them. */
export function hasNumber(ranges: NumberRanges, number: number): boolean {
  const range = ranges[indexOfFirstEndingAfter(ranges, number)];
  return range !== undefined && range[0] <= number;
}

/** The ranges with this number in them. */
export function withNumber(ranges: NumberRanges, number: number): NumberRanges {
  const index = indexOfFirstEndingAfter(ranges, number);
  const after = ranges[index];
  if (after !== undefined && after[0] <= number) return ranges;
  const before = ranges[index - 1];
  const touchesBefore = before?.[1] === number;
  const touchesAfter = after?.[0] === number + 1;
  const united = [touchesBefore ? before[0] : number, touchesAfter ? after[1] : number + 1] as const;
  return [
    ...ranges.slice(0, touchesBefore ? index - 1 : index),
    united,
    ...ranges.slice(touchesAfter ? index + 1 : index),
  ];
}

/** The ranges without this number. */
export function withoutNumber(ranges: NumberRanges, number: number): NumberRanges {
  return ranges.flatMap(([from, to]) => {
    if (number < from || number >= to) return [[from, to] as const];
    const parts = [[from, number] as const, [number + 1, to] as const];
    return parts.filter(([start, end]) => start < end);
  });
}

function indexOfFirstEndingAfter(ranges: NumberRanges, number: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.[1] ?? Infinity) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}
