import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import type { Servers, ServersOptions } from '../../src/http/servers.ts';
import { createServers } from '../../src/http/servers.ts';
import { createAuthority } from './certs.ts';
import type { Doubles } from './http-doubles.ts';
import { createDoubles, incidentReport } from './http-doubles.ts';

export const AUTH = 'badgateway_http_auth_failures_total';
export const TLS = 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n';
export const MTLS = `${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n`;

export const directory = mkdtempSync(join(tmpdir(), 'badgateway-e2e-web-'));
export const file = (name: string): string => join(directory, name);
export const client = (name: string): string[] => ['--cert', file(`${name}.pem`), '--key', file(`${name}.key`)];
export let doubles: Doubles;
export let servers: Servers | undefined;

before(() => {
  const authority = createAuthority(directory);
  authority.issue('first', 'DNS:localhost,IP:127.0.0.1,IP:127.0.0.2');
  authority.issue('client', 'DNS:prometheus.example');
  authority.issue('stranger', 'DNS:stranger.example');
  authority.issue('late', 'DNS:prometheus.example', { expired: true });
  const other = createAuthority(directory, 'otherca');
  other.issue('second', 'DNS:localhost,IP:127.0.0.1');
  other.issue('foreign', 'DNS:prometheus.example');
});
beforeEach(() => {
  doubles = createDoubles();
  doubles.statusSource.report = incidentReport(Date.now());
  install('first');
});
afterEach(async () => {
  await servers?.stop();
  servers = undefined;
});
after(() => rmSync(directory, { recursive: true }));

export function install(name: string): void {
  for (const end of ['pem', 'key']) copyFileSync(file(`${name}.${end}`), file(`server.${end}`));
}

export async function start(
  webConfig: string | null,
  listen: Partial<ServersOptions['listen']> = {},
): Promise<{ metrics: string; page: string }> {
  if (webConfig !== null) writeFileSync(file('web.yml'), webConfig);
  servers = createServers({
    ...doubles,
    listen: { metrics: '127.0.0.1:0', page: '127.0.0.1:0', ...listen },
    ...(webConfig === null ? {} : { webConfig: file('web.yml') }),
  });
  await servers.start();
  const { metrics, page } = servers.addresses();
  return { metrics: metrics!, page: page! };
}

/** Real curl; the exit code and the HTTP status (000 without an answer). */
export function curl(url: string, ...flags: readonly string[]): Promise<{ exit: number; status: string }> {
  const args = [
    '--silent',
    '--show-error',
    '--max-time',
    '10',
    '--output',
    '/dev/null',
    '--write-out',
    '%{http_code}',
    ...flags,
    url,
  ];
  return new Promise((resolve) => {
    execFile('curl', args, (error, stdout) =>
      resolve({ exit: error === null ? 0 : Number(error.code), status: stdout }),
    );
  });
}

export const CA = (): string[] => ['--cacert', file('ca.pem')];
export const counted = (reason: string): number | undefined => doubles.value(AUTH, { reason });
