// docs/architecture.md against the tree: what is new must be told there, what it tells must be there.
import { describe, expect, it } from 'vitest';
import { listFiles, readText } from './workspace-files.js';

const MOST_LINES = 200;
const page = readText('docs/architecture.md');

const workspacesIn = (folder: string): string[] =>
  listFiles()
    .map((path) => path.split('/'))
    .filter(([top, , file]) => top === folder && file === 'package.json')
    .map(([, name]) => name ?? '');
const matchesOf = (path: string, pattern: RegExp): string[] =>
  [...readText(path).matchAll(pattern)].map((match) => match[1] ?? '');

/** Rows of the table of apps: name, data port, ops port. */
const appRows = [...page.matchAll(/^\| \[([a-z-]+)\]\(\.\.\/apps\/[^|]+\| (\S+) +\| (\S+) +\|/gm)].map(
  ([, app, port, opsPort]) => ({ app, port, opsPort }),
);

describe('docs/architecture.md', () => {
  it(`is read in one sitting: at most ${MOST_LINES} lines`, () => {
    expect(page.split('\n').length).toBeLessThanOrEqual(MOST_LINES);
  });

  it.each(['apps', 'libs', 'tools'])('names every folder of %s with its README', (folder) => {
    const names = workspacesIn(folder);
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !page.includes(`](../${folder}/${name}/README.md)`))).toEqual([]);
  });

  it('names every stream, durable, subject and table', () => {
    const streams = 'libs/bus/src/streams.ts';
    const wanted = [
      ...matchesOf(streams, /^ {2}(SLUICE_[A-Z]+): \{/gm),
      ...matchesOf(streams, /^ {2}'([a-z-]+)': \{ stream/gm),
      ...matchesOf('libs/contracts/src/events/subjects.ts', /_SUBJECTS = '(sluice\.v1\.[^']+)'/g),
      ...matchesOf('libs/contracts/src/events/live-numbers.ts', /_SUBJECT = '(sluice\.v1\.[^']+)'/g),
      ...matchesOf('libs/storage/src/sluice-schema.ts', /^ {2}([a-z_]+): [A-Za-z]+Table;/gm),
    ];
    expect(wanted.length).toBeGreaterThan(15);
    expect(wanted.filter((name) => !page.includes(`\`${name}\``) && name !== 'sluice.v1.>')).toEqual([]);
  });

  it('gives every service the ports of the launcher', () => {
    const table = readText('tools/launcher/src/service-table.ts');
    const rows = table.slice(table.indexOf('export const SERVICES')).split(/^ {2}\{$/m);
    const services = rows.slice(1).map((row) => ({
      app: /app: '([^']+)'/.exec(row)?.[1],
      port: / port: \{[^}]*defaultPort: (\d+)/.exec(row)?.[1] ?? '–',
      opsPort: /opsPort: \{[^}]*defaultPort: (\d+)/.exec(row)?.[1],
    }));
    expect(services.length).toBeGreaterThan(4);
    expect(appRows).toEqual(expect.arrayContaining(services));
  });
});
