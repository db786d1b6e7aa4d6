// JSON Schemas between dialects. Schemas are the client's: walked with a bound, never interpreted.
import { asRecord } from '../wire/read-unknown.js';
import type { UnknownRecord } from './read-request.js';

/** Deeper than a request body may be nested. */
const MAX_DEPTH = 64;
/** Keys whose values are schemas, lists of schemas, or maps from names to schemas. */
const SCHEMAS = ['items', 'not', 'additionalProperties', 'contains', 'if', 'then', 'else'];
const LISTS = ['anyOf', 'allOf', 'oneOf', 'prefixItems'];
const MAPS = ['properties', '$defs', 'definitions', 'patternProperties'];

/** A tool's parameters: an object schema at the root, without the dialect's mark. */
export function toToolSchema(schema: UnknownRecord | undefined): UnknownRecord {
  const rest = withoutDialect(schema ?? {});
  return rest['type'] === undefined ? { type: 'object', properties: {}, ...rest } : rest;
}

/** The schema with every object closed, as Anthropic's structured output demands. */
export function closeSchema(schema: UnknownRecord): UnknownRecord {
  return closed(withoutDialect(schema), 0);
}

/** `$schema` names a draft; providers refuse it or ignore it. */
function withoutDialect(schema: UnknownRecord): UnknownRecord {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));
}

function closed(schema: UnknownRecord, depth: number): UnknownRecord {
  if (depth > MAX_DEPTH) return schema;
  const copy: Record<string, unknown> = { ...schema };
  const close = (value: unknown): unknown => {
    const record = asRecord(value);
    return record === null ? value : closed(record, depth + 1);
  };
  for (const key of SCHEMAS) if (key in copy) copy[key] = close(copy[key]);
  for (const key of LISTS) {
    const list = copy[key];
    if (Array.isArray(list)) copy[key] = list.map(close);
  }
  for (const key of MAPS) {
    const map = asRecord(copy[key]);
    if (map !== null) {
      copy[key] = Object.fromEntries(Object.entries(map).map(([name, value]) => [name, close(value)]));
    }
  }
  if (copy['type'] === 'object') copy['additionalProperties'] = false;
  return copy;
}

/** Whether OpenAI's strict mode takes the schema: all objects closed, all properties required. */
export function isStrictSchema(value: unknown, depth = 0): boolean {
  const schema = asRecord(value);
  if (schema === null || depth > MAX_DEPTH) return value === undefined || typeof value === 'boolean';
  if (schema['type'] === 'object') {
    const required = schema['required'];
    const names = Object.keys(asRecord(schema['properties']) ?? {});
    const isAllRequired = Array.isArray(required)
      ? names.every((name) => required.includes(name))
      : names.length === 0;
    if (schema['additionalProperties'] !== false || !isAllRequired) return false;
  }
  const parts = [
    ...SCHEMAS.map((key) => schema[key]),
    ...LISTS.flatMap((key) => (Array.isArray(schema[key]) ? (schema[key] as unknown[]) : [])),
    ...MAPS.flatMap((key) => Object.values(asRecord(schema[key]) ?? {})),
  ];
  return parts.every((part) => part === undefined || isStrictSchema(part, depth + 1));
}
