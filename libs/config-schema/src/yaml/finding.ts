import type { ConfigPath } from './config-path.js';

/** A mistake before its place is known as line and column. */
export interface Finding {
  readonly path: ConfigPath;
  /** Continues the field's name: `must be …`, `is missing …`. Never holds a value of the file. */
  readonly message: string;
  /** Position in the text when the path is not enough (a duplicate key, a syntax error). */
  readonly offset?: number;
  /** Where to point: at the name of the field or at what it is set to (default). */
  readonly at?: 'key' | 'value';
}
