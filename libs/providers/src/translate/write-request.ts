import type { UnknownRecord } from './read-request.js';
import { TranslationRefusal } from './translation-refusal.js';

/**
 * The bytes of a translated request.
 * @throws TranslationRefusal from the translation, or for a nesting beyond what can be walked
 */
export function writeRequest(translate: () => UnknownRecord): Buffer {
  try {
    return Buffer.from(JSON.stringify(translate()));
  } catch (error) {
    // The engine's only answer to nesting without end; judged bodies never get here.
    if (error instanceof RangeError) throw new TranslationRefusal('', 'is nested too deeply.');
    throw error;
  }
}
