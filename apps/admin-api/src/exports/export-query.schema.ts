import { REQUEST_OUTCOMES } from '@sluice/contracts';
import { z } from 'zod';

const text = z.string().min(1).max(256);
const moment = z.string().meta({ description: 'A date (midnight UTC) or a time with its zone.' });

/** What the export service takes, for the OpenAPI document alone: that service judges it and says what is wrong. */
export const exportQuerySchema = z.strictObject({
  format: z.enum(['csv', 'jsonl']),
  from: moment.optional(),
  to: moment.optional(),
  model: text.optional(),
  provider: text.optional(),
  key: text.optional(),
  team: text.optional(),
  requestId: text.optional(),
  outcome: z.enum(REQUEST_OUTCOMES).optional(),
});
