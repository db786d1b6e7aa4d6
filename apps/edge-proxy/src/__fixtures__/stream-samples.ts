// Streams of providers to be cut: our own, and recorded ones from the folder that SLUICE_CASES names (none of those is
// part of this repository).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientDialect } from '@sluice/providers';

export interface StreamSample {
  readonly name: string;
  /** The provider's. */
  readonly dialect: ClientDialect;
  readonly bytes: Buffer;
  readonly isRecorded: boolean;
}

const PROVIDERS = join(import.meta.dirname, '../../../../libs/providers/src');
const OWN: readonly (readonly [folder: string, dialect: ClientDialect])[] = [
  ['openai-compatible', 'chat'],
  ['messages', 'chat'],
  ['anthropic', 'messages'],
];
/** It answers a request for two answers. */
const NOT_ONE_ANSWER = 'two-choices.chunks.txt';

/** Ours, and the recorded ones, the shortest first. */
export function readStreamSamples(casesFolder: string | undefined): StreamSample[] {
  const own = OWN.flatMap(([folder, dialect]) => {
    const path = join(PROVIDERS, folder, '__fixtures__');
    const names = readdirSync(path).filter((name) => name.endsWith('.txt') && name !== NOT_ONE_ANSWER);
    return names.map((name) => ({
      name: `${folder}/${name}`,
      dialect,
      bytes: readFileSync(join(path, name)),
      isRecorded: false,
    }));
  });
  const recorded = casesFolder === undefined || casesFolder === '' ? [] : readRecorded(casesFolder);
  return [...own, ...recorded.sort((one, other) => one.bytes.length - other.bytes.length)];
}

interface RecordedFile {
  readonly id: string;
  readonly api: string;
  readonly stream: boolean;
  readonly upstream: { readonly path: string; readonly status: number; readonly body: string };
}

function readRecorded(folder: string): StreamSample[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => {
      // Written by the recorder; the fields are those of its README.
      const { id, api, stream, upstream } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as RecordedFile;
      const path = upstream.path.split('?', 1)[0] ?? '';
      const dialect = dialectOf(api, path);
      if (!stream || upstream.status !== 200 || dialect === null) return [];
      return [{ name: id, dialect, bytes: Buffer.from(upstream.body), isRecorded: true }];
    });
}

function dialectOf(api: string, path: string): ClientDialect | null {
  if (api === 'chat' && path.endsWith('/chat/completions')) return 'chat';
  return api === 'messages' && path.endsWith('/messages') ? 'messages' : null;
}
