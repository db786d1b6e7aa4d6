// Thinking that a client carries through a conversation. Anthropic wants its blocks back unchanged, with the
// signature, before the tool results they led to; OpenAI's dialect has no field for them, so they travel as
// `reasoning_details`, in the form that OpenRouter made known.
import { asCount, asRecord } from '../wire/read-unknown.js';
import type { UnknownRecord } from '../translate/read-request.js';

/** Says whose signature it is: one provider's is never shown to another. */
export const REASONING_FORMAT = 'anthropic-claude-v1';

/** A thinking or redacted block of an answer as one detail; null when it is neither. */
export function toReasoningDetail(block: UnknownRecord, index: number): UnknownRecord | null {
  if (block['type'] === 'thinking') {
    return {
      type: 'reasoning.text',
      text: textOf(block['thinking']),
      signature: textOf(block['signature']),
      format: REASONING_FORMAT,
      index,
    };
  }
  if (block['type'] !== 'redacted_thinking') return null;
  return { type: 'reasoning.encrypted', data: textOf(block['data']), format: REASONING_FORMAT, index };
}

/**
 * The blocks that an assistant message of a client carries: `reasoning_details`, or `thinking_blocks` in
 * Anthropic's own form. What has no signature, or somebody else's, is left out: Claude refuses it.
 */
export function fromReasoningDetails(message: UnknownRecord): UnknownRecord[] {
  const native = message['thinking_blocks'];
  if (Array.isArray(native)) return native.flatMap((block) => toSignedBlock(asRecord(block)));
  const details = message['reasoning_details'];
  return Array.isArray(details) ? joinPieces(details).flatMap(toSignedBlock) : [];
}

/** Clients of streams often keep every piece: those of one index are one block, until its signature came. */
function joinPieces(details: readonly unknown[]): UnknownRecord[] {
  const blocks: Record<string, unknown>[] = [];
  const open = new Map<number, { thinking: string; signature: string }>();
  for (const item of details) {
    const detail = asRecord(item);
    if (detail?.['format'] !== REASONING_FORMAT) continue;
    if (detail['type'] === 'reasoning.encrypted')
      blocks.push({ type: 'redacted_thinking', data: detail['data'] });
    if (detail['type'] !== 'reasoning.text') continue;
    const index = asCount(detail['index']);
    const known = open.get(index);
    if (known !== undefined && known.signature === '') {
      known.thinking += textOf(detail['text']);
      known.signature += textOf(detail['signature']);
    } else {
      const block = {
        type: 'thinking',
        thinking: textOf(detail['text']),
        signature: textOf(detail['signature']),
      };
      open.set(index, block);
      blocks.push(block);
    }
  }
  return blocks;
}

/** The block with only the fields that Anthropic takes; nothing when it could not be verified there. */
export function toSignedBlock(block: UnknownRecord | null): UnknownRecord[] {
  if (block?.['type'] === 'redacted_thinking' && textOf(block['data']) !== '') {
    return [{ type: 'redacted_thinking', data: block['data'] }];
  }
  if (block?.['type'] !== 'thinking' || textOf(block['signature']) === '') return [];
  return [{ type: 'thinking', thinking: textOf(block['thinking']), signature: block['signature'] }];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
