/** Where the pieces of a body end. */
export type Cutting = 'random' | 'bytes' | 'whole';

/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function makeRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Cuts without regard to events, lines or characters. */
export function cutBytes(bytes: Buffer, cutting: Cutting, random: () => number): Buffer[] {
  if (cutting === 'whole' || bytes.length === 0) return [bytes];
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    // Sizes from one byte to a few events: half of the cuts are very short.
    const most = random() < 0.5 ? 8 : 1500;
    const length = cutting === 'bytes' ? 1 : 1 + Math.floor(random() * most);
    pieces.push(bytes.subarray(start, start + length));
    start += length;
  }
  return pieces;
}
