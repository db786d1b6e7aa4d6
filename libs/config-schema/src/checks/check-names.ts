import { entriesOf, fieldOf } from '../yaml/plain-value.js';
import {
  modelEntryRule,
  modelNameRule,
  type NameRule,
  ownerNameRule,
  providerNameRule,
} from '../schema/names.schema.js';
import type { ConfigCheck } from './config-check.js';

const RULES: Readonly<Record<string, NameRule>> = {
  providers: providerNameRule,
  models: modelEntryRule,
  aliases: modelNameRule,
  teams: ownerNameRule,
  prices: modelNameRule,
};

/** Names that are keys of a map, and sections that are there but empty. */
export const checkNames: ConfigCheck = (file) =>
  Object.entries(RULES).flatMap(([section, rule]) => {
    const names = entriesOf(fieldOf(file, section)).map(([name]) => name);
    return names.flatMap((name) => {
      const message = rule(name);
      return message === undefined ? [] : [{ path: [section, name], message, at: 'key' as const }];
    });
  });
