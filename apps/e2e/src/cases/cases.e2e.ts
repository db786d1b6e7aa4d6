// Recorded exchanges with providers, played through a real edge: what a client gets is what the provider said.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type CasesGateway, startCasesGateway } from './cases-gateway.js';
import { readCasesConfig } from './cases.config.js';
import { checkCase } from './check-case.js';
import { type Play, playsOf } from './client-dialect.js';
import { readCases } from './recorded-case.js';
import { asksUsageAsRecorded, runCase } from './run-case.js';
import { Tally } from './tally.js';

const { folder, seed } = readCasesConfig(process.env);
const own = readCases(join(import.meta.dirname, '__fixtures__'));
const recorded = folder === undefined ? [] : readCases(folder);
const all = [...own, ...recorded];
const plays = all.flatMap(playsOf);
const tally = new Tally();
let gateway: CasesGateway;

beforeAll(async () => {
  say(
    `cases: ${own.length} of our own, ${recorded.length} recorded; streams are cut by SLUICE_CASES_SEED=${seed}`,
  );
  if (folder === undefined) say('SLUICE_CASES names no folder: only our own cases run');
  gateway = await startCasesGateway(plays.flatMap(runsOf).map(({ alone }) => alone.recorded));
});

afterAll(async () => {
  say(tally.toText());
  await gateway.close();
});

describe('an exchange comes out as it was recorded, or says the same in the dialect of who asked', () => {
  test.each(plays)('$title', async (play) => {
    tally.begin(play);
    for (const { options, alone } of runsOf(play)) {
      const run = await runCase(gateway, alone, options);
      for (const reason of run.unsaid) tally.note(`not in the words of ${play.client}: ${reason}`);
      if (run.refused !== null) tally.note(`refused to ${play.client}: ${run.refused}`);
      await checkCase(gateway, alone, run);
    }
    tally.pass(play);
  });
});

interface Run {
  readonly options: Parameters<typeof runCase>[2];
  /** The play under a name of its own: each run has its own provider, so that no rate limit or failure outlives it. */
  readonly alone: Play;
}

/** Streams also run cut into single bytes, and with the question for usage turned around. */
function runsOf(play: Play): readonly Run[] {
  const { recorded, client } = play;
  return optionsOf(play).map((options, index) => ({
    options,
    alone: { ...play, recorded: { ...recorded, id: `${recorded.id}.${client}.${index}` } },
  }));
}

function optionsOf(play: Play): Run['options'][] {
  if (!play.recorded.stream) return [{ cutting: 'random', seed }];
  const turned =
    play.client === 'chat'
      ? [{ cutting: 'random' as const, seed: seed + 1, asksUsage: !asksUsageAsRecorded(play) }]
      : [];
  return [{ cutting: 'random', seed }, { cutting: 'bytes', seed }, ...turned];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
