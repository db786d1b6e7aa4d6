// The sequence of `npm start`, and its end.
import { join } from 'node:path';
import { type PrivateServerName, readTail, reapProcesses } from '@sluice/private-services';
import { ADMIN_USER } from './admin-password.js';
import { findBusyPorts } from './find-busy-ports.js';
import type { FinalScreenInput } from './final-screen.js';
import { type Infrastructure, SERVER_OF_VARIABLE, superviseInfrastructure } from './infrastructure.js';
import type { LauncherConfig } from './launcher.config.js';
import type { Output } from './launcher-log.js';
import { planServices, type ServicePlan } from './plan-services.js';
import { type PreparedSecrets, prepareSecrets } from './prepare-secrets.js';
import { prepareDatabase, prepareStreams } from './prepare-servers.js';
import { readConfigFacts } from './read-config.js';
import { SERVICES, type StopStage } from './service-table.js';
import { startService, waitUntilServiceReady } from './service-process.js';
import { removeStartFile, type StartFile, writeStartFile } from './start-file.js';
import { SupervisedChild } from './supervised-child.js';

/** Room for a first start on a slow machine; then the log's end is shown. */
const READY_TIMEOUT_MS = 60_000;
/** A service that ends this often before it is ready will not become ready. */
const MAX_EARLY_EXITS = 3;
/** Together under the 10 s that a stop may take. */
const STOP_TIMEOUT_MS = { front: 4000, consumer: 2500, infrastructure: 2000 } as const;
/** Survivors have been told already, by the end of their stdin or their parent: what still runs gets little more time. */
const REAP_TIMEOUT_MS = 3000;

interface Service {
  readonly plan: ServicePlan;
  readonly child: SupervisedChild;
}

/** One run of the whole system. */
export class Launcher {
  private services: readonly Service[] = [];
  private readonly infrastructure: Infrastructure;
  private secrets: PreparedSecrets = {
    apiKey: '',
    adminPassword: '',
    isApiKeyMade: false,
    isAdminPasswordMade: false,
    isAdminPasswordReplaced: false,
  };
  private isReady = false;
  private readonly stopped = new AbortController();

  constructor(
    private readonly config: LauncherConfig,
    private readonly output: Output,
  ) {
    this.infrastructure = superviseInfrastructure(config, output, () => this.refreshStartFile());
  }

  /**
   * Starts everything; resolves when all is ready and the start file is written. Rejects with a message for a person;
   * `stop` has to be called then too. The data folder must be locked.
   */
  async start(edges: number): Promise<Omit<FinalScreenInput, 'seconds'>> {
    const { config } = this;
    removeStartFile(config.startFile);
    await this.reapSurvivors();
    const facts = readConfigFacts(config, process.cwd());
    if (facts.problems !== undefined) this.output.say(`The config has mistakes:\n${facts.problems}`);
    const plans = planServices(config, {
      edges,
      configuredEdgePort: facts.edgePort,
      configFile: facts.file,
    });
    const busy = await findBusyPorts(plans.flatMap((plan) => plan.ports));
    if (busy !== undefined) throw new Error(busy);
    this.secrets = prepareSecrets(config.secretsDir, config.env['SLUICE_ADMIN_PASSWORD']);
    await this.startInfrastructure();
    await this.startServices(plans);
    this.stopped.signal.throwIfAborted();
    this.isReady = true;
    this.refreshStartFile();
    return {
      start: this.startFile(),
      firstModel: facts.firstModel,
      configFile: facts.file,
      startFile: config.startFile,
      logsDir: config.logsDir,
      isAdminPasswordNew: this.secrets.isAdminPasswordMade,
    };
  }

  /** Ends everything in order: what takes requests, consumers, infrastructure. Takes less than 10 s. Never rejects. */
  async stop(): Promise<void> {
    this.stopped.abort(new Error('stopped before all was ready'));
    this.isReady = false;
    removeStartFile(this.config.startFile);
    await this.stopStage('front');
    await this.stopStage('consumer');
    const servers = Object.values(this.infrastructure.children);
    await Promise.all(servers.map((child) => child.stop(STOP_TIMEOUT_MS.infrastructure)));
  }

  private async stopStage(stage: StopStage): Promise<void> {
    const services = this.services.filter(({ plan }) => plan.stopStage === stage);
    await Promise.all(services.map(({ child }) => child.stop(STOP_TIMEOUT_MS[stage])));
  }

  private async reapSurvivors(): Promise<void> {
    const { processesDir, serversDir } = this.config;
    const consumers = SERVICES.filter((row) => row.stopStage === 'consumer').map((row) => row.app);
    const reaped = [
      ...(await reapProcesses(processesDir, { timeoutMs: REAP_TIMEOUT_MS, last: consumers })),
      ...(await reapProcesses(join(serversDir, 'processes'), { timeoutMs: REAP_TIMEOUT_MS })),
    ];
    if (reaped.length > 0) this.output.say(`ended what an earlier start had left: ${reaped.join(', ')}`);
  }

