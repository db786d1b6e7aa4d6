import { isPortFree } from '@sluice/private-services';
import type { PlannedPort } from './plan-services.js';

/**
 * One sentence that names every port that cannot be had and the variable that moves it; undefined when all are free.
 * Also finds two services that were given the same port.
 */
export async function findBusyPorts(ports: readonly PlannedPort[]): Promise<string | undefined> {
  const lines: string[] = [];
  for (const [index, wanted] of ports.entries()) {
    const rival = ports.slice(0, index).find(({ port }) => port === wanted.port);
    if (rival !== undefined) {
      lines.push(
        `  ${wanted.port} is wanted by ${rival.service} (${rival.variable}) and ${wanted.service}: set ${wanted.variable}`,
      );
    } else if (!(await isPortFree(wanted.port, wanted.host))) {
      lines.push(`  ${wanted.port} for ${wanted.service}: set ${wanted.variable}`);
    }
  }
  if (lines.length === 0) return undefined;
  return `These ports are in use. Stop what uses them, or choose others:\n${lines.join('\n')}`;
}
