import { describe, expect, it } from 'vitest';
import { judgeCaller } from './judge-caller.js';

const ALLOWED = ['export', 'export.internal', '[fd00::1]'];

describe('who may ask', () => {
  it.each([
    'export:8091',
    'EXPORT',
    'export.internal',
    '[fd00::1]:8091',
    '127.0.0.1:1',
    'localhost:65535',
    '[::1]',
  ])('a service that asks %s', (host) => {
    expect(judgeCaller({ host }, ALLOWED)).toBeUndefined();
  });

  it.each([
    'evil.example:8091',
    'export.evil.example',
    'evil.example:8091:8091',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil@localhost',
    'localhost:123456',
    '10.0.0.1',
    '',
    undefined,
  ])('nobody who asks %s', (host) => {
    expect(judgeCaller({ host }, ALLOWED)?.problem).toMatchObject({
      type: 'urn:sluice:problem:not-allowed',
      status: 403,
    });
  });

  it.each(['http://evil.example', 'null', '', 'http://localhost:8091'])(
    'no page, not even of %j',
    (origin) => {
      expect(judgeCaller({ host: 'localhost:8091', origin }, ALLOWED)?.problem.status).toBe(403);
    },
  );
});
