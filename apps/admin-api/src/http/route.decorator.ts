import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

/** A schema and its name in the OpenAPI document. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: z.ZodType;
}

/** What the OpenAPI document says of a handler. */
export interface RouteDescription {
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: NamedSchema;
  /** JSON, or another content type of the answer 200; absent: 204 without one. */
  readonly answer?: NamedSchema | { readonly contentTypes: readonly string[] };
  /** Statuses of the problem details that it may answer. */
  readonly problems: readonly number[];
}

const ROUTE = 'sluice:route';

/** Describes a handler for the OpenAPI document. */
export const Route = (description: RouteDescription): CustomDecorator => SetMetadata(ROUTE, description);

/** What {@link Route} said of the handler. */
export function descriptionOf(handler: object): RouteDescription | undefined {
  // Only the decorator above writes it.
  return Reflect.getMetadata(ROUTE, handler) as RouteDescription | undefined;
}
