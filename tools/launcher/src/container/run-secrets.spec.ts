import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runSecrets } from './run-secrets.js';

let root: string;
let said: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-shares-'));
  said = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const run = (env: NodeJS.ProcessEnv = {}): void =>
  runSecrets({ SLUICE_SHARES_DIR: root, ...env }, (line) => said.push(line));
const read = (path: string): string => readFileSync(join(root, path), 'utf8').trim();
const filesOf = (container: string): string[] => readdirSync(join(root, container)).sort();
const everything = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root).flatMap((folder) =>
      filesOf(folder).map((name) => [`${folder}/${name}`, read(`${folder}/${name}`)]),
    ),
  );

test('each container gets the files that it reads and no other', () => {
  run();
  expect(Object.fromEntries(readdirSync(root).map((name) => [name, filesOf(name)]))).toMatchObject({
    'edge-proxy': ['launch-key', 'nats-url', 'redis-url'],
    logger: ['database-url', 'nats-url'],
    'metrics-aggregator': ['database-url', 'nats-url'],
    export: ['database-url', 'nats-url'],
    'admin-api': ['admin-password', 'database-url', 'nats-url', 'session-secret'],
    init: ['database-url', 'nats-url'],
    nats: ['nats-server.conf', 'passwords.conf'],
    redis: ['password', 'redis.conf'],
    postgres: ['password'],
  });
  expect(readdirSync(root)).not.toContain('demo-provider');
});

test('files are for their owner only, but for those whose reader is another user', () => {
  run();
  const open = Object.keys(everything()).filter((path) => (statSync(join(root, path)).mode & 0o077) !== 0);
  expect(open).toEqual(['postgres/password', 'redis/password', 'redis/redis.conf']);
});

test('both sides of a connection hold the same password, and no two services share one for NATS', () => {
  run();
  const services = ['edge-proxy', 'logger', 'metrics-aggregator', 'export', 'admin-api', 'init'];
  const passwords = services.map((name) => {
    const url = new URL(read(`${name}/nats-url`));
    expect([url.username, url.host]).toEqual([name, 'nats:4222']);
    expect(read('nats/passwords.conf')).toContain(
      `${name.replaceAll('-', '_').toUpperCase()}_PASSWORD: "${url.password}"`,
    );
    return url.password;
  });
  expect(new Set(passwords).size).toBe(services.length);
  expect(passwords.every((password) => /^[0-9a-f]{64}$/.test(password))).toBe(true);
  expect(read('logger/database-url')).toBe(
    `postgresql://sluice:${read('postgres/password')}@postgres:5432/sluice`,
  );
  expect(read('edge-proxy/redis-url')).toBe(`redis://:${read('redis/password')}@redis:6379/0`);
  expect(read('redis/redis.conf').split('\n').at(-1)).toBe(`requirepass ${read('redis/password')}`);
});

test('a second run changes nothing and shows nothing', () => {
  run();
  const [first, secrets] = [said, everything()];
  expect(first.join('\n')).toContain(read('all/launch-key'));
  expect(first.join('\n')).toContain(read('all/admin-password'));
  said = [];
  run();
  expect(everything()).toEqual(secrets);
  expect(said).toEqual(['every secret was there already']);
});

test("the operator's password is kept, handed over, and shown by nobody", () => {
  run({ SLUICE_ADMIN_PASSWORD: 'correct horse' });
  expect(read('admin-api/admin-password')).toBe('correct horse');
  expect(said.join('\n')).not.toContain('correct horse');
});

test('a password that replaces another says what has to be restarted, once', () => {
  run();
  said = [];
  run({ SLUICE_ADMIN_PASSWORD: 'correct horse' });
  expect(read('admin-api/admin-password')).toBe('correct horse');
  expect(said).toEqual(['The password of admin was replaced: docker compose restart admin-api']);
  said = [];
  run({ SLUICE_ADMIN_PASSWORD: 'correct horse' });
  expect(said).toEqual(['every secret was there already']);
});

test('what was lost of a container comes back from the folder that holds all', () => {
  run();
  const before = everything();
  rmSync(join(root, 'logger'), { recursive: true });
  run();
  expect(everything()).toEqual(before);
});
