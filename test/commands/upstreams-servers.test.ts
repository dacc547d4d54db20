import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import bcrypt from 'bcryptjs';
import type { UpstreamsOptions } from '../../src/commands/upstreams.ts';
import { createAuthority } from '../support/certs.ts';
import { skipWithout } from '../support/programs.ts';
import { directory, Rig } from './upstreams-rig.ts';

let rig: Rig;

describe('badgateway upstreams with TLS and a password', { skip: skipWithout('openssl') }, () => {
  const passwordFile = join(directory, 'password');
  let caFile: string;

  before(async () => {
    const authority = createAuthority(directory);
    caFile = authority.certificate;
    const { cert, key } = authority.issue('page', 'IP:127.0.0.1');
    writeFileSync(passwordFile, 'correct horse\n');
    const hash = await bcrypt.hash('correct horse', 4);
    const webConfig = join(directory, 'web.yaml');
    writeFileSync(
      webConfig,
      `tls_server_config: {cert_file: ${cert}, key_file: ${key}}\nbasic_auth_users: {ops: ${JSON.stringify(hash)}}\n`,
    );
    rig = new Rig();
    await rig.start(webConfig);
    rig.url = rig.url.replace('http:', 'https:');
    rig.drift();
  });
  after(() => rig.servers.stop());

  it('works with the authority, the user and the password', async () => {
    const { code, out, notes } = await rig.run({ caFile, user: 'ops', passwordFile });
    assert.deepEqual([code, notes], [0, '']);
    assert.match(out, /stale/);
  });

  it('says what is missing', async () => {
    assert.match(
      (await rig.run({ user: 'ops', passwordFile })).notes,
      /not trusted \(\w+\): give the authority with --ca-file/,
    );
    assert.match((await rig.run({ caFile })).notes, /asks for a password \(401\): give --user and --password-file/);
    const wrong = join(directory, 'wrong');
    writeFileSync(wrong, 'battery staple');
    const { code, notes } = await rig.run({ caFile, user: 'ops', passwordFile: wrong });
    assert.equal(code, 2);
    assert.match(notes, /does not take this user and password \(401\)/);
    assert.ok(!/staple|horse/.test(notes));
  });

  it('when the page speaks TLS and is asked without', async () => {
    const { notes } = await rig.run({ url: rig.url.replace('https:', 'http:'), user: 'ops', passwordFile });
    assert.match(notes, /\(ECONNRESET\): if it speaks TLS, write https:\/\/ in --url/);
  });
});

describe('badgateway upstreams with a client certificate', { skip: skipWithout('openssl') }, () => {
  const own = mkdtempSync(join(directory, 'mtls-'));
  const tls: Partial<UpstreamsOptions> = {};

  before(async () => {
    const authority = createAuthority(own);
    const { cert, key } = authority.issue('page', 'DNS:localhost');
    const client = authority.issue('ops', 'DNS:ops');
    Object.assign(tls, { caFile: authority.certificate, certFile: client.cert, keyFile: client.key });
    const webConfig = join(own, 'web.yaml');
    const settings = { cert_file: cert, key_file: key, client_ca_file: authority.certificate };
    const tls_server_config = { ...settings, client_auth_type: 'RequireAndVerifyClientCert' };
    writeFileSync(webConfig, JSON.stringify({ tls_server_config }));
    rig = new Rig();
    await rig.start(webConfig);
    rig.url = rig.url.replace('http://127.0.0.1', 'https://localhost');
    rig.drift();
  });
  after(() => rig.servers.stop());

  it('works', async () => {
    const { code, out, notes } = await rig.run(tls);
    assert.deepEqual([code, notes], [0, '']);
    assert.match(out, /stale/);
  });

  it('says what is missing', async () => {
    assert.match((await rig.run({ caFile: tls.caFile! })).notes, /client certificate: give --cert-file and --key-file/);
    assert.match((await rig.run({ certFile: tls.certFile! })).notes, /--key-file are given together/);
    const url = rig.url.replace('localhost', '127.0.0.1');
    assert.match((await rig.run({ ...tls, url })).notes, /does not name this host/);
  });
});

describe('another answer', () => {
  const answer = { status: 200, body: '' };
  const other = createServer((_, response) => response.writeHead(answer.status).end(answer.body));
  const run = async (status: number, body: string) => {
    Object.assign(answer, { status, body });
    const { port } = other.address() as { port: number };
    return await new Rig().run({ url: `http://127.0.0.1:${port}/behind/a/path/` });
  };
  before(async () => void (await once(other.listen(0, '127.0.0.1'), 'listening')));
  after(() => other.close());

  for (const [story, status, body, words] of [
    ['of something else', 200, '{"gateways": 7}', /is not that of \/api\/v1\/upstreams/],
    ['that is no JSON', 200, '<html>', /is not that of \/api\/v1\/upstreams/],
    ['to IP addresses only', 421, '', /\(421\): give its address, not a name/],
    ['of one that is busy', 429, '', /is busy \(429\)/],
    [
      'that says why',
      400,
      `Unknown parameter\u001b[2J${'x'.repeat(9000)}`,
      /answered 400: Unknown parameter\\u001b\[2Jx{279}$/,
    ],
  ] as const)
    it(story, async () => {
      const { code, out, notes } = await run(status, body);
      assert.deepEqual([code, out], [2, '']);
      assert.match(notes, words);
    });
});
