import 'reflect-metadata';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, expect, test } from 'vitest';
import { listenOn } from './listen-on.js';

@Module({})
class EmptyModule {}

let app: NestFastifyApplication;
afterEach(() => app.close());

async function listen(port: number, host = '127.0.0.1'): Promise<number> {
  app = await NestFactory.create<NestFastifyApplication>(EmptyModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  return listenOn(app, { host, port, what: 'bread API', portVariable: 'BAKER_PORT' });
}

test('port 0 is a free one, and the API answers there', async () => {
  const port = await listen(0);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
});

test('a port that is in use is named with the API, the variable that moves it and the way out', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(listen(port)).rejects.toThrow(
    `The port 127.0.0.1:${port} of the bread API is in use. Set BAKER_PORT to another port, or stop what uses it.`,
  );
  taken.close();
});

test('an address that is not of this machine is refused with the reason', async () => {
  await expect(listen(0, '192.0.2.1')).rejects.toThrow(/of the bread API cannot be opened \(EADDRNOTAVAIL\)/);
});
