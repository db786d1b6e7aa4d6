import { describe, expect, it } from 'vitest';
import { readExportConfig } from './export.config.js';

const RIGHT = {
  DATABASE_URL: 'postgres://me:data%20base-pw@db:5432/sluice',
  NATS_URL: 'nats://nats-token-1@a:4222',
};

describe('readExportConfig', () => {
  it('takes addresses and the documented defaults, internal unless told otherwise', () => {
    expect(readExportConfig({ ...RIGHT, EXPORT_PORT: '' })).toEqual({
      databaseUrl: RIGHT.DATABASE_URL,
      natsUrl: RIGHT.NATS_URL,
      dataDir: '.data',
      logLevel: 'info',
      host: '127.0.0.1',
      port: 8091,
      allowedHosts: ['localhost', '127.0.0.1', '[::1]', 'export'],
      opsHost: '127.0.0.1',
      opsPort: 9191,
      instance: undefined,
    });
  });

  it('takes names under which the API may be asked, however they are written', () => {
    const read = (names: string) => readExportConfig({ ...RIGHT, EXPORT_ALLOWED_HOSTS: names }).allowedHosts;
    expect(read('Export.Internal, [FD00::1],10.0.0.5')).toEqual(['export.internal', '[fd00::1]', '10.0.0.5']);
    for (const wrong of ['export:8091', 'a,,b', 'http://export', '*', 'fd00::1']) {
      expect(() => read(wrong)).toThrow(/EXPORT_ALLOWED_HOSTS.*without ports/);
    }
  });

  it('lists every variable at fault, without any value', () => {
    const read = () => readExportConfig({ DATABASE_URL: 'mysql://x:secret-pw@db', EXPORT_PORT: '70000' });
    expect(read).toThrow(/DATABASE_URL.*\n.*NATS_URL.*is not set.*\n.*EXPORT_PORT/);
    expect(read).not.toThrow(/secret-pw|70000/);
  });
});
