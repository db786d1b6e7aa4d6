import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { type Session, sessionSchema, signInSchema } from '@sluice/contracts';
import { Public, RequireRole } from '../http/access.decorators.js';
import { type ApiReply, type ApiRequest, callerOf } from '../http/api-request.js';
import { readBody } from '../http/read-input.js';
import { Route } from '../http/route.decorator.js';
import type { Caller } from './caller.js';
import { toClearedCookie, toSetCookie } from './session-cookie.js';
import { Sessions } from './sessions.js';
import { SignInDesk } from './sign-in.js';

/** `/api/session`: signing in, who is signed in, signing out. */
@Controller('api/session')
export class SessionController {
  constructor(
    @Inject(SignInDesk) private readonly desk: SignInDesk,
    @Inject(Sessions) private readonly sessions: Sessions,
  ) {}

  @Post()
  @HttpCode(200)
  @Public()
  @Route({
    summary: 'Sign in. The session is a cookie that no script can read.',
    body: { name: 'SignIn', schema: signInSchema },
    answer: { name: 'Session', schema: sessionSchema },
    problems: [400, 401, 403, 413, 415, 429, 503],
  })
  async signIn(@Req() request: ApiRequest, @Res({ passthrough: true }) reply: ApiReply): Promise<Session> {
    const body = readBody(signInSchema, request);
    const token = await this.desk.signIn(body, request.raw.socket.remoteAddress ?? '');
    const caller = await this.sessions.find(token);
    if (caller === undefined) throw new Error('a session ended as it began');
    reply.raw.setHeader('set-cookie', toSetCookie(token, this.sessions.isTls(request.raw)));
    return toSession(caller);
  }

  @Get()
  @RequireRole('viewer')
  @Route({
    summary: 'Who is signed in.',
    answer: { name: 'Session', schema: sessionSchema },
    problems: [401, 503],
  })
  read(@Req() request: ApiRequest): Session {
    return toSession(callerOf(request));
  }

  @Delete()
  @HttpCode(204)
  @RequireRole('viewer')
  @Route({ summary: 'Sign out.', problems: [401, 403, 503] })
  async signOut(@Req() request: ApiRequest, @Res({ passthrough: true }) reply: ApiReply): Promise<void> {
    await this.sessions.end(callerOf(request).tokenHash);
    reply.raw.setHeader('set-cookie', toClearedCookie(this.sessions.isTls(request.raw)));
  }
}

const toSession = (caller: Caller): Session => ({
  user: caller.userName,
  role: caller.role,
  teams: caller.scope.kind === 'all' ? null : [...caller.scope.teamIds],
  expiresAt: caller.expiresAt.toISOString(),
});
