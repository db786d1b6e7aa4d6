import { randomInt } from 'node:crypto';
import { isPortFree } from '@sluice/private-services';

// Below the range that Linux and macOS give to outgoing connections: nobody takes one of these by chance.
const LOWEST = 20_000;
const HIGHEST = 32_000;
const MOST_TRIES = 200;

/** The first of `count` consecutive ports that were free a moment ago. Throws when there is no such block. */
export async function freePortBlock(count: number): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const first = randomInt(LOWEST, HIGHEST - count);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if (await areFree(ports)) return first;
  }
  throw new Error(`no ${count} consecutive free ports between ${LOWEST} and ${HIGHEST}`);
}

async function areFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) {
    if (!(await isPortFree(port, '0.0.0.0'))) return false;
  }
  return true;
}
