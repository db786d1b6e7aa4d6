import { Controller, Get, Inject, Param, Query, Req, UseGuards } from '@nestjs/common';
import { GatewayError } from '@sluice/contracts';
import type { Caller } from '../access/caller.js';
import { ConfigHolder } from '../control/config-holder.js';
import { findModel } from '../routing/find-model.js';
import { type CallerRequest, KeyGuard } from './key.guard.js';
import {
  type ChatModel,
  type ChatModelList,
  type MessagesModel,
  type MessagesModelList,
  type ModelPage,
  toChatModel,
  toMessagesModel,
  toMessagesModelList,
} from './model-lists.js';

/** `GET /v1/models`: what the key may use, in config order and in the client's dialect. */
@Controller('v1/models')
@UseGuards(KeyGuard)
export class ModelsController {
  readonly #holder: ConfigHolder;

  constructor(@Inject(ConfigHolder) holder: ConfigHolder) {
    this.#holder = holder;
  }

  @Get()
  list(@Req() request: CallerRequest, @Query() page: ModelPage): ChatModelList | MessagesModelList {
    const { models, loadedAtSeconds } = this.#holder.current;
    const mayUse = callerOf(request).mayUse;
    const names = [...models]
      .filter(([name, model]) => mayUse(name, model.config.name))
      .map(([name]) => name);
    if (!isMessagesClient(request)) {
      return { object: 'list', data: names.map((name) => toChatModel(name, loadedAtSeconds)) };
    }
    return toMessagesModelList(
      names.map((name) => toMessagesModel(name, loadedAtSeconds)),
      page,
    );
  }

  /** Names may hold slashes, so the rest of the path is the name. */
  @Get('*')
  find(@Req() request: CallerRequest, @Param('*') name: string): ChatModel | MessagesModel {
    const generation = this.#holder.current;
    findModel(generation, name, callerOf(request));
    const toModel = isMessagesClient(request) ? toMessagesModel : toChatModel;
    return toModel(name, generation.loadedAtSeconds);
  }
}

/** Anthropic's API demands this header; OpenAI's clients never send it. */
const isMessagesClient = ({ headers }: CallerRequest): boolean => headers['anthropic-version'] !== undefined;

function callerOf(request: CallerRequest): Caller {
  if (request.caller === undefined) throw new GatewayError('invalid_api_key');
  return request.caller;
}
