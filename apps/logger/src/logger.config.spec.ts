import { describe, expect, it } from 'vitest';
import { readLoggerConfig } from './logger.config.js';

const RIGHT = {
  DATABASE_URL: 'postgres://me:data%20base-pw@db:5432/sluice',
  NATS_URL: 'nats://nats-token-1@a:4222,tls://user:nats-password@b:4222',
};

describe('readLoggerConfig', () => {
  it('takes addresses and the documented defaults', () => {
    expect(readLoggerConfig({ ...RIGHT, LOGGER_OPS_PORT: '' })).toEqual({
      databaseUrl: RIGHT.DATABASE_URL,
      natsUrl: RIGHT.NATS_URL,
      logLevel: 'info',
      opsHost: '127.0.0.1',
      opsPort: 9192,
      instance: undefined,
    });
  });

  it('lists every variable at fault, without any value', () => {
    const read = () =>
      readLoggerConfig({
        DATABASE_URL: 'mysql://x:secret-pw@db',
        LOGGER_OPS_PORT: '70000',
        LOG_LEVEL: 'loud',
      });
    expect(read).toThrow(/DATABASE_URL.*\n.*NATS_URL.*is not set.*\n.*LOG_LEVEL.*\n.*LOGGER_OPS_PORT/);
    expect(read).not.toThrow(/secret-pw|70000|loud/);
  });
});
