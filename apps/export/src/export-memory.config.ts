/** How many rows the memory suite exports: few in the gate, 1,000,000 by `npm run verify:export-memory`. */
export interface ExportMemoryLoad {
  /** A multiple of 64. */
  readonly rows: number;
}

const GATE_ROWS = 64_000;

/** `SLUICE_VERIFY_EXPORT_ROWS` overrides the number of rows. Throws when it is no multiple of 64. */
export function readExportMemoryLoad(env: NodeJS.ProcessEnv): ExportMemoryLoad {
  const rows = Number(env['SLUICE_VERIFY_EXPORT_ROWS'] ?? GATE_ROWS);
  if (!Number.isInteger(rows) || rows < 64 || rows % 64 !== 0 || rows > 100_000_000) {
    throw new Error('SLUICE_VERIFY_EXPORT_ROWS must be a multiple of 64, at most 100000000');
  }
  return { rows };
}

/** Read once. */
export const exportMemoryLoad: ExportMemoryLoad = readExportMemoryLoad(process.env);
