import { type PrivateServerName, START_SERVER, URL_VARIABLE } from '@sluice/private-services';
import type { LauncherConfig } from './launcher.config.js';
import type { Output } from './launcher-log.js';
import { SupervisedChild } from './supervised-child.js';

/** NATS, Redis and Postgres, each under supervision, and where they are. */
export interface Infrastructure {
  readonly children: Readonly<Record<PrivateServerName, SupervisedChild>>;
  /** Address of a server that was started; with its password. @throws Error before that */
  url(name: PrivateServerName): string;
}

const NAMES = ['nats', 'redis', 'postgres'] as const;

/** The service variable that carries a server's address, e.g. `NATS_URL`. */
export const SERVER_OF_VARIABLE = Object.fromEntries(NAMES.map((name) => [URL_VARIABLE[name], name]));

/** Prepares the three, starting none yet. `onPid` is called at each new pid. */
export function superviseInfrastructure(
  config: LauncherConfig,
  output: Output,
  onPid: () => void,
): Infrastructure {
  const urls = new Map<PrivateServerName, string>();
  const supervise = (name: PrivateServerName): SupervisedChild =>
    new SupervisedChild({
      name,
      onPid,
      log: output.log,
      start: async (onSpawn) => {
        const known = urls.get(name);
        const server = await START_SERVER[name]({
          dataDir: config.serversDir,
          env: config.env,
          onSpawn,
          onProgress: output.say,
          // Clients hold the address: a server that comes back has to come back there.
          ...(known === undefined ? {} : { port: Number(new URL(known).port) }),
        });
        urls.set(name, server.url);
        return server;
      },
    });
  return {
    children: { nats: supervise('nats'), redis: supervise('redis'), postgres: supervise('postgres') },
    url: (name) => {
      const url = urls.get(name);
      if (url === undefined) throw new Error(`${name} was not started`);
      return url;
    },
  };
}
