import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const startFileSchema = z.object({ natsUrl: z.string() });

/** Where NATS is; the message says what to do. */
export class NoAddressError extends Error {
  override readonly name = 'NoAddressError';
}

/**
 * `NATS_URL`, else the address that a running launcher wrote down.
 * @throws NoAddressError when there is neither
 */
export function readNatsUrl(env: NodeJS.ProcessEnv): string {
  const given = env['NATS_URL'];
  if (given !== undefined && given !== '') return given;
  const file = join(env['SLUICE_DATA_DIR'] ?? '.data', 'start.json');
  try {
    return startFileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).natsUrl;
  } catch (error) {
    const message = `${file} cannot be read: start Sluice with "npm start", or set NATS_URL or SLUICE_DATA_DIR.`;
    throw new NoAddressError(message, { cause: error });
  }
}
