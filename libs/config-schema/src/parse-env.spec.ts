import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addressVar, logLevelVar, portVar, serviceVariables, urlVar } from './env-variables.schema.js';
import { EnvironmentError, parseEnv, readEnvironment, variable } from './parse-env.js';

const SCHEMA = z.object({
  EDGE_PORT: portVar(8080),
  NATS_URL: urlVar(['nats:', 'tls:']),
  REDIS_URL: urlVar(['redis:'], 'redis://127.0.0.1:6379'),
  LOG_LEVEL: logLevelVar,
  DATA_DIR: z.string().min(2).default('.data'),
});

function errorOf(env: Record<string, string | undefined>): EnvironmentError {
  try {
    parseEnv(SCHEMA, env);
  } catch (error) {
    if (error instanceof EnvironmentError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('the environment of a service', () => {
  it('is read once into a frozen object, with defaults for what is unset or empty', () => {
    const env = parseEnv(SCHEMA, {
      NATS_URL: 'nats://h:4222',
      EDGE_PORT: '',
      LOG_LEVEL: undefined,
      OTHER: 'x',
    });
    expect(env).toEqual({
      EDGE_PORT: 8080,
      NATS_URL: 'nats://h:4222',
      REDIS_URL: 'redis://127.0.0.1:6379',
      LOG_LEVEL: 'info',
      DATA_DIR: '.data',
    });
    expect(Object.isFrozen(env)).toBe(true);
  });

  it('lists every wrong variable with its kind and a way out', () => {
    const error = errorOf({ EDGE_PORT: '65536', REDIS_URL: 'http://x', LOG_LEVEL: 'loud', DATA_DIR: 'x' });
    expect(error.message.split('\n')).toEqual([
      'The environment has 5 mistakes:',
      '  EDGE_PORT: must be a whole number from 0 to 65535, but is another number; for example 8080',
      '  NATS_URL: is not set: set it to an address like nats://… or tls://…',
      '  REDIS_URL: must be an address like redis://…, but is an address of another kind',
      '  LOG_LEVEL: is text that does not fit: set it to one of trace, debug, info, warn, error, fatal, silent',
      '  DATA_DIR: is text that does not fit: set it to at least 2 characters',
    ]);
  });

  it('never repeats a value', () => {
    const secret = 'p4ssw0rd-p4ssw0rd';
    const error = errorOf({ EDGE_PORT: secret, NATS_URL: `http://u:${secret}@h`, LOG_LEVEL: secret });
    expect(`${error.message}${JSON.stringify(error.problems)}`).not.toContain(secret);
  });

  it.each(['0', '65535'])('takes the port %s', (port) => {
    expect(parseEnv(z.object({ P: portVar(1) }), { P: port }).P).toBe(Number(port));
  });

  it.each(['-1', '80.5', '1e3', '0x50', ' 80', '999999'])('refuses the port "%s"', (port) => {
    expect(() => parseEnv(z.object({ P: portVar(1) }), { P: port })).toThrow('P: must be a whole number');
  });
});

describe('readEnvironment', () => {
  const isNumbered = (text: string): boolean => /^bus-\d+$/.test(text);
  const FIELDS = {
    busUrl: variable('BUS_URL', addressVar(isNumbered, 'bus-1 or bus-2')),
    dataDir: variable('DATA_DIR', z.string().default('.data')),
    ...serviceVariables('BAKER', 9999),
  };

  it('gives each variable to its field, frozen, with the defaults of every service', () => {
    const config = readEnvironment(FIELDS, { BUS_URL: 'bus-7', BAKER_INSTANCE: '', BAKER_OPS_HOST: '::1' });
    expect(config).toEqual({
      busUrl: 'bus-7',
      dataDir: '.data',
      logLevel: 'info',
      opsPort: 9999,
      opsHost: '::1',
      instance: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names the variables at fault, not the fields, and what an address must be like, without a value', () => {
    const read = () =>
      readEnvironment(FIELDS, {
        BUS_URL: 'bus:secret-pw',
        BAKER_OPS_PORT: 'x',
        BAKER_INSTANCE: 'not a name',
      });
    expect(read).toThrow(EnvironmentError);
    expect(read).toThrow(
      /BUS_URL: must be an address like bus-1 or bus-2.*\n.*BAKER_OPS_PORT: .*\n.*BAKER_INSTANCE: /,
    );
    expect(read).not.toThrow(/secret-pw|not a name/);
  });

  it('an address without a default must be set, one with a default need not', () => {
    expect(() => readEnvironment(FIELDS, {})).toThrow(/BUS_URL: is not set: .*bus-1 or bus-2/);
    const withDefault = { busUrl: variable('BUS_URL', addressVar(isNumbered, 'bus-1', 'bus-3')) };
    expect(readEnvironment(withDefault, { BUS_URL: '' })).toEqual({ busUrl: 'bus-3' });
  });
});
