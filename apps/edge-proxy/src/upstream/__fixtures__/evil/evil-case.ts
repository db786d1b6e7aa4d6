// One hostile answer: what the client asks for, what the provider does then, and what may come of it.
import type { Socket } from 'node:net';
import type { Dice } from './dice.js';

/** The four ways from a client's dialect to a provider's, plain or streamed. */
export interface Ask {
  readonly client: 'chat' | 'messages';
  readonly provider: 'openai' | 'anthropic';
  readonly stream: boolean;
}

/** Writes an answer to one request; the socket may be closed by the edge at any time. */
export type Play = (socket: Socket) => void;

export interface EvilCase {
  readonly name: string;
  readonly ask: Ask;
  readonly play: Play;
  /** `failure`: 502 or 504, or a begun stream that ends with an error event. `any`: well-formed, whatever it says. */
  readonly outcome: 'failure' | 'any';
}

/** Makes one case of its kind. */
export type EvilKind = (ask: Ask, dice: Dice) => Omit<EvilCase, 'ask' | 'name'>;

/** Writes all of it and leaves the connection open. */
export const send =
  (...parts: readonly (string | Buffer)[]): Play =>
  (socket) =>
    void socket.write(joined(parts));

/** Writes all of it and ends. */
export const sendAndEnd =
  (...parts: readonly (string | Buffer)[]): Play =>
  (socket) =>
    void socket.end(joined(parts));

/** Writes the piece again and again until the edge closes. */
export const flood =
  (start: string | Buffer, piece: string | Buffer): Play =>
  (socket) => {
    const bytes = toBytes(piece);
    socket.write(toBytes(start));
    const fill = (): void => {
      for (let count = 0; count < 64; count += 1) {
        if (socket.destroyed) return;
        if (!socket.write(bytes)) return void socket.once('drain', fill);
      }
      setImmediate(fill);
    };
    fill();
  };

/** Writes a piece every few milliseconds until the edge closes. */
export const drip =
  (start: string | Buffer, piece: string | Buffer, everyMs: number): Play =>
  (socket) => {
    socket.write(toBytes(start));
    const timer = setInterval(() => socket.write(toBytes(piece)), everyMs);
    socket.once('close', () => clearInterval(timer));
  };

/** Writes it in pieces of these sizes, each in a packet of its own, then ends. */
export const inPieces =
  (bytes: Buffer, size: number, isEnded = true): Play =>
  (socket) => {
    let at = 0;
    const next = (): void => {
      if (socket.destroyed) return;
      if (at >= bytes.length) return isEnded ? void socket.end() : undefined;
      socket.write(bytes.subarray(at, at + size), () => setImmediate(next));
      at += size;
    };
    next();
  };

const joined = (parts: readonly (string | Buffer)[]): Buffer => Buffer.concat(parts.map(toBytes));
/** Texts are latin1 where a byte is meant, and hold nothing beyond ASCII elsewhere. */
const toBytes = (part: string | Buffer): Buffer =>
  typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
