// nats-server and redis-server from the distribution's own, signed archive, without root: `apt-get download` with
// private list and cache folders, then `dpkg-deb -x` into the user's cache folder. Nothing is installed.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary, isExecutable } from './find-binary.js';
import { PrivateServiceError } from './private-server.js';
import { type CommandResult, runCommand } from './run-command.js';

/** An unpacked server and the folders that its own libraries are in. */
export interface FetchedBinary {
  readonly file: string;
  readonly loaderPath: string;
}

interface ArchiveServer {
  readonly binary: string;
  /** Where the packages put it, below the unpacked root. */
  readonly paths: readonly string[];
  readonly packages: readonly string[];
}

const SERVERS: Readonly<Record<'nats-server' | 'redis-server', ArchiveServer>> = {
  'nats-server': {
    binary: 'nats-server',
    paths: ['usr/sbin/nats-server', 'usr/bin/nats-server'],
    packages: ['nats-server'],
  },
  // Debian's redis-server is a link to a file in redis-tools.
  'redis-server': {
    binary: 'redis-server',
    paths: ['usr/bin/redis-server'],
    packages: ['redis-server', 'redis-tools'],
  },
};

const UPDATE_TIMEOUT_MS = 120_000;
const COMMAND_TIMEOUT_MS = 60_000;
/** Libraries of libraries: redis needs one round, two leave room. */
const MAX_LIBRARY_ROUNDS = 3;

const running = new Map<string, Promise<FetchedBinary | undefined>>();

/**
 * The server from the cache folder, fetched first if need be; undefined when this machine has no apt or its archive
 * does not have it. Safe to call from several processes: each unpacks on its own, the first rename wins.
 */
export function fetchFromArchive(
  name: keyof typeof SERVERS,
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
): Promise<FetchedBinary | undefined> {
  const known = running.get(name);
  if (known !== undefined) return known;
  const fetching = fetchOnce(SERVERS[name], env, onProgress).finally(() => running.delete(name));
  running.set(name, fetching);
  return fetching;
}

/** `$XDG_CACHE_HOME/sluice` or `~/.cache/sluice`. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg?.startsWith('/') === true ? xdg : join(env['HOME'] ?? homedir(), '.cache'), 'sluice');
}

async function fetchOnce(
  server: ArchiveServer,
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
): Promise<FetchedBinary | undefined> {
  const target = join(cacheFolder(env), `${distribution()}-${process.arch}`, server.binary);
  const cached = locate(server, target);
  if (cached !== undefined) return cached;
  if (findBinary('apt-get', env) === undefined || findBinary('dpkg-deb', env) === undefined) return undefined;

  onProgress(`fetching ${server.binary} from the distribution's archive (once)`);
  const work = makeWorkFolder(target, env);
  const lists = shareLists(env);
  try {
    const listsFolder = await lists.ready;
    if (listsFolder === undefined) return undefined;
    const apt = new PrivateApt(work, listsFolder, env);
    if (!(await apt.unpack(server.packages))) return undefined;
    await addMissingLibraries(apt, server);
    if (locate(server, apt.root) === undefined) return undefined;
    moveIntoPlace(apt.root, target);
    return locate(server, target);
  } finally {
    lists.release();
    rmSync(work, { recursive: true, force: true });
  }
}

/** Beside the target, so that a rename moves it there. */
function makeWorkFolder(target: string, env: NodeJS.ProcessEnv): string {
  try {
    mkdirSync(join(target, '..'), { recursive: true, mode: 0o700 });
    return mkdtempSync(`${target}.fetch-`);
  } catch (error) {
    const folder = cacheFolder(env);
    throw new PrivateServiceError(
      `${folder} cannot be written. Make it yours, or set XDG_CACHE_HOME to a folder that is.`,
      {
        cause: error,
      },
    );
  }
}

interface SharedLists {
  /** The folder with the archive's lists; undefined when they could not be had. */
  readonly ready: Promise<string | undefined>;
  release(): void;
}

let shared:
  { readonly folder: string; readonly ready: Promise<string | undefined>; users: number } | undefined;

/** The lists are most of the work, and the same for all servers that are fetched at the same time. */
function shareLists(env: NodeJS.ProcessEnv): SharedLists {
  shared ??= openLists(env);
  const mine = shared;
  mine.users += 1;
  return {
    ready: mine.ready,
    release: () => {
      mine.users -= 1;
      if (mine.users > 0) return;
      if (shared === mine) shared = undefined;
      rmSync(mine.folder, { recursive: true, force: true });
    },
  };
}

function openLists(env: NodeJS.ProcessEnv): NonNullable<typeof shared> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-archive-'));
  mkdirSync(join(folder, 'lists', 'partial'), { recursive: true });
  const apt = new PrivateApt(folder, folder, env);
  return { folder, ready: apt.update().then((updated) => (updated ? folder : undefined)), users: 0 };
}

