// The password of the first user, `admin`: the operator's, else made once.
import { randomInt } from 'node:crypto';
import { ensureSecretFile, replaceSecretFile } from './secret-files.js';

/** The user whose password this is. */
export const ADMIN_USER = 'admin';
/** As admin-api asks for. */
const SHORTEST_PASSWORD = 8;
/** Without those that look alike: it is read off a screen. 20 of 55: 115 bits. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const MADE_LENGTH = 20;

/**
 * The password in the file. `given` (`SLUICE_ADMIN_PASSWORD`; empty is the same as absent) replaces what is there; without it
 * the first call makes one. @throws Error that names the variable or the file, never the password
 */
export function ensureAdminPassword(file: string, given: string | undefined): string {
  if (given !== undefined && given !== '') {
    mustBeLongEnough(given, 'SLUICE_ADMIN_PASSWORD');
    replaceSecretFile(file, given);
    return given;
  }
  const password = ensureSecretFile(file, makePassword);
  mustBeLongEnough(password, file);
  return password;
}

function makePassword(): string {
  return Array.from({ length: MADE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)] ?? '').join('');
}

function mustBeLongEnough(password: string, source: string): void {
  if (password.trim() !== password) throw new Error(`${source} must not begin or end with white space.`);
  if (password.length < SHORTEST_PASSWORD)
    throw new Error(`${source} must have ${SHORTEST_PASSWORD} characters or more, not ${password.length}.`);
}
