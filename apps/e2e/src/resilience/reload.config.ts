/** How often the reload suite reloads under load: short in the gate, in full length by `npm run verify:reload`. */
export interface ReloadRun {
  readonly reloads: number;
  /** Every so many-th file is broken. */
  readonly brokenEvery: number;
}

const GATE_RELOADS = 20;

/** `SLUICE_VERIFY_RELOADS` overrides the number of reloads. */
export function readReloadRun(env: NodeJS.ProcessEnv): ReloadRun {
  const reloads = Number(env['SLUICE_VERIFY_RELOADS'] ?? GATE_RELOADS);
  if (!Number.isInteger(reloads) || reloads < 5 || reloads > 10_000) {
    throw new Error('SLUICE_VERIFY_RELOADS must be a whole number from 5 to 10000');
  }
  return { reloads, brokenEvery: 5 };
}

/** Read once. */
export const reloadRun: ReloadRun = readReloadRun(process.env);
