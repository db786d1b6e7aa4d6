// The lint rules are the law, and a rule that silently stopped running looks exactly like a tree without faults.
// So each wall is run into once, with the text of a fault in the place of a file that exists.
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { ROOT } from './workspace-files.js';

const BOUNDARIES = '@nx/enforce-module-boundaries';
const IMPORTS = '@typescript-eslint/no-restricted-imports';
const SYNTAX = 'no-restricted-syntax';
const RULES = new Set([BOUNDARIES, IMPORTS, SYNTAX]);

// Those rules need no types, so no program is built for them.
const eslint = new ESLint({
  cwd: ROOT,
  ruleFilter: ({ ruleId }) => RULES.has(ruleId),
  overrideConfig: { languageOptions: { parserOptions: { projectService: false, program: null } } },
});

async function rulesThatFail(filePath: string, text: string): Promise<string[]> {
  const results = await eslint.lintText(text, { filePath: `${ROOT}/${filePath}` });
  const messages = results.flatMap((result) => result.messages);
  const broken = messages.filter((message) => message.ruleId === null);
  expect(broken.map((message) => message.message)).toEqual([]);
  return messages.map((message) => message.ruleId ?? '').sort();
}

const LOGGER = 'apps/logger/src/main.ts';
const EDGE = 'apps/edge-proxy/src/main.ts';
const PROVIDERS = 'libs/providers/src/registry.ts';
const CONTRACTS = 'libs/contracts/src/index.ts';

describe('lint refuses', () => {
  it.each([
    ['an app that imports an app', LOGGER, "import '@sluice/edge-proxy';", [BOUNDARIES]],
    [
      'an app that imports an app by its path',
      LOGGER,
      "import '../../edge-proxy/src/main.js';",
      [BOUNDARIES],
    ],
    ['a lib that imports an app', 'libs/bus/src/index.ts', "import '@sluice/logger';", [BOUNDARIES]],
    ['an app but the edge that imports providers', LOGGER, "import '@sluice/providers';", [IMPORTS]],
    ['a lib that is reached by its path', LOGGER, "import '../../../libs/bus/src/settle.js';", [BOUNDARIES]],
    ['providers that import undici', PROVIDERS, "import 'undici';", [BOUNDARIES]],
    ['providers that import Nest', PROVIDERS, "import '@nestjs/common';", [BOUNDARIES]],
    ['providers that open connections', PROVIDERS, "import 'node:net';", [IMPORTS]],
    ['providers that import the bus', PROVIDERS, "import '@sluice/bus/publishing';", [BOUNDARIES]],
    ['contracts that import a provider', CONTRACTS, "import '@sluice/providers';", [BOUNDARIES, IMPORTS]],
    ['contracts that import more than zod and yaml', CONTRACTS, "import 'pino';", [BOUNDARIES]],
    [
      'resilience that imports anything',
      'libs/resilience/src/index.ts',
      "import '@sluice/contracts';",
      [BOUNDARIES],
    ],
    ['a bus that imports storage', 'libs/bus/src/index.ts', "import '@sluice/storage';", [IMPORTS]],
    [
      'storage that imports the bus',
      'libs/storage/src/index.ts',
      "import '@sluice/bus/publishing';",
      [IMPORTS],
    ],
    ['code that imports test helpers', EDGE, "import '@sluice/testing';", [IMPORTS]],
    ['code that imports vitest', EDGE, "import 'vitest';", [IMPORTS]],
    ['a package that the workspace does not declare', LOGGER, "import 'undici';", [BOUNDARIES]],
    [
      'the environment outside a config file',
      'libs/bus/src/streams.ts',
      'export const x = process.env;',
      [SYNTAX],
    ],
    ['a default export', 'libs/bus/src/streams.ts', 'export default 1;', [SYNTAX]],
    ['an enum', 'libs/bus/src/streams.ts', 'export enum Colour { Red }', [SYNTAX]],
  ])('%s', { timeout: 60_000 }, async (_, filePath, text, expected) => {
    const failing = await rulesThatFail(filePath, text);
    for (const rule of expected) expect(failing).toContain(rule);
  });
});

describe('lint allows', () => {
  it.each([
    ['the edge to see providers', EDGE, "import '@sluice/providers';"],
    ['tests to use test helpers', 'apps/logger/src/logger.config.spec.ts', "import '@sluice/testing';"],
    [
      'the logger to use bus and storage',
      LOGGER,
      "import '@sluice/bus/publishing';\nimport '@sluice/storage';",
    ],
    ['contracts to use zod', CONTRACTS, "import 'zod';"],
    ['the environment in a config file', 'apps/logger/src/logger.config.ts', 'export const x = process.env;'],
  ])('%s', { timeout: 60_000 }, async (_, filePath, text) => {
    expect(await rulesThatFail(filePath, text)).toEqual([]);
  });
});
