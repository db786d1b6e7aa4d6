// Streams that break off, through a whole edge and real sockets: a sample of offsets, or (`npm run verify:stream-cut`)
// every offset of every stream. What must come of them is the same as without sockets.
import type { ClientDialect } from '@sluice/providers';
import { expect, test } from 'vitest';
import {
  MESSAGES,
  MESSAGES_HEADERS,
  messagesBody,
  messageStream,
} from '../__fixtures__/anthropic-replies.js';
import { type CutOracle, judgeCut, type Outcome } from '../__fixtures__/cut-oracle.js';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import { type ReceivedCall, wholeStream } from '../__fixtures__/fake-provider.js';
import { type Answer, call, CHAT, chatBody } from '../__fixtures__/http-client.js';
import { readStreamSamples, type StreamSample } from '../__fixtures__/stream-samples.js';
import { overTwoDialects } from '../__fixtures__/two-dialects.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { KEY } from '../__fixtures__/test-generation.js';
import { readStreamCutConfig } from './chat.stream-cut.config.js';

const { casesFolder, isAll } = readStreamCutConfig(process.env);
const CUTS_OF_SAMPLE = 5;
const RECORDED_IN_SHORT = 12;
const AT_ONCE = 8;
/** How a body ends: properly, by a closed connection in its middle, by a reset. */
const ENDS = ['closed', 'dropped', 'reset'] as const;
const CLIENTS: readonly ClientDialect[] = ['chat', 'messages'];
const FALLBACKS: Readonly<Record<ClientDialect, string>> = {
  chat: wholeStream('from', ' the', ' fallback').join(''),
  messages: messageStream('from', ' the', ' fallback').join(''),
};

interface Cut {
  readonly id: string;
  readonly sample: StreamSample;
  readonly client: ClientDialect;
  readonly at: number;
  readonly end: (typeof ENDS)[number];
}

const first = providerOfEachTest();
const second = providerOfEachTest();

test(
  'cut anywhere, a stream fails over unseen, or ends in one error event, or is whole; the event says the same',
  async () => {
    const plans = new Map<string, Cut>();
    const failedOver = new Set<string>();
    first.reply = (received) => play(received, plans.get(idOf(received)));
    second.reply = (received) => {
      failedOver.add(idOf(received));
      const dialect = received.path.endsWith('/messages') ? 'messages' : 'chat';
      answerStream(received, FALLBACKS[dialect]).end();
    };
    await using edge = await startTestEdge(configOver());
    const oracles = new Map<string, CutOracle>();
    const seen = { 'failed over': 0, interrupted: 0, whole: 0 };
    await inParallel(cuts(), async (cut) => {
      plans.set(cut.id, cut);
      const oracle = await oracleOf(cut, { edge, plans, oracles });
      const given = await ask(edge, cut, cut.id);
      seen[judge(cut, oracle, { given, isFailedOver: failedOver.has(cut.id) })] += 1;
      plans.delete(cut.id);
      failedOver.delete(cut.id);
      forget(edge);
    });
    process.stdout.write(`cut streams over sockets: ${JSON.stringify(seen)}\n`);
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
  },
  isAll ? 6 * 3_600_000 : 60_000,
);

function* cuts(): Generator<Cut> {
  const samples = readStreamSamples(casesFolder);
  const own = samples.filter((sample) => !sample.isRecorded);
  const recorded = samples.filter((sample) => sample.isRecorded);
  const taken = isAll ? samples : [...own, ...recorded.slice(0, RECORDED_IN_SHORT)];
  let number = 0;
  for (const sample of taken) {
    const { length } = sample.bytes;
    for (const client of CLIENTS) {
      const stride = isAll ? 1 : Math.max(1, Math.floor(length / CUTS_OF_SAMPLE));
      for (let at = 1; at <= length; at += stride) {
        number += 1;
        const end = ENDS[number % ENDS.length] ?? 'closed';
        yield { id: `cut-${number}`, sample, client, at, end };
      }
    }
  }
}

