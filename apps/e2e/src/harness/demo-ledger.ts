// What the demo provider says it served: the oracle of every test that counts.

/** One serving, as `GET /ledger` gives it. */
export interface LedgerServing {
  readonly seq: number;
  readonly attemptId: string;
  readonly model: string;
  readonly stream: boolean;
  readonly status: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly bytesSent: number;
  readonly ended: 'complete' | 'client_gone' | 'fault';
  readonly fault: string | null;
}

/** Sums of one group of servings. */
export interface LedgerSums {
  readonly servings: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What `GET /ledger/totals` gives. */
export interface LedgerTotals {
  readonly all: LedgerSums;
  readonly complete: LedgerSums;
  /** Complete and answered 200. */
  readonly succeeded: LedgerSums;
  readonly clientGone: LedgerSums;
  readonly fault: LedgerSums;
  readonly open: number;
  readonly distinctAttemptIds: number;
  readonly writeErrors: number;
  readonly concurrency: { readonly current: number; readonly peak: number };
}

/** Reads and steers a demo provider by its ops port. Each call has a deadline; answers that are not 2xx throw. */
export class DemoLedger {
  constructor(private readonly opsUrl: string) {}

  async totals(): Promise<LedgerTotals> {
    // Written by our own provider, whose specs hold it to this shape.
    return JSON.parse(await this.call('GET', '/ledger/totals')) as LedgerTotals;
  }

  /** All servings after a number, oldest first. For tests of up to some 100,000; larger runs use totals. */
  async servings(after = 0): Promise<readonly LedgerServing[]> {
    const text = await this.call('GET', `/ledger?after=${after}`);
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as LedgerServing); // As above.
  }

  async clear(): Promise<void> {
    await this.call('DELETE', '/ledger');
  }

  /** Makes the next requests meet a fault, e.g. `cut:200`: see the provider's README. */
  async setFault(
    fault: string,
    options: { readonly next?: number; readonly model?: string } = {},
  ): Promise<void> {
    await this.call('POST', '/faults', JSON.stringify({ fault, ...options }));
  }

  async clearFaults(): Promise<void> {
    await this.call('DELETE', '/faults');
  }

  private async call(method: string, path: string, body?: string): Promise<string> {
    const response = await fetch(`${this.opsUrl}${path}`, {
      method,
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} of the demo provider: ${response.status} ${text}`);
    return text;
  }
}

const DEADLINE_MS = 10_000;
