import type { IncomingHttpHeaders } from 'node:http';
import { CHAT_ADAPTERS, MESSAGES_ADAPTERS } from '@sluice/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLIENT_SECRETS } from './__fixtures__/hostile-headers.js';
import { toHead } from './http1/request-head.js';
import { toUpstreamHeaders } from './to-upstream-headers.js';

const CASES = Number(process.env['SLUICE_VERIFY_HEADER_SETS'] ?? 20_000);
const LABELS = { requestId: 'label', attemptId: null, forwarded: [], client: {} };
const adapters = [...Object.values(CHAT_ADAPTERS), ...Object.values(MESSAGES_ADAPTERS)];

const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9a-z]{1,20}$/);
const name = fc.oneof(
  fc.constantFrom(...CLIENT_SECRETS),
  fc.constantFrom('anthropic-beta', '__proto__'),
  token,
);
/** What Node's parser may hand on, and what it never should. */
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom('\r', '\n', '\0', ':', ' ', 'a', '\u010d', '\u560a'), maxLength: 12 }),
  fc.array(fc.string(), { maxLength: 3 }),
);
const client = fc
  .array(fc.tuple(name, value), { maxLength: 12 })
  .map((pairs) => Object.fromEntries(pairs) as IncomingHttpHeaders);

describe('toUpstreamHeaders', () => {
  it('a provider hears our labels and what its adapter lists, nothing else', () => {
    const headers = { authorization: 'Bearer k', 'anthropic-beta': 'b', cookie: 'c', 'user-agent': 'u' };
    const forwarded = ['anthropic-beta'];
    expect(toUpstreamHeaders({ ...LABELS, attemptId: 'e.1', forwarded, client: headers })).toEqual([
      ...['x-request-id', 'label', 'x-sluice-attempt-id', 'e.1', 'anthropic-beta', 'b'],
    ]);
    expect(toUpstreamHeaders({ ...LABELS, client: headers })).toEqual(['x-request-id', 'label']);
  });

  it('what no adapter may list stays here even if one does', () => {
    const secrets = CLIENT_SECRETS.filter(
      // Harmless where a vendor's adapter asks for them.
      (each) =>
        !/^(?:user-agent|referer|origin|traceparent|baggage|idempotency-key|true-client-ip|cf-|x-stainless|openai-|anthropic-|x-http)/.test(
          each,
        ),
    );
    const headers = Object.fromEntries(secrets.map((each) => [each, 'secret']));
    expect(secrets.length).toBeGreaterThanOrEqual(30);
    expect(toUpstreamHeaders({ ...LABELS, forwarded: secrets, client: headers })).toEqual(LABELS_ALONE);
  });

  it('no adapter lists one of them', () => {
    const listed = adapters.flatMap(({ forwardedHeaders }) => forwardedHeaders);
    expect(listed.filter((each) => (CLIENT_SECRETS as readonly string[]).includes(each))).toEqual([]);
    expect(listed.every((each) => each === each.toLowerCase())).toBe(true);
  });

  it(`whatever a client sends (${CASES} sets), only listed names go on, in values that end no line`, () => {
    const lists = [
      ...adapters.map(({ forwardedHeaders }) => forwardedHeaders),
      ['anthropic-beta', 'cookie', '__proto__'],
    ];
    fc.assert(
      fc.property(client, fc.constantFrom(...lists), (headers, forwarded) => {
        const sent = toUpstreamHeaders({ ...LABELS, forwarded, client: headers });
        for (let at = 2; at < sent.length; at += 2) {
          expect(forwarded).toContain(sent[at]);
          expect(CLIENT_SECRETS).not.toContain(sent[at]);
          expect(sent[at + 1]).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
        }
        // The head takes all of it, and has a line for each.
        const lines = toHead('POST / HTTP/1.1\r\n', sent, 0).split('\r\n');
        expect(lines).toHaveLength(sent.length / 2 + 4);
      }),
      { numRuns: CASES },
    );
  });
});

const LABELS_ALONE = ['x-request-id', 'label'];
