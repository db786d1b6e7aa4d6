// What every endpoint does before its own work: body to JSON, model, faults.
import { type DecidedFaults, type FaultBook, faultKey } from '../faults/fault-book.js';
import { FaultSyntaxError } from '../faults/parse-fault.js';
import { type Exchange, requestIdOf } from '../http/exchange.js';
import { invalidRequest, type OpenAiError } from '../http/openai-error.js';
import { type BaseModel, type DemoModel, parseModel, UnknownModelError } from '../models/demo-model.js';
import { answerGarbage } from '../faults/answer-garbage.js';

/** The work of one endpoint, after the faults that come before it. */
export interface Endpoint<Request extends { readonly model: string }> {
  readonly does: BaseModel['does'];
  /** What is wrong with the headers; absent when any will do. */
  readonly checkHead?: (exchange: Exchange) => OpenAiError | undefined;
  readonly parse: (
    body: unknown,
  ) => { readonly ok: true; readonly value: Request } | { readonly ok: false; readonly error: OpenAiError };
  readonly isStream: (request: Request) => boolean;
  readonly answer: (exchange: Exchange, request: Request, model: DemoModel) => void;
}

/** Reads the call, decides its faults and answers. Never throws for what a caller sends. */
export function runEndpoint<Request extends { readonly model: string }>(
  endpoint: Endpoint<Request>,
  exchange: Exchange,
  faults: FaultBook,
): void {
  exchange.readBody((text) => {
    const refusal = endpoint.checkHead?.(exchange);
    if (refusal !== undefined) {
      exchange.fail(refusal);
      return;
    }
    const body = parseJson(text);
    if (body === undefined) {
      exchange.fail(invalidRequest('We could not parse the JSON body of your request.', null));
      return;
    }
    const parsed = endpoint.parse(body.value);
    if (!parsed.ok) {
      exchange.fail(parsed.error);
      return;
    }
    const request = parsed.value;
    exchange.serving.stream = endpoint.isStream(request);
    const prepared = prepare(endpoint.does, request.model, { exchange, faults, text });
    if ('status' in prepared) {
      exchange.serving.model = request.model;
      exchange.fail(prepared);
      return;
    }
    exchange.plan = prepared.decided.plan;
    exchange.serving.fault = prepared.decided.text;
    exchange.begin(request.model);
    runFaultsBefore(exchange, () => endpoint.answer(exchange, request, prepared.model));
  });
}

function prepare(
  does: BaseModel['does'],
  name: string,
  { exchange, faults, text }: { exchange: Exchange; faults: FaultBook; text: string },
): { readonly model: DemoModel; readonly decided: DecidedFaults } | OpenAiError {
  try {
    const model = parseModel(name);
    if (model.base.does !== does) {
      return invalidRequest(`The model '${name}' does ${model.base.does}, not ${does}.`, 'model');
    }
    const key = (): string => faultKey(exchange.sentAttemptId, requestIdOf(exchange.request), text);
    return { model, decided: faults.decide({ model, header: exchange.faultHeader, key }) };
  } catch (error) {
    if (error instanceof UnknownModelError) {
      return invalidRequest(error.message, 'model', { status: 404, code: 'model_not_found' });
    }
    if (error instanceof FaultSyntaxError) return invalidRequest(error.message, 'x-demo-fault');
    throw error;
  }
}

/** The faults that come before an answer or in its place; `answer` is called when none took its place. */
function runFaultsBefore(exchange: Exchange, answer: () => void): void {
  const { plan } = exchange;
  if (plan.drop === true) {
    exchange.drop(false);
    return;
  }
  const go = (): void => {
    if (plan.refusal !== undefined) exchange.refuse(plan.refusal);
    else if (plan.garbage !== undefined) answerGarbage(exchange, plan.garbage);
    else answer();
  };
  if (plan.delayMs === undefined) go();
  else exchange.later(plan.delayMs, go);
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // What is wrong with it is of no use to a caller of a demo; that it is wrong is answered.
    return undefined;
  }
}
