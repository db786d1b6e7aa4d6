import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key and the certificate that it signed itself, PEM. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes a certificate for one name or address. @param altName e.g. `IP:127.0.0.1` */
export function makeSelfSigned(altName: string): SelfSigned {
  return inTempDir((openssl) => {
    const name = ['-subj', '/CN=sluice test', '-addext', `subjectAltName=${altName}`];
    openssl(['req', '-x509', ...NEW_KEY, '-days', '2', ...name, '-keyout', 'key.pem', '-out', 'cert.pem']);
  });
}

/** The same, good for one day of the year 2020. */
export function makeExpired(altName: string): SelfSigned {
  return inTempDir((openssl, write) => {
    // Only `ca` takes dates of the past; it wants its books.
    write('index.txt', '');
    write(
      'ca.cnf',
      `[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes\npolicy = any\n` +
        `x509_extensions = names\ndefault_md = sha256\n[any]\ncommonName = supplied\n[names]\nsubjectAltName = ${altName}\n`,
    );
    openssl([
      'req',
      '-new',
      ...NEW_KEY,
      '-subj',
      '/CN=sluice test',
      '-keyout',
      'key.pem',
      '-out',
      'asked.pem',
    ]);
    const dates = ['-startdate', '200101000000Z', '-enddate', '200102000000Z'];
    const files = ['-keyfile', 'key.pem', '-in', 'asked.pem', '-out', 'cert.pem'];
    openssl(['ca', '-config', 'ca.cnf', '-selfsign', '-batch', '-notext', ...dates, ...files]);
  });
}

type Run = (args: readonly string[]) => void;
type Write = (name: string, text: string) => void;

/** Whatever is made must be in `key.pem` and `cert.pem`. */
function inTempDir(make: (openssl: Run, write: Write) => void): SelfSigned {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-cert-'));
  try {
    make(
      (args) => void execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' }),
      (name, text) => writeFileSync(join(dir, name), text),
    );
    return {
      key: readFileSync(join(dir, 'key.pem'), 'utf8'),
      cert: readFileSync(join(dir, 'cert.pem'), 'utf8'),
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
