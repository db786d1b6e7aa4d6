// Where this process's config comes from: the file, the environment and the launcher's key.
import { readFileSync } from 'node:fs';

export interface ConfigSource {
  /** Of the file, absolute. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File with the launcher's key, undefined when there is none. */
  readonly launchKeyFile: string | undefined;
}

/** A config that cannot be used. Its message lists every problem with its place. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
  /** One sentence each, with its place; they hold no value of the file. */
  readonly problems: readonly string[];

  constructor(
    message: string,
    options: { readonly problems?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.problems = options.problems ?? [message];
  }
}

/** @throws ConfigFileError */
export function readConfigText({ path }: ConfigSource): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigFileError(`The config ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
