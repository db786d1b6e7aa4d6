/** What the cases suite reads of its environment. */
export interface CasesConfig {
  /** Folder of recorded exchanges; undefined when there is none. */
  readonly folder: string | undefined;
  /** Decides where streams are cut; printed, so that a failure can be repeated. */
  readonly seed: number;
}

/** Reads `SLUICE_CASES` and `SLUICE_CASES_SEED`; a seed that is no number is drawn. */
export function readCasesConfig(env: NodeJS.ProcessEnv): CasesConfig {
  const seed = Number(env['SLUICE_CASES_SEED'] ?? '');
  const isGiven = Number.isInteger(seed) && seed > 0;
  return {
    folder: env['SLUICE_CASES'] === '' ? undefined : env['SLUICE_CASES'],
    seed: isGiven ? seed : 1 + Math.floor(Math.random() * 0x7fff_fffe),
  };
}
