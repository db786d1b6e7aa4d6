/** How much load the ledger suite makes: short in the gate, in full length by `npm run verify:ledger`. */
export interface LedgerLoad {
  readonly requests: number;
  readonly perSecond: number;
}

const DEFAULT: LedgerLoad = { requests: 1500, perSecond: 500 };

/** `SLUICE_VERIFY_REQUESTS` overrides the number of requests. */
export function readLedgerLoad(env: NodeJS.ProcessEnv): LedgerLoad {
  const requests = Number(env['SLUICE_VERIFY_REQUESTS'] ?? DEFAULT.requests);
  if (!Number.isInteger(requests) || requests < 1 || requests > 1_000_000) {
    throw new Error('SLUICE_VERIFY_REQUESTS must be a whole number from 1 to 1000000');
  }
  return { ...DEFAULT, requests };
}

/** Read once. */
export const ledgerLoad: LedgerLoad = readLedgerLoad(process.env);
