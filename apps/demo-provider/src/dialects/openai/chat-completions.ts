import type { Exchange } from '../../http/exchange.js';
import type { DemoModel } from '../../models/demo-model.js';
import { chatEvents, toErrorEvent } from './chat-events.js';
import { type AnswerIdentity, ChunkWriter, toChatCompletionJson } from './chat-frame.js';
import { type ChatRequest, parseChatRequest } from './chat-request.schema.js';
import type { Endpoint } from '../run-endpoint.js';
import { planChatAnswer } from '../../answers/plan-chat-answer.js';
import { sendStream } from '../send-stream.js';
import { withStreamFaults } from '../streamed-event.js';

/** `POST /v1/chat/completions`. */
export const chatCompletions: Endpoint<ChatRequest> = {
  does: 'chat',
  parse: parseChatRequest,
  isStream: (request) => request.stream === true,
  answer: (exchange, request, model) => {
    if (request.stream === true) answerStream(exchange, request, model);
    else answerPlain(exchange, request, model);
  },
};

function answerPlain(exchange: Exchange, request: ChatRequest, model: DemoModel): void {
  const { plan, serving } = exchange;
  const answer = planChatAnswer(request, model, serving.attemptId);
  const body = toChatCompletionJson(identityOf(exchange, request), answer, plan.withoutUsage !== true);
  const send = (): void => {
    serving.promptTokens = answer.promptTokens;
    serving.completionTokens = answer.completionTokens;
    exchange.answer(200, 'application/json', body);
  };
  if (plan.firstTokenMs === undefined) send();
  else exchange.later(plan.firstTokenMs, send);
}

function answerStream(exchange: Exchange, request: ChatRequest, model: DemoModel): void {
  const { plan, serving } = exchange;
  const answer = planChatAnswer(request, model, serving.attemptId);
  const withUsage = request.stream_options?.include_usage === true && plan.withoutUsage !== true;
  const chunks = new ChunkWriter(identityOf(exchange, request), withUsage);
  const events = withStreamFaults(chatEvents(answer, chunks, withUsage), {
    plan,
    toErrorEvent,
    onBroken: () => exchange.breakAnswer(),
  });
  serving.promptTokens = answer.promptTokens;
  exchange.head(200, 'text/event-stream; charset=utf-8');
  sendStream(exchange, events, { paceMs: model.paceMs, firstTokenMs: plan.firstTokenMs ?? 0 });
}

function identityOf({ serving }: Exchange, request: ChatRequest): AnswerIdentity {
  return {
    id: `chatcmpl-${serving.attemptId}`,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
  };
}
