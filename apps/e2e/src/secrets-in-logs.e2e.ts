// What the addresses of a service and its files hold is masked in everything that it logs, from its first line on.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, ServiceProcess, tempDir, type TempDir, waitFor } from '@sluice/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

const WORDS = {
  database: 'word-of-the-database',
  nats: 'token-of-nats',
  export: 'word-of-the-export',
  session: '0123456789abcdef0123456789abcdef',
  admin: 'word-of-the-admin',
};

let dir: TempDir;
let service: ServiceProcess | undefined;
beforeEach(async () => {
  dir = await tempDir();
  mkdirSync(join(dir.path, 'secrets'));
  writeFileSync(join(dir.path, 'secrets', 'session-secret'), WORDS.session);
});
afterEach(async () => {
  await service?.end('SIGKILL');
  await dir.remove();
});

test.each([
  ['logger', []],
  ['metrics-aggregator', []],
  ['export', []],
  ['admin-api', ['export', 'session', 'admin']],
] as const)('%s', async (app, more) => {
  const prefix = app.toUpperCase().replaceAll('-', '_');
  const away = `127.0.0.1:${await freePort()}`;
  const words = (['database', 'nats', ...more] as const).map((name) => WORDS[name]);
  service = new ServiceProcess({
    main: new URL(`../../${app}/dist/main.js`, import.meta.url),
    env: {
      DATABASE_URL: `postgres://user:${WORDS.database}@${away}/sluice`,
      NATS_URL: `nats://${WORDS.nats}@${away}`,
      EXPORT_URL: `http://user:${WORDS.export}@${away}`,
      SLUICE_ADMIN_PASSWORD: WORDS.admin,
      SLUICE_DATA_DIR: dir.path,
      [`${prefix}_PORT`]: '0',
      [`${prefix}_OPS_PORT`]: '0',
      // A name that is in every line: each word would be seen there.
      [`${prefix}_INSTANCE`]: words.join('-'),
    },
  });
  await service.get('/healthz');
  const { lines } = service;
  await waitFor(() => lines.length > 1, { timeoutMs: 10_000 });
  for (const line of lines) expect(line).toMatchObject({ instance: words.map(() => '[masked]').join('-') });
  for (const word of words) expect(service.text).not.toContain(word);
});
