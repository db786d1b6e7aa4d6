import { countsBytes } from '../faults/fault.js';
import type { Exchange } from '../http/exchange.js';
import type { StreamedEvent } from './streamed-event.js';

/** How fast a stream goes. */
export interface StreamPace {
  /** Between two tokens; 0 sends all that the caller takes at once. */
  readonly paceMs: number;
  /** Before the first token, after the role. */
  readonly firstTokenMs: number;
}

/** A stream without a pace is written in pieces of about this size: few writes, little memory. */
const PIECE_UNITS = 64 * 1024;

/** Writes the events and ends the answer. Generation stops where the caller leaves: what it did not reach is not counted. */
export function sendStream(exchange: Exchange, events: Iterator<StreamedEvent>, pace: StreamPace): void {
  const { serving, plan } = exchange;
  // Where bytes count, one event a write: what comes after the cut must not be counted as generated.
  const pieceUnits = pace.paceMs > 0 || countsBytes(plan) ? 0 : PIECE_UNITS;
  let firstTokenMs = pace.firstTokenMs;
  let pending: StreamedEvent | undefined;

  const pump = (): void => {
    let piece = '';
    for (;;) {
      if (!exchange.isOpen) return;
      const event = pending ?? nextOf(events);
      pending = undefined;
      if (event === undefined) {
        if (piece !== '') exchange.write(piece);
        exchange.end();
        return;
      }
      if (event.kind === 'token' && firstTokenMs > 0) {
        if (piece !== '') exchange.write(piece);
        pending = event;
        exchange.later(firstTokenMs, pump);
        firstTokenMs = 0;
        return;
      }
      serving.completionTokens += event.tokens;
      piece += event.text;
      if (piece.length <= pieceUnits) continue;
      const mayGoOn = exchange.write(piece);
      piece = '';
      if (!mayGoOn) {
        exchange.whenWritable(pump);
        return;
      }
      if (pace.paceMs > 0 && event.kind === 'token') {
        exchange.later(pace.paceMs, pump);
        return;
      }
    }
  };
  pump();
}

function nextOf(events: Iterator<StreamedEvent>): StreamedEvent | undefined {
  const next = events.next();
  return next.done === true ? undefined : next.value;
}
