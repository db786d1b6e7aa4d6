// Which handlers there are, read from what their decorators say.
import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { type Access, accessOf } from '../http/access.decorators.js';
import { descriptionOf, type RouteDescription } from '../http/route.decorator.js';

/** One handler. */
export interface ManifestRoute {
  readonly method: string;
  /** As Nest has it: `/api/requests/:eventId`. */
  readonly path: string;
  /** Undefined: nobody may call it. */
  readonly access: Access | undefined;
  /** Undefined for what is no API. */
  readonly description: RouteDescription | undefined;
}

/** The routes of these controllers, in their order. */
export function readManifest(controllers: readonly Type[]): ManifestRoute[] {
  return controllers.flatMap((controller) => {
    const prefix = pathOf(controller);
    return handlersOf(controller).map((handler) => ({
      // Nest writes a member of its enum.
      method: RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod],
      path: join(prefix, pathOf(handler)),
      access: accessOf(handler),
      description: descriptionOf(handler),
    }));
  });
}

function handlersOf(controller: Type): object[] {
  const prototype: object = controller.prototype as object;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const value: unknown = Reflect.get(prototype, name);
    return typeof value === 'function' && Reflect.hasMetadata(METHOD_METADATA, value) ? [value] : [];
  });
}

const pathOf = (decorated: object): string => String(Reflect.getMetadata(PATH_METADATA, decorated) ?? '');

const join = (...parts: readonly string[]): string =>
  `/${parts
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter((part) => part !== '')
    .join('/')}`;
