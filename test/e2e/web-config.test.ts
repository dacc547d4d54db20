import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { connect } from 'node:tls';
import bcrypt from 'bcryptjs';
import type { Servers, ServersOptions } from '../../src/http/servers.ts';
import { createServers } from '../../src/http/servers.ts';
import { createAuthority } from '../support/certs.ts';
import type { Doubles } from '../support/http-doubles.ts';
import { createDoubles, incidentReport } from '../support/http-doubles.ts';
import { skipWithout } from '../support/programs.ts';

const AUTH = 'badgateway_http_auth_failures_total';
const HANDSHAKE = 'badgateway_http_tls_handshake_failures_total';
const HASH = bcrypt.hashSync('s3cret', 8);
const USERS = `basic_auth_users:\n  prometheus: ${HASH}\n`;
const TLS = 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n';
const MTLS = `${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n`;

const directory = mkdtempSync(join(tmpdir(), 'badgateway-e2e-web-'));
const file = (name: string): string => join(directory, name);
const client = (name: string): string[] => ['--cert', file(`${name}.pem`), '--key', file(`${name}.key`)];
let doubles: Doubles;
let servers: Servers | undefined;

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

function install(name: string): void {
  for (const end of ['pem', 'key']) copyFileSync(file(`${name}.${end}`), file(`server.${end}`));
}

