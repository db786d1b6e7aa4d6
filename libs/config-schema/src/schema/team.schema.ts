import { namedMap, section } from './leaf.js';
import { limitFields } from './limits.schema.js';

/** `teams`, by their immutable names. */
export const teamsSchema = namedMap(section(limitFields));
