import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import { skipWithout } from '../support/programs.ts';
import { CA, client, counted, curl, doubles, file, install, MTLS, start, TLS } from '../support/web-config-servers.ts';

const HANDSHAKE = 'badgateway_http_tls_handshake_failures_total';

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
