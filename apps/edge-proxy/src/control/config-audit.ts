// What is told of each load of the config: one audit event, in the shape of the contract.
import {
  AUDIT_CHANGES_MAX,
  AUDIT_EVENT_TYPE,
  type AuditActor,
  type AuditRecorded,
  auditSubject,
} from '@sluice/contracts';
import { makeEventId } from '../reporting/event-id.js';
import type { ConfigChange } from './diff-configs.js';

/** A load that was put to use. */
export interface ConfigLoad {
  /** `loaded`: by a process that starts; `reloaded`: by one that runs. */
  readonly verb: 'loaded' | 'reloaded';
  readonly actor: AuditActor;
  /** Of the config file. */
  readonly path: string;
  readonly version: string;
  readonly changes: readonly ConfigChange[];
  /** Our own words for what the changes do not say. */
  readonly detail: string | null;
}

/** The spool, as far as audit events need it. Does not throw. */
export interface AuditSink {
  readonly spoolId: string;
  appendEvent(
    stream: 'SLUICE_AUDIT',
    event: {
      readonly eventId: string;
      readonly subject: string;
      readonly toJson: (spoolSeq: number) => string;
    },
  ): void;
}

/** Writes the event of a load. Changes beyond what an event may hold are counted. */
export function recordConfigLoad(
  load: ConfigLoad,
  to: {
    readonly sink: AuditSink;
    readonly instance: string;
    readonly nowMs: number;
    readonly mask: (text: string) => string;
  },
): void {
  const eventId = makeEventId(to.nowMs);
  const occurredAt = new Date(to.nowMs).toISOString();
  const masked = (text: string | null): string | null => (text === null ? null : to.mask(text));
  const listed = load.changes.slice(0, AUDIT_CHANGES_MAX);
  const facts: Omit<AuditRecorded, 'spoolSeq'> = {
    eventId,
    spoolId: to.sink.spoolId,
    occurredAt,
    entity: 'config',
    verb: load.verb,
    actor: load.actor,
    target: load.path,
    detail: masked(load.detail),
    // A secret may stand where none belongs, in a name for example.
    changes: listed.map((change) => ({
      ...change,
      path: to.mask(change.path),
      before: masked(change.before),
      after: masked(change.after),
    })),
    omittedChanges: load.changes.length - listed.length,
    instance: to.instance,
    configVersion: load.version,
  };
  to.sink.appendEvent('SLUICE_AUDIT', {
    eventId,
    subject: auditSubject(facts.entity, facts.verb),
    toJson: (spoolSeq) =>
      JSON.stringify({
        specversion: '1.0',
        id: eventId,
        source: `/sluice/edge/${to.instance}`,
        type: AUDIT_EVENT_TYPE,
        subject: eventId,
        time: occurredAt,
        datacontenttype: 'application/json',
        data: { ...facts, spoolSeq } satisfies AuditRecorded,
      }),
  });
}
