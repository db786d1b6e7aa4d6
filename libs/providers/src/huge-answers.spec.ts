// The largest answers that are taken, made to be as costly as they can be: none holds the process for long.
import { expect, test } from 'vitest';
import type { AnswerContext } from './provider-adapter.js';
import { CHAT_ADAPTERS, MESSAGES_ADAPTERS } from './registry.js';

const BYTES = 24 * 1024 * 1024;
/** CPU, not time: others may use the machine. Parsing the worst of them takes four times as long and more. */
const MAX_CPU_MS = 1_500;

const CONTEXT: AnswerContext = {
  endpoint: 'chat.completions',
  model: 'm',
  base64: false,
  createdSeconds: 1,
  answerId: 'e',
};
const filled = (start: string, piece: string, end: string): Buffer =>
  Buffer.from(start + piece.repeat(BYTES / piece.length) + end);

const OBJECTS = filled('{"x":[', '{},', '{}],"choices":[],"content":[],"data":[]}');
const USAGE = filled('{"choices":[],"content":[],"usage":{"x":[', '{},', '{}]}}');
const ERRORS = filled('{"choices":[{"error":{}}],"content":[],"error":[', '{},', '{}]}');
const EMBEDDINGS = filled('{"data":[{"embedding":[1]},', '{},', '{}]}');

test.each([
  ['a chat answer', CHAT_ADAPTERS.openai, CONTEXT],
  ['a message', MESSAGES_ADAPTERS.anthropic, { ...CONTEXT, endpoint: 'messages' as const }],
  ['a message as a chat answer', CHAT_ADAPTERS.anthropic, CONTEXT],
  ['a chat answer as a message', MESSAGES_ADAPTERS.openai, { ...CONTEXT, endpoint: 'messages' as const }],
  ['a count', MESSAGES_ADAPTERS.anthropic, { ...CONTEXT, endpoint: 'messages.count_tokens' as const }],
  ['embeddings', CHAT_ADAPTERS.openai, { ...CONTEXT, endpoint: 'embeddings' as const, base64: true }],
])('%s of millions of objects is read within its bound of CPU', (_name, adapter, context) => {
  for (const document of [OBJECTS, USAGE, ERRORS, EMBEDDINGS]) {
    const before = process.cpuUsage();
    const { kind } = adapter.fromAnswer(document, context);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(MAX_CPU_MS);
    expect(['answer', 'garbage']).toContain(kind);
  }
});
