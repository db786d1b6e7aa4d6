// The load of the ledger suite: both client dialects over providers of both, whole answers and streams, some of which
// need a second attempt.
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Sluice } from './harness/start-sluice.js';

/** What to send. */
export interface LedgerDrive {
  readonly requests: number;
  readonly perSecond: number;
}

const EVERY_NTH_STREAMS = 5;
const EVERY_NTH_FAILS_OVER = 20;
const SLICE_MS = 20;

/** Without a pace, so that the load is the gateway's and not the provider's; prices of which each sum is a whole number. */
export const LEDGER_CONFIG = `
providers:
  demo:
    type: openai-compatible
    baseUrl: 'http://127.0.0.1:\${DEMO_PROVIDER_PORT}/v1'
    allowPrivateNetwork: true
    sendAttemptId: true
  demo-anthropic:
    type: anthropic
    baseUrl: 'http://127.0.0.1:\${DEMO_PROVIDER_PORT}'
    allowPrivateNetwork: true
    sendAttemptId: true
models:
  over-openai:
    routes: [{ provider: demo, model: demo-fast, price: { input: 1, output: 3 } }]
  over-anthropic:
    routes: [{ provider: demo-anthropic, model: demo-fast, price: { input: 2, output: 5 } }]
  over-both:
    routes:
      - { provider: demo-anthropic, model: 'demo-fast+fault=529', price: { input: 1, output: 1 } }
      - { provider: demo, model: demo-fast, price: { input: 1, output: 3 } }
`;

/** Sends at a steady rate, an open loop: a slow answer delays no other request. Counts answers by status. */
export async function driveLedger(
  sluice: Pick<Sluice, 'edgeUrl' | 'apiKey'>,
  { requests, perSecond }: LedgerDrive,
): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const statuses: Record<string, number> = {};
  const startedMs = performance.now();
  const under: Promise<void>[] = [];
  for (let sent = 0; sent < requests;) {
    const due = Math.min(requests, Math.ceil(((performance.now() - startedMs) / 1000) * perSecond));
    for (; sent < due; sent += 1) {
      under.push(
        ask(agent, sluice, sent).then((status) => {
          statuses[status] = (statuses[status] ?? 0) + 1;
        }),
      );
    }
    // The pace of the load itself, not a wait for something to happen.
    await wait(SLICE_MS);
  }
  await Promise.all(under);
  agent.destroy();
  return statuses;
}

function toBody(number: number): { readonly path: string; readonly body: string } {
  const isAnthropic = number % 2 === 1;
  const models = number % EVERY_NTH_FAILS_OVER < 2 ? ['over-both'] : ['over-openai', 'over-anthropic'];
  const content = `Request number ${number}: say something about ${'order '.repeat(number % 17)}`;
  const body = {
    model: models[Math.floor(number / 2) % models.length],
    ...(number % EVERY_NTH_STREAMS === 0 ? { stream: true } : {}),
    ...(isAnthropic ? { max_tokens: 1_000 } : {}),
    messages: [{ role: 'user', content }],
  };
  return { path: isAnthropic ? '/v1/messages' : '/v1/chat/completions', body: JSON.stringify(body) };
}

/** One request, read to its end. Gives the status, or what happened instead. */
function ask(agent: Agent, sluice: Pick<Sluice, 'edgeUrl' | 'apiKey'>, number: number): Promise<string> {
  const { path, body } = toBody(number);
  return new Promise((resolve) => {
    const call = request(
      `${sluice.edgeUrl}${path}`,
      {
        agent,
        method: 'POST',
        headers: {
          authorization: `Bearer ${sluice.apiKey}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(String(response.statusCode)));
        response.on('error', () => resolve('broken'));
      },
    );
    call.on('error', () => resolve('unanswered'));
    call.end(body);
  });
}
