import { checkAliases } from './check-aliases.js';
import { checkKeys } from './check-keys.js';
import { checkModels } from './check-models.js';
import { checkNames } from './check-names.js';
import { checkProviders } from './check-providers.js';
import { checkRanges } from './check-ranges.js';
import type { ConfigCheck } from './config-check.js';

/** Every check across fields and sections. */
export const CONFIG_CHECKS: readonly ConfigCheck[] = [
  checkNames,
  checkProviders,
  checkModels,
  checkAliases,
  checkKeys,
  checkRanges,
];
