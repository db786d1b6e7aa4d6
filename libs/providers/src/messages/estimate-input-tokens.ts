// For providers that count nothing: how many tokens a Messages request may have, by a rule of thumb.
import { asRecord, parseJson } from '../wire/read-unknown.js';

/** English text and JSON have about four bytes a token. */
const BYTES_PER_TOKEN = 4;
/** What Anthropic counts for an image of the largest size that it does not scale down. */
const IMAGE_TOKENS = 1_600;
/** A page or two of a document; nothing short of reading it says more. */
const DOCUMENT_TOKENS = 3_000;

/**
 * Tokens of the prompt: its texts and tools at four bytes a token, a fixed number for each image and document.
 * @param bytes a judged body. Fields of the wrong kind count nothing. Never throws
 */
export function estimateInputTokens(bytes: Buffer): number {
  const request = asRecord(parseJson(bytes.toString('utf8'))) ?? {};
  const text = textBytes(request['system']) + textBytes(request['messages']);
  const tools = request['tools'] === undefined ? 0 : Buffer.byteLength(JSON.stringify(request['tools']));
  const media = mediaTokens(request['messages']);
  return Math.max(1, Math.ceil((text + tools) / BYTES_PER_TOKEN) + media);
}

/** Bytes of all texts in a value but base64 data. Bodies are at most 64 levels deep. */
function textBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textBytes(item), 0);
  const record = asRecord(value);
  if (record === null || record['type'] === 'base64') return 0;
  return Object.values(record).reduce<number>((sum, item) => sum + textBytes(item), 0);
}

function mediaTokens(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + mediaTokens(item), 0);
  const record = asRecord(value);
  if (record === null) return 0;
  if (record['type'] === 'image') return IMAGE_TOKENS;
  if (record['type'] === 'document' && asRecord(record['source'])?.['type'] === 'base64') {
    return DOCUMENT_TOKENS;
  }
  return mediaTokens(record['content']);
}
