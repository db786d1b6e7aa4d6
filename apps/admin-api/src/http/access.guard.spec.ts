import 'reflect-metadata';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '@sluice/service-kit';
import { LOGGER } from '../admin-api.tokens.js';
import type { Caller } from '../sign-in/caller.js';
import { Sessions } from '../sign-in/sessions.js';
import { Public, RequireRole } from './access.decorators.js';
import { AccessGuard } from './access.guard.js';
import { ProblemFilter } from './problem.filter.js';

@Controller('t')
class Handlers {
  @Get('forgotten')
  forgotten(): string {
    return 'reached';
  }

  @Get('public')
  @Public()
  open(): string {
    return 'reached';
  }

  @Post('operator')
  @RequireRole('operator')
  operate(): string {
    return 'reached';
  }
}

/** A class that declares something says nothing about its handlers. */
@Controller('c')
@Public()
class PublicClass {
  @Get()
  forgotten(): string {
    return 'reached';
  }
}

const token = (role: string) => role.padEnd(43, '-');
const callers = new Map(
  (['viewer', 'operator', 'admin'] as const).map((role) => [
    token(role),
    { role, userName: role, scope: { kind: 'all' }, tokenHash: '', expiresAt: new Date() } satisfies Caller,
  ]),
);

@Module({
  controllers: [Handlers, PublicClass],
  providers: [
    { provide: LOGGER, useValue: createLogger({ service: 't', instance: 't', level: 'silent' }) },
    // The outside of the guard: who has which session.
    {
      provide: Sessions,
      useValue: { find: (text: string) => Promise.resolve(callers.get(text)), isTls: () => false },
    },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
class TestModule {}

let app: NestFastifyApplication;
beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(TestModule, new FastifyAdapter(), { logger: false });
  await app.init();
});
afterAll(() => app.close());

const ask = async (method: 'GET' | 'POST', url: string, headers: Record<string, string> = {}) => {
  const { statusCode, body } = await app.inject({ method, url, headers: { host: 'h:1', ...headers } });
  return body === 'reached' ? body : statusCode;
};
const cookie = (role: string) => ({ cookie: `sluice_session=${token(role)}`, origin: 'http://h:1' });

describe('a handler that declares no access', () => {
  it('is closed to everybody, admins too, also when its class declares something', async () => {
    for (const path of ['/t/forgotten', '/c']) {
      expect(await ask('GET', path)).toBe(403);
      expect(await ask('GET', path, cookie('admin'))).toBe(403);
    }
  });
});

describe('a handler that requires a role', () => {
  it('is reached by that role and those above, with the own Origin', async () => {
    expect(await ask('POST', '/t/operator', cookie('viewer'))).toBe(403);
    expect(await ask('POST', '/t/operator', cookie('operator'))).toBe('reached');
    expect(await ask('POST', '/t/operator', cookie('admin'))).toBe('reached');
    expect(await ask('POST', '/t/operator', { ...cookie('admin'), origin: 'http://h:2' })).toBe(403);
    expect(await ask('POST', '/t/operator', { cookie: cookie('admin').cookie })).toBe(403);
    expect(await ask('POST', '/t/operator', cookie('nobody'))).toBe(401);
    expect(await ask('POST', '/t/operator')).toBe(401);
  });
});

describe('a public handler', () => {
  it('is reached without a session', async () => {
    expect(await ask('GET', '/t/public')).toBe('reached');
    expect(await ask('GET', '/t/public', cookie('nobody'))).toBe('reached');
  });
});
