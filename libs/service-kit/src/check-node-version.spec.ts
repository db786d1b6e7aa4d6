import { describe, expect, it } from 'vitest';
import { nodeVersionProblem } from './check-node-version.js';

describe('nodeVersionProblem', () => {
  it('an old Node is named together with the way out', () => {
    expect(nodeVersionProblem('20.11.1')).toMatch(/needs Node 24 .* this is Node 20\.11\.1.*npm start/);
  });

  it.each(['24.0.0', '24.21.0', '26.1.0'])('%s is new enough', (version) => {
    expect(nodeVersionProblem(version)).toBe(undefined);
  });
});
