import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ConnectionCap, groupOf } from './connection-cap.js';

/** What a cap sees of a connection. */
class FakeSocket extends EventEmitter {
  readonly remoteAddress: string | undefined;
  isDestroyed = false;

  constructor(remoteAddress: string | undefined) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }
}

// A cap uses nothing else of a socket.
const socketFrom = (address: string | undefined): FakeSocket & Socket =>
  new FakeSocket(address) as unknown as FakeSocket & Socket;

const makeCap = (maxPerAddress: number, trusted: () => readonly string[] = () => []) =>
  new ConnectionCap({ maxPerAddress, trusted, onRefused: () => undefined });

test('addresses are counted each for itself, and forgotten with their last connection', () => {
  const cap = makeCap(2);
  const sockets = ['192.0.2.1', '192.0.2.1', '192.0.2.2'].map(socketFrom);
  expect(sockets.map((socket) => cap.take(socket))).toEqual([true, true, true]);
  const third = socketFrom('192.0.2.1');
  expect([cap.take(third), third.isDestroyed]).toEqual([false, true]);
  for (const socket of sockets) socket.destroy();
  expect(cap.size).toBe(0);
  expect(cap.take(socketFrom('192.0.2.1'))).toBe(true);
});

test('a connection that is gone already is nobody’s', () => {
  const cap = makeCap(1);
  expect(cap.take(socketFrom(undefined))).toBe(true);
  expect(cap.size).toBe(0);
});

test('trusted proxies are those of the current config', () => {
  let trusted: readonly string[] = ['10.0.0.0/8', '2001:db8::/32'];
  const cap = makeCap(1, () => trusted);
  const twice = (address: string): boolean[] => [1, 2].map(() => cap.take(socketFrom(address)));
  expect(twice('10.1.2.3')).toEqual([true, true]);
  expect(twice('::ffff:10.1.2.4')).toEqual([true, true]);
  expect(twice('2001:db8:1::5')).toEqual([true, true]);
  expect(twice('192.0.2.9')).toEqual([true, false]);
  trusted = ['192.0.2.9'];
  expect(twice('192.0.2.9')).toEqual([true, true]);
  expect(cap.take(socketFrom('10.1.2.3'))).toBe(false);
});

describe('who counts as one', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s: %s', (address, group) => {
    expect(groupOf(address)).toBe(group);
  });
});
