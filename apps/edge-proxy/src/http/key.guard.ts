import type { IncomingHttpHeaders } from 'node:http';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { ConfigHolder } from '../control/config-holder.js';

/** A request that {@link KeyGuard} let through. */
export interface CallerRequest {
  readonly headers: IncomingHttpHeaders;
  caller?: Caller;
}

/** Lets in who has a key; bound to handlers, never to paths. */
@Injectable()
export class KeyGuard implements CanActivate {
  readonly #holder: ConfigHolder;

  constructor(@Inject(ConfigHolder) holder: ConfigHolder) {
    this.#holder = holder;
  }

  /** @throws GatewayError `invalid_api_key` */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<CallerRequest>();
    request.caller = this.#holder.current.keyRing.identify(request.headers, Date.now());
    return true;
  }
}
