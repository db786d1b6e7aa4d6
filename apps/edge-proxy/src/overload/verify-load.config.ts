/** How long the suites that load an edge take: short in the gate, in full length by `npm run verify:…`. */
export interface VerifyLoad {
  readonly overloadSeconds: number;
  readonly slowConnections: number;
  readonly slowSeconds: number;
  readonly blockSeconds: number;
  readonly mangledHeads: number;
}

/** `SLUICE_VERIFY_OVERLOAD_SECONDS`, `SLUICE_VERIFY_SLOW_CONNECTIONS` and alike override the short form. */
function readVerifyLoad(env: NodeJS.ProcessEnv): VerifyLoad {
  const whole = (name: string, usual: number): number => {
    const value = Number(env[name] ?? usual);
    if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number from 1`);
    return value;
  };
  return {
    overloadSeconds: whole('SLUICE_VERIFY_OVERLOAD_SECONDS', 3),
    slowConnections: whole('SLUICE_VERIFY_SLOW_CONNECTIONS', 300),
    slowSeconds: whole('SLUICE_VERIFY_SLOW_SECONDS', 3),
    blockSeconds: whole('SLUICE_VERIFY_BLOCK_SECONDS', 5),
    mangledHeads: whole('SLUICE_VERIFY_SMUGGLING', 300),
  };
}

/** Read once. */
export const verifyLoad: VerifyLoad = readVerifyLoad(process.env);
