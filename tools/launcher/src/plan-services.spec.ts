import { expect, test } from 'vitest';
import { LauncherConfigError, readLauncherConfig } from './launcher.config.js';
import { planServices, type ServicePlan } from './plan-services.js';

const input = {
  edges: 1,
  configuredEdgePort: 8080,
  configFile: '/repo/sluice.yaml',
};

function plan(env: NodeJS.ProcessEnv, change: Partial<typeof input> = {}): ServicePlan[] {
  return planServices(readLauncherConfig('/repo', env, '/repo'), { ...input, ...change });
}
const named = (plans: ServicePlan[], name: string): ServicePlan => plans.find((one) => one.name === name)!;

test('services listen where the documentation says', () => {
  const ports = plan({}).flatMap((one) =>
    one.ports.map(({ service, port, host }) => `${service} ${host}:${port}`),
  );
  expect(ports).toEqual([
    'demo-provider 127.0.0.1:8099',
    'demo-provider 127.0.0.1:9199',
    'logger 127.0.0.1:9192',
    'metrics-aggregator 127.0.0.1:9193',
    'export 127.0.0.1:8091',
    'export 127.0.0.1:9191',
    'admin-api 127.0.0.1:8090',
    'admin-api 127.0.0.1:9190',
    'edge-proxy 0.0.0.0:8080',
    'edge-proxy 127.0.0.1:9080',
  ]);
});

test('further edges take the ports after, each with its own variables', () => {
  const edges = plan({ EDGE_PROXY_PORT: '7000' }, { edges: 3 }).filter((one) => one.app === 'edge-proxy');
  expect(edges.map(({ name, url, opsUrl }) => [name, url, opsUrl])).toEqual([
    ['edge-proxy', 'http://127.0.0.1:7000', 'http://127.0.0.1:9080'],
    ['edge-proxy-2', 'http://127.0.0.1:7001', 'http://127.0.0.1:9081'],
    ['edge-proxy-3', 'http://127.0.0.1:7002', 'http://127.0.0.1:9082'],
  ]);
  expect(edges[2]!.env).toMatchObject({ EDGE_PROXY_PORT: '7002', EDGE_PROXY_OPS_PORT: '9082' });
});

test('the port of the config holds unless the environment names another', () => {
  expect(named(plan({}, { configuredEdgePort: 8888 }), 'edge-proxy').url).toBe('http://127.0.0.1:8888');
  const both = plan({ EDGE_PROXY_PORT: '7000' }, { configuredEdgePort: 8888 });
  expect(named(both, 'edge-proxy').url).toBe('http://127.0.0.1:7000');
});

test('only the edge gets what a config may refer to, and no service gets an address that it does not need', () => {
  const plans = plan({
    PATH: '/bin',
    OPENAI_API_KEY: 'secret',
    SLUICE_ADMIN_PASSWORD: 'secret',
    DATABASE_URL: 'postgres://u:secret@h/d',
    LOGGER_BATCH: '5',
    LD_PRELOAD: 'x',
  });
  expect(named(plans, 'edge-proxy').env).toMatchObject({ OPENAI_API_KEY: 'secret', PATH: '/bin' });
  expect(named(plans, 'edge-proxy').env).not.toHaveProperty('DATABASE_URL');
  expect(named(plans, 'edge-proxy').env).not.toHaveProperty('SLUICE_ADMIN_PASSWORD');
  expect(named(plans, 'edge-proxy').env).not.toHaveProperty('LOGGER_OPS_PORT');
  expect(named(plans, 'edge-proxy').urls).toEqual(['NATS_URL', 'REDIS_URL']);
  expect(named(plans, 'demo-provider').urls).toEqual([]);
  expect(Object.keys(named(plans, 'logger').env).sort()).toEqual([
    'LOGGER_BATCH',
    'LOGGER_OPS_PORT',
    'NODE_ENV',
    'PATH',
    'SLUICE_CONFIG',
    'SLUICE_DATA_DIR',
    'SLUICE_EXIT_WITH_PARENT',
  ]);
});

test('each secret that is handed over goes to its own service only, as a path', () => {
  const plans = plan({ SLUICE_ADMIN_PASSWORD: 'secret' }, { edges: 2 });
  const holders = (variable: string): string[][] =>
    plans.flatMap(({ name, env }) => (env[variable] === undefined ? [] : [[name, env[variable]]]));
  expect(holders('SLUICE_LAUNCH_KEY_FILE')).toEqual([
    ['edge-proxy', '/repo/.data/secrets/launch-key'],
    ['edge-proxy-2', '/repo/.data/secrets/launch-key'],
  ]);
  expect(holders('SLUICE_ADMIN_PASSWORD_FILE')).toEqual([
    ['admin-api', '/repo/.data/secrets/admin-password'],
  ]);
  expect(holders('SLUICE_SECRETS_DIR').map(([name]) => name)).toEqual([
    ...['admin-api', 'edge-proxy', 'edge-proxy-2'],
  ]);
  expect(JSON.stringify(plans)).not.toContain('"secret"');
});

test('the admin API finds the export service where it was moved to', () => {
  expect(named(plan({}), 'admin-api').env).toMatchObject({ EXPORT_URL: 'http://127.0.0.1:8091' });
  const moved = plan({ EXPORT_PORT: '7091' });
  expect(named(moved, 'admin-api').env).toMatchObject({ EXPORT_URL: 'http://127.0.0.1:7091' });
});

test('what takes requests from outside is stopped before what it calls', () => {
  const front = plan({}).filter(({ stopStage }) => stopStage === 'front');
  expect(front.map(({ name }) => name)).toEqual(['admin-api', 'edge-proxy']);
});

test('every wrong port of the environment is listed', () => {
  const read = (): unknown =>
    readLauncherConfig('/repo', { LOGGER_OPS_PORT: 'x', EDGE_PROXY_PORT: '70000' }, '/repo');
  expect(read).toThrow(LauncherConfigError);
  expect(read).toThrow('LOGGER_OPS_PORT must be a port from 1 to 65535, not "x".');
  expect(read).toThrow('EDGE_PROXY_PORT must be a port from 1 to 65535, not "70000".');
});

test('edges that would not fit below port 65536 are refused', () => {
  expect(() => plan({ EDGE_PROXY_PORT: '65534' }, { edges: 3 })).toThrow(
    'EDGE_PROXY_PORT leaves no room for 3 edges',
  );
});