  private async startInfrastructure(): Promise<void> {
    const prepare: Record<PrivateServerName, (url: string) => Promise<void>> = {
      nats: (url) => prepareStreams(url, this.output.log),
      redis: () => Promise.resolve(),
      postgres: (url) => prepareDatabase(url, this.output.log),
    };
    this.output.say('starting NATS, Redis and Postgres');
    const names = ['nats', 'redis', 'postgres'] as const;
    const results = await Promise.allSettled(
      names.map(async (name) => {
        await this.infrastructure.children[name].start();
        await prepare[name](this.infrastructure.url(name));
        this.output.say(`${name} is ready`);
      }),
    );
    this.stopped.signal.throwIfAborted();
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [messageOf(result.reason)] : [],
    );
    if (failures.length > 0) throw new Error(failures.join('\n'));
  }

  private async startServices(plans: readonly ServicePlan[]): Promise<void> {
    const starts = plans.map((plan) => new ServiceStart(plan, this.stopped.signal));
    this.services = starts.map((start) => ({ plan: start.plan, child: this.superviseService(start) }));
    this.output.say(`starting ${plans.map((plan) => plan.name).join(', ')}`);
    await Promise.all(
      this.services.map(async ({ child }, index) => {
        await child.start();
        await starts[index]?.untilReady();
        this.output.say(`${child.name} is ready`);
      }),
    );
  }

  private superviseService(start: ServiceStart): SupervisedChild {
    const { plan } = start;
    return new SupervisedChild({
      name: plan.name,
      onPid: () => this.refreshStartFile(),
      onUnexpectedExit: (description) => start.countExit(description),
      log: this.output.log,
      start: (onSpawn) =>
        startService({
          plan,
          env: { ...plan.env, ...this.urlsFor(plan) },
          processesDir: this.config.processesDir,
          onSpawn,
        }),
    });
  }

  private urlsFor(plan: ServicePlan): Record<string, string> {
    return Object.fromEntries(
      plan.urls.flatMap((variable) => {
        const server = SERVER_OF_VARIABLE[variable];
        return server === undefined ? [] : [[variable, this.infrastructure.url(server)]];
      }),
    );
  }

  private refreshStartFile(): void {
    if (this.isReady) writeStartFile(this.config.startFile, this.startFile());
  }

  private startFile(): StartFile {
    const edges = this.services.filter(({ plan }) => plan.app === 'edge-proxy');
    const others = this.services.filter(({ plan }) => plan.app !== 'edge-proxy');
    const edgeUrls = edges.flatMap(({ plan }) => plan.url ?? []);
    const children = [...Object.values(this.infrastructure.children), ...others.map(({ child }) => child)];
    return {
      edgeUrl: edgeUrls[0] ?? '',
      edgeUrls,
      opsUrls: {
        'edge-proxy': edges.map(({ plan }) => plan.opsUrl),
        ...Object.fromEntries(others.map(({ plan }) => [plan.name, plan.opsUrl])),
      },
      natsUrl: this.infrastructure.url('nats'),
      databaseUrl: this.infrastructure.url('postgres'),
      redisUrl: this.infrastructure.url('redis'),
      apiKey: this.secrets.apiKey,
      adminUrl: this.services.find(({ plan }) => plan.app === 'admin-api')?.plan.url ?? '',
      adminUser: ADMIN_USER,
      adminPassword: this.secrets.adminPassword,
      pids: {
        ...Object.fromEntries(children.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]]))),
        'edge-proxy': edges.flatMap(({ child }) => child.pid ?? []),
      },
    };
  }
}

/** Watches one service until it was ready once: too many ends, or too long a wait, end the whole start. */
class ServiceStart {
  private exits = 0;
  private readonly gaveUp = new AbortController();

  constructor(
    readonly plan: ServicePlan,
    private readonly stopped: AbortSignal,
  ) {}

  countExit(description: string): void {
    this.exits += 1;
    if (this.exits >= MAX_EARLY_EXITS)
      this.gaveUp.abort(this.failure(`ends again and again (${description})`));
  }

  async untilReady(): Promise<void> {
    const timer = setTimeout(() => {
      this.gaveUp.abort(this.failure(`is not ready after ${READY_TIMEOUT_MS / 1000} s`));
    }, READY_TIMEOUT_MS);
    try {
      await waitUntilServiceReady(this.plan.opsUrl, AbortSignal.any([this.gaveUp.signal, this.stopped]));
    } finally {
      clearTimeout(timer);
    }
  }

  private failure(what: string): Error {
    const { name, logFile } = this.plan;
    return new Error(`${name} ${what}. End of ${logFile}:\n${readTail(logFile)}`);
  }
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
