// What an edge's primary and its workers say to each other. Both are of one build, so the types are all the checking there is.
import type { SpoolStats } from '@sluice/bus/publishing';
import type { AuditActor, ControlReply, ControlRequest } from '@sluice/contracts';
import type { Registry } from 'prom-client';
import type { LoadReason } from '../overload/load-monitor.js';

/** A metric as a registry gives it, with its values. */
export type MetricSnapshot = Omit<Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number], 'collect'>;

/** What is asked, and what is answered. */
export interface Question<Asked, Answer> {
  readonly asked: Asked;
  readonly answer: Answer;
}

/** A config in use: its text, and how many there were before it in this edge's life. */
export interface ConfigEdition {
  readonly edition: number;
  readonly text: string;
}

/** Every question. A new one: a line here, a `handle` on one side, an `ask` on the other. */
export interface WorkerQuestions {
  /** To the primary, by a worker that starts. */
  readonly 'config.current': Question<null, ConfigEdition>;
  /** To the workers: make it ready; refused with the reason when that cannot be done. */
  readonly 'config.prepare': Question<ConfigEdition, null>;
  /** To the workers: put to use what was made ready. */
  readonly 'config.commit': Question<{ readonly edition: number; readonly actor: AuditActor }, null>;
  /** To the workers, as over control. */
  readonly 'breaker.list': Question<null, Omit<ControlReply<'breaker.list'>, 'instance'>>;
  readonly 'breaker.force': Question<
    ControlRequest<'breaker.force'>,
    Omit<ControlReply<'breaker.force'>, 'instance'>
  >;
  /** To the workers. */
  readonly metrics: Question<null, readonly MetricSnapshot[]>;
}

/** What is told without an answer. */
export interface WorkerNews {
  /** The worker takes requests, with this edition of the config. */
  readonly ready: { readonly port: number; readonly edition: number };
  /** To a worker that said it is ready, with a config that has been replaced meanwhile: it says so again with the new one. */
  readonly outdated: null;
  /** The worker could not be started; the sentence is for the operator, and masked. */
  readonly failed: { readonly message: string };
  /** Each second, by a worker. */
  readonly status: WorkerStatus;
  /** The worker stops by itself, because of a bug; its steps take no longer than this. */
  readonly leaving: { readonly withinMs: number };
  /** The primary wants the worker to stop in order. */
  readonly stop: { readonly isHurried: boolean };
  /** The primary wants a stop that is under way to be quick. */
  readonly hurry: null;
}

/** What the primary's `/readyz` says about a worker. */
export interface WorkerStatus {
  readonly isNatsConnected: boolean;
  readonly spool: SpoolStats;
  readonly configVersion: string;
  /** Why it turns every new request away; null when it lets some in. */
  readonly shutFor: LoadReason | null;
}
