// The manifest of routes and the schemas of the contracts -> an OpenAPI 3.1 document.
import { PROBLEM_CONTENT_TYPE, problemDetailsSchema } from '@sluice/contracts';
import { z } from 'zod';
import type { NamedSchema, RouteDescription } from '../http/route.decorator.js';
import { SESSION_COOKIE } from '../sign-in/session-cookie.js';
import type { ManifestRoute } from './route-manifest.js';

/** A document, as far as we build it. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Record<string, Record<string, object>>;
  readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: object };
}

const PROBLEM: NamedSchema = { name: 'ProblemDetails', schema: problemDetailsSchema };
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: 'A parameter or field is wrong; each one is named.',
  401: 'Nobody is signed in, or the sign-in failed.',
  403: 'The role is not enough, or the Origin is another site.',
  404: 'It does not exist, or belongs to another team.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  429: 'Too many sign-ins have failed; see retry-after.',
  502: 'The export service answers wrongly.',
  503: 'Something that it needs is away; see retry-after.',
};

/** Describes the routes that have a description. */
export function toOpenApi(routes: readonly ManifestRoute[]): OpenApiDocument {
  const schemas: Record<string, object> = {};
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    if (route.description === undefined) continue;
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = toOperation(route, route.description, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice admin API',
      version: '1',
      description: 'Errors are problem details (RFC 9457). Writes need an Origin that equals the own host.',
    },
    paths,
    components: {
      schemas,
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE } },
    },
  };
}

function toOperation(
  { path, access }: ManifestRoute,
  description: RouteDescription,
  schemas: Record<string, object>,
): object {
  const { summary, query, body, problems } = description;
  const refer = ({ name, schema }: NamedSchema): object => {
    schemas[name] ??= toJsonSchema(schema);
    return { schema: { $ref: `#/components/schemas/${name}` } };
  };
  return {
    summary,
    ...(access?.kind === 'role'
      ? { security: [{ session: [] }], 'x-required-role': access.role }
      : { security: [] }),
    parameters: [...toPathParameters(path), ...(query === undefined ? [] : toQueryParameters(query))],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': refer(body) } } }),
    responses: {
      ...toSuccess(description, refer),
      ...Object.fromEntries(
        problems.map((status) => [
          String(status),
          { description: STATUS_TEXTS[status], content: { [problemType]: refer(PROBLEM) } },
        ]),
      ),
    },
  };
}

const [problemType = ''] = PROBLEM_CONTENT_TYPE.split(';');

function toSuccess({ answer }: RouteDescription, refer: (schema: NamedSchema) => object): object {
  if (answer === undefined) return { 204: { description: 'Done.' } };
  const content =
    'contentTypes' in answer
      ? Object.fromEntries(answer.contentTypes.map((type) => [type, { schema: { type: 'string' } }]))
      : { 'application/json': refer(answer) };
  return { 200: { description: 'As asked for.', content } };
}

const toPathParameters = (path: string): object[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function toQueryParameters(query: z.ZodObject): object[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'output' });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

/** OpenAPI 3.1 takes JSON Schema as it is; the dialect is said once, by the version. */
function toJsonSchema(schema: z.ZodType): object {
  return { ...z.toJSONSchema(schema, { io: 'output' }), $schema: undefined };
}
