/** How much load the ledger suite makes: short in the gate, in full length by `npm run verify:ledger`. */
export interface LedgerLoad {
  readonly requests: number;
  readonly perSecond: number;
  /** In the test that kills consumers meanwhile. */
  readonly killedRequests: number;
}

const GATE_REQUESTS = 1_500;
const PER_SECOND = 500;
/** Six seconds: long enough for each consumer to be killed, to come back and to be killed again. */
const MOST_KILLED_REQUESTS = 3_000;

/** `SLUICE_VERIFY_REQUESTS` overrides the number of requests. */
export function readLedgerLoad(env: NodeJS.ProcessEnv): LedgerLoad {
  const requests = Number(env['SLUICE_VERIFY_REQUESTS'] ?? GATE_REQUESTS);
  if (!Number.isInteger(requests) || requests < 1 || requests > 1_000_000) {
    throw new Error('SLUICE_VERIFY_REQUESTS must be a whole number from 1 to 1000000');
  }
  return { requests, perSecond: PER_SECOND, killedRequests: Math.min(requests, MOST_KILLED_REQUESTS) };
}

/** Read once. */
export const ledgerLoad: LedgerLoad = readLedgerLoad(process.env);
