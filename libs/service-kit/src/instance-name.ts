import { hostname } from 'node:os';

/** `<service>-<host>-<pid>`, of letters, digits and hyphens only: it stands in logs, events and NATS names. */
export function instanceName(service: string): string {
  return `${service}-${hostname()}-${process.pid}`.replaceAll(/[^A-Za-z0-9-]+/g, '-');
}
