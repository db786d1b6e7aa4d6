import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';
import { toOpenAiErrorBody } from './to-openai-error-body.js';

describe('an error body in OpenAI’s dialect', () => {
  it('has the four fields that official clients read, and no more', () => {
    expect(JSON.parse(toOpenAiErrorBody('model_not_found', 'No such model.', 'model'))).toEqual({
      error: {
        message: 'No such model.',
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    });
  });

  it('says null, not nothing, when no field is at fault', () => {
    expect(toOpenAiErrorBody('overloaded', 'Busy.', null)).toContain('"param":null');
  });

  it('takes the type of every code from the table', () => {
    // The keys of the table are its codes.
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const { error } = JSON.parse(toOpenAiErrorBody(code, 'text', null)) as { error: { type: string } };
      expect([code, error.type]).toEqual([code, ERROR_CODES[code].openaiType]);
    }
  });

  it('stays one line of valid JSON whatever a message holds, so that it fits into a stream', () => {
    const message =
      'quote " backslash \\ newline \n return \r nul \u0000 line separator \u2028 half of a pair \ud800';
    const body = toOpenAiErrorBody('internal_error', message, null);
    expect(body).not.toMatch(/[\r\n]/);
    expect(JSON.parse(body)).toMatchObject({ error: { message } });
  });
});
