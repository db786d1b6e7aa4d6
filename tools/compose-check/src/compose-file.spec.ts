// What docker-compose.yml and the image promise, without an engine. `npm run verify:compose` shows the rest on a real one.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ComposeService, ONE_SHOTS, readComposeFile } from './compose-file.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const compose = readComposeFile(join(ROOT, 'docker-compose.yml'));
const dockerfile = readFileSync(join(ROOT, 'infra/docker/Dockerfile'), 'utf8');
const dockerignore = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
const all = Object.entries(compose.services);
const lasting = all.filter(([name]) => !ONE_SHOTS.includes(name));
const SERVERS = ['nats', 'redis', 'postgres'];
const ours = all.filter(([name]) => !SERVERS.includes(name));
/** Built into admin-api; black-box suites. */
const NOT_SERVICES = ['dashboard', 'e2e'];
const apps = readdirSync(join(ROOT, 'apps')).filter((name) => !NOT_SERVICES.includes(name));

const offenders = (
  services: readonly (readonly [string, ComposeService])[],
  isFine: (service: ComposeService, name: string) => boolean,
): string[] => services.filter(([name, service]) => !isFine(service, name)).map(([name]) => name);
const service = (name: string): ComposeService => compose.services[name]!;
const volumeSources = ({ volumes }: ComposeService): string[] =>
  volumes.map((volume) => volume.split(':')[0]!);

describe('docker-compose.yml', () => {
  it('has a service for every app, and nothing that is not one of ours or a server', () => {
    expect(all.map(([name]) => name).sort()).toEqual([...apps, ...SERVERS, ...ONE_SHOTS].sort());
    expect(offenders(ours, ({ command }, name) => command?.at(-1) === name)).toEqual([]);
  });

  it('can be scaled and run twice: no name is fixed, an edge takes its ports from ranges', () => {
    expect(compose.name).toBeUndefined();
    expect(offenders(all, ({ container_name }) => container_name === undefined)).toEqual([]);
    expect(service('edge-proxy').ports).toEqual([
      '${EDGE_PROXY_PORTS:-8080-8089}:8080',
      '127.0.0.1:${EDGE_PROXY_OPS_PORTS:-9080-9089}:9080',
    ]);
  });

  it('gives nobody more rights than needed', () => {
    expect(offenders(all, ({ privileged }) => privileged === undefined)).toEqual([]);
    expect(offenders(all, ({ user }) => user !== undefined && !/^(0|root)(:|$)/.test(user))).toEqual([]);
    expect(offenders(all, ({ cap_drop }) => cap_drop.includes('ALL'))).toEqual([]);
    expect(offenders(all, ({ security_opt }) => security_opt.includes('no-new-privileges:true'))).toEqual([]);
    expect(offenders(all, ({ read_only }) => read_only === true)).toEqual([]);
    expect(
      all.flatMap(([, { volumes }]) => volumes.filter((volume) => volume.includes('docker.sock'))),
    ).toEqual([]);
  });

  it('bounds processors, memory and processes of each container, within what one core has', () => {
    expect(offenders(all, ({ cpus }) => cpus !== undefined && cpus <= 1)).toEqual([]);
    expect(offenders(all, ({ mem_limit }) => /^\d+[mg]$/.test(mem_limit ?? ''))).toEqual([]);
    expect(offenders(all, ({ pids_limit }) => (pids_limit ?? 0) > 0)).toEqual([]);
  });

  it('checks the health of all that lasts and starts it again when it ends', () => {
    expect(offenders(lasting, ({ healthcheck }) => healthcheck !== undefined)).toEqual([]);
    expect(offenders(lasting, ({ restart }) => restart === 'unless-stopped')).toEqual([]);
    expect(offenders(all, (one, name) => !ONE_SHOTS.includes(name) || one.restart === 'no')).toEqual([]);
  });

  it('asks no image for `latest` and builds its own once', () => {
    expect(offenders(all, ({ image }) => /:(?!latest$)[\w.-]+$/.test(image))).toEqual([]);
    expect(new Set(ours.map(([, { image }]) => image)).size).toBe(1);
    expect(all.filter(([, { build }]) => build !== undefined).map(([name]) => name)).toEqual(['secrets']);
  });

  it('publishes the data plane, all else on this machine only, and no server', () => {
    const published = all.flatMap(([name, { ports }]) => ports.map((port) => `${name} ${port}`));
    expect(published.filter((port) => !port.includes(' 127.0.0.1:'))).toEqual([
      'edge-proxy ${EDGE_PROXY_PORTS:-8080-8089}:8080',
    ]);
    expect(published.filter((port) => SERVERS.some((name) => port.startsWith(`${name} `)))).toEqual([]);
  });

  it('keeps servers where there is no way in and no way out', () => {
    const internal = Object.keys(compose.networks).filter(
      (name) => compose.networks[name]?.internal === true,
    );
    expect(internal).toEqual(['backend']);
    for (const name of [...SERVERS, 'init', 'demo-provider'])
      expect(service(name).networks).toEqual(internal);
    expect(service('secrets').network_mode).toBe('none');
    const outward = all.filter(([, { networks }]) => networks.includes('providers')).map(([name]) => name);
    expect(outward).toEqual(['edge-proxy']);
  });

  it('shows each secret to its own container only, and none in a variable', () => {
    for (const [name, one] of all.filter(([name]) => name !== 'secrets')) {
      expect(volumeSources(one).filter((source) => source.startsWith('secrets-'))).toEqual(
        name === 'demo-provider' ? [] : [`secrets-${name}`],
      );
      expect(
        one.volumes.filter((volume) => volume.startsWith('secrets-') && !volume.endsWith(':ro')),
      ).toEqual([]);
    }
    const variables = all.flatMap(([name, { environment }]) =>
      Object.entries(environment).map(
        ([variable, value]) => [`${name} ${variable}`, String(value ?? '')] as const,
      ),
    );
    const secret = variables.filter(([name, value]) => /PASSWORD$|SECRET$|_URL$/.test(name) && value !== '');
    expect(secret).toEqual([
      ['secrets SLUICE_ADMIN_PASSWORD', '${SLUICE_ADMIN_PASSWORD:-}'],
      ['admin-api EXPORT_URL', 'http://export:8091'],
    ]);
  });

  it('starts in order: secrets, servers, init, services', () => {
    for (const name of SERVERS)
      expect(service(name).depends_on).toEqual({ secrets: { condition: 'service_completed_successfully' } });
    const healthy = Object.fromEntries(SERVERS.map((name) => [name, { condition: 'service_healthy' }]));
    expect(service('init').depends_on).toEqual(healthy);
    for (const name of apps.filter((app) => app !== 'demo-provider'))
      expect(service(name).depends_on).toEqual({ init: { condition: 'service_completed_successfully' } });
  });

  it('lets an edge end its streams: the grace of the container is longer than its own', () => {
    const seconds = Number(/^(\d+)s$/.exec(service('edge-proxy').stop_grace_period ?? '')?.[1]);
    expect(seconds).toBeGreaterThanOrEqual(120 + 3 + 5);
  });

  it('keeps in volumes whatever is written, and declares each of them', () => {
    const named = new Set(
      all.flatMap(([, one]) => volumeSources(one)).filter((source) => !source.startsWith('$')),
    );
    expect([...named, 'config'].sort()).toEqual(Object.keys(compose.volumes).sort());
    const data = ['nats', 'redis', 'postgres', 'edge-proxy', 'export', 'demo-provider'];
    expect(
      offenders(all, (one, name) => !data.includes(name) || volumeSources(one).includes(`${name}-data`)),
    ).toEqual([]);
  });
});

