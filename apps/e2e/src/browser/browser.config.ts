import { existsSync } from 'node:fs';

/** Where Debian puts it; the suite tests what people have, and fetches no browser of its own. */
const DEBIAN_CHROMIUM = '/usr/bin/chromium';

/** Path of the browser: `SLUICE_CHROMIUM`, else Debian's. @throws Error that names both ways out */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string {
  const path = env['SLUICE_CHROMIUM'] ?? DEBIAN_CHROMIUM;
  if (existsSync(path)) return path;
  throw new Error(
    `There is no browser at ${path}. Install one with "sudo apt-get install chromium", or name one in SLUICE_CHROMIUM.`,
  );
}
