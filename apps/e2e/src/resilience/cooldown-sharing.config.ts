/** How many cooldowns the suite shares: few in the gate, many by `npm run verify:cooldown`. */
const GATE_ROUNDS = 5;

/** `SLUICE_VERIFY_COOLDOWNS` overrides the number. */
export function readCooldownRounds(env: NodeJS.ProcessEnv): number {
  const rounds = Number(env['SLUICE_VERIFY_COOLDOWNS'] ?? GATE_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 2 || rounds > 1_000) {
    throw new Error('SLUICE_VERIFY_COOLDOWNS must be a whole number from 2 to 1000');
  }
  return rounds;
}

/** Read once. */
export const cooldownRounds: number = readCooldownRounds(process.env);
