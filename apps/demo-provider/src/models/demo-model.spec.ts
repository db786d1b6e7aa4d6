import { describe, expect, it } from 'vitest';
import { parseModel, UnknownModelError } from './demo-model.js';

describe('a name', () => {
  it('may carry a pace, a length and several faults, in this order of effect', () => {
    expect(parseModel('demo-chat+pace=5+fault=slow:10+tokens=7+fault=cut:20')).toMatchObject({
      base: { id: 'demo-chat' },
      paceMs: 5,
      tokens: 7,
      faults: [{ text: 'slow:10' }, { text: 'cut:20' }],
    });
  });

  it('demo-fault-x is demo-fast with the fault x', () => {
    expect(parseModel('demo-fault-random:0.5:3:cut:9')).toMatchObject({
      name: 'demo-fault-random:0.5:3:cut:9',
      base: { id: 'demo-fast' },
      faults: [{ kind: 'random', probability: 0.5, seed: 3, inner: { text: 'cut:9' } }],
    });
  });

  it.each([
    ['gpt-4o', 'demo-chat, demo-fast'],
    ['demo-chat+speed=3', "unknown option 'speed'"],
    ['demo-chat+pace=fast', 'whole number'],
    ['demo-chat+tokens=99999999', 'up to 32768'],
    ['demo-fault-explode', 'is not a fault'],
    ['demo-fault-cut:1:2:3', 'rst'],
    ['demo-fault-503:1', 'nothing may follow'],
    ['demo-fault-status:200', '400 to 599'],
    ['demo-fault-random:2', '0 to 1'],
    ['demo-fault-fail-first:x', 'whole number'],
    [`demo-chat${'+fault=cut'.repeat(100)}`, 'does not exist'],
    ['demo-chat+fault=__proto__', 'is not a fault'],
  ])('%s is unknown, and the message helps', (name, hint) => {
    expect(() => parseModel(name)).toThrow(UnknownModelError);
    expect(() => parseModel(name)).toThrow(hint);
  });
});
