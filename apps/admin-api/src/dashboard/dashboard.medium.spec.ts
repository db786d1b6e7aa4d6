// The dashboard's files over the built service.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir, type TempDir, waitFor } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../__fixtures__/browser.js';
import { startTestAdmin, type TestAdmin } from '../__fixtures__/test-admin.js';

const HTML = { accept: 'text/html,application/xhtml+xml' };
const SCRIPT = '/assets/index-1a2b3c4d.js';

let dir: TempDir;
let admin: TestAdmin;
let page: Browser;

beforeAll(async () => {
  dir = await tempDir();
  await writeFile(join(dir.path, 'secret.txt'), 'a secret');
  admin = await startTestAdmin({ ADMIN_API_DASHBOARD_DIR: join(dir.path, 'dist') });
  page = new Browser(admin.url);
});
afterAll(async () => {
  await admin.close();
  await dir.remove();
});

describe('before it is built', () => {
  it('the page says the command, and a build is seen without a restart', async () => {
    const answer = await page.get('/', HTML);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    expect(answer.text).toContain('npm run build');
    await mkdir(join(dir.path, 'dist', 'assets'), { recursive: true });
    await writeFile(join(dir.path, 'dist', SCRIPT), 'console.log(1)');
    await writeFile(join(dir.path, 'dist', 'logo.svg'), '<svg/>');
    await writeFile(join(dir.path, 'dist', '.env'), 'A=B');
    await writeFile(join(dir.path, 'dist', 'program.exe'), 'x');
    await symlink(join(dir.path, 'secret.txt'), join(dir.path, 'dist', 'link.txt'));
    await writeFile(join(dir.path, 'dist', 'index.html'), '<title>built</title>');
    await waitFor(async () => (await page.get('/', HTML)).text.includes('built</title>'));
  });
});

describe('200', () => {
  it('a path that people navigate to is the page, which is always asked for again', async () => {
    for (const path of ['/', '/index.html', '/requests', '/requests/0199a1b2?x=1', '/deep/er/path']) {
      const answer = await page.get(path, HTML);
      expect([path, answer.status, answer.text]).toEqual([path, 200, '<title>built</title>']);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
    }
  });

  it('a file with a hash in its name is kept for ever, others are asked for again', async () => {
    const script = await page.get(SCRIPT);
    expect([script.text, script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([
      'console.log(1)',
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ]);
    const logo = await page.get('/logo.svg');
    expect([logo.headers.get('content-type'), logo.headers.get('cache-control')]).toEqual([
      'image/svg+xml',
      'no-cache',
    ]);
    const head = await page.send('HEAD', SCRIPT);
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', '14']);
  });

  it('text is compressed for who takes that, as another thing to caches', async () => {
    const style = 'body { color: black }\n'.repeat(100);
    await writeFile(join(dir.path, 'dist', 'style.css'), style);
    await writeFile(join(dir.path, 'dist', 'index.html'), '<title>built</title>', { flush: true });
    await waitFor(async () => (await page.get('/style.css')).status === 200);
    const get = async (encoding: string) => {
      const { text, headers } = await page.get('/style.css', { 'accept-encoding': encoding });
      expect([text, headers.get('vary')]).toEqual([style, 'accept-encoding']);
      return [headers.get('content-encoding'), headers.get('etag')] as const;
    };
    const [plain, tag] = await get('identity');
    expect(plain).toBeNull();
    const [packed, packedTag] = await get('br, gzip;q=0.8');
    expect([packed, packedTag]).toEqual(['gzip', tag?.replace(/"$/, '-gz"')]);
    for (const refusing of ['gzip;q=0', 'br', 'x-gzip']) expect((await get(refusing))[0]).toBeNull();
    const known = await page.get('/style.css', { 'accept-encoding': 'gzip', 'if-none-match': packedTag! });
    expect(known.status).toBe(304);
    expect((await page.get('/logo.svg', { 'accept-encoding': 'gzip' })).headers.get('vary')).toBeNull();
  });

  it('who has the file is told so', async () => {
    const etag = (await page.get('/logo.svg')).headers.get('etag')!;
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`]) {
      const answer = await page.get('/logo.svg', { 'if-none-match': known });
      expect([answer.status, answer.text]).toEqual([304, '']);
    }
    expect((await page.get('/logo.svg', { 'if-none-match': '"x"' })).status).toBe(200);
  });
});

describe('404', () => {
  it.each([
    '/assets/gone-1a2b3c4d.js',
    '/logo.png',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '/..\\secret.txt',
    '/link.txt',
    '/.env',
    '/program.exe',
    '//etc/passwd',
    '/etc/passwd%00.html',
  ])('%s is no file', async (path) => {
    const answer = await page.raw('GET', path, { accept: '*/*' });
    expect([answer.status, answer.type]).toEqual([404, 'application/problem+json; charset=utf-8']);
    const asPage = await page.raw('GET', path, HTML);
    expect(asPage.text).not.toContain('a secret');
  });
});
