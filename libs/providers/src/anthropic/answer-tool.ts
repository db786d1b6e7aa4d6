// Older models have no structured output: they are made to call one tool whose input is the answer, and the
// call is turned back into text. Nothing is remembered between request and answer but this name.
import type { UnknownRecord } from '../translate/read-request.js';
import { toToolSchema } from '../translate/json-schema.js';

/** Reserved: a client's own tool of this name would be unwrapped as well. */
export const ANSWER_TOOL = 'sluice_structured_answer';

/** The tool that takes an answer of this schema. */
export const toAnswerTool = (schema: UnknownRecord): UnknownRecord => ({
  name: ANSWER_TOOL,
  description: 'Gives the final answer to the user. Call it exactly once, with the whole answer.',
  input_schema: toToolSchema(schema),
});
