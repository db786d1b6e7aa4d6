import { randomUUID } from 'node:crypto';
import { cloudEventSchema, type HealthChanged, healthChangedSchema } from '@sluice/contracts';
import { expect, test } from 'vitest';
import type { BreakerChange, CooldownBegan } from '../attempts/health-listener.js';
import { HealthReporter } from './health-reporter.js';

const NOW_MS = Date.parse('2026-11-23T05:00:00.000Z');

function makeReporter() {
  const events: HealthChanged[] = [];
  const subjects: string[] = [];
  const shared: object[] = [];
  const clock = { nowMs: NOW_MS };
  const reporter = new HealthReporter({
    sink: {
      spoolId: randomUUID(),
      appendEvent: (stream, { eventId, subject, toJson }) => {
        const envelope = cloudEventSchema.strict().parse(JSON.parse(toJson(events.length + 1)));
        expect([stream, envelope.id, envelope.source]).toEqual([
          'SLUICE_HEALTH',
          eventId,
          '/sluice/edge/edge-1',
        ]);
        subjects.push(subject);
        events.push(healthChangedSchema.strict().parse(envelope.data));
      },
    },
    cooldowns: { share: (cooldown) => shared.push(cooldown) },
    instance: 'edge-1',
    configVersion: () => 'abc',
    now: () => clock.nowMs,
  });
  return { reporter, events, subjects, shared, clock };
}

const BREAKER: BreakerChange = {
  provider: 'openai',
  providerModel: 'gpt-4o',
  state: 'opened',
  reason: '5 failures in a row',
  openForMs: 5000,
  isForced: false,
};
const COOLDOWN: CooldownBegan = {
  provider: 'openai',
  providerModel: null,
  credential: '0123456789abcdef',
  kind: 'rate_limit',
  untilMs: NOW_MS + 10_000,
};

test.each(['opened', 'half-open', 'closed'] as const)(
  'a breaker that is %s is an event of the contract',
  (state) => {
    const { reporter, events, subjects, shared } = makeReporter();
    reporter.onBreakerChange({ ...BREAKER, state });
    expect(events).toMatchObject([
      {
        ...BREAKER,
        state,
        spoolSeq: 1,
        occurredAt: '2026-11-23T05:00:00.000Z',
        configVersion: 'abc',
        credential: null,
      },
    ]);
    expect(subjects).toEqual([`sluice.v1.health.openai.${state}`]);
    expect(shared).toEqual([]);
  },
);

test('a cooldown is an event, and told to the other edges', () => {
  const { reporter, events, subjects, shared } = makeReporter();
  reporter.onCooldown(COOLDOWN);
  expect(events).toMatchObject([{ ...COOLDOWN, state: 'cooldown', isForced: false, openForMs: null }]);
  expect(subjects).toEqual(['sluice.v1.health.openai.cooldown']);
  expect(shared).toEqual([COOLDOWN]);
});

test('hundreds of 429 at once are one event, and every one of them is shared, as each may extend the last', () => {
  const { reporter, events, shared } = makeReporter();
  for (let n = 0; n < 300; n += 1) reporter.onCooldown({ ...COOLDOWN, untilMs: COOLDOWN.untilMs + n });
  expect([events.length, shared.length]).toEqual([1, 300]);
});

test('a cooldown that goes on for longer, begins anew, or has another reason is a new event', () => {
  const { reporter, events, clock } = makeReporter();
  reporter.onCooldown(COOLDOWN);
  reporter.onCooldown({ ...COOLDOWN, untilMs: COOLDOWN.untilMs + 60_000 });
  reporter.onCooldown({ ...COOLDOWN, kind: 'quota' });
  reporter.onCooldown({ ...COOLDOWN, credential: 'another' });
  clock.nowMs += 3_600_000;
  reporter.onCooldown({ ...COOLDOWN, untilMs: clock.nowMs + 500 });
  expect(events.map(({ kind }) => kind)).toEqual([
    'rate_limit',
    'rate_limit',
    'quota',
    'rate_limit',
    'rate_limit',
  ]);
  expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(5);
});
