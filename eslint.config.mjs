// One flat config for the whole house. The tags in each package.json say who may import whom.
import { globSync } from 'node:fs';
import nx from '@nx/eslint-plugin';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

// Without a project graph on disk the boundary rule skips itself with no more than a warning, so it is made here, every time.
process.env['NX_DAEMON'] = 'false';
const { createProjectGraphAsync } = await import('@nx/devkit');
await createProjectGraphAsync();

const LIBS = ['type:infra', 'type:adapter', 'type:contracts', 'type:util'];
const TEST_PACKAGES = ['vitest', 'fast-check'];

const boundaries = [
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: [...LIBS, 'type:testing'] },
  { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['type:contracts', 'type:testing', 'type:tool'] },
  { sourceTag: 'type:web', onlyDependOnLibsWithTags: ['type:contracts'] },
  {
    sourceTag: 'type:infra',
    onlyDependOnLibsWithTags: ['type:infra', 'type:contracts', 'type:util', 'type:testing'],
  },
  {
    sourceTag: 'type:adapter',
    onlyDependOnLibsWithTags: ['type:contracts', 'type:util', 'type:testing'],
    allowedExternalImports: ['zod', ...TEST_PACKAGES],
  },
  {
    sourceTag: 'type:contracts',
    onlyDependOnLibsWithTags: ['type:contracts'],
    allowedExternalImports: ['zod', 'yaml', ...TEST_PACKAGES],
  },
  {
    sourceTag: 'type:util',
    onlyDependOnLibsWithTags: ['type:testing'],
    allowedExternalImports: TEST_PACKAGES,
  },
  { sourceTag: 'type:testing', onlyDependOnLibsWithTags: [...LIBS, 'type:tool'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: [...LIBS, 'type:tool', 'type:testing'] },
];

// Tests may use what the code itself may not: real servers, factories.
const TEST_FILES = ['**/*.{spec,e2e,bench}.ts', 'apps/e2e/**', 'libs/testing/**', '**/__fixtures__/**'];

const TESTING_ONLY = {
  group: ['@sluice/testing', ...TEST_PACKAGES],
  message: 'Only tests import test helpers.',
};
const NO_PROVIDERS = { group: ['@sluice/providers'], message: 'Only the edge may see the providers.' };
const NO_NETWORK = {
  group: [
    ...['http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns', 'child_process', 'worker_threads'],
    ...['fs', 'fs/promises', 'sqlite'],
  ].map((name) => `node:${name}`),
  message: 'This lib is pure: no network, no files, no processes.',
};
const NO_STORAGE = { group: ['@sluice/storage'], message: 'bus and storage do not know each other.' };
const NO_BUS = { group: ['@sluice/bus'], message: 'bus and storage do not know each other.' };

/** What a workspace may not import beyond what its tag says. */
const FORBIDDEN = {
  'libs/contracts': [NO_NETWORK],
  'libs/config-schema': [NO_NETWORK],
  'libs/providers': [NO_NETWORK],
  'libs/resilience': [NO_NETWORK],
  'libs/bus': [NO_STORAGE],
  'libs/storage': [NO_BUS],
};
const SEE_PROVIDERS = ['apps/edge-proxy', 'libs/providers'];

// The last matching entry decides the whole rule, so each file gets its full list from exactly one of the two.
const importRules = globSync('{apps,libs,tools}/*', { cwd: import.meta.dirname }).flatMap((folder) => {
  const always = SEE_PROVIDERS.includes(folder) ? [] : [NO_PROVIDERS];
  const inCode = [...always, ...(FORBIDDEN[folder] ?? []), TESTING_ONLY];
  const rule = (patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });
  const files = [`${folder}/src/**/*.{ts,tsx}`];
  return [
    { files, ignores: TEST_FILES, rules: rule(inCode) },
    ...(always.length === 0
      ? []
      : TEST_FILES.map((tests) => ({ files: [files.concat(tests)], rules: rule(always) }))),
  ];
});

const NAMED_ONLY = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
  {
    selector: "CallExpression[callee.property.name='raw'][callee.object.name='sql']",
    message: 'Raw SQL text can carry input: bind it.',
  },
];
const NO_ENVIRONMENT = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'The environment is read once, in a *.config.ts or a main file.',
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
        {
          allow: [],
          enforceBuildableLibDependency: false,
          banTransitiveDependencies: true,
          depConstraints: boundaries,
        },
      ],
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60 }],
      // The aim is 3 and 3; these are the walls.
      'max-depth': ['error', { max: 4 }],
      '@typescript-eslint/max-params': ['error', { max: 5 }],
      'no-eval': 'error',
      'no-new-func': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // `import { type X }` alone would still load the module at run time.
      '@typescript-eslint/no-import-type-side-effects': 'error',
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
      'no-restricted-syntax': ['error', ...NAMED_ONLY, NO_ENVIRONMENT],
    },
  },
  {
    // Main files read the environment and hand it on; exitWithParent takes it as a default that tests replace.
    files: ['**/*.config.ts', '**/main.ts', 'libs/service-kit/src/shutdown.ts', ...TEST_FILES],
    rules: { 'no-restricted-syntax': ['error', ...NAMED_ONLY] },
  },
  {
    files: TEST_FILES,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      'max-lines-per-function': 'off',
    },
  },
  { ...reactHooks.configs.flat['recommended-latest'], files: ['apps/dashboard/src/**/*.{ts,tsx}'] },
  ...importRules,
  {
    files: ['**/*.mjs', '**/*.config.ts', '**/*.js'],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    files: ['eslint.config.mjs', '*.config.ts', '**/vite.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
