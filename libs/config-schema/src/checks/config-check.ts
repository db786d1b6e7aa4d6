import type { Finding } from '../yaml/finding.js';
import type { PlainMap } from '../yaml/plain-value.js';

/**
 * A check across fields or sections. It reads the file as it is written, not as the schemas leave it, so that it finds
 * its mistakes beside those of shape; what has the wrong kind it passes over. Pure, never throws.
 */
export type ConfigCheck = (file: PlainMap) => readonly Finding[];
