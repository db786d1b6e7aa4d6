// The baseline: what a proxy in Node costs that does nothing at all. Bytes in, bytes out, nothing parsed.
//   node dist/pass-through.js PORT UPSTREAM_PORT
import { createServer, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { PATHS } from './fixtures.js';

const [port, upstreamPort] = process.argv.slice(2);
const pool = new Pool(`http://127.0.0.1:${upstreamPort ?? ''}`, { pipelining: 1 });

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => forward(Buffer.concat(chunks), request.headers.authorization ?? '', response));
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));

function forward(body: Buffer, authorization: string, response: ServerResponse): void {
  pool.dispatch(
    {
      path: PATHS.chat,
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body,
    },
    {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status, headers) => {
        const kept = ['content-type', 'content-length'].flatMap((name) => {
          const value = headers[name];
          return value === undefined ? [] : [name, String(value)];
        });
        response.writeHead(status, kept);
      },
      onResponseData: (_controller, chunk) => {
        response.write(chunk);
      },
      onResponseEnd: () => {
        response.end();
      },
      onResponseError: () => {
        response.destroy();
      },
    },
  );
}
