// The dashboard's built files, all in memory: a request names a file of this list or none, so no path is ever opened for it.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Logger } from '@sluice/service-kit';

const gzipAsync = promisify(gzip);

/** One file as it is served. */
export interface DashboardFile {
  readonly body: Buffer;
  /** The same, compressed; undefined where that saves nothing. */
  readonly gzip: Buffer | undefined;
  readonly contentType: string;
  /** Strong, in quotes. */
  readonly etag: string;
  /** True: its name changes with its content. */
  readonly isImmutable: boolean;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};
/** A build has about 2 MB; a folder that holds more is not one. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_FILES = 2_000;
/** Less saved than this is not worth the work of unpacking. */
const WORTH_IT = 0.9;
/** A new build is seen so much later at most. */
const CHECK_EVERY_MS = 1_000;
/** Vite writes assets with the hash of their content in their names, into this folder. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

/** Knows the files of a folder by the paths of their URLs; reads them again after a new build. */
export class DashboardFiles {
  private files: ReadonlyMap<string, DashboardFile> = new Map();
  private builtAtMs = Number.NaN;
  private checkedAtMs = Number.NEGATIVE_INFINITY;
  private checking: Promise<void> | undefined;

  constructor(
    private readonly folder: string,
    private readonly log: Logger,
  ) {}

  /** The file of a path like `/assets/index-1a2b3c4d.js`. */
  async find(path: string): Promise<DashboardFile | undefined> {
    if (performance.now() - this.checkedAtMs >= CHECK_EVERY_MS) {
      this.checking ??= this.check().finally(() => {
        this.checking = undefined;
      });
      await this.checking;
    }
    return this.files.get(path);
  }

  private async check(): Promise<void> {
    this.checkedAtMs = performance.now();
    try {
      const { mtimeMs } = await stat(join(this.folder, 'index.html'));
      if (mtimeMs === this.builtAtMs) return;
      this.files = await readAll(this.folder);
      this.builtAtMs = mtimeMs;
      this.log.info({ folder: this.folder, files: this.files.size }, 'the dashboard was read');
    } catch (error) {
      if (Number.isNaN(this.builtAtMs)) return;
      // A build is under way, or was taken away: what was read goes on being served.
      this.log.debug({ err: error }, 'the dashboard cannot be read again');
    }
  }
}

async function readAll(folder: string): Promise<ReadonlyMap<string, DashboardFile>> {
  const files = new Map<string, DashboardFile>();
  let bytes = 0;
  // Links are not followed: what is served is what lies in the folder.
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  if (entries.length > MOST_FILES) throw new Error(`${folder} holds more than ${MOST_FILES} files`);
  for (const entry of entries) {
    const name = relative(folder, join(entry.parentPath, entry.name));
    const path = `/${name.split(sep).join('/')}`;
    const contentType = CONTENT_TYPES[extname(name)];
    // What a build leaves beside the pages (a cache of the compiler) is not for browsers.
    if (contentType === undefined || /(^|\/)\./.test(path.slice(1))) continue;
    const body = await readFile(join(folder, name));
    bytes += body.length;
    if (bytes > MOST_BYTES) throw new Error(`${folder} holds more than ${MOST_BYTES} bytes`);
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
    files.set(path, { body, gzip: await toSmaller(body), contentType, etag, isImmutable: HASHED.test(path) });
  }
  return files;
}

/** Once for each build; pictures and fonts are compressed already. */
async function toSmaller(body: Buffer): Promise<Buffer | undefined> {
  const smaller = await gzipAsync(body);
  return smaller.length < body.length * WORTH_IT ? smaller : undefined;
}
