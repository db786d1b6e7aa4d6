import { Controller, Get, Inject, Param, Req, UseGuards } from '@nestjs/common';
import { GatewayError } from '@sluice/contracts';
import type { Caller } from '../access/caller.js';
import { ConfigHolder } from '../control/config-holder.js';
import { findModel } from '../routing/route-planner.js';
import { type CallerRequest, KeyGuard } from './key.guard.js';

/** A model as OpenAI's clients expect it. */
interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/** `GET /v1/models`: what the key may use, in config order. */
@Controller('v1/models')
@UseGuards(KeyGuard)
export class ModelsController {
  readonly #holder: ConfigHolder;

  constructor(@Inject(ConfigHolder) holder: ConfigHolder) {
    this.#holder = holder;
  }

  @Get()
  list(@Req() request: CallerRequest): { object: 'list'; data: ModelEntry[] } {
    const { models } = this.#holder.current;
    const mayUse = callerOf(request).mayUse;
    const names = [...models]
      .filter(([name, model]) => mayUse(name, model.config.name))
      .map(([name]) => name);
    return { object: 'list', data: names.map((name) => this.#entry(name)) };
  }

  /** Names may hold slashes, so the rest of the path is the name. */
  @Get('*')
  find(@Req() request: CallerRequest, @Param('*') name: string): ModelEntry {
    findModel(this.#holder.current, name, callerOf(request));
    return this.#entry(name);
  }

  #entry(name: string): ModelEntry {
    return { id: name, object: 'model', created: this.#holder.current.loadedAtSeconds, owned_by: 'sluice' };
  }
}

function callerOf(request: CallerRequest): Caller {
  if (request.caller === undefined) throw new GatewayError('invalid_api_key');
  return request.caller;
}
