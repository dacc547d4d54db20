import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { SERVICE_ACCOUNT } from './access.ts';
import { CLIENT_NAME } from './certificates.ts';
import { endpointSlice } from './objects.ts';
import { ask } from './raw-client.ts';
import { SLICES, started } from './started.ts';

describe('bearer tokens', () => {
  it('nobody without one, and no more after a swap; the file follows in one step', async (t) => {
    const [server, target] = await started(t);
    const { serviceAccount } = server;
    const inFile = () => readFileSync(serviceAccount.tokenFile, 'utf8');
    const { ca, url } = target;
    const nobody = await ask({ ca, url }, SLICES);
    assert.deepEqual([nobody.status, nobody.json.message], [401, 'Unauthorized']);
    assert.deepEqual([inFile(), (await ask(target, SLICES)).status], [server.token, 200]);
    const before = readlinkSync(`${serviceAccount.path}/..data`);
    const token = server.swapToken();
    assert.deepEqual(
      [(await ask(target, SLICES)).status, (await ask({ ...target, token }, SLICES)).status],
      [401, 200],
    );
    assert.equal(inFile(), token);
    assert.notEqual(readlinkSync(`${serviceAccount.path}/..data`), before);
    assert.deepEqual(
      readdirSync(serviceAccount.path).filter((name) => name === before || name === '..data_tmp'),
      [],
    );
  });

  it('the server may know before the file does, and the file may be away', async (t) => {
    const [server, target] = await started(t);
    const { serviceAccount } = server;
    const old = readFileSync(serviceAccount.tokenFile, 'utf8');
    const token = server.swapToken({ file: false });
    assert.equal(readFileSync(serviceAccount.tokenFile, 'utf8'), old);
    assert.equal((await ask({ ...target, token: old }, SLICES)).status, 401);
    serviceAccount.takeAway();
    assert.throws(() => readFileSync(serviceAccount.tokenFile), { code: 'ENOENT' });
    serviceAccount.swap({ token });
    assert.equal(readFileSync(serviceAccount.tokenFile, 'utf8'), token);
  });

  it('expire by the clock of the server, which may be wrong and says so in its Date header', async (t) => {
    const [server, target] = await started(t);
    const token = server.swapToken({ lifeSeconds: 60 });
    const payload = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
    assert.ok(Math.abs(payload.exp - Date.now() / 1000 - 60) < 2);
    assert.equal((await ask({ ...target, token }, SLICES)).status, 200);
    server.clockSkewMs = 120_000;
    const late = await ask({ ...target, token }, SLICES);
    assert.equal(late.status, 401);
    assert.ok(Math.abs(Date.parse(late.headers.date!) - Date.now() - 120_000) < 2000);
    const { metadata } = server.store.create(endpointSlice({ name: 'a-1' }));
    assert.ok(Date.parse(metadata.creationTimestamp!) > Date.now() + 110_000);
  });
});

describe('client certificates', () => {
  it('are as good as a token, unless they have expired', async (t) => {
    const [server, { url, ca }] = await started(t);
    const { client, expiredClient } = server.certificates;
    const codes = [];
    for (const pair of [client, expiredClient]) codes.push((await ask({ url, ca, ...pair }, SLICES)).status);
    assert.deepEqual(codes, [200, 401]);
  });

  it('can be the only way in', async (t) => {
    const [server, target] = await started(t);
    server.access.clientCertificateRequired = true;
    assert.equal((await ask(target, SLICES)).status, 401);
    assert.equal((await ask({ ...target, ...server.certificates.client }, SLICES)).status, 200);
  });
});

describe('denials', () => {
  it('are for a verb, a resource or a namespace, and are told in the words of RBAC', async (t) => {
    const [server, target] = await started(t);
    const grant = server.access.deny({ resource: 'endpointslices' });
    const denied = await ask(target, `/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices`);
    assert.deepEqual([denied.status, denied.json.reason], [403, 'Forbidden']);
    const user = `endpointslices.discovery.k8s.io is forbidden: User "${SERVICE_ACCOUNT}"`;
    const what = 'cannot list resource "endpointslices" in API group "discovery.k8s.io"';
    assert.equal(denied.json.message, `${user} ${what} in the namespace "shop"`);
    assert.match((await ask(target, SLICES)).json.message, /at the cluster scope$/);
    assert.equal((await ask(target, '/api/v1/pods')).status, 200);
    grant();
    assert.equal((await ask(target, SLICES)).status, 200);
  });

  it('name the user of a client certificate, and hit one verb only', async (t) => {
    const [server, { url, ca }] = await started(t);
    const target = { url, ca, ...server.certificates.client };
    server.access.deny({ verb: 'watch', resource: 'pods' });
    assert.equal((await ask(target, '/api/v1/pods')).status, 200);
    const denied = await ask(target, '/api/v1/pods?watch=true');
    assert.match(denied.json.message, new RegExp(`^pods is forbidden: User "${CLIENT_NAME}" cannot watch`));
  });
});

describe('what is left behind', () => {
  it('is nothing: the service account goes with the server, certificates leave no file', async (t) => {
    const root = mkdtempSync('/tmp/left-behind-');
    t.after(() => rmSync(root, { recursive: true }));
    const { TMPDIR } = process.env;
    process.env.TMPDIR = root;
    t.after(() => (TMPDIR === undefined ? delete process.env.TMPDIR : Object.assign(process.env, { TMPDIR })));
    const [server] = await started(t);
    const { serviceAccount } = server;
    server.rotateCertificates();
    assert.deepEqual(readdirSync(root), [serviceAccount.path.split('/').at(-1)]);
    assert.equal(readFileSync(serviceAccount.caFile, 'utf8'), server.certificates.ca);
    await server.stop();
    assert.deepEqual(readdirSync(root), []);
  });
});
