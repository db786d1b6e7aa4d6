/** Who calls: what a key stands for. Made once for a config generation. */
export interface Caller {
  readonly keyId: string;
  readonly keyName: string;
  readonly teamId: string;
  /** Milliseconds since the epoch; Infinity when the key does not expire. */
  readonly expiresAtMs: number;
  /** Whether the key may use a model, by the name asked for or the name it resolves to. */
  readonly mayUse: (askedModel: string, resolvedModel: string) => boolean;
  /** The event's `keyId`, `keyName` and `teamId` as JSON text without braces. */
  readonly json: string;
}
