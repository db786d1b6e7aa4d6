// Many calls: none is lost or mixed up, and nothing is left behind.
import { waitFor } from '@sluice/testing';
import { expect, it } from 'vitest';
import { answer, startRawServer } from './__fixtures__/raw-server.js';
import { callOnce, RecordedCall } from './__fixtures__/recorded-call.js';
import { Http1Transport } from './http1-transport.js';

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

it('500 calls at once each get their own answer', async () => {
  await using server = await startRawServer(({ socket, body }) => socket.write(answer(body.toString())));
  const transport = new Http1Transport();
  for (const round of [1, 2, 3]) {
    const calls = Array.from({ length: 500 }, (_, index) => `${round}:${index}`);
    const outcomes = await Promise.all(
      calls.map((text) => callOnce(transport, server.address, { body: Buffer.from(text) })),
    );
    expect(outcomes.map(({ body }) => body)).toEqual(calls);
  }
  expect(server.sockets).toHaveLength(500);
  await transport.close();
});

it('10,000 calls, some of them broken or aborted, leave no sockets or timers', async () => {
  await using server = await startRawServer(({ socket, body }) => {
    if (body.toString() === 'break') socket.destroy();
    else if (body.toString() !== 'hang') socket.write(answer('ok'));
  });
  const transport = new Http1Transport();
  const before = { sockets: sockets(), timers: timers() };
  let sent = 0;
  const ends = { whole: 0, reset: 0, aborted: 0 };
  const worker = async (): Promise<void> => {
    while (sent < 10_000) {
      const nth = (sent += 1);
      const body = Buffer.from(nth % 50 === 0 ? 'break' : nth % 50 === 25 ? 'hang' : 'plain');
      const recorded = new RecordedCall(transport, server.address, { body });
      if (nth % 50 === 25) recorded.call.abort();
      const { failure } = await recorded.outcome;
      if (failure === null) ends.whole += 1;
      else if (failure.kind === 'reset' || failure.kind === 'aborted') ends[failure.kind] += 1;
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  expect(ends).toEqual({ whole: 9_600, reset: 200, aborted: 200 });
  expect(transport.openCount).toBeLessThanOrEqual(32);
  await waitFor(() => sockets() - before.sockets <= 2 * 32);
  expect(timers()).toBeLessThanOrEqual(before.timers);
  await transport.close();
  expect(transport.openCount).toBe(0);
  await waitFor(() => sockets() <= before.sockets);
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