/** The stream and the fallback as this client gets them uncut; asked once for each stream and client. */
async function oracleOf(
  cut: Cut,
  { edge, plans, oracles }: { edge: TestEdge; plans: Map<string, Cut>; oracles: Map<string, CutOracle> },
): Promise<CutOracle> {
  const key = `${cut.client}:${cut.sample.name}`;
  const known = oracles.get(key);
  if (known !== undefined) return known;
  const uncut = { ...cut, id: `whole-${cut.id}`, at: cut.sample.bytes.length, end: 'closed' as const };
  plans.set(uncut.id, uncut);
  const whole = await ask(edge, uncut, uncut.id);
  const nothing = { ...cut, id: `nothing-${cut.id}`, at: 0, end: 'closed' as const };
  plans.set(nothing.id, nothing);
  const fallback = await ask(edge, nothing, nothing.id);
  const oracle = { whole: plain(whole), fallback: plain(fallback), dialect: cut.client };
  oracles.set(key, oracle);
  return oracle;
}

function judge(
  cut: Cut,
  oracle: CutOracle,
  { given, isFailedOver }: { readonly given: Answer; readonly isFailedOver: boolean },
): Outcome {
  try {
    if (!given.isWhole) throw new Error('the HTTP answer has no proper end');
    return judgeCut(oracle, { text: plain(given), status: given.status, isFailedOver });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const where = `${cut.sample.name} to ${cut.client}, cut at byte ${cut.at} (${cut.end})`;
    throw new Error(`${where}: ${reason}\n${given.text.slice(-600)}`, { cause: error });
  }
}

/** Ids and times that are made for each request. */
const plain = ({ text }: Answer): string =>
  text
    .replaceAll(/"created":\d+/g, '"created":0')
    .replaceAll(/(chatcmpl-|msg_)[0-9a-f-]{32,36}/g, '$1id')
    .replaceAll(/(call_|toolu_)[0-9a-f]{24}/g, '$1id');

function ask(edge: TestEdge, { client, sample }: Cut, id: string): Promise<Answer> {
  const model = `m-${sample.dialect}`;
  return client === 'chat'
    ? call(edge.port, {
        path: CHAT,
        headers: { authorization: `Bearer ${KEY}`, 'x-request-id': id },
        body: chatBody({ model, stream: true, stream_options: { include_usage: true } }),
      })
    : call(edge.port, {
        path: MESSAGES,
        headers: { ...MESSAGES_HEADERS, 'x-request-id': id },
        body: messagesBody({ model, stream: true }),
      });
}

const idOf = ({ headers }: ReceivedCall): string => String(headers['x-request-id']);

function answerStream({ response }: ReceivedCall, text: string | Buffer): ReceivedCall['response'] {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(text);
  return response;
}

function play(received: ReceivedCall, cut: Cut | undefined): void {
  if (cut === undefined) throw new Error('a call that nobody planned');
  const { bytes } = cut.sample;
  // Two pieces of the transfer coding, so that the edge sees a border.
  const border = (cut.at * 7) % (cut.at + 1);
  const response = answerStream(received, bytes.subarray(0, border));
  response.write(bytes.subarray(border, cut.at));
  if (cut.end === 'closed') response.end();
  // Behind what was written: a reset throws away what is still in the buffers, which is one more place to break at.
  else if (cut.end === 'dropped') received.socket.end();
  else response.write('', () => received.socket.resetAndDestroy());
}

/** What fails is called all the same. */
const configOver = (): object => ({
  ...overTwoDialects(first, second),
  retry: { maxAttempts: 2 },
  circuitBreaker: { consecutiveFailures: 1_000_000, minRequests: 1_000_000, failureRatio: 1 },
});

/** A long run keeps nothing of what it has judged. */
function forget(edge: TestEdge): void {
  for (const event of edge.sink.events) {
    const attempts = event.attempts.map(({ decision }) => decision).join(' ');
    const isHonest =
      event.outcome === 'succeeded'
        ? attempts === 'served' || attempts === 'next_route served'
        : event.errorCode === 'stream_interrupted' && attempts === 'give_up';
    if (!isHonest) throw new Error(`an event that cannot be: ${JSON.stringify(event)}`);
  }
  const bugs = edge.log.filter(({ msg }) => msg !== 'request failed');
  if (bugs.length > 0) throw new Error(`the edge complains: ${JSON.stringify(bugs)}`);
  edge.log.length = 0;
  edge.sink.events.length = 0;
  edge.sink.intents.length = 0;
  first.calls.length = 0;
  second.calls.length = 0;
}

async function inParallel(items: Iterable<Cut>, run: (cut: Cut) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await run(next.value);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
