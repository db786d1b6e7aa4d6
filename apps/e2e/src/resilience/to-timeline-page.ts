// Pure: what was seen of failovers → a page of the documentation.
import type { RequestCompleted } from '@sluice/contracts';
import type { ClientTimeline } from './client-timeline.js';

export interface SeenScene {
  readonly scene: {
    readonly name: string;
    readonly first: string;
    readonly title: string;
    readonly words: string;
  };
  readonly client: ClientTimeline;
  readonly event: RequestCompleted;
}

const HEAD = `# Failovers, as a client sees them

Three streams over two routes, recorded from a real edge in front of the demo provider; \`npm run docs:timeline\` writes this page anew.
\`timeouts.firstToken\` was 2.5 s, and a keep-alive came every second instead of every 15 s (\`EDGE_PROXY_KEEP_ALIVE_MS\`). Times are
milliseconds since the client sent its request.
`;

/** Markdown. */
export function toTimelinePage(seen: readonly SeenScene[]): string {
  return [HEAD, ...seen.map(toSection)].join('\n');
}

function toSection({ scene, client, event }: SeenScene): string {
  const headers = Object.entries(client.headers)
    .filter(([name]) => name.startsWith('x-') || name === 'content-type')
    .map(([name, value]) => `${' '.repeat(10)}${name}: ${String(value)}`);
  const lines = [
    `${at(0)}  POST /v1/chat/completions {"model":"${scene.name}","stream":true,…}`,
    `${at(client.headersMs)}  HTTP/1.1 ${client.status}`,
    ...headers,
    ...client.entries.map(({ ms, text }) => `${at(ms)}  ${shorten(text)}`),
    `${at(client.endMs)}  (end)`,
  ];
  return [
    `## ${scene.title}`,
    '',
    scene.words,
    '',
    '```text',
    ...lines,
    '```',
    '',
    `In the event: outcome \`${event.outcome}\`, status ${event.status}, errorCode \`${String(event.errorCode)}\`.`,
    '',
    '| attempt | provider | began | took | status | errorCode | decision |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...event.attempts.map(
      (attempt, index) =>
        `| ${index + 1} | ${attempt.provider}, \`${attempt.providerModel}\` | ${at(attempt.startedMs).trim()} | ${at(attempt.durationMs).trim()} | ` +
        `${attempt.status ?? '–'} | ${attempt.errorCode === null ? '–' : `\`${attempt.errorCode}\``} | ${attempt.decision} |`,
    ),
    '',
  ].join('\n');
}

const at = (ms: number): string => ms.toFixed(1).padStart(8);

/** Of a chunk only what differs. */
const shorten = (text: string): string =>
  text.replace(/^data: \{.*"choices":\[(.*)\].*\}$/, 'data: {…"choices":[$1]…}');
