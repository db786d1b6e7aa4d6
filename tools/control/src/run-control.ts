// Question -> all edges -> lines.
import { askEdges, type EdgeAnswers, type NatsLink } from '@sluice/bus/publishing';
import type { AuditActor, BreakerFacts, ControlCommand, ControlReply } from '@sluice/contracts';
import type { ControlQuestion } from './control-options.js';

/** What to ask, as whom, and where the lines go. */
export interface ControlJob {
  readonly nats: NatsLink;
  readonly question: ControlQuestion;
  readonly actor: AuditActor;
  readonly json: boolean;
  readonly print: (line: string) => void;
  /** Longest wait for the last edge. Default 35 s for a reload, which many workers take their time for, else 5 s. */
  readonly timeoutMs?: number;
}

/** More than an edge's own limit for an answer. */
const RELOAD_TIMEOUT_MS = 35_000;
const TIMEOUT_MS = 5_000;

/** Whether every edge did it. @throws Error when the edges cannot be asked */
export async function runControl(job: ControlJob): Promise<boolean> {
  const { nats, question, actor } = job;
  const timeoutMs = job.timeoutMs ?? (question.command === 'config.reload' ? RELOAD_TIMEOUT_MS : TIMEOUT_MS);
  switch (question.command) {
    case 'config.reload': {
      const { command } = question;
      const answers = await askEdges({ nats, command, request: { actor }, timeoutMs });
      return show(job, answers, ({ configVersion }) => [`config ${configVersion ?? '-'}`]);
    }
    case 'breaker.force': {
      const { command, provider, providerModel, to } = question;
      const request = { provider, providerModel, to, actor };
      const answers = await askEdges({ nats, command, request, timeoutMs });
      return show(job, answers, ({ matched }) => [`${matched} breaker${matched === 1 ? '' : 's'}`]);
    }
    case 'breaker.list': {
      const answers = await askEdges({ nats, command: question.command, request: {}, timeoutMs });
      return show(job, answers, ({ breakers }) =>
        breakers.length === 0 ? ['no breaker yet: nothing was called'] : breakers.map(toLine),
      );
    }
  }
}

function show<C extends ControlCommand>(
  { print, json }: ControlJob,
  { answers, ok, summary, silent }: EdgeAnswers<C>,
  toLines: (reply: ControlReply<C>) => readonly string[],
): boolean {
  if (json) {
    print(JSON.stringify({ ok, summary, answers, silent }));
    return ok;
  }
  print(printable(summary));
  for (const reply of answers) {
    const lines = reply.ok ? toLines(reply) : reply.problems;
    for (const line of lines) print(`${printable(reply.instance)}  ${printable(line)}`);
  }
  return ok;
}

function toLine(breaker: BreakerFacts): string {
  const { provider, providerModel, state, isForced, retryInMs, coolingMs, inFlight } = breaker;
  return [
    providerModel === null ? provider : `${provider}/${providerModel}`,
    `${state}${isForced ? ' (forced)' : ''}`,
    ...(retryInMs > 0 ? [`probes in ${seconds(retryInMs)}`] : []),
    ...(coolingMs > 0 ? [`credential cools down for ${seconds(coolingMs)}`] : []),
    ...(inFlight > 0 ? [`${inFlight} in flight`] : []),
  ].join('  ');
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** An edge's words must not move the cursor of whoever reads them. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '?');
