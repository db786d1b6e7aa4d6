import type { MessageBlock, RequestMessage } from './messages-request.schema.js';

/** The blocks of a message; a plain text is one of them. */
export const blocksOf = ({ content }: Pick<RequestMessage, 'content'>): readonly MessageBlock[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;
