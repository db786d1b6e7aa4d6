import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ConfigHolder } from './control/config-holder.js';
import { REQUEST_LOG } from './edge-proxy.tokens.js';
import { GatewayErrorFilter } from './http/gateway-error.filter.js';
import { KeyGuard } from './http/key.guard.js';
import { ModelsController } from './http/models.controller.js';
import type { RequestLog } from './reporting/reporter.js';

/** What Nest serves on the data plane: everything but the hot URLs. */
@Module({})
export class EdgeProxyModule {
  static with(parts: { readonly holder: ConfigHolder; readonly log: RequestLog }): DynamicModule {
    return {
      module: EdgeProxyModule,
      controllers: [ModelsController],
      providers: [
        { provide: ConfigHolder, useValue: parts.holder },
        { provide: REQUEST_LOG, useValue: parts.log },
        { provide: APP_FILTER, useClass: GatewayErrorFilter },
        KeyGuard,
      ],
    };
  }
}
