import { describe, expect, it } from 'vitest';
import { type AuditRecorded, auditRecordedSchema } from './audit-recorded.event.js';
import { CONTROL_COMMANDS, CONTROL_MESSAGES, controlSubject } from './control-messages.js';
import { HEALTH_STATES, type HealthChanged, healthChangedSchema } from './health-changed.event.js';
import { cooldownFactSchema, edgeRecordSchema } from './shared-facts.js';

const overWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const EDGE_EVENT = {
  eventId: '01a20571-bb2e-7fc0-8631-2188b89e1600',
  spoolId: '6f1c3f0e-8a53-4d0c-9d6e-0d1b5c6f7a81',
  spoolSeq: 1,
  occurredAt: '2026-11-22T21:47:49.000Z',
  instance: 'edge-1',
  configVersion: '6a3a124b09ab',
};
const HEALTH: HealthChanged = {
  ...EDGE_EVENT,
  provider: 'openai',
  providerModel: 'gpt-4o',
  state: 'opened',
  reason: '5 failures in a row, the last: it answered 503',
  openForMs: 5000,
  isForced: false,
  credential: null,
  kind: null,
  untilMs: null,
};
const AUDIT: AuditRecorded = {
  ...EDGE_EVENT,
  entity: 'config',
  verb: 'reloaded',
  actor: { kind: 'operator', name: 'SIGHUP' },
  target: '/etc/sluice.yaml',
  detail: null,
  changes: [{ path: 'server.port', kind: 'changed', before: '8080', after: '8081' }],
  omittedChanges: 0,
};

describe('a health event', () => {
  it.each(HEALTH_STATES)('that says %s survives the way over the wire', (state) => {
    expect(healthChangedSchema.parse(overWire({ ...HEALTH, state }))).toEqual({ ...HEALTH, state });
  });

  it('is refused without a number of its spool: nobody could tell that one is missing', () => {
    expect(healthChangedSchema.safeParse({ ...HEALTH, spoolSeq: null }).success).toBe(false);
  });
});

describe('an audit event', () => {
  it('survives the way over the wire, from an edge and from elsewhere', () => {
    const elsewhere = { ...AUDIT, spoolId: null, spoolSeq: null };
    for (const event of [AUDIT, elsewhere]) expect(auditRecordedSchema.parse(overWire(event))).toEqual(event);
  });

  it.each(['config.key', 'Config', '', '>', 'a b'])(
    'is refused when its entity %j is no part of a subject',
    (entity) => {
      expect(auditRecordedSchema.safeParse({ ...AUDIT, entity }).success).toBe(false);
    },
  );
});

describe('control', () => {
  it('has published subjects', () => {
    expect(CONTROL_COMMANDS.map(controlSubject)).toEqual([
      'sluice.control.config.reload',
      'sluice.control.breaker.force',
      'sluice.control.breaker.list',
    ]);
  });

  it.each(CONTROL_COMMANDS)('lets every answer to %s say who did not and why', (command) => {
    const answer = { instance: 'edge-1', ok: false, problems: ['line 3: unknown key'] };
    const rest = { configVersion: null, matched: 0, breakers: [] };
    expect(CONTROL_MESSAGES[command].reply.parse({ ...answer, ...rest })).toMatchObject(answer);
    expect(CONTROL_MESSAGES[command].reply.safeParse(rest).success).toBe(false);
  });
});

describe('shared facts', () => {
  it('survive the way over the wire', () => {
    const cooldown = {
      provider: 'openai',
      providerModel: null,
      credential: '0123456789abcdef',
      kind: 'rate_limit',
      untilMs: 1_795_000_000_000,
      forMs: 2000,
      instance: 'edge-1',
    };
    const edge = { instance: 'edge-1', startedAt: EDGE_EVENT.occurredAt, configVersion: 'x', port: 8080 };
    expect(cooldownFactSchema.parse(overWire(cooldown))).toEqual(cooldown);
    expect(edgeRecordSchema.parse(overWire(edge))).toEqual(edge);
  });

  it.each([{ untilMs: -1 }, { untilMs: 'soon' }, { kind: 'open' }, { credential: '' }])(
    'that say %j are refused',
    (change) => {
      const fact = {
        provider: 'p',
        providerModel: null,
        credential: 'c',
        kind: 'quota',
        untilMs: 1,
        forMs: 1,
        instance: 'i',
      };
      expect(cooldownFactSchema.safeParse({ ...fact, ...change }).success).toBe(false);
    },
  );
});
