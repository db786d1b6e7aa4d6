// Providers that attack: thousands of ways to answer, each through a whole edge over real sockets. Whatever comes, the
// client gets one well-formed end in time, nothing crashes, and memory stays bounded.
// `SLUICE_VERIFY_EVIL_CASES` says how many, `SLUICE_VERIFY_EVIL_SEED` which ones.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Dice } from './__fixtures__/evil/dice.js';
import type { Ask } from './__fixtures__/evil/evil-case.js';
import { evilCase, ROUND } from './__fixtures__/evil/evil-cases.js';
import { type EvilEdge, startEvilEdge } from './__fixtures__/evil/evil-edge.js';
import { honestAnswer } from './__fixtures__/evil/honest-answers.js';

const CASES = Number(process.env['SLUICE_VERIFY_EVIL_CASES'] ?? 300);
const SEED = Number(process.env['SLUICE_VERIFY_EVIL_SEED'] ?? 20261123);
/** At once: most cases wait. */
const LANES = 8;
/** What may be held of all lanes: 64 MiB bodies, the buffers of both ends, and what is not collected yet. */
const MAX_GROWTH_BYTES = 1024 * 1024 * 1024;

let evil: EvilEdge;
const strays: unknown[] = [];
const onStray = (error: unknown): void => void strays.push(error);
beforeAll(async () => {
  process.on('unhandledRejection', onStray);
  evil = await startEvilEdge();
});
afterAll(async () => {
  await evil[Symbol.asyncDispose]();
  process.off('unhandledRejection', onStray);
});

const ASKS: readonly Ask[] = (['chat', 'messages'] as const).flatMap((client) =>
  (['openai', 'anthropic'] as const).flatMap((provider) =>
    [false, true].map((stream) => ({ client, provider, stream })),
  ),
);

const expectHonestServed = async (): Promise<void> => {
  for (const ask of ASKS) {
    const { status, text } = await evil.run({
      name: 'an honest answer',
      ask,
      play: (socket) => void socket.write(honestAnswer(ask)),
      outcome: 'any',
    });
    expect(status).toBe(200);
    expect(Buffer.from(text, 'latin1').toString()).toContain('Grüße');
  }
};

it('the ground that cases are made from is served in all ways', expectHonestServed);

it(
  `${CASES} hostile answers: no crash, no hang, one well-formed end each, closed in time, memory bounded`,
  { timeout: 60_000 + CASES * 1_000 },
  async () => {
    const startBytes = process.memoryUsage.rss();
    let peakBytes = startBytes;
    let slowestCloseMs = 0;
    let events = evil.edge.sink.events.splice(0).length - ASKS.length;
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let number = next++; number < CASES; number = next++) {
        const { closedAfterMs } = await evil.run(evilCase(SEED, number));
        slowestCloseMs = Math.max(slowestCloseMs, closedAfterMs ?? 0);
        peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
        events += evil.edge.sink.events.splice(0).length;
        evil.edge.sink.intents.length = 0;
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(strays).toEqual([]);
    // A request that met a bug would be here.
    expect(evil.edge.log.filter(({ level }) => level === 50)).toEqual([]);
    expect(events).toBe(CASES);
    expect(slowestCloseMs).toBeLessThan(1_000);
    expect(peakBytes - startBytes).toBeLessThan(MAX_GROWTH_BYTES);
    const growth = Math.round((peakBytes - startBytes) / 2 ** 20);
    console.log(
      `${CASES} cases: memory grew by ${growth} MiB, the slowest close took ${Math.round(slowestCloseMs)} ms`,
    );
  },
);

it('afterwards honest answers are served as before', expectHonestServed);

it('a seed repeats its cases, and a round goes through every kind', () => {
  const names = Array.from({ length: ROUND }, (_, number) => evilCase(SEED, number).name);
  expect(names).toEqual(Array.from({ length: ROUND }, (_, number) => evilCase(SEED, number).name));
  expect(new Set(names).size).toBeGreaterThan(45);
  expect(new Dice(1).bytes(8)).toEqual(new Dice(1).bytes(8));
});
