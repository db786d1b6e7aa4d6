import type { Finding } from '../yaml/finding.js';
import type { ConfigPath } from '../yaml/config-path.js';
import { entriesOf, fieldOf, ReferencedText, textOf } from '../yaml/plain-value.js';
import type { ConfigCheck } from './config-check.js';
import { isPrivateHost } from './private-host.js';

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
// Hop-by-hop headers belong to a connection, the others to the request that the edge builds.
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'authorization',
  'content-length',
  'content-type',
  'content-encoding',
  'accept-encoding',
  'expect',
  'host',
]);

/** Kinds that stand for one vendor, at its own address. */
const VENDORS: ReadonlyMap<string, { readonly name: string; readonly variable: string }> = new Map([
  ['openai', { name: 'OpenAI', variable: 'OPENAI_API_KEY' }],
  ['anthropic', { name: 'Anthropic', variable: 'ANTHROPIC_API_KEY' }],
]);

/** Each provider can be reached the way it says, and its headers do not break the edge's own. */
export const checkProviders: ConfigCheck = (file) =>
  entriesOf(file.providers).flatMap(([name, provider]) => {
    const path = ['providers', name];
    return [
      ...addressFindings(provider, path),
      ...typeFindings(provider, path),
      ...headerFindings(provider, path),
      ...faultFindings(provider, path),
    ];
  });

function typeFindings(provider: unknown, path: ConfigPath): Finding[] {
  const type = textOf(fieldOf(provider, 'type'));
  const findings: Finding[] = [];
  if (type === 'openai-compatible' && fieldOf(provider, 'baseUrl') === undefined) {
    const message =
      'is missing: type "openai-compatible" has no address of its own; add for example baseUrl: "https://llm.example.com/v1"';
    findings.push({ path: [...path, 'baseUrl'], message });
  }
  const vendor = type === undefined ? undefined : VENDORS.get(type);
  if (vendor === undefined) return findings;
  if (fieldOf(provider, 'baseUrl') === undefined && fieldOf(provider, 'apiKey') === undefined) {
    const message = `is missing: ${vendor.name} serves nobody without a key; add for example apiKey: "\${${vendor.variable}}"`;
    findings.push({ path: [...path, 'apiKey'], message });
  }
  if (fieldOf(provider, 'quirks') !== undefined) {
    const message = 'is only for type "openai-compatible": remove it, or change the type';
    findings.push({ path: [...path, 'quirks'], message, at: 'key' });
  }
  return findings;
}

function addressFindings(provider: unknown, path: ConfigPath): Finding[] {
  const written = fieldOf(provider, 'baseUrl');
  const text = textOf(written);
  if (text === undefined || text === '') return [];
  const messages = addressProblems(text, privateNetworkAllowed(provider));
  return messages.map((message) => ({ path: [...path, 'baseUrl'], message }));
}

/** Undefined: a reference that only edges resolve. */
function privateNetworkAllowed(provider: unknown): boolean | undefined {
  const value = fieldOf(provider, 'allowPrivateNetwork');
  if (value instanceof ReferencedText) return value.resolved ? value.text === 'true' : undefined;
  return value === true;
}

const CREDENTIAL_NAME = /key|token|secret|sig|password|auth/i;

function addressProblems(text: string, allowPrivate: boolean | undefined): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return ['must be an https address; for example "https://llm.example.com/v1"'];
  }
  const problems: string[] = [];
  if (/[\s\p{C}]/u.test(text)) problems.push('must not have blanks or control characters: remove them');
  if (url.username !== '' || url.password !== '') {
    problems.push('must not have a user or password in it: put the key in "apiKey"');
  }
  // Azure wants "?api-version=…"; a credential in a URL would end in other people's logs.
  if ([...url.searchParams.keys()].some((name) => CREDENTIAL_NAME.test(name))) {
    problems.push('must not have a credential in its query: put the key in "apiKey"');
  }
  if (url.hash !== '' || text.includes('#')) problems.push('must not have a fragment ("#…"): remove it');
  if (allowPrivate !== false) return problems;
  if (url.protocol === 'http:') {
    problems.push(
      'must begin with https: change it, or set allowPrivateNetwork: true for a server of your own network',
    );
  } else if (isPrivateHost(url.hostname)) {
    problems.push('is an address of a private network: set allowPrivateNetwork: true if that is meant');
  }
  return problems;
}

/** A status of an error, or a code as providers write them. */
const FAULT_NAME = /^(?:[45]\d\d|[A-Za-z_][\w.-]{0,63})$/;

function faultFindings(provider: unknown, path: ConfigPath): Finding[] {
  const message =
    'must be a status from 400 to 599, or the code of an error such as insufficient_balance: correct it';
  return entriesOf(fieldOf(provider, 'faults'))
    .filter(([name]) => !FAULT_NAME.test(name))
    .map(([name]) => ({ path: [...path, 'faults', name], message, at: 'key' as const }));
}

function headerFindings(provider: unknown, path: ConfigPath): Finding[] {
  const seen = new Set<string>();
  const isAnthropic = textOf(fieldOf(provider, 'type')) === 'anthropic';
  return entriesOf(fieldOf(provider, 'headers')).flatMap(([name]): Finding[] => {
    const place = { path: [...path, 'headers', name], at: 'key' as const };
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(name)) {
      return [{ ...place, message: 'must be a header name of letters, digits and "-": rename it' }];
    }
    const isCredential = lower === 'authorization' || (isAnthropic && lower === 'x-api-key');
    if (RESERVED_HEADERS.has(lower) || isCredential) {
      const wayOut = isCredential ? 'use "apiKey"' : 'remove it';
      return [{ ...place, message: `is a header that the gateway sets itself: ${wayOut}` }];
    }
    if (seen.has(lower)) {
      return [
        {
          ...place,
          message: 'is here twice, since header names do not know upper and lower case: remove one',
        },
      ];
    }
    seen.add(lower);
    return [];
  });
}
