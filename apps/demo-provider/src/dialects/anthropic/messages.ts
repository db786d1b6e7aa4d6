import type { Exchange } from '../../http/exchange.js';
import { invalidRequest, type OpenAiError } from '../../http/openai-error.js';
import type { DemoModel } from '../../models/demo-model.js';
import { planChatAnswer } from '../../answers/plan-chat-answer.js';
import type { Endpoint } from '../run-endpoint.js';
import { sendStream } from '../send-stream.js';
import { withStreamFaults } from '../streamed-event.js';
import { errorEvent } from './anthropic.dialect.js';
import { countPrompt } from './count-prompt.js';
import { messageEvents } from './message-events.js';
import { type PlannedMessage, toMessageJson } from './message-frame.js';
import {
  type CountRequest,
  type MessagesRequest,
  parseCountRequest,
  parseMessagesRequest,
} from './messages-request.schema.js';
import { toChatRequest } from './to-chat-request.js';

/** `POST /v1/messages`. */
export const messages: Endpoint<MessagesRequest> = {
  does: 'chat',
  checkHead: checkVersion,
  parse: parseMessagesRequest,
  isStream: (request) => request.stream === true,
  answer: (exchange, request, model) => {
    if (request.stream === true) answerStream(exchange, request, model);
    else answerPlain(exchange, request, model);
  },
};

/** `POST /v1/messages/count_tokens`. Nothing is generated, so nothing is counted in the ledger. */
export const countTokensOfMessages: Endpoint<CountRequest> = {
  does: 'chat',
  checkHead: checkVersion,
  parse: parseCountRequest,
  isStream: () => false,
  answer: (exchange, request) => {
    exchange.answer(200, 'application/json', `{"input_tokens":${countPrompt(request).total}}`);
  },
};

/** Any day will do, as any version of the API is answered the same. */
function checkVersion({ request }: Exchange): OpenAiError | undefined {
  const version = request.headers['anthropic-version'];
  if (version === undefined) return invalidRequest('anthropic-version: header is required', null);
  if (typeof version === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(version)) return undefined;
  return invalidRequest(`anthropic-version: "${String(version)}" is not a valid version`, null);
}

function answerPlain(exchange: Exchange, request: MessagesRequest, model: DemoModel): void {
  const { plan, serving } = exchange;
  const message = planMessage(exchange, request, model);
  const body = toMessageJson(message);
  const send = (): void => {
    serving.promptTokens = message.prompt.total;
    serving.completionTokens = message.outputTokens;
    exchange.answer(200, 'application/json', body);
  };
  if (plan.firstTokenMs === undefined) send();
  else exchange.later(plan.firstTokenMs, send);
}

function answerStream(exchange: Exchange, request: MessagesRequest, model: DemoModel): void {
  const { plan, serving } = exchange;
  const message = planMessage(exchange, request, model);
  const events = withStreamFaults(messageEvents(message), {
    plan,
    toErrorEvent: errorEvent,
    onBroken: () => exchange.breakAnswer(),
  });
  serving.promptTokens = message.prompt.total;
  exchange.head(200, 'text/event-stream; charset=utf-8');
  sendStream(exchange, events, { paceMs: model.paceMs, firstTokenMs: plan.firstTokenMs ?? 0 });
}

function planMessage(
  { serving, plan }: Exchange,
  request: MessagesRequest,
  model: DemoModel,
): PlannedMessage {
  const { choices, completionTokens, reasoningTokens } = planChatAnswer(
    toChatRequest(request),
    model,
    serving.attemptId,
  );
  const [choice] = choices;
  if (choice === undefined) throw new Error('no answer was planned');
  return {
    id: `msg_${serving.attemptId}`,
    model: request.model,
    choice: { ...choice, toolCalls: choice.toolCalls.map((call) => ({ ...call, id: toToolUseId(call.id) })) },
    prompt: countPrompt(request),
    outputTokens: completionTokens,
    thinkingTokens: reasoningTokens,
    hidesThinking: request.thinking?.['display'] === 'omitted',
    withUsage: plan.withoutUsage !== true,
  };
}

const toToolUseId = (callId: string): string => callId.replace(/^call_/, 'toolu_');
