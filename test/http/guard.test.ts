import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import bcrypt from 'bcryptjs';
import { createApplication, healthy } from '../../src/http/application.ts';
import { BasicAuth } from '../../src/http/basic-auth.ts';
import { createGuard } from '../../src/http/guard.ts';
import { WebConfigStore } from '../../src/http/web-config-store.ts';
import { ask } from '../support/http-ask.ts';
import { createDoubles } from '../support/http-doubles.ts';

const USERS = `basic_auth_users:\n  a: ${bcrypt.hashSync('b', 4)}\n`;
const LOGIN = { Authorization: `Basic ${Buffer.from('a:b').toString('base64')}` };
let server: Server;
let directory: string;

async function start(webConfig: string | null, onlyHost: string | null = null) {
  const doubles = createDoubles();
  const path = join(directory, 'web.yml');
  if (webConfig !== null) writeFileSync(path, webConfig);
  const store = webConfig === null ? null : new WebConfigStore({ ...doubles, path, mustAuthenticate: null });
  const guard = createGuard({ store, auth: new BasicAuth(), writers: doubles.writers, onlyHost });
  server = createServer(createApplication(guard, [healthy], doubles.log));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { ...doubles, path, get: (headers: Record<string, string> = {}) => ask(at, '/-/healthy', { headers }) };
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'badgateway-guard-'));
});
afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

describe('createGuard', () => {
  it('sends the headers that protect', async () => {
    const { get } = await start(null);
    const { headers } = await get();
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
    assert.equal(headers['x-frame-options'], 'deny');
  });

  it('the web config file replaces them, also on a refusal', async () => {
    const { get } = await start(`http_server_config:\n  headers:\n    X-Frame-Options: sameorigin\n${USERS}`);
    const { status, headers } = await get();
    assert.deepEqual(
      [status, headers['x-frame-options'], headers['www-authenticate']],
      [401, 'sameorigin', 'Basic realm="badgateway", charset="UTF-8"'],
    );
  });

  it('counts refusals by reason and answers by code', async () => {
    const { get, value } = await start(USERS);
    const statuses = [await get(), await get(LOGIN), await get({ Authorization: 'Basic YTpj' })].map(
      ({ status }) => status,
    );
    assert.deepEqual(statuses, [401, 200, 401]);
    assert.deepEqual(
      ['missing', 'wrong_password'].map((reason) => value('badgateway_http_auth_failures_total', { reason })),
      [1, 1],
    );
    assert.equal(value('badgateway_http_requests_total', { handler: 'healthy', code: '200' }), 1);
    assert.equal(value('badgateway_http_requests_total', { handler: 'other', code: '401' }), 2);
  });

  it('limits before it looks at passwords', async () => {
    const { get, value } = await start(`rate_limit:\n  interval: 1h\n  burst: 1\n${USERS}`);
    assert.deepEqual(
      [(await get()).status, (await get()).status, (await get(LOGIN)).headers['retry-after']],
      [401, 429, '1'],
    );
    assert.equal(value('badgateway_http_auth_failures_total', { reason: 'missing' }), 1);
  });

  it('looks at the Host header only while there is no authentication', async () => {
    const { get, path } = await start('', '127.0.0.1');
    const Host = 'rebound.example';
    assert.equal((await get({ Host })).status, 421);
    writeFileSync(path, USERS);
    assert.equal((await get({ Host, ...LOGIN })).status, 200);
    writeFileSync(path, '# again without\n');
    assert.equal((await get({ Host })).status, 421);
    assert.equal((await get()).status, 200);
  });
});
