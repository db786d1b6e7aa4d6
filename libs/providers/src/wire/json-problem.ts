/** Why a text was refused by {@link scanJson}. */
export type JsonProblemKind = 'utf8' | 'syntax' | 'depth' | 'keys' | 'duplicate' | 'proto' | 'disguised';

/** A text that is not strict JSON. `offset` is a byte offset; the message is safe to show to whoever sent the text. */
export class JsonProblem extends Error {
  override readonly name = 'JsonProblem';
  readonly kind: JsonProblemKind;
  readonly offset: number;

  constructor(kind: JsonProblemKind, message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.kind = kind;
    this.offset = offset;
  }
}
