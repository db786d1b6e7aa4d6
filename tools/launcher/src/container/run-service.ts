import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SERVICES } from '../service-table.js';
import { readFileVariables } from './read-file-variables.js';

const REPO_ROOT = resolve(import.meta.dirname, '../../../..');

/**
 * Becomes the service: reads its addresses from files, then loads its main file in this process. `env` is changed.
 * @throws Error when the app is not one of the table or an address cannot be read
 */
export async function runService(app: string, env: NodeJS.ProcessEnv): Promise<void> {
  const known = SERVICES.map((row) => row.app);
  const row = SERVICES.find((one) => one.app === app);
  if (row === undefined) throw new Error(`There is no service "${app}". There are: ${known.join(', ')}.`);
  Object.assign(env, readFileVariables(env));
  await import(pathToFileURL(join(REPO_ROOT, 'apps', row.app, 'dist', 'main.js')).href);
}
