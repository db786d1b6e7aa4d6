import { type Kysely, sql } from 'kysely';

/** People who sign in, the teams they see, and their sessions. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a migration outlives the types of today
export async function up(db: Kysely<any>): Promise<void> {
  await sql`create table app_user (
    id uuid primary key,
    name text not null,
    name_key text not null unique,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    password_hash text not null,
    must_change_password boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`.execute(db);
  await sql`create table team_member (
    user_id uuid not null references app_user (id) on delete cascade,
    team_id text not null references team (id) on delete cascade,
    created_at timestamptz not null,
    primary key (user_id, team_id)
  )`.execute(db);
  await sql`create index team_member_by_team on team_member (team_id)`.execute(db);
  await sql`create table user_session (
    token_hash text primary key,
    user_id uuid not null references app_user (id) on delete cascade,
    created_at timestamptz not null,
    last_seen_at timestamptz not null
  )`.execute(db);
  await sql`create index user_session_by_user on user_session (user_id, created_at)`.execute(db);
  await sql`create index user_session_by_last_seen on user_session (last_seen_at)`.execute(db);
}