describe('the image', () => {
  const instructions = dockerfile
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));

  it('takes nothing from a network but the base image and locked packages', () => {
    expect(instructions.filter((line) => line.startsWith('ADD '))).toEqual([]);
    expect(
      instructions.filter((line) => /\b(curl|wget|apt-get|npm install)\b|\bnpx [a-z@]|https?:/.test(line)),
    ).toEqual([]);
    const installs = instructions.filter((line) => /\bnpm\b.*\bci\b/.test(line));
    expect(installs).toHaveLength(2);
    expect(installs.filter((line) => !line.includes('--ignore-scripts'))).toEqual([]);
    expect(dockerfile).not.toMatch(/^# *syntax=/m);
  });

  it('runs as another user than root, on a base image with a version', () => {
    const bases = instructions.filter((line) => line.startsWith('FROM ')).map((line) => line.split(/\s+/)[1]);
    expect(new Set(bases)).toEqual(new Set(['node:24-bookworm-slim']));
    expect(instructions.filter((line) => line.startsWith('USER '))).toEqual(['USER node']);
    expect(instructions.findIndex((line) => line.startsWith('USER '))).toBeGreaterThan(
      instructions.findLastIndex((line) => line.startsWith('RUN ')),
    );
  });

  it('installs before it copies sources, so that a changed source installs nothing again', () => {
    const stages = dockerfile.split(/^FROM /m).slice(2);
    for (const stage of stages.filter((text) => text.includes('npm ci')))
      expect(stage.indexOf('npm ci')).toBeLessThan((stage + 'COPY . .').indexOf('COPY . .'));
  });

  it('installs for, builds and has folders for exactly the services there are', () => {
    const installed = [...dockerfile.matchAll(/--workspace=apps\/([\w-]+)/g)].map(([, app]) => app);
    expect(installed.sort()).toEqual([...apps].sort());
    const built = /tsc -b ([^&]+)&&/
      .exec(dockerfile.replaceAll('\\\n', ' '))?.[1]
      ?.split(/\s+/)
      .filter(Boolean);
    expect(built?.sort()).toEqual([...apps.map((app) => `apps/${app}`), 'tools/launcher'].sort());
    const folders = /for name in ([^;]+);/.exec(dockerfile)?.[1]?.split(' ');
    const mounted = service('secrets').volumes.flatMap(
      (volume) => /:\/secrets\/([\w-]+)$/.exec(volume)?.[1] ?? [],
    );
    expect(folders?.sort()).toEqual(mounted.sort());
  });

  it('is made of sources alone: nothing installed, built, secret or recorded on a machine goes in', () => {
    for (const pattern of ['**/node_modules', '**/dist', '**/.data', '.git', '.env*', 'sluice.yaml'])
      expect(dockerignore).toContain(pattern);
  });
});
