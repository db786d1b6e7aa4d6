import { describe, expect, it } from 'vitest';
import { createLogger } from './create-logger.js';
import { PinoLoggerService } from './pino-logger.service.js';
import { registerSecret } from './secret-mask.js';

function capture(level = 'trace') {
  const lines: string[] = [];
  const log = createLogger({
    service: 'logger',
    instance: 'logger-host-1',
    level,
    destination: { write: (line) => void lines.push(line) },
  });
  const entries = (): Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, entries };
}

describe('createLogger', () => {
  it('a line is JSON with level as a word, ISO time, service and instance', () => {
    const { log, entries } = capture();
    log.info({ rows: 3 }, 'written');
    const [entry] = entries();
    expect(entry).toMatchObject({
      level: 'info',
      service: 'logger',
      instance: 'logger-host-1',
      rows: 3,
      msg: 'written',
    });
    expect(new Date(String(entry?.['time'])).toISOString()).toBe(entry?.['time']);
  });

  it('a registered secret never reaches a line, be it in a field, a message or an error with its causes', () => {
    const secret = 'sk-very "secret" value\n1';
    registerSecret(secret);
    const { log, lines, entries } = capture();
    const error = new Error(`outer ${secret}`, { cause: new Error(`inner ${secret}`) });
    log
      .child({ url: `http://x/?k=${encodeURIComponent(secret)}` })
      .error({ err: error, secret }, `so ${secret}`);
    expect(lines.join('')).not.toMatch(/sk-very/);
    expect(entries()[0]?.['err']).toMatchObject({
      message: 'outer [masked]',
      cause: { message: 'inner [masked]' },
    });
  });

  it('what drivers hang on their errors stays out of the log', () => {
    const { log, lines } = capture();
    log.error({ err: Object.assign(new Error('duplicate key'), { detail: 'row 42', code: '23505' }) });
    expect(lines.join('')).toContain('23505');
    expect(lines.join('')).not.toContain('row 42');
  });
});

describe('PinoLoggerService', () => {
  it("Nest's parameters become message, context, stack and error", () => {
    const { log, entries } = capture();
    const nest = new PinoLoggerService(log);
    nest.log('hello', 'MyContext');
    nest.error('broke', 'Error: broke\n    at file.js:1:1', 'MyContext');
    nest.warn(new Error('as an object'));
    nest.log({ some: 'object' }, { more: 1 }, 'MyContext');
    expect(entries()).toMatchObject([
      { level: 'info', msg: 'hello', context: 'MyContext' },
      { level: 'error', msg: 'broke', context: 'MyContext', stack: 'Error: broke\n    at file.js:1:1' },
      { level: 'warn', msg: 'as an object', err: { message: 'as an object' } },
      { level: 'info', msg: '{"some":"object"}', details: [{ more: 1 }], context: 'MyContext' },
    ]);
  });

  it("Nest's announcements at start are debug lines", () => {
    const { log, entries } = capture('info');
    const nest = new PinoLoggerService(log);
    nest.log('AppModule dependencies initialized', 'InstanceLoader');
    expect(entries()).toEqual([]);
  });
});
