import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../kubernetes/started.ts';
import { fill, ground } from './kubernetes-ground.ts';

test('not in a cluster is absent, with both ways out', async (t) => {
  const { collector, wanted } = await ground(t, {}, false);
  wanted.names = ['cart'];
  const { state, detail } = await collector.poll();
  assert.equal(state, 'absent');
  assert.match(detail, /collectors\.kubernetes\.kubeconfig or collectors\.endpoints_file/);
});

test('nothing wanted: no connection at all', async (t) => {
  const { collector, server, settle, forgotten, expected } = await ground(t);
  await settle();
  assert.equal((await collector.poll()).state, 'absent');
  assert.equal(server.counters.connections, 0);
  await collector.stop();
  assert.deepEqual([forgotten, [...expected]], [[], []]);
});

test('namespaces are watched one by one; slices, services and the pods of this node come, and metrics say so', async (t) => {
  const { collector, server, wanted, settle, synced, keys, samples, currents, known, clock } = await ground(t);
  fill(server);
  wanted.namespaces = ['shop'];
  wanted.names = ['cart'];
  await settle();
  await synced();
  assert.deepEqual(
    [keys('endpointslices'), keys('services'), keys('pods')],
    ['shop/cart-1,shop/web-1', 'shop/cart,shop/web', 'blog/cart-p,shop/cart-p'],
  );
  const outcome = await collector.poll();
  assert.deepEqual(outcome, { state: 'ok', detail: '3 watches: 2 EndpointSlices, 2 Services, 2 pods' });
  assert.equal(currents.endpointslices, clock.ms);
  assert.doesNotMatch(JSON.stringify([...known.pods.values()]), /env-value/);
  const at = clock.ms / 1000;
  await server.counters.nth(3, { verb: 'watch', code: 200 });
  await samples('badgateway_');
  assert.deepEqual(
    (await samples('badgateway_')).filter((line) => line.includes('endpointslices') && !line.includes('watch"')),
    [
      `badgateway_kubernetes_requests_total{resource="endpointslices",verb="list",code="200"} 1`,
      `badgateway_relist_drift_total{resource="endpointslices"} 0`,
      `badgateway_watch_last_activity_timestamp_seconds{resource="endpointslices"} ${at}`,
      `badgateway_watch_last_sync_timestamp_seconds{resource="endpointslices"} ${at}`,
      `badgateway_watch_objects{resource="endpointslices"} 2`,
      `badgateway_watch_synced{resource="endpointslices"} 1`,
    ],
  );
  assert.deepEqual(await samples('badgateway_kubernetes_connections'), [
    `badgateway_kubernetes_connections_total ${server.counters.connections}`,
  ]);
  assert.equal(server.counters.connections, 3);
});

test('names without namespace: one selective watch, Services filtered here', async (t) => {
  const { server, wanted, settle, synced, keys } = await ground(t, { pods: 'off' });
  fill(server);
  wanted.names = ['cart'];
  await settle();
  await synced();
  assert.deepEqual(
    [keys('endpointslices'), keys('services'), keys('pods')],
    ['blog/cart-1,shop/cart-1', 'blog/cart,shop/cart', ''],
  );
  const queries = server.counters.matching({ resource: 'endpointslices' }).map(({ query }) => query.labelSelector);
  assert.deepEqual([...new Set(queries)], ['kubernetes.io/service-name in (cart)']);
});

test('a plan that changes again within five seconds costs nothing; the new watch is up before the old one goes', async (t) => {
  const { collector, server, clock, wanted, settle, synced, keys, known, currents } = await ground(t, { pods: 'off' });
  fill(server);
  wanted.names = ['cart'];
  await settle();
  await synced();
  const before = server.counters.requests.length;
  for (const names of [['cart', 'web'], ['cart'], ['web', 'cart'], ['web']]) {
    wanted.names = names;
    await collector.poll();
    clock.ms += 4000;
    await collector.poll();
  }
  assert.equal(server.counters.requests.length, before);
  const gone: string[] = [];
  const remove = known.endpointslices.delete.bind(known.endpointslices);
  known.endpointslices.delete = (key) => {
    assert.ok(known.endpointslices.has('shop/web-1'));
    gone.push(key);
    return remove(key);
  };
  const held = server.faults.on({ kind: 'delay', ms: 80 }, { verb: 'list', resource: 'endpointslices', times: 1 });
  const currentBefore = currents.endpointslices;
  clock.ms += 8000;
  await collector.poll();
  await eventually(() => held.hits === 1);
  assert.equal(keys('endpointslices'), 'blog/cart-1,shop/cart-1');
  // What is known does not cover what is wanted now.
  assert.equal(currents.endpointslices, currentBefore);
  await synced();
  await eventually(() => keys('endpointslices') === 'blog/web-1,shop/web-1');
  assert.deepEqual(gone.sort(), ['blog/cart-1', 'shop/cart-1']);
  await eventually(() => server.watches.open === 2);
});

test('a plan that never rests is carried out all the same', async (t) => {
  const { collector, server, clock, wanted } = await ground(t, { pods: 'off' });
  for (let count = 0; count < 40; count++) {
    wanted.names = [`cart${count}`];
    await collector.poll();
    clock.ms += 1000;
  }
  await eventually(() => server.counters.count({ resource: 'endpointslices' }) > 0);
});

test('nothing wanted any more: all is forgotten and every connection closed', async (t) => {
  const { collector, server, wanted, settle, synced, forgotten, samples } = await ground(t);
  fill(server);
  wanted.names = ['cart'];
  await settle();
  await synced();
  wanted.names = [];
  await settle();
  assert.deepEqual(forgotten.sort(), ['endpointslices', 'pods', 'services']);
  await eventually(() => server.counters.openConnections === 0);
  assert.equal((await collector.poll()).state, 'absent');
  assert.deepEqual(await samples('badgateway_watch_synced'), []);
});
