import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ApiError } from '../../../src/sources/kubernetes/api-error.ts';
import { Credentials, isInCluster } from '../../../src/sources/kubernetes/credentials.ts';
import { endpointSlice } from '../../kubernetes/objects.ts';
import { eventually, started } from '../../kubernetes/started.ts';
import { credentialsOf, follow } from './follow.ts';

function kubeconfig(t: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-kubeconfig-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'config');
  writeFileSync(file, text);
  return file;
}

const fromFile = (file: string, context = '') => new Credentials({ kubeconfig: file, context, environment: {} });
const reasonOf = async (credentials: Credentials) =>
  credentials.access().then(
    () => 'none',
    ({ name, reason, message }: ApiError) => {
      assert.equal(name, 'ApiError');
      assert.equal(reason, 'credentials');
      return message;
    },
  );

test('in a pod: address of the environment, token, authority and namespace of the files', async (t) => {
  const [server] = await started(t);
  const credentials = credentialsOf(server);
  const access = await credentials.access();
  assert.equal(access.server.origin, server.url);
  assert.deepEqual(access.headers, { Authorization: `Bearer ${server.token}` });
  assert.equal(String(access.tls.ca), server.certificates.ca);
  assert.equal(access.tls.rejectUnauthorized, undefined);
  assert.equal(await credentials.namespace(), 'badgateway');
});

test('in a cluster only with the address and the files', async (t) => {
  const [server] = await started(t);
  const { path: serviceAccount } = server.serviceAccount;
  const at = (host: string, directory = serviceAccount) =>
    isInCluster({
      ...{ kubeconfig: '', context: '', serviceAccount: directory },
      environment: { KUBERNETES_SERVICE_HOST: host },
    });
  assert.equal(at('10.96.0.1'), true);
  assert.equal(at(''), false);
  assert.equal(at('10.96.0.1', '/nowhere'), false);
});

test('a kubeconfig with a token file or a client certificate', async (t) => {
  const [server] = await started(t);
  const token = await fromFile(kubeconfig(t, server.kubeconfig('token'))).access();
  assert.deepEqual(token.headers, { Authorization: `Bearer ${server.token}` });
  const certificate = await fromFile(kubeconfig(t, server.kubeconfig('certificate'))).access();
  assert.deepEqual(certificate.headers, {});
  assert.equal(String(certificate.tls.cert), server.certificates.client.cert);
});

test('a token that ends with a newline, IPv6, and a context of its own', async (t) => {
  const users = '[{name: u, user: {token: "abc\\n"}}]';
  const contexts = '[{name: one, context: {cluster: c, user: u, namespace: shop}}]';
  const file = kubeconfig(
    t,
    `{clusters: [{name: c, cluster: {server: "https://[::1]:6443/k8s"}}], users: ${users}, contexts: ${contexts}}`,
  );
  const credentials = fromFile(file, 'one');
  const { server, headers } = await credentials.access();
  assert.equal(server.href, 'https://[::1]:6443/k8s');
  assert.deepEqual(headers, { Authorization: 'Bearer abc' });
  assert.equal(await credentials.namespace(), 'shop');
  assert.match(await reasonOf(fromFile(file, 'two')), /no such context/);
});

test('plain text only on loopback, no proxies, no missing or broken files', async (t) => {
  const withServer = (cluster: string) =>
    fromFile(
      kubeconfig(
        t,
        `{clusters: [{name: c, cluster: ${cluster}}], users: [{name: u, user: {}}], contexts: [{name: x, context: {cluster: c, user: u}}], current-context: x}`,
      ),
    );
  assert.match(await reasonOf(withServer('{server: "http://10.0.0.1:8080"}')), /must be https/);
  assert.match(
    await reasonOf(withServer('{server: "http://10.0.0.1:8080", insecure-skip-tls-verify: true}')),
    /must be https/,
  );
  assert.match(await reasonOf(withServer('{server: "http://localhost.evil:8080"}')), /must be https/);
  assert.equal((await withServer('{server: "http://127.0.0.1:8001"}').access()).server.port, '8001');
  assert.match(await reasonOf(withServer('{server: "https://a", proxy-url: "http://b"}')), /proxy-url/);
  assert.match(await reasonOf(fromFile('/nowhere/config')), /ENOENT/);
  const broken = await reasonOf(fromFile(kubeconfig(t, 'users: [{user: {token: geheim}')));
  assert.doesNotMatch(broken, /geheim/);
});

test('the token expires, the file is swapped later: 401 until then, then on', async (t) => {
  const { server, converged, synced, restarts, reflector } = await follow(t, {
    prepare: (server) => server.serviceAccount,
  });
  await synced();
  server.swapToken({ file: false });
  server.watches.cut('end');
  await eventually(() => restarts.filter((reason) => reason === 'unauthorized').length >= 3);
  assert.equal(reflector.state.problem?.reason, 'unauthorized');
  server.serviceAccount.swap({ token: server.token });
  server.store.create(endpointSlice({ name: 'cart-1' }));
  await converged();
  assert.equal(server.counters.count({ verb: 'list' }), 1);
  assert.equal(server.counters.requests.at(-1)?.token, server.token);
});

test('a token that kubelet has swapped in time costs one request, at once', async (t) => {
  const { server, converged, synced, restarts } = await follow(t, {
    timing: { backoffMs: [60_000, 60_000], shortestWatchMs: 0 },
  });
  await synced();
  server.swapToken();
  server.watches.cut('end');
  await eventually(() => restarts.length === 2);
  server.store.create(endpointSlice({ name: 'cart-1' }));
  await converged();
  assert.deepEqual(restarts, ['ended', 'unauthorized']);
});

test('another authority: refused while the file is old, then verified; never unverified', async (t) => {
  const { server, converged, synced, restarts } = await follow(t);
  await synced();
  server.rotateCertificates({ file: false, dropConnections: true });
  await eventually(() => restarts.includes('tls'));
  assert.equal(server.watches.open, 0);
  server.serviceAccount.swap({ ca: server.certificates.ca });
  server.store.create(endpointSlice({ name: 'cart-1' }));
  await converged();
});

test('files that are away for a moment are waited for', async (t) => {
  const rejections: unknown[] = [];
  const note = (error: unknown) => rejections.push(error);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  const { server, converged, synced, restarts } = await follow(t);
  await synced();
  server.serviceAccount.takeAway();
  server.resetConnections();
  await eventually(() => restarts.filter((reason) => reason === 'credentials').length >= 3);
  server.serviceAccount.swap({});
  server.store.create(endpointSlice({ name: 'cart-1' }));
  await converged();
  assert.deepEqual(rejections, []);
});
