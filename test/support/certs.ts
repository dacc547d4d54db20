import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate authority and what it signs, made by openssl in a directory of the test. */
export interface Authority {
  readonly certificate: string;
  /** Signs NAME.pem and NAME.key with these subjectAltNames; `expired` makes it valid yesterday only. */
  issue(
    name: string,
    sans: string,
    options?: { readonly expired?: boolean },
  ): { readonly cert: string; readonly key: string };
}

export function createAuthority(directory: string, name = 'ca'): Authority {
  const [certificate, caKey] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...curve,
    '-days',
    '2',
    '-subj',
    `/CN=badgateway test ${name}`,
    '-keyout',
    caKey,
    '-out',
    certificate,
  );
  return {
    certificate,
    issue(leaf, sans, { expired = false } = {}) {
      const [cert, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) =>
        join(directory, `${leaf}.${end}`),
      );
      writeFileSync(
        extensions,
        `subjectAltName=${sans}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n`,
      );
      openssl('req', '-new', ...curve, '-subj', `/CN=${leaf}`, '-keyout', key, '-out', request);
      if (expired) signExpired({ directory, certificate, caKey, request, cert, extensions });
      else {
        openssl(
          'x509',
          '-req',
          '-in',
          request,
          '-CA',
          certificate,
          '-CAkey',
          caKey,
          '-days',
          '2',
          '-extfile',
          extensions,
          '-out',
          cert,
        );
      }
      return { cert, key };
    },
  };
}

interface Signing {
  readonly directory: string;
  readonly certificate: string;
  readonly caKey: string;
  readonly request: string;
  readonly cert: string;
  readonly extensions: string;
}

/** Only `openssl ca` (before 3.4) can choose the dates. */
function signExpired({ directory, certificate, caKey, request, cert, extensions }: Signing): void {
  const config = join(directory, 'openssl-ca.cnf');
  writeFileSync(join(directory, 'index.txt'), '');
  writeFileSync(
    config,
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${join(directory, 'index.txt')}\nnew_certs_dir=${directory}\nrand_serial=yes\n` +
      'default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n',
  );
  const stamp = (days: number): string =>
    `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  const dates = ['-startdate', stamp(-3), '-enddate', stamp(-1)];
  const files = ['-in', request, '-out', cert, '-cert', certificate, '-keyfile', caKey, '-extfile', extensions];
  openssl('ca', '-batch', '-notext', '-config', config, ...dates, ...files);
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
