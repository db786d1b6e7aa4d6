// The two vendors' own SDKs as the suites use them: without retries of their own, so that a test sees each answer.
import Anthropic from '@anthropic-ai/sdk';
import { standIn } from '@sluice/testing';
import OpenAI from 'openai';
import type { SdkGateway } from './sdk-gateway.js';

export const makeOpenAi = ({ edge }: SdkGateway, apiKey: string): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${edge.url}/v1`, maxRetries: 0 });

export const makeAnthropic = ({ edge }: SdkGateway, apiKey: string): Anthropic =>
  new Anthropic({ apiKey, baseURL: edge.url, maxRetries: 0 });

/** One client with the key for every model, for all tests of a file; it is made when it is used first. */
export function clientOfAllTests<Client extends object>(
  make: (gateway: SdkGateway, apiKey: string) => Client,
  gateway: SdkGateway,
): Client {
  let client: Client | undefined;
  return standIn(() => (client ??= make(gateway, gateway.key)));
}

/** The error that a call ends with. Throws when there is none, or one of another kind. */
export async function caughtError<Kind extends Error>(
  call: PromiseLike<unknown>,
  kind: abstract new (...args: never[]) => Kind,
): Promise<Kind> {
  const caught = await Promise.resolve(call).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(caught instanceof kind)) throw new Error(`no ${kind.name}: ${String(caught)}`);
  return caught;
}
