import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ApiClient, type ApiRequest } from '../../../src/sources/kubernetes/api-client.ts';
import type { ApiError } from '../../../src/sources/kubernetes/api-error.ts';
import { listAll } from '../../../src/sources/kubernetes/list.ts';
import { endpointSlice } from '../../kubernetes/objects.ts';
import { eventually, started } from '../../kubernetes/started.ts';
import { credentialsOf, QUICK } from './follow.ts';

async function ground(t: TestContext) {
  const [server] = await started(t);
  const answers: string[] = [];
  let connections = 0;
  const client = new ApiClient({
    credentials: credentialsOf(server),
    timing: QUICK,
    observer: {
      connected: () => connections++,
      answered: (resource, verb, status) => answers.push(`${verb} ${resource} ${status}`),
    },
  });
  t.after(() => client.close());
  const { signal } = new AbortController();
  const list = (part: Partial<ApiRequest> = {}) =>
    client.get({ verb: 'list', resource: 'endpointslices', namespace: '', query: {}, signal, ...part }, { chunk() {} });
  const failure = (part?: Partial<ApiRequest>) =>
    list(part).then(
      () => assert.fail('no error'),
      (error: ApiError) => error,
    );
  return { server, client, answers, list, failure, connections: () => connections };
}

test('twenty lists, one of them refused, go over one connection and one handshake', async (t) => {
  const { server, list, failure, answers, connections } = await ground(t);
  server.store.create(endpointSlice({ name: 'cart-1' }));
  for (let count = 0; count < 10; count++) await list();
  server.faults.on({ kind: 'status', code: 503 }, { times: 1 });
  assert.equal((await failure()).reason, 'server_error');
  for (let count = 0; count < 9; count++) await list({ resource: 'pods' });
  assert.deepEqual([server.counters.tlsHandshakes, connections()], [1, 1]);
  assert.equal(answers[10], 'list endpointslices 503');
  assert.equal(answers.length, 20);
});

test('only GET, only lists of what is allowed, no path through a namespace', async (t) => {
  const { server, list, failure } = await ground(t);
  await list({ namespace: 'shop', query: { labelSelector: 'a in (b,c)' } });
  assert.deepEqual(server.counters.requests[0].query, { labelSelector: 'a in (b,c)' });
  for (const namespace of ['../../secrets', 'a/b', 'A', 'a?b', '..']) {
    assert.equal((await failure({ namespace })).reason, 'rejected');
  }
  assert.equal(server.counters.requests.length, 1);
});

test('what a refusal says: reason word, Retry-After, a version that is too new; never the message', async (t) => {
  const { server, failure } = await ground(t);
  server.faults.on({ kind: 'status', code: 429, retryAfterSeconds: 7, message: 'geheim' }, { times: 1 });
  const { reason, status, retryAfterMs, message } = await failure();
  assert.deepEqual([reason, status, retryAfterMs], ['throttled', 429, 7000]);
  assert.equal(message, 'API server said 429 TooManyRequests');
  const tooNew = await failure({ query: { resourceVersion: '99999' } });
  assert.deepEqual([tooNew.reason, tooNew.isTooLarge, tooNew.retryAfterMs], ['server_error', true, 1000]);
});

test('cancelled: before, during, and the connection goes', async (t) => {
  const { server, failure, answers } = await ground(t);
  assert.equal((await failure({ signal: AbortSignal.abort() })).reason, 'cancelled');
  server.faults.on({ kind: 'stall' });
  const stop = new AbortController();
  const failed = failure({ signal: stop.signal });
  await server.counters.nth(1, {});
  stop.abort();
  assert.equal((await failed).reason, 'cancelled');
  await eventually(() => server.counters.openConnections === 0);
  assert.deepEqual(answers, []);
});

test('a version ahead of the server: the newest is listed instead', async (t) => {
  const { server, client } = await ground(t);
  server.store.create(endpointSlice({ name: 'cart-1' }));
  let items = 0;
  const version = await listAll(client, {
    selection: { resource: 'endpointslices', namespace: '', labelSelector: '', fieldSelector: '' },
    ...{ resourceVersion: '5000', limit: 10, deadlineMs: 2000, signal: new AbortController().signal },
    begin: () => {
      items = 0;
    },
    item: () => items++,
  });
  assert.deepEqual([version, items], ['101', 1]);
});

test('kubectl proxy on loopback, with a path of its own and without TLS', async (t) => {
  const seen: string[] = [];
  const proxy = createServer(({ url = '' }, response) => {
    seen.push(url);
    response.end('{"metadata":{"resourceVersion":"1"},"items":[]}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
  t.after(() => proxy.close());
  const server = new URL(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/k8s/`);
  const client = new ApiClient({
    credentials: { access: async () => ({ server, tls: {}, headers: {} }), refresh() {} },
    timing: QUICK,
    observer: { connected() {}, answered() {} },
  });
  t.after(() => client.close());
  const { signal } = new AbortController();
  for (const resource of ['pods', 'services'] as const)
    await client.get({ verb: 'list', resource, namespace: 'shop', query: {}, signal }, { chunk() {} });
  assert.deepEqual(seen, ['/k8s/api/v1/namespaces/shop/pods?', '/k8s/api/v1/namespaces/shop/services?']);
});
