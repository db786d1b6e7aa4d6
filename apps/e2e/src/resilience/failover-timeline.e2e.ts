// Failovers of streams as a client sees them, with times: the source of docs/failover-timeline.md
// (`npm run docs:timeline` writes it anew).
import { writeFileSync } from 'node:fs';
import type { RequestCompleted } from '@sluice/contracts';
import { type TempDir, tempDir } from '@sluice/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServiceProcess, startDemoProvider } from '../cases/edge-process.js';
import { type EventLog, startEventLog } from '../cases/event-log.js';
import { EDGE_KEY, type EdgeProcess, startEdge } from '../harness/edge-process.js';
import { type ClientTimeline, recordTimeline } from './client-timeline.js';
import { readTimelinePage } from './failover-timeline.config.js';
import { toTimelinePage } from './to-timeline-page.js';

const GOOD = 'demo-chat+pace=40+tokens=5';
/** Name, what the first provider does, what that shows. */
const SCENES = [
  {
    name: 'refused',
    first: 'demo-fault-503',
    title: 'The first provider answers 503',
    words:
      'Nothing had gone to the client, so nothing of it shows: the second provider is called at once, and its stream is the only one.',
  },
  {
    name: 'silent',
    first: 'demo-fast+fault=slow:30000',
    title: 'The first provider says nothing for 2.5 s',
    words:
      'The first keep-alive sends the headers, so they cannot name a provider. It commits to nobody: when `timeouts.firstToken` is over, the second provider is called, and the client gets its stream behind the comments.',
  },
  {
    name: 'broken',
    first: 'demo-chat+pace=40+tokens=40+fault=error-event:4',
    title: 'The first provider breaks off after four words',
    words:
      'Content has gone to the client, so nothing is tried again: one error event, and no `[DONE]`. The status stays 200, here and in the event.',
  },
] as const;

let demo: ServiceProcess;
let events: EventLog;
let dir: TempDir;
let edge: EdgeProcess;

beforeAll(async () => {
  [demo, events, dir] = await Promise.all([startDemoProvider(), startEventLog(), tempDir('sluice-e2e-')]);
  const provider = { type: 'openai-compatible', baseUrl: `${demo.url}/v1`, allowPrivateNetwork: true };
  const config = {
    providers: { first: provider, second: provider },
    models: Object.fromEntries(
      SCENES.map(({ name, first }) => [
        name,
        {
          routes: [
            { provider: 'first', model: first },
            { provider: 'second', model: GOOD },
          ],
        },
      ]),
    ),
    keys: [{ name: 'all', key: EDGE_KEY }],
    timeouts: { firstToken: '2500ms' },
  };
  edge = await startEdge({
    dir: dir.path,
    config: JSON.stringify(config),
    natsUrl: events.natsUrl,
    env: { EDGE_PROXY_KEEP_ALIVE_MS: '1000' },
  });
  // Cold code is slow, and no matter of the gateway's.
  for (const [index] of [0, 1, 2].entries()) await recordTimeline(edge.port, 'refused', `warm-up-${index}`);
});
afterAll(async () => {
  await edge.process.stop(8_000);
  await Promise.all([demo.stop(), events.close()]);
  await dir.remove();
});

test('a failover shows in headers and event, never in the stream; what shows there is told once', async () => {
  const seen: { scene: (typeof SCENES)[number]; client: ClientTimeline; event: RequestCompleted }[] = [];
  for (const scene of SCENES) {
    const client = await recordTimeline(edge.port, scene.name, `timeline-${scene.name}`);
    seen.push({ scene, client, event: await events.eventOf(`timeline-${scene.name}`) });
  }
  const [refused, silent, broken] = seen;
  if (refused === undefined || silent === undefined || broken === undefined) throw new Error('three scenes');

  expect(refused.client.headers).toMatchObject({ 'x-sluice-provider': 'second', 'x-sluice-attempts': '2' });
  expect(textsOf(refused.client).at(-1)).toBe('data: [DONE]');
  expect(textsOf(refused.client).filter((text) => text.includes('"role"'))).toHaveLength(1);
  expect(refused.event.attempts).toMatchObject([
    { errorCode: 'provider_overloaded' },
    { decision: 'served' },
  ]);

  expect(silent.client.headers['x-sluice-provider']).toBe(undefined);
  expect(textsOf(silent.client).slice(0, 2)).toEqual([': keep-alive', ': keep-alive']);
  expect(textsOf(silent.client).at(-1)).toBe('data: [DONE]');
  expect(silent.event.attempts).toMatchObject([{ errorCode: 'first_token_timeout' }, { decision: 'served' }]);

  expect(textsOf(broken.client).at(-1)).toContain('"stream_interrupted"');
  expect(textsOf(broken.client).join()).not.toContain('[DONE]');
  expect(broken.event).toMatchObject({ status: 200, errorCode: 'stream_interrupted', attempts: [{}] });

  const page = readTimelinePage(process.env);
  if (page !== undefined) writeFileSync(page, toTimelinePage(seen));
});

const textsOf = ({ entries }: ClientTimeline): string[] => entries.map(({ text }) => text);
