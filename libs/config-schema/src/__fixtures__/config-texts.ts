// Pieces of config files that are right but for what a test puts in.

const PROVIDERS = 'providers: { openai: { type: openai, apiKey: "abc" } }\n';
const MODELS =
  'models: { big: { routes: [{ provider: openai, model: m }] }, small: { routes: [{ provider: openai, model: s }] } }\n';
/** The value of a key. */
export const KEY = 'key-0123456789-abcdefghij';

/** A right file with one more provider, `p`. */
export const provider = (fields: string): string =>
  `providers: { openai: { type: openai, apiKey: abc }, p: ${fields} }\n${MODELS}`;
/** The same of the type `openai-compatible`. */
export const compatible = (fields: string): string => provider(`{ type: openai-compatible, ${fields} }`);
/** A right file with these models. */
export const models = (text: string): string => `${PROVIDERS}models: ${text}\n`;
/** A right file with models `big` and `small`, and these other sections. */
export const rest = (text: string): string => `${PROVIDERS}${MODELS}${text}\n`;
/** A route that is right. */
export const route = '{ provider: openai, model: m }';
