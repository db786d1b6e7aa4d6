import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir, type TempDir } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAdminApiConfig } from './admin-api.config.js';

const SECRET = '0123456789abcdef0123456789abcdef';

let dir: TempDir;
beforeEach(async () => {
  dir = await tempDir();
  mkdirSync(join(dir.path, 'secrets'));
  writeFileSync(join(dir.path, 'secrets', 'session-secret'), `${SECRET}\n`);
});
afterEach(() => dir.remove());

const read = (env: Record<string, string> = {}) =>
  readAdminApiConfig({
    DATABASE_URL: 'postgres://user:p%40ss-word@h/db',
    NATS_URL: 'nats://a-nats-token@h:4222',
    SLUICE_DATA_DIR: dir.path,
    ...env,
  });

describe('readAdminApiConfig', () => {
  it('listens on this machine alone by default, and takes the secret of the data folder', () => {
    expect(read()).toMatchObject({
      host: '127.0.0.1',
      port: 8090,
      opsHost: '127.0.0.1',
      opsPort: 9190,
      exportUrl: 'http://127.0.0.1:8091',
      secureCookie: false,
      sessionSecret: SECRET,
      adminPassword: undefined,
    });
    expect(read().dashboardDir).toMatch(/apps\/dashboard\/dist$/);
  });

  it('the password of the environment wins over that of the file, whose mode is looked at', () => {
    const file = join(dir.path, 'password');
    writeFileSync(file, 'from the file\n', { mode: 0o600 });
    const env = { SLUICE_ADMIN_PASSWORD_FILE: file };
    expect(read(env)).toMatchObject({ adminPassword: 'from the file', isPasswordFileOpen: false });
    chmodSync(file, 0o644);
    expect(read(env).isPasswordFileOpen).toBe(true);
    expect(read({ ...env, SLUICE_ADMIN_PASSWORD: 'from outside' }).adminPassword).toBe('from outside');
    // As compose passes on what nobody has set.
    expect(read({ ...env, SLUICE_ADMIN_PASSWORD: '' }).adminPassword).toBe('from the file');
  });

  it('lists all mistakes at once and shows no value', () => {
    const attempt = () => read({ DATABASE_URL: 'mysql://secret', ADMIN_API_PORT: '99999', EXPORT_URL: 'x' });
    expect(attempt).toThrow(/DATABASE_URL: [^]*EXPORT_URL: [^]*ADMIN_API_PORT: /);
    expect(attempt).not.toThrow(/mysql|99999/);
  });
});
