// Providers and edges that come and go with the tests of a file: call these at its top.
import { standIn } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type FakeProvider, type Reply, startFakeProvider } from './fake-provider.js';
import { startTestEdge, type TestEdge } from './test-edge.js';
import { modelOver } from './test-generation.js';

/** A provider of its own for each test; it answers with `reply`, a plain completion unless told otherwise. */
export function providerOfEachTest(reply?: Reply): FakeProvider {
  let current: FakeProvider | undefined;
  beforeEach(async () => {
    current = await startFakeProvider(reply);
  });
  afterEach(() => current?.stop());
  return standIn(() => current);
}

/** A provider and an edge. */
export interface EdgeOverProvider {
  readonly provider: FakeProvider;
  readonly edge: TestEdge;
}

/** One provider and the edge over it for all tests of a file; what they remember is of the running test. */
export function edgeOfAllTests(more: Parameters<typeof modelOver>[1]): EdgeOverProvider {
  let provider: FakeProvider | undefined;
  let edge: TestEdge | undefined;
  beforeAll(async () => {
    provider = await startFakeProvider();
    edge = await startTestEdge(modelOver([provider], more));
  });
  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]();
    await provider?.stop();
  });
  const hooked = { provider: standIn(() => provider), edge: standIn(() => edge) };
  beforeEach(() => {
    hooked.edge.sink.events.length = 0;
    hooked.edge.sink.intents.length = 0;
    hooked.provider.calls.length = 0;
  });
  return hooked;
}
