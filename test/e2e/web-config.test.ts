import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import bcrypt from 'bcryptjs';
import { skipWithout } from '../support/programs.ts';
import { CA, client, counted, curl, doubles, file, MTLS, start, TLS } from '../support/web-config-servers.ts';

const HASH = bcrypt.hashSync('s3cret', 8);
const USERS = `basic_auth_users:\n  prometheus: ${HASH}\n`;

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
