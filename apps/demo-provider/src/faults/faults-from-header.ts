import type { Fault } from './fault.js';
import { FaultSyntaxError, parseFault } from './parse-fault.js';

/**
 * Reads `x-demo-fault`: `cut=200; slow=500`, the same with colons, or JSON: `{"cut":200,"stall":[100,500]}`, `["cut:200"]`.
 * Throws FaultSyntaxError.
 */
export function faultsFromHeader(header: string): readonly Fault[] {
  const text = header.trim();
  if (text.startsWith('{') || text.startsWith('[')) return faultsFromJson(parseJson(text));
  return text
    .split(';')
    .map((part) => part.trim().replace(/\s*=\s*/, ':'))
    .filter((part) => part !== '')
    .map(parseFault);
}

/** The JSON forms: a text, a list of texts, or an object of kind to argument(s). Throws FaultSyntaxError. */
export function faultsFromJson(value: unknown): readonly Fault[] {
  if (typeof value === 'string') return faultsFromHeader(value);
  if (Array.isArray(value)) return value.flatMap((entry: unknown) => faultsFromJson(entry));
  if (typeof value !== 'object' || value === null) {
    throw new FaultSyntaxError(`a fault is a text, a list of texts or an object, and is ${typeof value}.`);
  }
  return Object.entries(value).flatMap(([kind, argument]: [string, unknown]) => {
    if (argument === false) return [];
    if (argument === true || argument === null) return [parseFault(kind)];
    return [parseFault([kind, ...(Array.isArray(argument) ? argument : [argument]).map(String)].join(':'))];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FaultSyntaxError('x-demo-fault begins like JSON and is not JSON.', { cause: error });
  }
}
