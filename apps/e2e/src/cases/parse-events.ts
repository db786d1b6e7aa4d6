// Server-sent events by the letter of the standard: lines end with LF, CRLF or CR; an event ends with a blank line.

/** One event, or a comment (`: …`), which clients ignore but the gateway passes on. */
export interface ServerEvent {
  readonly type: string;
  readonly data: string;
  readonly comment: string | null;
}

/** All whole events of a stream, and what follows the last of them. */
export function parseEvents(text: string): { readonly events: ServerEvent[]; readonly rest: string } {
  const events: ServerEvent[] = [];
  let type = '';
  let data: string[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const rest = lines.pop() ?? '';
  for (const line of lines) {
    if (line === '') {
      if (data.length > 0) events.push({ type, data: data.join('\n'), comment: null });
      type = '';
      data = [];
    } else if (line.startsWith(':')) {
      events.push({ type: '', data: '', comment: line });
    } else {
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'data') data.push(value);
      if (field === 'event') type = value;
    }
  }
  return { events, rest: rest + data.join('\n') };
}
