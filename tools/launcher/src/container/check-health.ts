// No fetch: loading it takes longer than the question.
import { get } from 'node:http';

/** Below the interval of the container's health check. */
const TIMEOUT_MS = 2_000;

/** True when `/readyz` of an ops port of this machine answers 200 in time. Never rejects. */
export function checkHealth(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/readyz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    const timer = setTimeout(() => request.destroy(new Error('no answer')), TIMEOUT_MS);
    request.once('error', () => resolve(false));
    request.once('close', () => clearTimeout(timer));
  });
}
