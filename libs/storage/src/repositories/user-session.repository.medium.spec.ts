import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openMigratedDatabase } from '../__fixtures__/open-migrated-database.js';
import { AppUserRepository } from './app-user.repository.js';
import { UserSessionRepository } from './user-session.repository.js';

const HOUR_MS = 3_600_000;
const now = new Date('2026-11-22T12:00:00.000Z');
const before = (ms: number) => new Date(now.getTime() - ms);
const limits = { createdAfter: before(12 * HOUR_MS), seenAfter: before(HOUR_MS / 2) };

let database: Awaited<ReturnType<typeof openMigratedDatabase>>;
let users: AppUserRepository;
let sessions: UserSessionRepository;
let userId: string;

beforeAll(async () => {
  database = await openMigratedDatabase();
  users = new AppUserRepository(database.db);
  sessions = new UserSessionRepository(database.db);
});
beforeEach(async () => {
  await database.db.deleteFrom('app_user').execute();
  userId = randomUUID();
  await users.setPassword({ id: userId, name: 'Ana', role: 'viewer', passwordHash: 'hash-1', at: now });
});
afterAll(() => database.close());

const begin = (tokenHash: string, at = now, of = userId) =>
  sessions.begin({ tokenHash, userId: of, at, limits });

describe('app_user', () => {
  it('a name is the same however it is written, and setting its password keeps the person and ends the sessions', async () => {
    await begin('t');
    await users.setPassword({
      id: randomUUID(),
      name: 'ANA',
      role: 'admin',
      passwordHash: 'hash-2',
      at: now,
    });
    expect(await users.findByName('aNa')).toEqual({
      id: userId,
      name: 'Ana',
      role: 'admin',
      password_hash: 'hash-2',
    });
    expect(await sessions.find('t', limits)).toBeUndefined();
  });

  it('a role that does not exist is refused', async () => {
    const attempt = users.setPassword({
      id: randomUUID(),
      name: 'b',
      role: 'owner' as 'admin',
      passwordHash: '',
      at: now,
    });
    await expect(attempt).rejects.toMatchObject({ code: '23514' });
  });

  it('work that is done alone is done one after the other, over several processes too', async () => {
    let running = 0;
    const work = () =>
      users.alone(async (inside) => {
        running += 1;
        expect(running).toBe(1);
        await inside.hasAny();
        running -= 1;
      });
    await Promise.all([work(), work(), work()]);
  });
});

describe('user_session', () => {
  it('a session is found with its person as that is now, until it is idle, old or ended', async () => {
    await database.db
      .insertInto('team_member')
      .values({ user_id: userId, team_id: 'default', created_at: now })
      .execute();
    await begin('fresh');
    await begin('idle', before(HOUR_MS / 2));
    await begin('old', before(12 * HOUR_MS));
    await sessions.touch('old', now);
    expect(await sessions.find('fresh', limits)).toEqual({
      userId,
      userName: 'Ana',
      role: 'viewer',
      teamIds: ['default'],
      createdAt: now,
      lastSeenAt: now,
    });
    expect(await sessions.find('idle', limits)).toBeUndefined();
    expect(await sessions.find('old', limits)).toBeUndefined();
    await sessions.end('fresh');
    expect(await sessions.find('fresh', limits)).toBeUndefined();
  });

  it('a touch never goes back in time', async () => {
    await begin('t');
    await sessions.touch('t', before(HOUR_MS));
    expect((await sessions.find('t', limits))?.lastSeenAt).toEqual(now);
  });

  it('a sign-in clears away what has ended, and the oldest of a person beyond 50', async () => {
    const other = randomUUID();
    await users.setPassword({ id: other, name: 'b', role: 'viewer', passwordHash: '', at: now });
    await begin('ended', before(13 * HOUR_MS), other);
    await begin('of-other', now, other);
    for (let index = 0; index < 52; index += 1) await begin(`t${index}`, before(60_000 - index));
    const left = await database.db.selectFrom('user_session').select('token_hash').execute();
    const hashes = left.map((row) => row.token_hash);
    expect(hashes).toHaveLength(51);
    expect(hashes).toContain('of-other');
    for (const gone of ['ended', 't0', 't1']) expect(hashes).not.toContain(gone);
  });

  it('many are found at once, each as one is', async () => {
    await database.db
      .insertInto('team_member')
      .values({ user_id: userId, team_id: 'default', created_at: now })
      .execute();
    await begin('one');
    await begin('other', before(60_000));
    await begin('idle', before(HOUR_MS));
    const found = await sessions.findMany(['one', 'other', 'idle', 'none'], limits);
    for (const { tokenHash, ...session } of found) {
      expect(session).toEqual(await sessions.find(tokenHash, limits));
    }
    expect(found.map((session) => session.tokenHash).sort()).toEqual(['one', 'other']);
  });

  it('tells which sessions of admins go on', async () => {
    const boss = randomUUID();
    await users.setPassword({ id: boss, name: 'boss', role: 'admin', passwordHash: '', at: now });
    await begin('viewer');
    await begin('boss', now, boss);
    await begin('boss-idle', before(HOUR_MS), boss);
    expect(await sessions.findOpenOfAdmins(['viewer', 'boss', 'boss-idle', 'none'], limits)).toEqual([
      'boss',
    ]);
  });
});
