import 'reflect-metadata';
import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { createLogger } from '@sluice/service-kit';
import { Registry } from 'prom-client';
import type { AdminApiParts } from '../admin-api.module.js';
import { createAdminMetrics } from '../admin-metrics.js';
import { CONTROLLERS } from '../controllers.js';
import { createApp } from '../http/create-app.js';
import { readManifest } from './route-manifest.js';
import { toOpenApi } from './to-openapi.js';

const routes = readManifest(CONTROLLERS);

describe('the route manifest', () => {
  it('is what we mean to offer: a new route is a line here', () => {
    expect(
      routes.map(({ method, path, access }) => {
        const who = access?.kind === 'role' ? access.role : (access?.kind ?? 'undeclared');
        return `${who} ${method} ${path}`;
      }),
    ).toEqual([
      'public POST /api/session',
      'viewer GET /api/session',
      'viewer DELETE /api/session',
      'viewer GET /api/overview',
      'viewer GET /api/requests',
      'viewer GET /api/requests/:eventId',
      'viewer GET /api/live',
      'viewer GET /api/export/requests',
      'public GET /api/openapi.json',
      'public GET /*',
    ]);
  });

  it('has no route that does not declare who may call it', () => {
    expect(routes.filter((route) => route.access === undefined)).toEqual([]);
  });

  it('is all that the server really routes: nothing was added past Nest and its guard', async () => {
    const log = createLogger({ service: 't', instance: 't', level: 'silent' });
    // No request is made, so nobody asks the parts for anything.
    const app = await createApp({ log } as AdminApiParts, createAdminMetrics(new Registry()));
    await app.init();
    const fastify = app.getHttpAdapter().getInstance();
    const tree = fastify.printRoutes({ commonPrefix: false });
    const counted = [...tree.matchAll(/\(([A-Z, ]+)\)/g)].flatMap((match) => match[1]?.split(', ') ?? []);
    const wanted = routes.flatMap(({ method, path }) =>
      (method === 'GET' ? (['GET', 'HEAD'] as const) : [method as 'POST' | 'DELETE']).map((each) => ({
        method: each,
        url: path,
      })),
    );
    expect(wanted.filter((route) => !fastify.hasRoute(route))).toEqual([]);
    expect([tree, counted.length]).toEqual([tree, wanted.length]);
    await app.close();
  });

  it('shows a handler that declares nothing as such', () => {
    @Controller('x')
    class Forgotten {
      @Get()
      read(): void {
        // Is only looked at.
      }
    }
    expect(readManifest([Forgotten])).toEqual([
      { method: 'GET', path: '/x', access: undefined, description: undefined },
    ]);
  });
});

describe('the OpenAPI document', () => {
  const document = toOpenApi(routes);

  it('has every route of the API and no other', () => {
    const inDocument = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const inManifest = routes
      .filter((route) => route.path.startsWith('/api'))
      .map((route) => `${route.method} ${route.path.replace(/:(\w+)/g, '{$1}')}`);
    expect(inDocument.sort()).toEqual(inManifest.sort());
  });

  it('refers to schemas that are there, and says of each operation whether a session is needed', () => {
    const text = JSON.stringify(document);
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] ?? '');
    expect([...new Set(names)].sort()).toEqual(Object.keys(document.components.schemas).sort());
    for (const operations of Object.values(document.paths)) {
      for (const operation of Object.values(operations)) expect(operation).toHaveProperty('security');
    }
    expect(document.paths['/api/overview']?.['get']).toMatchObject({
      security: [{ session: [] }],
      'x-required-role': 'viewer',
    });
  });

  it('tells the bounds of parameters', () => {
    const { parameters } = document.paths['/api/requests']?.['get'] as { parameters: { name: string }[] };
    expect(parameters.find((parameter) => parameter.name === 'limit')).toEqual({
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 500 },
    });
  });
});
