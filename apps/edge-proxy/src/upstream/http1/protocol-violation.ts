/** A provider's bytes are not the HTTP/1.1 that we accept. The message is ours and quotes none of them. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
}
