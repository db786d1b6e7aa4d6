import type { SpoolFolder } from './spool-folder.js';

/** A segment that only open intents hold is freed by writing these again, once so many follow it. */
const CARRY_OVER_AFTER_SEGMENTS = 4;

/** Open intents (event id, JSON) that would keep the oldest segment for as long as their requests last: to be written again. */
export function listCarriedOver({ segments, intents }: SpoolFolder): (readonly [string, string])[] {
  const [oldest] = segments;
  if (oldest === undefined || segments.length <= CARRY_OVER_AFTER_SEGMENTS) return [];
  if (!oldest.sealed || oldest.pending > 0 || oldest.openIntents === 0) return [];
  return [...intents]
    .filter(([, intent]) => intent.segment === oldest)
    .map(([eventId, { json }]) => [eventId, json] as const);
}
