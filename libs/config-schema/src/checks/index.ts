import { checkAliases } from './check-aliases.js';
import { checkConcurrency } from './check-concurrency.js';
import { checkKeys } from './check-keys.js';
import { checkModels } from './check-models.js';
import { checkNames } from './check-names.js';
import { checkProviders } from './check-providers.js';
import { checkRanges } from './check-ranges.js';
import type { ConfigCheck } from './config-check.js';
import { warnOfContextWindows, warnOfQueues, warnOfTimeouts } from './warn-of-no-effect.js';

/** Every check across fields and sections; what they find is refused. */
export const CONFIG_CHECKS: readonly ConfigCheck[] = [
  checkNames,
  checkProviders,
  checkModels,
  checkAliases,
  checkKeys,
  checkRanges,
  checkConcurrency,
];

/** What these find is told, and the file taken. */
export const CONFIG_WARNINGS: readonly ConfigCheck[] = [warnOfTimeouts, warnOfContextWindows, warnOfQueues];
