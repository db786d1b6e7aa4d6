import { ReferencedText } from './plain-value.js';

/** Where `${NAME}` and `file:/path` get their values from. */
export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a small text file; throws when it cannot. */
  readonly readFile: (path: string) => string;
}

/** A text of the file after its references, or what is wrong with them. */
export type ResolvedText =
  | { readonly ok: true; readonly value: string | ReferencedText }
  | { readonly ok: false; readonly messages: readonly string[] };

// A secret is a line; more than this is the wrong file.
const MAX_SECRET_FILE_CHARACTERS = 65_536;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const REFERENCE = /\$\$\{|\$\{[^}]*\}|\$\{/g;

/** True when a text holds a reference (an escaped `$${` counts too: it still has to be unescaped). */
export function hasReference(text: string): boolean {
  return text.includes('${') || text.startsWith('file:');
}

/**
 * Replaces `${NAME}`, `${NAME:-default}` and a whole `file:/path`; `$${` stands for a plain `${`.
 * A variable that is set but empty counts as missing, as compose files and shells leave them behind. Never throws.
 */
export function resolveReferences(text: string, sources: ReferenceSources): ResolvedText {
  const messages: string[] = [];
  const substituted = text.replace(REFERENCE, (found) => {
    if (found === '$${') return '${';
    const value = readVariable(found, sources.env);
    if (value.ok) return value.text;
    messages.push(value.message);
    return '';
  });
  if (messages.length > 0) return { ok: false, messages };
  if (!text.startsWith('file:')) return { ok: true, value: new ReferencedText(substituted, true) };
  return readSecretFile(substituted.slice('file:'.length), text.slice('file:'.length), sources);
}

type VariableValue =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

function readVariable(reference: string, env: ReferenceSources['env']): VariableValue {
  const inner = reference.slice(2, -1);
  const split = inner.indexOf(':-');
  const name = split === -1 ? inner : inner.slice(0, split);
  if (!reference.endsWith('}') || !VARIABLE_NAME.test(name)) {
    const message =
      'holds a "${" that is no reference: write ${NAME} or ${NAME:-default}, or $${ for the characters themselves';
    return { ok: false, message };
  }
  // Object.hasOwn: a plain object as environment must not answer for `constructor`.
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && value !== '') return { ok: true, text: value };
  if (split !== -1) return { ok: true, text: inner.slice(split + 2) };
  const state = value === undefined ? 'not set' : 'set but empty';
  const message = `needs the environment variable ${name}, which is ${state}: set it, or give a default as \${${name}:-default}`;
  return { ok: false, message };
}

function readSecretFile(path: string, written: string, { readFile }: ReferenceSources): ResolvedText {
  const shown = JSON.stringify(written.slice(0, 200));
  if (!path.startsWith('/') || path.includes('\0')) {
    return { ok: false, messages: ['needs an absolute path after "file:": write file:/path/to/secret'] };
  }
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    const reason = errorCode(error);
    return {
      ok: false,
      messages: [
        `needs the file ${shown}, which cannot be read${reason}: create it, or let this process read it`,
      ],
    };
  }
  if (content.length > MAX_SECRET_FILE_CHARACTERS) {
    return {
      ok: false,
      messages: [`names the file ${shown}, which is larger than 64 KiB: a secret is one line`],
    };
  }
  return { ok: true, value: new ReferencedText(content.trimEnd(), true) };
}

/** ` (ENOENT)`: the code alone, since an error's message may quote what it read. */
function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' && /^[A-Z]{2,20}$/.test(error.code) ? ` (${error.code})` : '';
}
