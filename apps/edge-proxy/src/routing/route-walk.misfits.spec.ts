import { describe, expect, test } from 'vitest';
import {
  fail,
  failureOf,
  nameOf,
  nextCall,
  PROVIDERS,
  recordOf,
  route,
  startTestRouting,
  stepOf,
} from '../__fixtures__/test-walk.js';

const routing = (model: object) => startTestRouting({ providers: PROVIDERS, models: { m: model } });

describe('what a model cannot do', () => {
  const tools = { tools: [{ type: 'function', function: { name: 'f' } }] };

  test('goes to the fallback that can', async () => {
    const { walk } = await startTestRouting({
      providers: PROVIDERS,
      models: {
        m: { routes: [route('a')], capabilities: ['images'], fallbacks: ['n'] },
        n: { routes: [route('b')], capabilities: ['tools'] },
      },
    });
    const one = walk('m', { document: tools });
    expect(nameOf(nextCall(one).route)).toBe('b/x');
    expect(recordOf(one).candidates).toMatchObject([
      { model: 'n', order: 1, filtered: null },
      { model: 'm', order: null, filtered: 'capability' },
    ]);
    expect(nameOf(nextCall(walk('m')).route)).toBe('a/x');
  });

  test('is a 400 that names it when there is none', async () => {
    const { walk } = await routing({ routes: [route('a')], capabilities: [] });
    const one = walk('m', { document: tools });
    expect(stepOf(one)).toBe('end');
    expect(one.noRouteError()).toMatchObject({ code: 'invalid_request', param: 'model' });
    expect(one.noRouteError().message).toContain('"tools"');
  });

  test('a prompt above its context window goes to the model for that, else is a 400', async () => {
    const long = { document: { messages: [{ role: 'user', content: 'word '.repeat(500) }] } };
    const { walk } = await startTestRouting({
      providers: PROVIDERS,
      models: {
        m: { routes: [route('a')], contextWindow: 100, fallbacksOn: { contextWindow: 'large' } },
        small: { routes: [route('a')], contextWindow: 100 },
        large: { routes: [route('b', 'large')] },
      },
    });
    expect(nameOf(nextCall(walk('m', long)).route)).toBe('b/large');
    const small = walk('small', long);
    expect(stepOf(small)).toBe('end');
    expect(small.noRouteError()).toMatchObject({ code: 'context_length_exceeded', status: 400 });
  });

  test('a refusal for its content goes to the model named for that, and to no other', async () => {
    const { walk } = await startTestRouting({
      providers: PROVIDERS,
      models: {
        m: { routes: [route('a'), route('b')], fallbacks: ['o'], fallbacksOn: { contentPolicy: 'n' } },
        n: { routes: [route('c', 'n')] },
        o: { routes: [route('c', 'o')] },
      },
    });
    const one = walk('m');
    const step = nextCall(one);
    const refusal = failureOf({ fault: 'client', status: 400, reroute: 'contentPolicy' });
    fail(one, step, refusal);
    expect(one.reroute(step.route.model, refusal)).toBe(true);
    expect(nameOf(nextCall(one).route)).toBe('c/n');
    expect(one.reroute(step.route.model, failureOf({ fault: 'client', reroute: 'contextWindow' }))).toBe(
      false,
    );
  });
});

test('the record says what each route would cost, by the prompt and the tokens that may come', async () => {
  const { walk } = await routing({ routes: [route('a'), { provider: 'b', model: 'free' }] });
  const one = walk('m', { maxTokens: 100 });
  // 27 bytes are 7 tokens at 1 USD, and 100 at 2 USD, per million.
  expect(recordOf(one)).toEqual({
    strategy: 'priority',
    model: 'm',
    candidates: [
      {
        provider: 'a',
        providerModel: 'x',
        model: 'm',
        order: 1,
        filtered: null,
        estimatedCostUsdNanos: 207_000,
      },
      {
        provider: 'b',
        providerModel: 'free',
        model: 'm',
        order: 2,
        filtered: null,
        estimatedCostUsdNanos: null,
      },
    ],
  });
});
