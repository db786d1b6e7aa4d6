import type { Msg } from '@nats-io/transport-node';

/** What JetStream said to one message. */
export type PublishReply =
  | { readonly kind: 'stored'; readonly stream: string }
  /** This message will never be taken. */
  | { readonly kind: 'too-large'; readonly reason: string }
  /** Not now: no stream, no space, no leader. */
  | { readonly kind: 'refused'; readonly reason: string };

const MESSAGE_TOO_LARGE = 10054;

/** Reads the reply to a publish. Never throws: what is no PubAck counts as refused. */
export function readPubAck(message: Msg): PublishReply {
  if (message.headers?.code === 503) return { kind: 'refused', reason: 'no stream takes this subject' };
  try {
    // Only looked at, never trusted: each part is tested.
    const reply = message.json<{
      stream?: unknown;
      seq?: unknown;
      error?: { err_code?: unknown; description?: unknown };
    }>();
    if (reply.error !== undefined) {
      const reason = `${String(reply.error.description)} (${String(reply.error.err_code)})`;
      return { kind: reply.error.err_code === MESSAGE_TOO_LARGE ? 'too-large' : 'refused', reason };
    }
    if (typeof reply.stream === 'string' && typeof reply.seq === 'number') {
      return { kind: 'stored', stream: reply.stream };
    }
    return { kind: 'refused', reason: 'the reply is no PubAck' };
  } catch {
    return { kind: 'refused', reason: 'the reply is no JSON' };
  }
}
