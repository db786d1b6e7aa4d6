import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { finalScreen } from './final-screen.js';

const start = {
  edgeUrl: 'http://127.0.0.1:8080',
  edgeUrls: ['http://127.0.0.1:8080'],
  opsUrls: { 'edge-proxy': ['http://127.0.0.1:9080'], logger: 'http://127.0.0.1:9192' },
  natsUrl: 'nats://127.0.0.1:4',
  databaseUrl: 'postgresql://sluice:hidden@127.0.0.1:5/sluice',
  redisUrl: 'redis://:hidden@127.0.0.1:6/0',
  apiKey: 'sk-slc-AAAAAAAA-x',
  adminUrl: 'http://127.0.0.1:8090',
  adminUser: 'admin',
  adminPassword: 'open sesame',
  pids: {},
};
const input = {
  start,
  configFile: '/c',
  startFile: '/s',
  logsDir: '/l',
  isAdminPasswordNew: false,
  seconds: 7.04,
};

test('the printed request survives a shell, whatever the model is called', () => {
  const screen = finalScreen({ ...input, firstModel: `it's "mine" $HOME` });
  const command = screen.slice(screen.indexOf('  curl'), screen.indexOf('\n\nCtrl-C'));
  const args = execFileSync(
    'sh',
    ['-c', `curl() { for a in "$@"; do printf '%s\\n' "$a"; done; }\n${command}`],
    {
      encoding: 'utf8',
    },
  ).split('\n');
  expect(args[0]).toBe('http://127.0.0.1:8080/v1/chat/completions');
  expect(args[2]).toBe('authorization: Bearer sk-slc-AAAAAAAA-x');
  expect(JSON.parse(args[6]!)).toEqual({
    model: `it's "mine" $HOME`,
    messages: [{ role: 'user', content: 'Hello' }],
  });
});

test('passwords of the servers are not on the screen', () => {
  expect(finalScreen({ ...input, firstModel: undefined })).not.toContain('hidden');
});

test('the password of the dashboard is shown by the start that made it and by no other', () => {
  const first = finalScreen({ ...input, firstModel: undefined, isAdminPasswordNew: true });
  expect(first).toContain('http://127.0.0.1:8090   sign in as admin, password open sesame');
  const later = finalScreen({ ...input, firstModel: undefined });
  expect(later).toContain('sign in as admin, password as before, see /s');
  expect(later).not.toContain('open sesame');
});
