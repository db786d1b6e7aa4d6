import { z } from 'zod';

/** What a field's schema allows, for people; a list when it is one of some words. */
export function describeAllowed(schema: z.core.$ZodType | undefined): string | string[] {
  if (schema === undefined) return 'nothing';
  const found = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' });
  if (Array.isArray(found.enum)) return found.enum.map(String);
  if (found.format === 'date-time') return 'a time with its zone, like 2026-11-22T10:00:00Z';
  if (found.type === 'integer' || found.type === 'number') {
    return `a whole number from ${found.minimum ?? 0} to ${found.maximum ?? 'any'}`;
  }
  if (found.type === 'string')
    return `text of ${found.minLength ?? 0} to ${found.maxLength ?? 'any'} characters`;
  return found.type ?? 'another kind of value';
}
