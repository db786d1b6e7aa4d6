// Errors of the gateway, as clients of each dialect must get them.
import { expect } from 'vitest';
import type { ClientDialect } from './client-dialect.js';
import { isRecord } from './expected-answer.js';
import type { RawAnswer } from './post.js';
import type { JsonRecord } from './recorded-case.js';

/** What an error must be. */
export interface WantedError {
  readonly status: number;
  /** Of the gateway's table. */
  readonly code: string;
  /** What Anthropic's clients get in its place. */
  readonly type: string;
}

/** Checks status and shape, and gives the message. */
export function checkError(client: ClientDialect, answer: RawAnswer, wanted: WantedError): string {
  expect(answer.status).toBe(wanted.status);
  return checkErrorBody(client, jsonOf(answer.body), wanted);
}

/** The same for a document, e.g. that of an event. */
export function checkErrorBody(
  client: ClientDialect,
  document: JsonRecord,
  { code, type }: Pick<WantedError, 'code' | 'type'>,
): string {
  const error = isRecord(document['error']) ? document['error'] : {};
  if (client === 'chat') expect(error).toMatchObject({ code });
  else {
    expect(document['type']).toBe('error');
    expect(typeof document['request_id']).toBe('string');
    expect(error).toMatchObject({ type });
  }
  expect(typeof error['message']).toBe('string');
  return String(error['message']);
}

export function jsonOf(body: Buffer): JsonRecord {
  const value: unknown = JSON.parse(body.toString());
  if (!isRecord(value)) throw new Error('the answer is no JSON object');
  return value;
}
