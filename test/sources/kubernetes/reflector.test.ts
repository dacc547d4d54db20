import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { endpointSlice, manySlices, withManagedFields } from '../../kubernetes/objects.ts';
import { eventually } from '../../kubernetes/started.ts';
import { cart, follow, move } from './follow.ts';

test('lists once, then watches from there with bookmarks and a deadline; one connection does for both', async (t) => {
  const { server, converged, synced, connections } = await follow(t, {
    prepare: (server) => server.store.create(cart),
  });
  await synced();
  await converged();
  const slice = server.store.create(withManagedFields(endpointSlice({ name: 'web-1', addresses: ['10.0.0.2'] })));
  await converged();
  server.store.update(slice, move(['10.0.0.3']));
  await converged();
  server.store.delete(slice);
  await converged();
  const [list, watch, ...more] = server.counters.requests;
  assert.deepEqual(more, []);
  assert.deepEqual(list.query, { resourceVersion: '0', limit: '200' });
  const { timeoutSeconds, ...query } = watch.query;
  assert.deepEqual(query, { watch: 'true', allowWatchBookmarks: 'true', resourceVersion: '101' });
  assert.ok(Number(timeoutSeconds) >= 300 && Number(timeoutSeconds) <= 600);
  assert.equal(connections(), 1);
  assert.equal(server.counters.tlsHandshakes, 1);
});

test('pages, and a page whose continue token has expired: all is listed again', async (t) => {
  const { server, cache, synced } = await follow(t, {
    timing: { pageLimit: 10 },
    prepare(server) {
      for (const slice of manySlices(35, 2)) server.store.create(slice);
      server.faults.on({ kind: 'expired', shape: 'http' }, { verb: 'list', times: 1 });
      server.faults.on({ kind: 'expired', shape: 'continue' }, { verb: 'list', times: 1 });
    },
  });
  await synced();
  assert.equal(cache.size, 35);
  const lists = server.counters.matching({ verb: 'list' }).map(({ query, code }) => [query.limit, code]);
  assert.deepEqual(lists, [
    ['10', 410],
    ['10', 200],
    ['10', 410],
    [undefined, 200],
  ]);
});

for (const code of [401, 403, 429, 500, 503, 504]) {
  test(`LIST and WATCH answered with ${code} are tried again until they are not`, async (t) => {
    const { server, converged, synced, restarts } = await follow(t, {
      prepare: (server) => {
        server.store.create(cart);
        server.faults.on({ kind: 'status', code }, { verb: 'list', times: 3 });
        server.faults.on({ kind: 'status', code, body: 'text' }, { verb: 'watch', times: 3 });
      },
    });
    await synced();
    server.store.create(endpointSlice({ name: 'web-1' }));
    await converged();
    assert.equal(restarts.length, 6);
    const reason = { 401: 'unauthorized', 403: 'forbidden', 429: 'throttled' }[code] ?? 'server_error';
    assert.deepEqual([...new Set(restarts)], [reason]);
  });
}

test('Retry-After is obeyed', async (t) => {
  const { server, synced } = await follow(t, {
    prepare: (server) =>
      void server.faults.on({ kind: 'status', code: 429, retryAfterSeconds: 1 }, { verb: 'list', times: 1 }),
  });
  await synced();
  const [refused, listed] = server.counters.matching({ verb: 'list' });
  assert.ok(listed.at - refused.at >= 990);
});

for (const how of ['reset', 'fin', 'end', 'silence'] as const) {
  test(`a stream that stops in the middle of a line (${how}) goes on from the last version, without a list`, async (t) => {
    const { server, converged, synced, restarts } = await follow(t, { timing: { idleMs: 150 } });
    await synced();
    const slice = server.store.create(cart);
    await converged();
    server.watches.cut(how, { partial: '{"type":"MODIFIED","object":{"metadata":{"name":"ca' });
    server.store.update(slice, move(['10.0.0.9']));
    await converged();
    assert.equal(server.counters.count({ verb: 'list' }), 1);
    assert.equal(restarts[0], { reset: 'reset', fin: 'reset', end: 'ended', silence: 'idle' }[how]);
  });
}

test('a watch that hears nothing is opened again, and that is no error', async (t) => {
  const { server, synced, restarts, reflector } = await follow(t, { timing: { idleMs: 60 } });
  await synced();
  await eventually(() => server.counters.count({ verb: 'watch' }) >= 3);
  assert.deepEqual([...new Set(restarts)], ['idle']);
  assert.equal(reflector.state.problem, null);
  assert.equal(server.counters.count({ verb: 'list' }), 1);
});