async function start(
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
function curl(url: string, ...flags: readonly string[]): Promise<{ exit: number; status: string }> {
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

const CA = (): string[] => ['--cacert', file('ca.pem')];
const counted = (reason: string): number | undefined => doubles.value(AUTH, { reason });

describe('passwords over TLS, asked by curl [ci]', { skip: skipWithout('curl', 'openssl') }, () => {
  const paths = {
    metrics: ['/metrics', '/-/healthy', '/-/ready', '/nope'],
    page: ['/', '/api/v1/status', '/-/healthy', '/nope'],
  };

  it('every path of both listeners wants the password', async () => {
    const at = await start(TLS + USERS);
    for (const listener of ['metrics', 'page'] as const) {
      for (const path of paths[listener]) {
        assert.equal((await curl(`https://${at[listener]}${path}`, ...CA())).status, '401', path);
      }
    }
    assert.equal(counted('missing'), 8);
  });

  it('the right one is let in, the wrong one and the unknown user are refused and counted', async () => {
    const { metrics, page } = await start(TLS + USERS);
    assert.equal((await curl(`https://${metrics}/metrics`, ...CA(), '--user', 'prometheus:s3cret')).status, '200');
    assert.equal((await curl(`https://${page}/`, ...CA(), '--user', 'prometheus:s3cret')).status, '200');
    assert.equal((await curl(`https://${metrics}/metrics`, ...CA(), '--user', 'prometheus:wrong')).status, '401');
    assert.equal((await curl(`https://${page}/api/v1/status`, ...CA(), '--user', 'root:s3cret')).status, '401');
    assert.deepEqual([counted('wrong_password'), counted('unknown_user'), counted('missing')], [1, 1, 0]);
    assert.deepEqual(doubles.metricsSource.scrapers.length, 1);
  });

  it('a new password counts from the next request on', async () => {
    const { metrics } = await start(TLS + USERS);
    const ask = (user: string) => curl(`https://${metrics}/metrics`, ...CA(), '--user', user);
    assert.equal((await ask('prometheus:s3cret')).status, '200');
    writeFileSync(file('web.yml'), `${TLS}basic_auth_users:\n  prometheus: ${bcrypt.hashSync('newer', 4)}\n`);
    assert.equal((await ask('prometheus:s3cret')).status, '401');
    assert.equal((await ask('prometheus:newer')).status, '200');
    writeFileSync(file('web.yml'), 'nonsense: 1\n');
    assert.equal((await ask('prometheus:newer')).status, '200');
    assert.equal(doubles.value('badgateway_http_web_config_reload_failures_total'), 1);
  });
});

describe('client certificates, shown by curl [ci]', { skip: skipWithout('curl', 'openssl') }, () => {
  for (const version of ['1.2', '1.3']) {
    const tls = ['--tlsv1.2', '--tls-max', version];
    for (const [story, flags] of [
      ['no certificate', []],
      ['an expired certificate', client('late')],
      ['a certificate of another CA', client('foreign')],
    ] as const) {
      it(`TLS ${version}: ${story} is refused by both listeners and counted`, async () => {
        const { metrics, page } = await start(MTLS);
        for (const url of [`https://${metrics}/metrics`, `https://${page}/`]) {
          const { exit, status } = await curl(url, ...CA(), ...tls, ...flags);
          assert.equal(status, '000');
          assert.notEqual(exit, 0);
        }
        assert.equal(counted('client_certificate'), 2);
        assert.deepEqual(doubles.metricsSource.scrapers, []);
      });
    }

    it(`TLS ${version}: a valid certificate is let in`, async () => {
      const { metrics, page } = await start(MTLS);
      assert.equal((await curl(`https://${metrics}/metrics`, ...CA(), ...tls, ...client('client'))).status, '200');
      assert.equal((await curl(`https://${page}/`, ...CA(), ...tls, ...client('client'))).status, '200');
      assert.equal(counted('client_certificate'), 0);
    });
  }

  it('client_allowed_sans lets only the named in', async () => {
    const { metrics } = await start(`${MTLS}  client_allowed_sans: [prometheus.example]\n`);
    assert.equal((await curl(`https://${metrics}/metrics`, ...CA(), ...client('client'))).status, '200');
    assert.equal((await curl(`https://${metrics}/metrics`, ...CA(), ...client('stranger'))).status, '000');
    assert.equal(counted('client_certificate'), 1);
  });

  it('VerifyClientCertIfGiven takes none, but no bad one', async () => {
    const { metrics } = await start(MTLS.replace('RequireAndVerifyClientCert', 'VerifyClientCertIfGiven'));
    const statuses = [[], client('client'), client('late'), client('foreign')].map((flags) =>
      curl(`https://${metrics}/metrics`, ...CA(), ...flags),
    );
    assert.deepEqual(
      (await Promise.all(statuses)).map(({ status }) => status),
      ['200', '200', '000', '000'],
    );
  });

  it('a certificate does not replace the password', async () => {
    const { metrics } = await start(MTLS + USERS);
    assert.equal((await curl(`https://${metrics}/metrics`, ...CA(), ...client('client'))).status, '401');
    assert.equal((await curl(`https://${metrics}/metrics`, ...CA(), '--user', 'prometheus:s3cret')).status, '000');
    assert.equal(
      (await curl(`https://${metrics}/metrics`, ...CA(), ...client('client'), '--user', 'prometheus:s3cret')).status,
      '200',
    );
  });
});

describe('failed handshakes are counted by reason [ci]', { skip: skipWithout('curl', 'openssl') }, () => {
  for (const [story, scheme, flags, reason] of [
    ['a client that does not trust our certificate', 'https', [], 'client_alert'],
    ['plain HTTP', 'http', [], 'plain_http'],
    ['a version that is too old', 'https', ['--insecure', '--tls-max', '1.2'], 'version_or_cipher'],
  ] as const) {
    it(`${story}: ${reason}`, async () => {
      const { metrics } = await start(`${TLS}  min_version: TLS13\n`);
      assert.notEqual((await curl(`${scheme}://${metrics}/metrics`, ...flags)).exit, 0);
      assert.equal(doubles.value(HANDSHAKE, { reason }), 1);
      assert.equal(counted('client_certificate'), 0);
    });
  }
});

describe('rotation without a restart [ci]', { skip: skipWithout('curl', 'openssl') }, () => {
  it('a new server certificate is shown on the next connection', async () => {
    const { metrics } = await start(TLS);
    const trusting = (ca: string) => curl(`https://${metrics}/metrics`, '--cacert', file(ca));
    assert.deepEqual([(await trusting('ca.pem')).exit, (await trusting('otherca.pem')).exit], [0, 60]);
    install('second');
    assert.deepEqual([(await trusting('ca.pem')).exit, (await trusting('otherca.pem')).exit], [60, 0]);
  });

  it('a half-written pair keeps the old certificate', async () => {
    const { metrics } = await start(TLS);
    copyFileSync(file('second.pem'), file('server.pem'));
    assert.equal((await curl(`https://${metrics}/metrics`, ...CA())).status, '200');
    assert.equal(doubles.value('badgateway_http_web_config_last_reload_successful'), 0);
    copyFileSync(file('second.key'), file('server.key'));
    assert.equal((await curl(`https://${metrics}/metrics`, '--cacert', file('otherca.pem'))).status, '200');
    assert.equal(doubles.value('badgateway_http_web_config_last_reload_successful'), 1);
  });

  it('client certificates can become a must, and open connections do not survive it', async () => {
    const { metrics } = await start(TLS);
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    const ask = () =>
      new Promise<number | string>((resolve) => {
        const outgoing = request(`https://${metrics}/metrics`, { agent }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode!));
        });
        outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
      });
    assert.equal(await ask(), 200);
    writeFileSync(file('web.yml'), MTLS);
    assert.notEqual(await ask(), 200);
    assert.equal((await curl(`https://${metrics}/metrics`, ...CA())).status, '000');
    assert.equal((await curl(`https://${metrics}/metrics`, ...CA(), ...client('client'))).status, '200');
    agent.destroy();
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${version}: no session outlives its handshake, so no policy is passed by resumption`, async () => {
      const { metrics } = await start(MTLS);
      const port = Number(metrics.split(':')[1]);
      const shown = {
        ca: readFileSync(file('ca.pem')),
        cert: readFileSync(file('client.pem')),
        key: readFileSync(file('client.key')),
      };
      const visit = (session: Buffer | undefined) =>
        new Promise<{ reused: boolean; session: Buffer | undefined }>((resolve, reject) => {
          let last = session;
          const socket = connect({
            port,
            host: '127.0.0.1',
            maxVersion: version,
            ...shown,
            ...(session === undefined ? {} : { session }),
          });
          socket.on('session', (fresh: Buffer) => {
            last = fresh;
          });
          let reused = false;
          socket.on('secureConnect', () => {
            reused = socket.isSessionReused();
            last = socket.getSession();
            socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
          });
          socket.on('error', reject).on('close', () => resolve({ reused, session: last }));
          socket.resume();
        });
      const first = await visit(undefined);
      assert.equal((await visit(first.session)).reused, false);
      assert.equal(doubles.metricsSource.scrapers.length, 2);
    });
  }
});

describe('who reaches the page [ci]', { skip: skipWithout('curl', 'openssl') }, () => {
  const portOf = (address: string): string => address.slice(address.lastIndexOf(':') + 1);

  it('without a web config the page and the API cannot be reached from another address', async () => {
    const { page, metrics } = await start(null, { metrics: ':0' });
    for (const path of ['/', '/api/v1/status']) {
      assert.equal((await curl(`http://127.0.0.1:${portOf(page)}${path}`)).status, '200');
      assert.equal((await curl(`http://127.0.0.2:${portOf(page)}${path}`)).exit, 7, 'connection refused');
      assert.equal((await curl(`http://127.0.0.2:${portOf(metrics)}${path}`)).status, '404');
    }
    assert.equal((await curl(`http://127.0.0.2:${portOf(metrics)}/metrics`)).status, '200');
  });

  it('a web config without authentication does not open it', async () => {
    for (const config of ['', TLS, `${TLS}  client_auth_type: RequireAnyClientCert\n`]) {
      await assert.rejects(
        start(config, { page: ':0' }),
        /--web\.page-address :0: .*needs authentication; add basic_auth_users/,
      );
    }
  });

  it('with a password it can listen everywhere, and asks for it', async () => {
    const { page } = await start(TLS + USERS, { page: '0.0.0.0:0' });
    const url = `https://127.0.0.2:${portOf(page)}/api/v1/status`;
    assert.equal((await curl(url, ...CA())).status, '401');
    assert.equal((await curl(url, ...CA(), '--user', 'prometheus:s3cret')).status, '200');
    writeFileSync(file('web.yml'), TLS);
    assert.equal((await curl(url, ...CA())).status, '401', 'a reload cannot take the password away');
  });

  it('a page elsewhere takes the Host header of whoever has the password', async () => {
    const { page } = await start(USERS, { page: '0.0.0.0:0' });
    const url = `http://127.0.0.1:${portOf(page)}/`;
    assert.equal((await curl(url, '--header', 'Host: gateway.example', '--user', 'prometheus:s3cret')).status, '200');
  });
});

describe('headers and rate limit of the file [ci]', { skip: skipWithout('curl') }, () => {
  it('replace ours', async () => {
    const { page } = await start(
      "http_server_config:\n  headers:\n    X-Frame-Options: sameorigin\n    Content-Security-Policy: default-src 'self'\n",
    );
    const { headers } = await fetch(`http://${page}/`);
    assert.deepEqual(
      [headers.get('x-frame-options'), headers.get('content-security-policy')],
      ['sameorigin', "default-src 'self'"],
    );
  });

  it('more than the burst gets 429', async () => {
    const { metrics } = await start('rate_limit:\n  interval: 1h\n  burst: 2\n');
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await curl(`http://${metrics}/metrics`)).status);
    assert.deepEqual(statuses, ['200', '200', '429']);
  });
});
