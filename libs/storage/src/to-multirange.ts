/** The numbers as text of an `int8multirange`, e.g. `{[1,4),[7,8)}`; order and repetition do not matter. */
export function toMultirange(numbers: Iterable<number>): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const ranges: string[] = [];
  let first = sorted[0];
  sorted.forEach((value, index) => {
    if (sorted[index + 1] === value + 1 || first === undefined) return;
    ranges.push(`[${first},${value + 1})`);
    first = sorted[index + 1];
  });
  return `{${ranges.join(',')}}`;
}

/** How many numbers a multirange in canonical form (`{[1,4),[7,8)}`) holds. */
export function countInMultirange(text: string): number {
  let count = 0;
  for (const [, from, to] of text.matchAll(/\[(-?\d+),(-?\d+)\)/g)) count += Number(to) - Number(from);
  return count;
}

/** Tells of a number whether a multirange in canonical form holds it. */
export function isInMultirange(text: string): (value: number) => boolean {
  const ranges = [...text.matchAll(/\[(-?\d+),(-?\d+)\)/g)].map(([, from, to]) => ({
    from: Number(from),
    to: Number(to),
  }));
  return (value) => {
    // The first range that ends after the value, by halving: a spool with many gaps has many ranges.
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ranges[middle]?.to ?? Infinity) > value) high = middle;
      else low = middle + 1;
    }
    return (ranges[low]?.from ?? Infinity) <= value;
  };
}
