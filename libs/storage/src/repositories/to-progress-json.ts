import { toMultirange } from '../to-multirange.js';

/** A number of a spool, as its edge gave it. */
export interface SpoolNumber {
  readonly spoolId: string;
  readonly spoolSeq: number;
}

/** Numbers that a consumer took and could not take, as JSON text `[{spool_id, applied, dead}]`, one per spool. */
export function toProgressJson(applied: readonly SpoolNumber[], dead: readonly SpoolNumber[]): string {
  const spools = new Map<string, { applied: number[]; dead: number[] }>();
  const of = (spoolId: string): { applied: number[]; dead: number[] } => {
    const id = spoolId.toLowerCase();
    const found = spools.get(id) ?? { applied: [], dead: [] };
    spools.set(id, found);
    return found;
  };
  for (const { spoolId, spoolSeq } of applied) of(spoolId).applied.push(spoolSeq);
  for (const { spoolId, spoolSeq } of dead) of(spoolId).dead.push(spoolSeq);
  return JSON.stringify(
    [...spools].map(([spool_id, found]) => ({
      spool_id,
      applied: toMultirange(found.applied),
      dead: toMultirange(found.dead),
    })),
  );
}
