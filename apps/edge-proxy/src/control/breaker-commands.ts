// What people may do to breakers: look at them, hold them open or closed, and give them back.
import type { ControlReply, ControlRequest } from '@sluice/contracts';
import type { HealthRegistry } from '../attempts/health-registry.js';
import type { ConfigGeneration } from './config-generation.js';

export interface BreakerCommandsOptions {
  readonly health: HealthRegistry;
  readonly current: () => ConfigGeneration;
  readonly log: { info(facts: object, message: string): void };
}

/** The answers of one process to `breaker.force` and `breaker.list`, without its name. */
export class BreakerCommands {
  readonly #options: BreakerCommandsOptions;

  constructor(options: BreakerCommandsOptions) {
    this.#options = options;
  }

  readonly list = (): Omit<ControlReply<'breaker.list'>, 'instance'> => ({
    ok: true,
    problems: [],
    breakers: [...this.#options.health.report()],
  });

  readonly force = (
    request: ControlRequest<'breaker.force'>,
  ): Omit<ControlReply<'breaker.force'>, 'instance'> => {
    const { provider, providerModel, to, actor } = request;
    const { health, current, log } = this.#options;
    this.#meet(request);
    const matched = health.force({ provider, providerModel }, to === 'auto' ? null : to);
    if (matched > 0)
      log.info({ provider, providerModel, to, actor: actor.name, matched }, 'breakers were set');
    const problems = matched > 0 ? [] : [whyNobody(request, current())];
    return { ok: matched > 0, problems, matched };
  };

  /** A breaker is made at its route's first call; here also for one that nobody has called yet. */
  #meet({ provider, providerModel }: ControlRequest<'breaker.force'>): void {
    const { health, current } = this.#options;
    const { models, config } = current();
    for (const { routes } of models.values()) {
      for (const target of Object.values(routes).flat()) {
        if (target.provider.name !== provider) continue;
        if (providerModel === null || target.providerModel === providerModel) health.of(target, config);
      }
    }
  }
}

function whyNobody(
  { provider, providerModel }: ControlRequest<'breaker.force'>,
  { config }: ConfigGeneration,
): string {
  const names = [...config.providers.keys()].join(', ');
  if (!config.providers.has(provider)) return `"provider" names none of the config: it has ${names}`;
  return providerModel === null
    ? `no model of the config uses the provider "${provider}", and nobody has called it`
    : `"providerModel" is no model of a route to the provider "${provider}", and nobody has called it`;
}
