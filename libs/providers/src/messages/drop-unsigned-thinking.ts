// Thinking that came from a provider without signatures has an empty one in a client's history. Anthropic refuses
// it, so it does not go there; and where such a provider (or one without any thinking) began the loop of tool calls
// that is under way, the request to think goes as well. Beside the model, nothing else is ever changed in a request
// of its own dialect.
import { asRecord, parseJson } from '../wire/read-unknown.js';
import { parseExactJson } from '../translate/exact-json.js';
import type { UnknownRecord } from '../translate/read-request.js';
import { isLoopUnthought } from './thought-loop.js';

const SIGNATURE = Buffer.from('"signature"');
const BUDGET = Buffer.from('"budget_tokens"');
const RESULT = Buffer.from('"tool_result"');
const EMPTY_VALUE = /^\s*:\s*""/;
/** Enough for a colon, blanks and two quotes, however a serialiser spaces them. */
const VALUE_CHARS = 16;

/** Whether a body may have to be changed: a few searches through the bytes, which most bodies end with. */
export const mayLackSignature = (bytes: Buffer): boolean =>
  hasEmptySignature(bytes) || (bytes.includes(BUDGET) && bytes.includes(RESULT));

function hasEmptySignature(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(SIGNATURE); at >= 0; at = bytes.indexOf(SIGNATURE, at + SIGNATURE.length)) {
    const start = at + SIGNATURE.length;
    if (EMPTY_VALUE.test(bytes.toString('latin1', start, start + VALUE_CHARS))) return true;
  }
  return false;
}

/**
 * The request without thinking that has no signature, without messages that held nothing else, and not to be
 * thought about when the loop of calls under way was begun without.
 * @param bytes a judged body
 * @returns null when there is nothing to change
 */
export function dropUnsignedThinking(bytes: Buffer, providerModel: string): Buffer | null {
  const text = bytes.toString('utf8');
  // To look needs no digits: most requests with a budget have their signatures and go as they came.
  if (withoutUnsigned(asRecord(parseJson(text))) === null) return null;
  const changed = withoutUnsigned(asRecord(parseExactJson(text)));
  return changed === null ? null : Buffer.from(JSON.stringify({ ...changed, model: providerModel }));
}

/** Null when there is nothing to change. */
function withoutUnsigned(request: UnknownRecord | null): UnknownRecord | null {
  const messages: unknown = request?.['messages'];
  if (request === null || !Array.isArray(messages)) return null;
  const kept = messages.flatMap(dropFromMessage);
  const isSame = kept.length === messages.length && kept.every((item, index) => item === messages[index]);
  if (isBudgeted(request) && isLoopUnthought(kept)) return withoutThinking({ ...request, messages: kept });
  return isSame ? null : { ...request, messages: kept };
}

const isBudgeted = (request: UnknownRecord): boolean => asRecord(request['thinking'])?.['type'] === 'enabled';

/** Anthropic refuses to clear thinking from the context of a request that does not think. */
function withoutThinking(asked: UnknownRecord): UnknownRecord {
  const request = Object.fromEntries(Object.entries(asked).filter(([key]) => key !== 'thinking'));
  const management = asRecord(request['context_management']);
  const edits: unknown = management?.['edits'];
  if (!Array.isArray(edits)) return request;
  const kept = edits.filter((edit) => !String(asRecord(edit)?.['type']).startsWith('clear_thinking'));
  return { ...request, context_management: { ...management, edits: kept } };
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
