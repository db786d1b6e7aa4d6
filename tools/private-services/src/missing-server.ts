import { URL_VARIABLE } from './external-server.js';
import { type PrivateServerName, PrivateServiceError } from './private-server.js';

const PACKAGES: Readonly<Record<PrivateServerName, { readonly debian: string; readonly brew: string }>> = {
  nats: { debian: 'nats-server', brew: 'nats-server' },
  redis: { debian: 'redis-server', brew: 'redis' },
  postgres: { debian: 'postgresql', brew: 'postgresql@18' },
};

/** The one error for a server that is nowhere: what was looked for, the variable, and the one command to run. */
export function missingServerError(name: PrivateServerName, lookedFor: string): PrivateServiceError {
  const { debian, brew } = PACKAGES[name];
  const command = process.platform === 'darwin' ? `brew install ${brew}` : `sudo apt-get install ${debian}`;
  return new PrivateServiceError(
    `No ${name} server: ${lookedFor}. Run \`${command}\`, or set ${URL_VARIABLE[name]} to one that runs.`,
  );
}
