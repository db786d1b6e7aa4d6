import { z } from 'zod';
import { freezeDeep } from './freeze-deep.js';

/** One wrong variable. */
export interface EnvProblem {
  readonly variable: string;
  /** What is wanted, the kind that was found (never the value), and the way out. */
  readonly message: string;
}

/** Thrown at start when the environment is wrong; its message lists every wrong variable on a line of its own. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';

  constructor(readonly problems: readonly EnvProblem[]) {
    const lines = problems.map(({ variable, message }) => `  ${variable}: ${message}`);
    super(
      `The environment has ${problems.length} mistake${problems.length === 1 ? '' : 's'}:\n${lines.join('\n')}`,
    );
  }
}

/**
 * A service's environment as one frozen object. Variables that are set but empty count as not set. Throws
 * {@link EnvironmentError} with all mistakes at once; values are never part of it.
 */
export function parseEnv<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<z.output<Schema>> {
  const names = Object.keys(schema.shape);
  const given = names.flatMap((name) => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return freezeDeep(parsed.data);
  const set = new Set(given.map(([name]) => name));
  const messages = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    const variable = String(issue.path[0] ?? names.join(', '));
    const message = describe(issue, set.has(variable));
    if (!messages.has(variable)) messages.set(variable, message);
  }
  throw new EnvironmentError([...messages].map(([variable, message]) => ({ variable, message })));
}

/** A field of a service's configuration: which variable it comes from, and what that may be. */
export interface EnvVariable<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly schema: Schema;
}

/** One such field. */
export const variable = <Schema extends z.ZodType>(name: string, schema: Schema): EnvVariable<Schema> => ({
  name,
  schema,
});

/** What {@link readEnvironment} makes of such fields. */
export type EnvironmentOf<Fields extends Readonly<Record<string, EnvVariable>>> = {
  readonly [Field in keyof Fields]: z.output<Fields[Field]['schema']>;
};

/** A service's environment by its own field names, frozen. Throws as {@link parseEnv}. */
export function readEnvironment<Fields extends Readonly<Record<string, EnvVariable>>>(
  fields: Fields,
  env: Readonly<Record<string, string | undefined>>,
): EnvironmentOf<Fields> {
  const shape = Object.fromEntries(Object.values(fields).map(({ name, schema }) => [name, schema]));
  const parsed: Readonly<Record<string, unknown>> = parseEnv(z.object(shape), env);
  const values = Object.entries(fields).map(([field, { name }]) => [field, parsed[name]]);
  // Each value is what the schema of its field gave.
  return Object.freeze(Object.fromEntries(values)) as EnvironmentOf<Fields>;
}

/** Only messages of our own pieces are repeated: zod's may be about anything. */
function describe(issue: z.core.$ZodIssue, isSet: boolean): string {
  if (!isSet) return `is not set: ${wayOut(issue)}`;
  if (issue.code === 'custom') return issue.message;
  return `is text that does not fit: ${wayOut(issue)}`;
}

function wayOut(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'custom':
      return issue.message.replace(/^must be/, 'set it to');
    case 'invalid_value':
      return `set it to one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_type':
      return `set it to ${issue.expected === 'string' ? 'a text' : `a ${issue.expected}`}`;
    case 'invalid_format':
      return `set it to text of the form ${issue.format}`;
    case 'too_small':
      return `set it to at least ${issue.minimum}${issue.origin === 'string' ? ' characters' : ''}`;
    case 'too_big':
      return `set it to at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`;
    default:
      return 'correct it or unset it';
  }
}
