// Chat requests as Anthropic gets them.
import { expect } from 'vitest';
import { TranslationRefusal } from '../../translate/translation-refusal.js';
import { toAnthropicRequest } from '../to-anthropic-request.js';

export const NEW = 'claude-opus-4-7';
export const OLD = 'claude-3-5-sonnet-20241022';
export const BUDGET = 'claude-haiku-4-5-20251001';
export const ASK = { messages: [{ role: 'user', content: 'Hi' }] };

/** The Messages request for a chat request. */
export const to = (request: object, model = NEW): Record<string, unknown> =>
  // What goes up is what its JSON says.
  JSON.parse(
    JSON.stringify(toAnthropicRequest(Buffer.from(JSON.stringify({ model: 'm', ...request })), model)),
  ) as Record<string, unknown>;
/** The conversation of a chat request with these messages. */
export const messages = (...list: object[]): unknown => to({ messages: list })['messages'];

/** The field that a refusal names. */
export function refused(request: object, model = NEW): string {
  try {
    to(request, model);
  } catch (error) {
    if (error instanceof TranslationRefusal) {
      expect(error.message).toContain(error.field);
      return error.field;
    }
    throw error;
  }
  throw new Error('it was not refused');
}

