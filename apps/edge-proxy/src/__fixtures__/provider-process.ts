// A provider that answers every call after a while. Run by `startScript`; its first line says its port.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Its options. */
export interface ProviderProcessOptions {
  readonly delayMs: number;
}

const { delayMs } = JSON.parse(process.argv[2] ?? '{}') as ProviderProcessOptions;
const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'upstream-name',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 },
});
const server = createServer((request, response) => {
  request.resume().once('end', () => {
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(ANSWER);
    }, delayMs);
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ port })}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));
