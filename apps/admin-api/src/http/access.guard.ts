import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { roleIncludes } from '@sluice/contracts';
import { readSessionToken } from '../sign-in/session-cookie.js';
import { Sessions } from '../sign-in/sessions.js';
import { accessOf } from './access.decorators.js';
import type { ApiRequest } from './api-request.js';
import { isReading, judgeOrigin } from './own-origin.js';
import { ProblemError } from './problem.js';

/**
 * Lets nobody through to a handler that does not say who may call it. It judges the handler that was found and the session
 * alone: no path, no header that names another method or path.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(@Inject(Sessions) private readonly sessions: Sessions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(context.getHandler());
    if (access === undefined) throw new ProblemError('not-allowed', 'Nobody may call this route.');
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const { method, headers } = request.raw;
    const origin = isReading(method) ? 'own' : judgeOrigin(request.raw, this.sessions.isTls(request.raw));
    if (access.kind === 'public') {
      if (origin === 'other') throw wrongOrigin();
      return true;
    }
    const token = readSessionToken(headers.cookie);
    if (token === undefined) throw notSignedIn();
    // A page of another site can make the browser send a request, but not this header's value.
    if (origin !== 'own') throw wrongOrigin();
    const caller = await this.sessions.find(token);
    if (caller === undefined) throw notSignedIn();
    if (!roleIncludes(caller.role, access.role)) {
      throw new ProblemError('not-allowed', `This needs the role ${access.role}.`);
    }
    request.caller = caller;
    return true;
  }
}

const notSignedIn = (): ProblemError =>
  new ProblemError('not-signed-in', 'Sign in with POST /api/session; a session ends when it is idle or old.');

const wrongOrigin = (): ProblemError =>
  new ProblemError('wrong-origin', 'Send an Origin header that equals the address of this service.');
