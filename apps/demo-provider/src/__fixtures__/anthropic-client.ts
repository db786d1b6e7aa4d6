// Anthropic's own SDK in front of a test provider: its parser, its types and its errors are the judge.
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import type { Serving } from '../ledger/serving.js';
import { type Answer, startTestProvider, type TestProvider } from './test-provider.js';

export const WEATHER: Anthropic.Tool = {
  name: 'get_weather',
  description: 'Weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
export const CLOCK: Anthropic.Tool = {
  name: 'read_clock',
  input_schema: { type: 'object', properties: {} },
};
export const THINKING = { type: 'enabled' as const, budget_tokens: 1024 };

export type Params = Partial<Anthropic.MessageCreateParamsNonStreaming>;

/** A provider and its client. */
export interface AnthropicTest {
  readonly demo: TestProvider;
  readonly client: Anthropic;
  create(content: Anthropic.MessageParam['content'], more?: Params): Promise<Anthropic.Message>;
  /** The bytes of one answer. */
  raw(body: object, options: { readonly stream: boolean; readonly id?: string }): Promise<Answer>;
  servingOf(attemptId: string): Promise<Serving>;
}

/** Without retries of its own, so that a test sees each answer. */
export async function startAnthropicTest(): Promise<AnthropicTest> {
  const demo = await startTestProvider();
  const baseURL = demo.provider.baseUrl.replace(/\/v1$/, '');
  const client = new Anthropic({ baseURL, apiKey: 'any', maxRetries: 0 });
  return {
    demo,
    client,
    create: async (content, more = {}) => client.messages.create(ask(content, more)),
    raw: (body, { stream, id = 'raw.1' }) =>
      demo.post(
        '/messages',
        { ...body, stream },
        { headers: { 'anthropic-version': '2023-06-01', 'x-sluice-attempt-id': id } },
      ),
    servingOf: async (attemptId) => {
      const serving = (await demo.ledger()).find((one) => one.attemptId === attemptId);
      if (serving === undefined) throw new Error(`the ledger knows no ${attemptId}`);
      return serving;
    },
  };
}

/** A request of one turn. */
export const ask = (content: Anthropic.MessageParam['content'], more: Params = {}) => ({
  model: 'demo-fast',
  max_tokens: 4096,
  messages: [{ role: 'user' as const, content }],
  ...more,
});

export const textOf = ({ content }: Anthropic.Message): string =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');

export const callsOf = ({ content }: Anthropic.Message): Anthropic.ToolUseBlock[] =>
  content.filter((block) => block.type === 'tool_use');

/** The error that a call ends with. */
export async function errorOf(call: PromiseLike<unknown>): Promise<APIError> {
  const caught = await Promise.resolve(call).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(caught instanceof APIError)) throw new Error(`no API error: ${String(caught)}`);
  return caught;
}