for (const shape of ['event', 'http'] as const) {
  test(`410 as ${shape}, five in a row: lists each time, waits longer each time, and holds what it has`, async (t) => {
    const { server, converged, synced, changes } = await follow(t, {
      prepare: (server) => {
        server.store.create(cart);
        server.faults.on({ kind: 'expired', shape }, { verb: 'watch', times: 5 });
      },
    });
    await eventually(() => server.counters.count({ verb: 'watch' }) === 6);
    await synced();
    server.store.create(endpointSlice({ name: 'web-1' }));
    await converged();
    const lists = server.counters.matching({ verb: 'list' });
    assert.equal(lists.length, 6);
    assert.ok(lists[5].at - lists[4].at >= 40);
    assert.deepEqual(changes, ['+shop/cart-1', '+shop/web-1']);
    assert.deepEqual(lists[1].query, { resourceVersion: '101', resourceVersionMatch: 'NotOlderThan', limit: '200' });
  });
}

test('a watch that outlasts its deadline is ended from here', async (t) => {
  const { server, synced, restarts, converged } = await follow(t, {
    timing: { watchSeconds: [0, 0], watchGraceMs: 50 },
  });
  await synced();
  await eventually(() => restarts.length >= 2);
  server.store.create(cart);
  await converged();
  assert.deepEqual([...new Set(restarts)], ['idle']);
});

test('a server that ends every watch at once is not asked without pause', async (t) => {
  const { server, restarts } = await follow(t, {
    timing: { backoffMs: [50, 50], shortestWatchMs: 1000 },
    prepare: (server) => void server.faults.on({ kind: 'cut', how: 'end', afterBytes: 0 }, { verb: 'watch' }),
  });
  const stop = setInterval(() => server.watches.cut('end'), 1);
  t.after(() => clearInterval(stop));
  await eventually(() => restarts.length >= 3);
  const [first, , third] = server.counters.matching({ verb: 'watch' });
  assert.ok(third.at - first.at >= 100);
  assert.deepEqual([...new Set(restarts)], ['reset']);
});

test('the watch ends as asked and goes on over the same connection', async (t) => {
  const { server, restarts, connections } = await follow(t, { timing: { watchSeconds: [3, 3], shortestWatchMs: 20 } });
  await eventually(() => restarts.length >= 3);
  assert.deepEqual([...new Set(restarts)], ['ended']);
  assert.equal(connections(), 1);
  assert.equal(server.counters.count({ verb: 'list' }), 1);
});

test('a LIST that drips is given up as a whole', async (t) => {
  const { server, restarts, synced } = await follow(t, {
    timing: { listMs: 150 },
    prepare: (server) => {
      server.store.create(cart);
      server.faults.on({ kind: 'drip', bytes: 1, pauseMs: 20 }, { verb: 'list', times: 1 });
    },
  });
  await synced();
  assert.deepEqual(restarts, ['timeout']);
  assert.equal(server.counters.count({ verb: 'list' }), 2);
});

test('stop while the LIST is in flight: no watch follows, nothing reaches the sink', async (t) => {
  const { server, reflector, changes } = await follow(t, {
    prepare: (server) => {
      server.store.create(cart);
      server.faults.on({ kind: 'delay', ms: 100 }, { verb: 'list', times: 1 });
    },
  });
  await server.counters.nth(1, { verb: 'list' });
  await reflector.stop();
  server.store.create(endpointSlice({ name: 'web-1' }));
  await delay(150);
  assert.equal(server.counters.requests.length, 1);
  assert.deepEqual(changes, []);
  await eventually(() => server.counters.openConnections === 0);
});

test('a quiet watch is current as soon as it is clear that it goes on', async (t) => {
  const { server, synced, currents, reflector } = await follow(t, { timing: { idleMs: 100, quietMs: 10 } });
  await synced();
  await server.counters.nth(3, { verb: 'watch', code: 200 });
  assert.ok(currents.length >= 3);
  assert.equal(reflector.state.lastCurrentMs, currents.at(-1));
  assert.equal(reflector.state.failingSinceMs, null);
});

test('selectors hold for LIST and WATCH, and what leaves them goes', async (t) => {
  const { server, synced, cache } = await follow(t, {
    selection: { namespace: 'shop', labelSelector: 'kubernetes.io/service-name in (cart,web)' },
    prepare: (server) => {
      server.store.create(cart);
      server.store.create(endpointSlice({ name: 'cart-1', namespace: 'other' }));
    },
  });
  await synced();
  const web = server.store.create(endpointSlice({ name: 'web-1' }));
  server.store.create(endpointSlice({ name: 'blog-1' }));
  await eventually(() => cache.size === 2);
  server.store.update(web, (draft) => void Object.assign(draft.metadata, { labels: {} }));
  await eventually(() => cache.size === 1);
  assert.deepEqual([...cache.keys()], ['shop/cart-1']);
});
