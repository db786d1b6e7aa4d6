// All secrets of one installation, each made once; `npm start` and the containers' `init` alike.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureAdminPassword } from './admin-password.js';
import { ensureLaunchKey } from './launch-key.js';
import { ensureSecretFiles, readSecretFile } from './secret-files.js';

/** What a person needs of them. */
export interface PreparedSecrets {
  /** For the data plane; may use every model. */
  readonly apiKey: string;
  /** Of the user `admin`. */
  readonly adminPassword: string;
  /** Whether this call made them, so that somebody has to be told. A password that the operator gave is not made. */
  readonly isApiKeyMade: boolean;
  readonly isAdminPasswordMade: boolean;
  /** Whether the operator gave another than the one that was there. A service that runs has still read the old one. */
  readonly isAdminPasswordReplaced: boolean;
}

/**
 * Makes what is missing in the folder; what is there stays, but for the admin's password when a new one is given. Safe when
 * several run at once. @throws Error that names the file or variable at fault, never its content
 */
export function prepareSecrets(folder: string, givenAdminPassword: string | undefined): PreparedSecrets {
  const launchKeyFile = join(folder, 'launch-key');
  const passwordFile = join(folder, 'admin-password');
  const isApiKeyMade = !existsSync(launchKeyFile);
  const isAdminPasswordMade = !existsSync(passwordFile) && (givenAdminPassword ?? '') === '';
  const adminPasswordBefore = existsSync(passwordFile) ? readSecretFile(passwordFile) : undefined;
  ensureSecretFiles(folder);
  const adminPassword = ensureAdminPassword(passwordFile, givenAdminPassword);
  return {
    apiKey: ensureLaunchKey(launchKeyFile),
    adminPassword,
    isApiKeyMade,
    isAdminPasswordMade,
    isAdminPasswordReplaced: adminPasswordBefore !== undefined && adminPasswordBefore !== adminPassword,
  };
}
