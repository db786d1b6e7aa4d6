// `NATS_URL_FILE=/run/sluice/nats-url` in place of `NATS_URL`: an address holds a password, and everybody who may ask the
// engine sees a container's variables.
import { readFileSync } from 'node:fs';
import { SERVER_URLS, type ServiceUrl } from '../service-table.js';

/**
 * The variables whose `_FILE` is set, with the trimmed text of that file. @throws Error that names variable and file, not
 * the content, when one cannot be read, is empty, or is given both ways
 */
export function readFileVariables(env: Readonly<NodeJS.ProcessEnv>): Partial<Record<ServiceUrl, string>> {
  const values: Partial<Record<ServiceUrl, string>> = {};
  for (const name of SERVER_URLS) {
    const file = env[`${name}_FILE`] ?? '';
    if (file === '') continue;
    if ((env[name] ?? '') !== '')
      throw new Error(`${name} and ${name}_FILE are both set: unset one of them.`);
    values[name] = readAddress(name, file);
  }
  return values;
}

function readAddress(name: ServiceUrl, file: string): string {
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (text !== '') return text;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(`${name}_FILE names ${file}, which cannot be read (${code}).`, { cause: error });
  }
  throw new Error(`${name}_FILE names ${file}, which is empty.`);
}