function locate(server: ArchiveServer, root: string): FetchedBinary | undefined {
  const file = server.paths.map((path) => join(root, path)).find(isExecutable);
  return file === undefined ? undefined : { file, loaderPath: libraryFolders(root).join(':') };
}

/** `usr/lib`, `usr/lib/<triplet>` and the same under `lib`, as far as they exist. */
function libraryFolders(root: string): string[] {
  return ['usr/lib', 'lib'].flatMap((folder) => {
    const path = join(root, folder);
    const entries = list(path);
    const triplets = entries.filter((entry) => entry.includes('-linux-')).map((entry) => join(path, entry));
    return entries.length === 0 ? [] : [...triplets, path];
  });
}

/** Fetches the libraries that the dynamic loader misses, from the packages that the server's packages depend on. */
async function addMissingLibraries(apt: PrivateApt, server: ArchiveServer): Promise<void> {
  const asked = new Set<string>(server.packages);
  for (let round = 0; round < MAX_LIBRARY_ROUNDS; round += 1) {
    const found = locate(server, apt.root);
    if (found === undefined || !(await apt.missesLibraries(found))) return;
    const dependencies = await apt.dependenciesOf([...asked]);
    const fresh = dependencies.filter((name) => !asked.has(name));
    if (fresh.length === 0) return;
    fresh.forEach((name) => asked.add(name));
    await apt.unpack(fresh);
  }
}

/** apt with its state in a folder of ours; it reads the system's sources and keys, so signatures are checked as always. */
class PrivateApt {
  readonly root: string;
  private readonly downloads: string;
  private readonly options: string[];
  private readonly env: Record<string, string>;

  /** Unpacks below `work`; lists and apt's own cache are in `shared`, which several may use. */
  constructor(work: string, shared: string, env: NodeJS.ProcessEnv) {
    this.env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C',
      ...proxyVariables(env),
    };
    this.root = join(work, 'root');
    this.downloads = join(work, 'downloads');
    const lists = join(shared, 'lists');
    const cache = join(shared, 'cache');
    for (const folder of [this.root, this.downloads, join(cache, 'archives', 'partial')]) {
      mkdirSync(folder, { recursive: true });
    }
    this.options = [
      ...[
        `Dir::State::Lists=${lists}`,
        `Dir::Cache=${cache}`,
        'Debug::NoLocking=1',
        'APT::Sandbox::User=root',
      ],
      ...[
        'Acquire::Languages=none',
        'Acquire::Retries=2',
        'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
      ],
    ].flatMap((option) => ['-o', option]);
  }

  async update(): Promise<boolean> {
    return (await this.run('apt-get', [...this.options, 'update'], UPDATE_TIMEOUT_MS)).code === 0;
  }

  /** Downloads packages and unpacks them over each other; false when one of them cannot be had. */
  async unpack(packages: readonly string[]): Promise<boolean> {
    const download = await this.run('apt-get', [...this.options, 'download', ...packages], UPDATE_TIMEOUT_MS);
    if (download.code !== 0) return false;
    for (const file of list(this.downloads)) {
      const path = join(this.downloads, file);
      if ((await this.run('dpkg-deb', ['-x', path, this.root])).code !== 0) return false;
      rmSync(path);
    }
    return true;
  }

  async missesLibraries(binary: FetchedBinary): Promise<boolean> {
    const env = { ...this.env, LD_LIBRARY_PATH: binary.loaderPath };
    const { stdout } = await runCommand('ldd', [binary.file], { env, timeoutMs: COMMAND_TIMEOUT_MS });
    return stdout.includes('not found');
  }

  async dependenciesOf(packages: readonly string[]): Promise<string[]> {
    const { stdout } = await this.run('apt-cache', [...this.options, 'depends', ...packages]);
    // "  Depends: liblzf1"; libc6 belongs to the machine and must never be mixed with another one's loader.
    return [...stdout.matchAll(/^\s*\|?(?:Pre)?Depends: (lib[a-z0-9.+-]+)$/gm)]
      .map((match) => match[1] ?? '')
      .filter((name) => name !== '' && name !== 'libc6');
  }

  private run(file: string, args: readonly string[], timeoutMs = COMMAND_TIMEOUT_MS): Promise<CommandResult> {
    return runCommand(file, args, { env: this.env, timeoutMs, cwd: this.downloads });
  }
}

function moveIntoPlace(from: string, target: string): void {
  try {
    renameSync(from, target);
  } catch (error) {
    // Another process was faster (ENOTEMPTY), or the target is a leftover without the binary: lay ours over it.
    if (list(target).length === 0) throw error;
    cpSync(from, target, { recursive: true, force: false, verbatimSymlinks: true });
  }
}

function distribution(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    const field = (name: string): string =>
      new RegExp(`^${name}="?([A-Za-z0-9._-]+)`, 'm').exec(text)?.[1] ?? '';
    return `${field('ID') || 'linux'}${field('VERSION_ID')}`;
  } catch {
    return process.platform;
  }
}

/** A machine behind a proxy needs these to reach its archive. */
function proxyVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
