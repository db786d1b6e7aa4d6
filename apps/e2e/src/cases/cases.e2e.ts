// Recorded exchanges with providers, played through a real edge: what a client gets is what the provider said.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type CasesGateway, startCasesGateway } from './cases-gateway.js';
import { readCasesConfig } from './cases.config.js';
import { checkCase } from './check-case.js';
import { readCases, type RecordedCase } from './recorded-case.js';
import { asksUsageAsRecorded, runCase } from './run-case.js';
import { Tally } from './tally.js';

const { folder, seed } = readCasesConfig(process.env);
const own = readCases(join(import.meta.dirname, '__fixtures__'));
const recorded = folder === undefined ? [] : readCases(folder);
const all = [...own, ...recorded];
const tally = new Tally();
let gateway: CasesGateway;

beforeAll(async () => {
  say(
    `cases: ${own.length} of our own, ${recorded.length} recorded; streams are cut by SLUICE_CASES_SEED=${seed}`,
  );
  if (folder === undefined) say('SLUICE_CASES names no folder: only our own cases run');
  gateway = await startCasesGateway(all);
});

afterAll(async () => {
  say(tally.toText());
  await gateway.close();
});

describe('an exchange comes out as it was recorded', () => {
  test.each(all)('$id', async (one) => {
    tally.begin(one);
    for (const options of runsOf(one)) await checkCase(gateway, one, await runCase(gateway, one, options));
    tally.pass(one);
  });
});

/** Streams also run cut into single bytes, and with the question for usage turned around. */
function runsOf(one: RecordedCase): Parameters<typeof runCase>[2][] {
  if (!one.stream) return [{ cutting: 'random', seed }];
  return [
    { cutting: 'random', seed },
    { cutting: 'bytes', seed },
    { cutting: 'random', seed: seed + 1, asksUsage: !asksUsageAsRecorded(one) },
  ];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
