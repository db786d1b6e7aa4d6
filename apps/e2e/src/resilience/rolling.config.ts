/** How long the suite of rolling restarts runs: short in the gate, in full length by `npm run verify:rolling`. */
export interface RollingRun {
  /** In all: the edges in turn. */
  readonly restarts: number;
  /** How long an edge's door stays open after SIGTERM. */
  readonly preStopMs: number;
  readonly perSecond: number;
}

const GATE_RESTARTS = 3;
/** In the gate the door is open for a shorter time: the order of things is the same. */
const GATE_PRESTOP_MS = 1_200;
const PRESTOP_MS = 5_000;
const PER_SECOND = 50;

/** `SLUICE_VERIFY_ROLLING` overrides the number of restarts; then the door is open as long as it is by default. */
export function readRollingRun(env: NodeJS.ProcessEnv): RollingRun {
  const text = env['SLUICE_VERIFY_ROLLING'];
  if (text === undefined)
    return { restarts: GATE_RESTARTS, preStopMs: GATE_PRESTOP_MS, perSecond: PER_SECOND };
  const restarts = Number(text);
  if (!Number.isInteger(restarts) || restarts < 1 || restarts > 1_000) {
    throw new Error('SLUICE_VERIFY_ROLLING must be a whole number from 1 to 1000');
  }
  return { restarts, preStopMs: PRESTOP_MS, perSecond: PER_SECOND };
}

/** Read once. */
export const rollingRun: RollingRun = readRollingRun(process.env);
