/** How long each resilience suite runs: short in the gate, in full length by `npm run verify:…`. */
export interface ResilienceLoad {
  /** R1: how long every call fails. */
  readonly stormSeconds: number;
  /** R2: requests with a deadline. */
  readonly deadlineRuns: number;
  /** R4: requests after the quota is gone. */
  readonly quotaRequests: number;
  /** R6: how long the provider is dead. */
  readonly deadSeconds: number;
  /** R8: bad requests, and as many that are aborted. */
  readonly noiseRequests: number;
  /** R9: how long every route is dead, and the breakers' `openFor`. */
  readonly allOpenSeconds: number;
  readonly openForMs: number;
  /** R17: requests for each fault. */
  readonly faultRequests: number;
}

const SHORT: ResilienceLoad = {
  stormSeconds: 7,
  deadlineRuns: 100,
  quotaRequests: 30,
  deadSeconds: 8,
  noiseRequests: 150,
  allOpenSeconds: 4,
  openForMs: 1_000,
  faultRequests: 10,
};

/** As the promises name them. */
const FULL: ResilienceLoad = {
  stormSeconds: 60,
  deadlineRuns: 1_000,
  quotaRequests: 500,
  deadSeconds: 60,
  noiseRequests: 1_000,
  allOpenSeconds: 40,
  openForMs: 5_000,
  faultRequests: 100,
};

/** `SLUICE_VERIFY_LENGTH`: `short` (default) or `full`. */
export function readResilienceLoad(env: NodeJS.ProcessEnv): ResilienceLoad {
  const length = env['SLUICE_VERIFY_LENGTH'] ?? 'short';
  if (length !== 'short' && length !== 'full')
    throw new Error('SLUICE_VERIFY_LENGTH must be "short" or "full"');
  return length === 'full' ? FULL : SHORT;
}

/** Read once. */
export const resilienceLoad: ResilienceLoad = readResilienceLoad(process.env);
