import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubernetes } from '../../src/collectors/kubernetes.ts';
import { endpointSlice } from '../kubernetes/objects.ts';
import { eventually } from '../kubernetes/started.ts';
import { fill, ground } from './kubernetes-ground.ts';

test('forbidden names the rule to add; granted, it goes on', async (t) => {
  const { collector, server, wanted, settle, keys } = await ground(t, { namespaces: ['shop'], pods: 'off' });
  fill(server);
  const grant = server.access.deny({ resource: 'endpointslices' });
  wanted.names = ['cart'];
  await settle();
  await eventually(() => collector.targets().some(({ state }) => state === 'not_permitted'));
  assert.deepEqual(await collector.poll(), {
    state: 'not_permitted',
    detail:
      'forbidden; add {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]} to a Role in namespace shop',
  });
  grant();
  await eventually(() => keys('endpointslices') === 'shop/cart-1,shop/web-1');
});

test('pods alone forbidden: the rest goes on and says what is missing', async (t) => {
  const { collector, server, wanted, settle, keys } = await ground(t);
  fill(server);
  server.access.deny({ resource: 'pods' });
  wanted.names = ['cart'];
  await settle();
  await eventually(() => keys('services') !== '' && collector.targets().some(({ state }) => state === 'not_permitted'));
  const { state, detail } = await collector.poll();
  assert.equal(state, 'ok');
  assert.match(
    detail,
    /apiGroups: \[""\], resources: \[pods\], .* ClusterRole, or set collectors\.kubernetes\.pods: off/,
  );
});

test('an API server that is not there is a failure; one that goes away, after a minute', async (t) => {
  const { collector, server, clock, wanted, settle, synced, expected } = await ground(t, { pods: 'off' });
  wanted.names = ['cart'];
  await server.kill();
  await settle();
  assert.deepEqual([...expected], ['endpointslices', 'services']);
  await eventually(() => collector.targets().some(({ state }) => state === 'failed'));
  await assert.rejects(
    collector.poll(),
    /endpointslices in all namespaces: API server is not reachable \(ECONNREFUSED\)/,
  );
  await server.restart();
  await synced();
  await server.kill();
  await eventually(() => collector.targets().some(({ detail }) => /not reachable/.test(detail)));
  assert.equal((await collector.poll()).state, 'ok');
  clock.ms += 61_000;
  await assert.rejects(collector.poll(), /in all namespaces: (API server is not reachable|connection .* broke)/);
});

test('an upstream without a telling name: our own namespace; unknown, nothing and why', async (t) => {
  const { server, wanted, settle, keys, synced } = await ground(t, { pods: 'off' });
  server.store.create(endpointSlice({ name: 'cart-1', namespace: 'badgateway', addresses: ['10.0.0.1'] }));
  wanted.hasUnnamed = true;
  await settle();
  await synced();
  assert.equal(keys('endpointslices'), 'badgateway/cart-1');
});

test('what is not watched, and what is read for want of a selector, is said', async (t) => {
  const { collector, wanted, settle } = await ground(t, { node_name: 'not a node' });
  assert.deepEqual(collector.notes(), []);
  wanted.names = Array.from({ length: 300 }, (_, at) => `service-number-${at}`);
  await settle();
  assert.deepEqual(collector.notes(), [
    'pods are not watched: neither NODE_NAME nor collectors.kubernetes.node_name is a name of a node',
    'all EndpointSlices are read: 300 names are too many for a selector',
  ]);
});

test('configuration mistakes', () => {
  const errors = (config: object) => kubernetes.schema.safeParse(config).error?.issues.map(({ message }) => message);
  assert.deepEqual(errors({ namespaces: ['Shop'] }), ['must be the name of a namespace']);
  assert.equal(errors({ pods: 'all' })?.length, 1);
  assert.equal(errors({}), undefined);
});

test('a verdict that waits makes it ask once more, not more often than every 5 s', async (t) => {
  const { server, collector, clock, wanted, doubt, currents, settle, synced } = await ground(t);
  fill(server);
  Object.assign(wanted, { namespaces: ['shop'], names: ['cart'] });
  await settle();
  await synced();
  const watches = () => server.counters.matching({ verb: 'watch', resource: 'endpointslices' }).length;
  await eventually(() => watches() === 1 && currents.endpointslices > 0);
  clock.ms += 1000;
  doubt.ms = clock.ms;
  await collector.poll();
  await eventually(() => watches() === 2 && currents.endpointslices >= (doubt.ms ?? 0));
  clock.ms += 1000;
  doubt.ms = clock.ms;
  await collector.poll();
  await collector.poll();
  assert.equal(watches(), 2);
  clock.ms += 4000;
  await collector.poll();
  await eventually(() => watches() === 3);
});

test('pods that are always wanted are watched on a node without a gateway, and nothing else is', async (t) => {
  const { server, collector, settle, synced, keys } = await ground(t, { pods: 'own_node_always' });
  fill(server);
  await settle();
  await synced();
  assert.equal(keys('pods'), 'blog/cart-p,shop/cart-p');
  assert.deepEqual([...new Set(server.counters.requests.map(({ resource }) => resource))], ['pods']);
  assert.equal((await collector.poll()).state, 'ok');
});
