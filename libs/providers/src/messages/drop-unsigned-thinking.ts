// Thinking that came from a provider without signatures has an empty one in a client's history. Anthropic refuses
// it, so it does not go there: the one change beside the model that is ever made to a request of its own dialect.
import { asRecord } from '../wire/read-unknown.js';
import { parseExactJson } from '../translate/exact-json.js';

const KEY = Buffer.from('"signature"');
const EMPTY_VALUE = /^\s*:\s*""/;
/** Enough for a colon, blanks and two quotes, however a serialiser spaces them. */
const VALUE_CHARS = 16;

/** Whether a body has an empty signature. One search through the bytes; most bodies have no signature at all. */
export function hasUnsignedThinking(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(KEY); at >= 0; at = bytes.indexOf(KEY, at + KEY.length)) {
    const start = at + KEY.length;
    if (EMPTY_VALUE.test(bytes.toString('latin1', start, start + VALUE_CHARS))) return true;
  }
  return false;
}

/**
 * The request without thinking that has no signature, and without messages that held nothing else.
 * @param bytes a judged body
 * @returns null when there is nothing to leave out
 */
export function dropUnsignedThinking(bytes: Buffer, providerModel: string): Buffer | null {
  const request = asRecord(parseExactJson(bytes.toString('utf8')));
  const messages = request?.['messages'];
  if (!Array.isArray(messages)) return null;
  const kept = messages.flatMap(dropFromMessage);
  const isSame = kept.length === messages.length && kept.every((item, index) => item === messages[index]);
  return isSame ? null : Buffer.from(JSON.stringify({ ...request, model: providerModel, messages: kept }));
}

/** The message itself, a shorter one, or none. */
function dropFromMessage(item: unknown): unknown[] {
  const message = asRecord(item);
  const content = message?.['content'];
  if (!Array.isArray(content) || !content.some(isUnsigned)) return [item];
  const rest = content.filter((block) => !isUnsigned(block));
  return rest.length === 0 ? [] : [{ ...message, content: rest }];
}

function isUnsigned(item: unknown): boolean {
  const block = asRecord(item);
  return block?.['type'] === 'thinking' && block['signature'] === '';
}
