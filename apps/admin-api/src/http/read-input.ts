// What clients send, checked against the strict schemas of the contracts.
import type { IncomingMessage } from 'node:http';
import type { ParameterProblem } from '@sluice/contracts';
import type { z } from 'zod';
import type { ApiRequest } from './api-request.js';
import { describeAllowed } from './describe-allowed.js';
import { ProblemError } from './problem.js';

const LONGEST_NAME = 64;

/** The query of a request. Throws ProblemError 400 that lists every parameter at fault and what is allowed. */
export function readQuery<Schema extends z.ZodObject>(
  schema: Schema,
  request: IncomingMessage,
): z.output<Schema> {
  const { url = '' } = request;
  const at = url.indexOf('?');
  const search = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const repeated = [...new Set(search.keys())].filter((name) => search.getAll(name).length > 1);
  const problems = repeated.map((name) => ({
    parameter: name.slice(0, LONGEST_NAME),
    detail: 'is given more than once',
    allowed: 'one value',
  }));
  if (problems.length > 0) throw invalid(problems);
  return parse(schema, Object.fromEntries(search));
}

/** The body of a request. Throws ProblemError: 415 when it is no JSON, 400 with every field at fault. */
export function readBody<Schema extends z.ZodObject>(
  schema: Schema,
  { body, raw }: ApiRequest,
): z.output<Schema> {
  if (!Buffer.isBuffer(body)) return parse(schema, {});
  const type = raw.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new ProblemError('unsupported-media-type', 'Send JSON, with content-type: application/json.');
  }
  return parse(schema, parseJson(body));
}

/** One problem of a parameter, where more than its schema decides. */
export function invalid(problems: readonly ParameterProblem[]): ProblemError {
  const text = problems.map(
    ({ parameter, detail, allowed }) =>
      `${parameter} ${detail}; allowed: ${typeof allowed === 'string' ? allowed : allowed.join(', ')}`,
  );
  return new ProblemError('invalid-request', `${text.join('. ')}.`, { errors: problems });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new ProblemError('bad-request', 'The body is not JSON in UTF-8.');
  }
}

function parse<Schema extends z.ZodObject>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = new Map<string, ParameterProblem>();
  for (const issue of parsed.error.issues) {
    for (const problem of toProblems(schema, issue, input)) {
      if (!problems.has(problem.parameter)) problems.set(problem.parameter, problem);
    }
  }
  throw invalid([...problems.values()]);
}

function toProblems(schema: z.ZodObject, issue: z.core.$ZodIssue, input: unknown): ParameterProblem[] {
  const fields = Object.keys(schema.shape);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      parameter: key.slice(0, LONGEST_NAME),
      detail: 'is not known here',
      allowed: fields,
    }));
  }
  const [field] = issue.path;
  if (typeof field !== 'string') {
    return [
      { parameter: 'body', detail: 'is not an object', allowed: `an object with ${fields.join(', ')}` },
    ];
  }
  // A strict object's fields are schemas, whatever its type leaves open.
  const known: z.core.$ZodType | undefined = (schema.shape as Record<string, z.core.$ZodType>)[field];
  const isThere = typeof input === 'object' && input !== null && Object.hasOwn(input, field);
  const detail = isThere ? 'does not fit' : 'is missing';
  return [{ parameter: field, detail, allowed: describeAllowed(known) }];
}

/** The moments of a query's span. Throws ProblemError 400 when `from` is not before `to`. */
export function checkSpan(query: { readonly from?: string | undefined; readonly to?: string | undefined }): {
  readonly from: Date | undefined;
  readonly to: Date | undefined;
} {
  const [from, to] = [query.from, query.to].map((text) => (text === undefined ? undefined : new Date(text)));
  if (from !== undefined && to !== undefined && from >= to) {
    throw invalid([{ parameter: 'from', detail: 'is not before to', allowed: 'a time before to' }]);
  }
  return { from, to };
}
