// The facts that one run of the checks collects and passes on.
import { setTimeout as delay } from 'node:timers/promises';
import type { ComposeProject, Container } from './compose-project.js';
import { type Answer, complete } from './gateway-calls.js';

/** What the steps share. */
export interface VerifyRun {
  readonly project: ComposeProject;
  /** One line of proof. */
  readonly prove: (line: string) => void;
  /** Of the data plane and of the dashboard, as `secrets` has printed them. */
  credentials: { readonly apiKey: string; readonly adminPassword: string };
  /** Request ids that were answered with 200: each has to be a row, once. */
  readonly answered: string[];
}

/** Inside the container. */
export const EDGE_PORT = 8080;
const ROW_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 30_000;
const POLL_MS = 250;

/** @throws Error with the sentence when it is not so */
export function must(isSo: boolean, sentence: string): asserts isSo {
  if (!isSo) throw new Error(sentence);
}

/** The containers of one service. */
export async function containersOf(run: VerifyRun, service: string): Promise<Container[]> {
  return (await run.project.containers()).filter((one) => one.service === service);
}

/** Where the first edge can be asked now: a container that starts again takes the next port of its range. */
async function edgePort(run: VerifyRun): Promise<number> {
  return (await containersOf(run, 'edge-proxy'))[0]?.port(EDGE_PORT) ?? 0;
}

/** Asks the first edge, or the one at `port`, until it answers 200, notes the request, and gives the answer. */
export async function answered(
  run: VerifyRun,
  options: { readonly port?: number; readonly stream?: boolean } = {},
): Promise<Answer> {
  const deadline = performance.now() + ANSWER_TIMEOUT_MS;
  for (;;) {
    const port = options.port ?? (await edgePort(run).catch(() => 0));
    const answer = await complete(port, run.credentials.apiKey, options.stream).catch(String);
    if (typeof answer !== 'string' && answer.status === 200) {
      run.answered.push(answer.requestId);
      return answer;
    }
    const what = typeof answer === 'string' ? answer : `${answer.status} ${answer.text}`;
    must(performance.now() < deadline, `the edge at port ${port} gives no 200: ${what}`);
    await delay(POLL_MS);
  }
}

/** Runs SQL in the database's container; rows and columns as psql writes them without decoration. */
export async function query(run: VerifyRun, sql: string): Promise<string> {
  return (await run.project.exec('postgres', ['psql', '-qAtX', '-U', 'sluice', '-c', sql])).trim();
}

/** Waits until every answered request is a row, and each one once. */
export async function everyRequestIsARow(run: VerifyRun): Promise<void> {
  const ids = run.answered.map((id) => `'${id}'`).join(',');
  const sql = `select count(*) || ' ' || count(distinct request_id) from request_log where request_id in (${ids})`;
  const wanted = `${run.answered.length} ${run.answered.length}`;
  const deadline = performance.now() + ROW_TIMEOUT_MS;
  for (;;) {
    const found = await query(run, sql).catch(String);
    if (found === wanted) return;
    must(performance.now() < deadline, `rows and distinct rows should be ${wanted}, are ${found}`);
    await delay(POLL_MS);
  }
}
