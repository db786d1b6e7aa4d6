// A whole edge in this process, on a free port, with a config made of an object.
import { createMetricsRegistry } from '@sluice/service-kit';
import { pino } from 'pino';
import type { Registry } from 'prom-client';
import { createEdgeProxy, type EdgeProxy } from '../edge-proxy.js';
import type { EventSink } from '../reporting/reporter.js';
import { RecordingSink } from './recording-sink.js';
import { makeTestGeneration } from './test-generation.js';

export interface TestEdge extends AsyncDisposable {
  readonly edge: EdgeProxy;
  readonly port: number;
  readonly sink: RecordingSink;
  readonly metrics: Registry;
  /** Log entries of level warn and above. */
  readonly log: Record<string, unknown>[];
}

/** What a test may want otherwise than it is. */
export interface TestEdgeOptions {
  /** Instead of the recording one. */
  readonly sink?: EventSink;
  readonly keepAliveMs?: number;
  /** The process is the edge's own: it sheds when the event loop is blocked. */
  readonly isAlone?: boolean;
}

/** Starts an edge; `await using` stops it. */
export async function startTestEdge(config: object, options: TestEdgeOptions = {}): Promise<TestEdge> {
  const log: Record<string, unknown>[] = [];
  const write = (line: string): void => void log.push(JSON.parse(line) as Record<string, unknown>);
  const sink = new RecordingSink();
  const metrics = createMetricsRegistry('edge-proxy', 'edge-test');
  const edge = await createEdgeProxy({
    generation: await makeTestGeneration(config),
    sink: options.sink ?? sink,
    instance: 'edge-test',
    log: pino({ level: 'warn' }, { write }),
    metrics,
    sharesProcess: options.isAlone !== true,
    keepAliveMs: options.keepAliveMs,
  });
  const port = await edge.listen('127.0.0.1', 0);
  return { edge, port, sink, metrics, log, [Symbol.asyncDispose]: () => edge.drain(0) };
}
