// Servers that fail below HTTP: with a certificate that has expired, or with a queue of connections that is full.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:https';
import { tempDir } from '@sluice/testing';

/** A server that can be ended. */
export interface BrokenServer extends AsyncDisposable {
  readonly port: number;
}

const AUTHORITY = `[ca]
default_ca = one
[one]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = names
x509_extensions = extensions
[names]
commonName = supplied
[extensions]
subjectAltName = IP:127.0.0.1
`;

/** HTTPS on 127.0.0.1 with a certificate of its own that ended in 2020. */
export async function startExpiredServer(): Promise<BrokenServer> {
  await using dir = await tempDir();
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: dir.path, stdio: 'pipe' });
  };
  writeFileSync(join(dir.path, 'ca.conf'), AUTHORITY);
  writeFileSync(join(dir.path, 'index.txt'), '');
  writeFileSync(join(dir.path, 'serial'), '01');
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-new', ...kind, '-subj', '/CN=expired', '-keyout', 'key.pem', '-out', 'request.pem');
  const time = ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'];
  const files = ['-keyfile', 'key.pem', '-in', 'request.pem', '-out', 'cert.pem'];
  openssl('ca', '-batch', '-config', 'ca.conf', '-selfsign', ...files, ...time);
  const server = createServer(
    { key: readFileSync(join(dir.path, 'key.pem')), cert: readFileSync(join(dir.path, 'cert.pem')) },
    (_request, response) => response.end('{}'),
  );
  // Handshakes that the client breaks off are what it is for.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A TCP server's address is never text.
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const LISTENER = `
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, server.address().port + '\\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** More than the kernel queues for a backlog of 1. */
const FILLERS = 4;

/** Listens and never accepts: once its queue is full the kernel answers no further handshake. Linux. */
export async function startFullServer(): Promise<BrokenServer> {
  const child = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer]; // No encoding is set.
  const port = Number(line.toString());
  const fillers: Socket[] = [];
  for (let count = 0; count < FILLERS; count += 1) {
    fillers.push(connect({ port, host: '127.0.0.1' }).on('error', () => undefined));
  }
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) socket.destroy();
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
