// The document against what the built service really answers.
import { PROBLEM_CONTENT_TYPE } from '@sluice/contracts';
import { requestCompleted } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Answer, Browser } from '../__fixtures__/browser.js';
import { storeRequests } from '../__fixtures__/store-requests.js';
import { ADMIN_PASSWORD, startTestAdmin, type TestAdmin } from '../__fixtures__/test-admin.js';

// Each start of a service and each sign-in is CPU; a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Parameters<typeof z.fromJSONSchema>[0]> };
}

const event = requestCompleted();
let admin: TestAdmin;
let page: Browser;
let document: Document;

beforeAll(async () => {
  admin = await startTestAdmin();
  await storeRequests(admin.db, [event]);
  page = new Browser(admin.url);
  // Read without a session: it is for programs.
  document = (await page.get('/api/openapi.json')).json() as Document;
  await page.signedIn('admin', ADMIN_PASSWORD);
});
afterAll(() => admin.close());

/** Fails unless the document has this status for the operation, and the body is as its schema says, without more. */
function expectAsDocumented(method: string, path: string, answer: Answer): void {
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[answer.status];
  expect([method, path, answer.status, response]).not.toContain(undefined);
  if (answer.status === 204) {
    expect(answer.text).toBe('');
    return;
  }
  const type = (answer.headers.get('content-type') ?? '').split(';')[0]!;
  const name = response?.content?.[type]?.schema.$ref?.replace('#/components/schemas/', '');
  expect([type, name]).not.toContain(undefined);
  const schema = z.fromJSONSchema(document.components.schemas[name!]!);
  expect(z.safeParse(schema, answer.json()).error?.issues ?? []).toEqual([]);
}

describe('the OpenAPI document', () => {
  it('says 3.1, and what the service answers is as it says', async () => {
    expect(document.openapi).toBe('3.1.0');
    const stranger = new Browser(admin.url);
    const found = [
      ['GET', '/api/session', await page.get('/api/session')],
      ['GET', '/api/session', await stranger.get('/api/session')],
      ['POST', '/api/session', await stranger.signIn('admin', ADMIN_PASSWORD)],
      ['POST', '/api/session', await stranger.signIn('admin', 'wrong-password')],
      ['POST', '/api/session', await stranger.send('POST', '/api/session', { json: {} })],
      ['GET', '/api/overview', await page.get('/api/overview')],
      ['GET', '/api/overview', await page.get('/api/overview?x=1')],
      ['GET', '/api/requests', await page.get('/api/requests')],
      ['GET', '/api/requests', await page.get('/api/requests?limit=0')],
      ['GET', '/api/requests/{eventId}', await page.get(`/api/requests/${event.eventId}`)],
      ['GET', '/api/requests/{eventId}', await page.get('/api/requests/none')],
      ['GET', '/api/export/requests', await page.get('/api/export/requests?format=csv')],
      ['GET', '/api/openapi.json', await page.get('/api/openapi.json')],
      ['DELETE', '/api/session', await stranger.send('DELETE', '/api/session')],
    ] as const;
    for (const [method, path, answer] of found) expectAsDocumented(method, path, answer);
    expect(found.map(([, , answer]) => answer.status)).toEqual([
      200, 401, 200, 401, 400, 200, 400, 200, 400, 200, 404, 503, 200, 204,
    ]);
    expect(found[1][2].headers.get('content-type')).toBe(PROBLEM_CONTENT_TYPE);
  });
});
