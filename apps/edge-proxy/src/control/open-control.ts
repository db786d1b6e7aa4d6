// One edge's side of control over NATS: it answers what all edges are asked, and says in the register that it is there.
import { ControlResponder, EdgeRegister, type BusLog, type NatsLink } from '@sluice/bus/publishing';
import type { AuditActor } from '@sluice/contracts';
import { type ReloadReport, toReloadReply } from './config-reloader.js';

export interface OpenControlOptions {
  readonly nats: NatsLink;
  readonly instance: string;
  readonly log: BusLog;
  /** Of the data plane. */
  readonly port: number;
  readonly configVersion: () => string;
  /** Reloads the whole edge: every process of it has swapped, or none is said to have. */
  readonly reload: (actor: AuditActor) => ReloadReport | Promise<ReloadReport>;
}

export interface OpenControl {
  /** Answers; other commands are added here, before {@link start}. */
  readonly responder: ControlResponder;
  start(): void;
  /** First thing at a stop: nobody waits for this edge's answer any more. */
  stop(): void;
}

export function openControl({
  nats,
  instance,
  log,
  port,
  configVersion,
  reload,
}: OpenControlOptions): OpenControl {
  const startedAt = new Date().toISOString();
  const responder = new ControlResponder({ nats, instance, log }).handle('config.reload', async ({ actor }) =>
    toReloadReply(await reload(actor)),
  );
  const register = new EdgeRegister({
    nats,
    record: () => ({ instance, startedAt, configVersion: configVersion(), port }),
  });
  return {
    responder,
    start() {
      responder.start();
      register.start();
    },
    stop() {
      responder.stop();
      register.stop();
    },
  };
}
