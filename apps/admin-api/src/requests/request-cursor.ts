import type { RequestLogPosition } from '@sluice/storage';

const POSITION =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Where a page ended, as text that only we understand. */
export const toCursor = ({ occurredAt, eventId }: RequestLogPosition): string =>
  Buffer.from(`${occurredAt} ${eventId}`).toString('base64url');

/** The position of a cursor; undefined when it is none of ours. It gives access to nothing, so it is not signed. */
export function fromCursor(cursor: string): RequestLogPosition | undefined {
  const [, occurredAt, eventId] = POSITION.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (occurredAt === undefined || eventId === undefined) return undefined;
  // The 31st of February has the form of a day.
  const time = Date.parse(occurredAt);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 23) !== occurredAt.slice(0, 23))
    return undefined;
  return { occurredAt, eventId };
}
