// One flat config for the whole house. The tags in each package.json say who may import whom.
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const LIBS = ['type:infra', 'type:adapter', 'type:contracts', 'type:util'];

const boundaries = [
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: [...LIBS, 'type:testing'] },
  { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['type:contracts', 'type:testing', 'type:tool'] },
  { sourceTag: 'type:web', onlyDependOnLibsWithTags: ['type:contracts'] },
  {
    sourceTag: 'type:infra',
    onlyDependOnLibsWithTags: ['type:infra', 'type:contracts', 'type:util', 'type:testing'],
  },
  { sourceTag: 'type:adapter', onlyDependOnLibsWithTags: ['type:contracts', 'type:util'] },
  { sourceTag: 'type:contracts', onlyDependOnLibsWithTags: ['type:contracts'] },
  { sourceTag: 'type:util', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:testing', onlyDependOnLibsWithTags: [...LIBS, 'type:tool'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: [...LIBS, 'type:tool'] },
];

// Tests may use what the code itself may not: real servers, factories.
const TEST_FILES = ['**/*.spec.ts', '**/*.e2e.ts', 'apps/e2e/**', 'libs/testing/**', '**/__fixtures__/**'];

/** Forbids a set of imports outside tests. */
const noImports = (files, patterns) => ({
  files,
  ignores: TEST_FILES,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
});
const TESTING_ONLY = {
  group: ['@sluice/testing', 'vitest', 'fast-check'],
  message: 'Only tests import test helpers.',
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.data/**', '**/*.d.ts'] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: [], enforceBuildableLibDependency: false, depConstraints: boundaries },
      ],
      'max-lines': ['error', { max: 400 }],
      'no-eval': 'error',
      'no-new-func': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        {
          selector: "CallExpression[callee.property.name='raw'][callee.object.name='sql']",
          message: 'Raw SQL text can carry input: bind it.',
        },
      ],
    },
  },
  {
    files: TEST_FILES,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  noImports(['**/*.ts'], [TESTING_ONLY]),
  noImports(
    ['libs/providers/src/**', 'libs/resilience/src/**', 'libs/contracts/src/**', 'libs/config-schema/src/**'],
    [
      TESTING_ONLY,
      {
        group: ['@nestjs/*', 'undici', 'node:http', 'node:https', 'node:net', '@nats-io/*', 'pg', 'ioredis'],
        message: 'This lib is pure: no Nest, no network.',
      },
    ],
  ),
  noImports(
    ['libs/bus/src/**'],
    [TESTING_ONLY, { group: ['@sluice/storage'], message: 'bus and storage do not know each other.' }],
  ),
  noImports(
    ['libs/storage/src/**'],
    [TESTING_ONLY, { group: ['@sluice/bus'], message: 'bus and storage do not know each other.' }],
  ),
  noImports(['apps/*/src/**'], [TESTING_ONLY]),
  noImports(
    ['apps/logger/src/**', 'apps/demo-provider/src/**'],
    [TESTING_ONLY, { group: ['@sluice/providers'], message: 'Only the edge may see the providers.' }],
  ),
  {
    files: ['**/*.mjs', '**/*.config.ts', '**/*.js'],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    files: ['eslint.config.mjs', '*.config.ts', '**/vite.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
