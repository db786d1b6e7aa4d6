// Streams that break off at every byte, with a fallback behind them: adapters, attempts and relay as they are, without
// sockets (those are in chat.stream-cut-sockets.spec.ts).
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientDialect } from '@sluice/providers';
import { describe, expect, test } from 'vitest';
import { messageStream } from '../__fixtures__/anthropic-replies.js';
import { judgeCut, type Outcome } from '../__fixtures__/cut-oracle.js';
import { wholeStream } from '../__fixtures__/fake-provider.js';
import { type BodyEnd, type PlayedBody, playStream, type Stage } from '../__fixtures__/played-stream.js';
import { readStreamSamples, type StreamSample } from '../__fixtures__/stream-samples.js';
import { makeTestGeneration, modelOver } from '../__fixtures__/test-generation.js';
import { OpenStreams } from '../relay/open-streams.js';
import { readStreamCutConfig } from './chat.stream-cut.config.js';

const { casesFolder, isAll } = readStreamCutConfig(process.env);
/** In longer ones the cuts are spread evenly: the work grows with the square of the length. */
const MOST_BYTES = 2_700;
const SAMPLED_CUTS = 250;
const CLIENTS: readonly ClientDialect[] = ['chat', 'messages'];
const TYPES = { chat: 'openai-compatible', messages: 'anthropic' } as const;
const FALLBACKS = {
  chat: Buffer.from(wholeStream('from', ' the', ' fallback').join('')),
  messages: Buffer.from(messageStream('from', ' the', ' fallback').join('')),
};
const ENDS: readonly BodyEnd[] = ['closed', 'reset'];

const samples = readStreamSamples(casesFolder);

test(`the samples are many enough (${samples.length}, recorded: ${samples.filter((one) => one.isRecorded).length})`, () => {
  expect(samples.filter((one) => !one.isRecorded).length).toBeGreaterThanOrEqual(12);
  if (casesFolder !== undefined) expect(samples.length).toBeGreaterThanOrEqual(24);
});

const generations = {
  chat: makeTestGeneration(modelOver(twoOf(), { provider: { type: TYPES.chat } })),
  messages: makeTestGeneration(modelOver(twoOf(), { provider: { type: TYPES.messages } })),
};

const plays = samples.flatMap((sample) =>
  CLIENTS.map((client) => ({ sample, client, title: `${sample.name}, to a client of ${client}` })),
);

describe('cut at every byte, a stream fails over unseen, or ends in one error event, or is whole', () => {
  test.each(plays)('$title', { timeout: isAll ? 3_600_000 : 30_000 }, async ({ sample, client }) => {
    const generation = await generations[sample.dialect];
    const onBug = (error: unknown): void => {
      throw error;
    };
    const stage = { generation, streams: new OpenStreams({ onBug }), dialect: client, model: 'm' };
    const fallback: PlayedBody = { pieces: [FALLBACKS[sample.dialect]], end: 'closed' };
    const oracle = {
      whole: playStream(stage, [{ pieces: [sample.bytes], end: 'closed' }]).text,
      fallback: playStream(stage, [fallback]).text,
      dialect: client,
    };
    const seen = new Map<Outcome, number>();
    let runs = 0;
    for (const at of offsetsOf(sample)) {
      for (const end of ENDS) {
        const outcome = playCut(stage, { sample, at, end, fallback, oracle });
        // Once there was content, no more bytes bring the fallback back.
        if (outcome === 'failed over' && seen.has('interrupted'))
          throw new Error(`failed over again at byte ${at}`);
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      }
      runs += 1;
      // Timers of the runs before are let go.
      if (runs % 200 === 0) await nextTurn();
    }
    expect(seen.get('failed over')).toBeGreaterThan(0);
    expect(stage.streams.size).toBe(0);
  });
});

interface Cut {
  readonly sample: StreamSample;
  readonly at: number;
  readonly end: BodyEnd;
  readonly fallback: PlayedBody;
  readonly oracle: Parameters<typeof judgeCut>[0];
}

function playCut(stage: Stage, { sample, at, end, fallback, oracle }: Cut): Outcome {
  const bytes = sample.bytes.subarray(0, at);
  // Two pieces: what is held back must survive the border between them.
  const border = (at * 7) % (at + 1);
  const pieces = [bytes.subarray(0, border), bytes.subarray(border)].filter((piece) => piece.length > 0);
  const played = playStream(stage, [{ pieces, end }, fallback]);
  try {
    return judgeCut(oracle, { ...played, isFailedOver: played.results.length > 1 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cut at byte ${at} (${end}): ${reason}\n${played.text.slice(-600)}`, { cause: error });
  }
}

function* offsetsOf({ bytes }: StreamSample): Generator<number> {
  const stride = isAll || bytes.length <= MOST_BYTES ? 1 : Math.ceil(bytes.length / SAMPLED_CUTS);
  for (let at = 0; at <= bytes.length; at += stride) yield at;
}

function twoOf(): { readonly baseUrl: string }[] {
  return [{ baseUrl: 'http://127.0.0.1:9/v1' }, { baseUrl: 'http://127.0.0.1:10/v1' }];
}
