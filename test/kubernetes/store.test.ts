import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpointSlice, pod, service } from './objects.ts';
import { ask, RawWatch } from './raw-client.ts';
import type { ResourceType } from './resources.ts';
import { DEFAULT_RESOURCES, ENDPOINT_SLICES } from './resources.ts';
import { fieldMatcher, labelMatcher } from './selectors.ts';
import { PODS_PATH, SLICES, started } from './started.ts';

describe('versions', () => {
  it('grow by one with every write, over all resources', async (t) => {
    const [{ store }] = await started(t, { resourceVersion: 10 });
    const slice = store.create(endpointSlice({ name: 'a-1' }));
    const a = store.create(service({ name: 'a' }));
    const changed = store.update(slice, (draft) => Object.assign(draft, { endpoints: null }));
    store.delete(a);
    const versions = [slice, a, changed].map(({ metadata }) => metadata.resourceVersion);
    assert.deepEqual([versions, store.resourceVersion], [['11', '12', '13'], 14]);
    assert.equal(changed.metadata.uid, slice.metadata.uid);
    assert.throws(() => store.create(slice), /already exists/);
    assert.throws(() => store.delete(a), /services "a" not found/);
  });

  it('of a watch without one or with 0: what is there comes first, as ADDED', async (t) => {
    const [server, target] = await started(t);
    server.store.create(endpointSlice({ name: 'a-1' }));
    for (const query of ['watch=1', 'watch=1&resourceVersion=0']) {
      const watch = await RawWatch.open(target, `${SLICES}?${query}&timeoutSeconds=1`);
      await watch.end();
      assert.deepEqual(
        watch.events.map(({ type }) => type),
        ['ADDED'],
      );
    }
  });
});

describe('a delete', () => {
  it('with grace: deletionTimestamp, then gone when the period is over', async (t) => {
    const [server, target] = await started(t);
    const made = server.store.create(pod({ name: 'a', nodeName: 'n' }));
    const watch = await RawWatch.open(target, `${PODS_PATH}?watch=1&resourceVersion=${made.metadata.resourceVersion}`);
    server.store.delete(made, { graceSeconds: 2 });
    const [marked, gone] = await watch.next(2);
    assert.deepEqual(
      [marked.type, marked.object.metadata.deletionGracePeriodSeconds, gone.type],
      ['MODIFIED', 2, 'DELETED'],
    );
    assert.equal(gone.object.metadata.deletionTimestamp, marked.object.metadata.deletionTimestamp);
    assert.equal(Number(gone.object.metadata.resourceVersion), Number(made.metadata.resourceVersion) + 2);
  });

  it('with grace: again without, gone at once and only once', async (t) => {
    const [server, target] = await started(t);
    const made = server.store.create(pod({ name: 'a' }));
    const watch = await RawWatch.open(
      target,
      `${PODS_PATH}?watch=1&resourceVersion=${made.metadata.resourceVersion}&timeoutSeconds=4`,
    );
    server.store.delete(made, { graceSeconds: 2 });
    server.store.delete(made);
    await watch.end();
    assert.deepEqual(
      watch.events.map(({ type }) => type),
      ['MODIFIED', 'DELETED'],
    );
  });
});

describe('selectors', () => {
  const object = endpointSlice({ name: 'cart-1', service: 'cart', labels: { tier: 'web', empty: '' } });
  const rows: readonly (readonly [selector: string, matches: boolean])[] = [
    ['', true],
    ['tier=web', true],
    ['tier==web', true],
    ['tier=db', false],
    ['tier!=db', true],
    ['tier!=web', false],
    ['absent!=x', true],
    ['tier', true],
    ['!tier', false],
    ['!absent', true],
    ['absent', false],
    ['empty=', true],
    ['kubernetes.io/service-name in (cart,foo)', true],
    ['kubernetes.io/service-name in ( foo , bar )', false],
    ['kubernetes.io/service-name notin (cart)', false],
    ['absent notin (cart)', true],
    ['tier=web,kubernetes.io/service-name in (cart,foo),!absent', true],
    ['tier=web,kubernetes.io/service-name in (foo),!absent', false],
  ];
  for (const [selector, expected] of rows) {
    it(`${selector === '' ? 'none' : selector}: ${expected}`, () =>
      assert.equal(labelMatcher(selector)(object), expected));
  }

  for (const selector of ['tier in web', 'tier=a b', 'in (a)', '=x']) {
    it(`${selector}: refused`, () => assert.throws(() => labelMatcher(selector), /unable to parse requirement/));
  }

  it('of fields compare text and know what they know', () => {
    const matches = (selector: string) => fieldMatcher(selector, ENDPOINT_SLICES)(object);
    assert.deepEqual(['metadata.name=cart-1', 'metadata.name!=cart-1', 'metadata.namespace==shop'].map(matches), [
      true,
      false,
      true,
    ]);
    assert.throws(() => matches('metadata.uid=1'), /not a known field selector/);
    assert.throws(() => matches('metadata.name'), /can't understand/);
  });
});

describe('requests that make no sense', () => {
  const rows: readonly (readonly [path: string, method: string, status: number, reason: string])[] = [
    ['/nothing', 'GET', 404, 'NotFound'],
    ['/api/v1/secrets', 'GET', 404, 'NotFound'],
    [`${SLICES}?resourceVersion=abc`, 'GET', 400, 'BadRequest'],
    [`${SLICES}?watch=1&resourceVersion=abc`, 'GET', 400, 'BadRequest'],
    [`${SLICES}?watch=1&fieldSelector=a=b`, 'GET', 400, 'BadRequest'],
    [`${SLICES}?continue=rubbish`, 'GET', 400, 'BadRequest'],
    [`${SLICES}?resourceVersion=100&resourceVersionMatch=Nearly`, 'GET', 422, 'Invalid'],
    [`${SLICES}?resourceVersion=0&resourceVersionMatch=Exact`, 'GET', 422, 'Invalid'],
    [SLICES, 'PATCH', 405, 'MethodNotAllowed'],
    [SLICES, 'POST', 400, 'BadRequest'],
    ['/api/v1/namespaces/shop/pods/nobody', 'DELETE', 404, 'NotFound'],
  ];
  for (const [path, method, status, reason] of rows) {
    it(`${method} ${path}: ${status} ${reason}`, async (t) => {
      const [, target] = await started(t);
      const answer = await ask(target, path, { method });
      assert.deepEqual([answer.status, answer.json.reason], [status, reason]);
    });
  }
});

describe('resources', () => {
  it('can be more: one without namespaces', async (t) => {
    const group = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };
    const nodes: ResourceType = { ...group, fieldLabels: [], zero: { spec: {}, status: {} }, graceful: false };
    const [server, target] = await started(t, { resources: [...DEFAULT_RESOURCES, nodes] });
    server.store.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
    assert.equal((await ask(target, '/api/v1/nodes/n1')).json.kind, 'Node');
    assert.equal((await ask(target, '/api/v1/nodes')).json.kind, 'NodeList');
  });

  it('a stale PUT is a conflict', async (t) => {
    const [server, target] = await started(t);
    const made = server.store.create(endpointSlice({ name: 'a-1' }));
    server.store.update(made, ({ metadata }) => Object.assign(metadata, { annotations: { a: 'b' } }));
    const path = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/a-1';
    const { status, json } = await ask(target, path, { method: 'PUT', body: made });
    assert.deepEqual([status, json.reason], [409, 'Conflict']);
    assert.match(json.message, /^Operation cannot be fulfilled on endpointslices.discovery.k8s.io "a-1"/);
  });
});
