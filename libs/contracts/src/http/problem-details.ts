// Errors of the admin API and of the export API, RFC 9457.
import { z } from 'zod';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

export const problemDetailsSchema = z.object({
  /** `urn:sluice:problem:<kind>`: stable, for programs. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** For people: what is wrong and the way out; never a value that was sent. */
  detail: z.string(),
  /** One for each field or parameter at fault. */
  errors: z
    .array(
      z.object({
        parameter: z.string(),
        detail: z.string(),
        /** What is allowed. */
        allowed: z.union([z.string(), z.array(z.string()).readonly()]),
      }),
    )
    .readonly()
    .optional(),
});
export type ProblemDetails = z.infer<typeof problemDetailsSchema>;
export type ParameterProblem = NonNullable<ProblemDetails['errors']>[number];
