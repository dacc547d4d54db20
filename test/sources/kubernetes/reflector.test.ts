import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { endpointSlice, manySlices, withManagedFields } from '../../kubernetes/objects.ts';
import { eventually } from '../../kubernetes/started.ts';
import { addressesOf, follow } from './follow.ts';

const cart = endpointSlice({ name: 'cart-1', addresses: ['10.0.0.1'] });
const move = (addresses: string[]) => (draft: object) =>
  void Object.assign(draft, { endpoints: [{ addresses, conditions: { ready: true } }] });

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

test('410 in the middle of a stream; what was missed comes with the list, what is gone goes', async (t) => {
  const { server, converged, synced, changes } = await follow(t);
  const slice = server.store.create(cart);
  const other = server.store.create(endpointSlice({ name: 'web-1' }));
  await synced();
  await converged();
  server.watches.eventFaults.dropNext(2);
  server.store.delete(slice);
  server.store.update(other, move(['10.0.0.7']));
  server.watches.expire();
  await converged();
  assert.deepEqual(changes.slice(-2), ['+shop/web-1', '-shop/cart-1']);
});

test('LIST never answered, headers of WATCH never sent, TLS never finished: each has its deadline', async (t) => {
  const { server, synced, converged, restarts } = await follow(t, {
    timing: { headersMs: 60, connectMs: 60 },
    prepare: (server) => {
      server.faults.on({ kind: 'stall' }, { verb: 'list', times: 1 });
      server.faults.on({ kind: 'stall' }, { verb: 'watch', times: 1 });
    },
  });
  await eventually(() => restarts.length === 2);
  await synced();
  server.freeze();
  server.resetConnections();
  await eventually(() => restarts.length >= 4);
  server.thaw();
  server.store.create(cart);
  await converged();
  assert.deepEqual([...new Set(restarts)].sort(), ['reset', 'timeout']);
});

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

test('kill -9, and back on the same port with a jump of versions', async (t) => {
  const { server, converged, synced, restarts } = await follow(t);
  await synced();
  const slice = server.store.create(cart);
  await converged();
  await server.kill();
  await eventually(() => restarts.includes('unreachable'));
  server.store.delete(slice);
  server.store.create(endpointSlice({ name: 'web-1', addresses: ['10.0.0.4'] }));
  await server.restart({ jump: 5000 });
  await converged();
  assert.ok(restarts.includes('expired'));
});

test('an opened watch whose version turns out to be gone is not current; the list makes it so', async (t) => {
  const { server, synced, restarts, currents, converged } = await follow(t, { timing: { quietMs: 40 } });
  await synced();
  await eventually(() => currents.length === 2);
  const lists = server.faults.on({ kind: 'status', code: 503 }, { verb: 'list' });
  await server.restart({ jump: 500 });
  await eventually(() => restarts.includes('expired') && lists.hits >= 4);
  assert.equal(currents.length, 2);
  lists.off();
  server.store.create(cart);
  await converged();
  assert.ok(currents.length > 2);
});

test('a quiet watch is current as soon as it is clear that it goes on', async (t) => {
  const { server, synced, currents, reflector } = await follow(t, { timing: { idleMs: 100, quietMs: 10 } });
  await synced();
  await server.counters.nth(3, { verb: 'watch', code: 200 });
  assert.ok(currents.length >= 3);
  assert.equal(reflector.state.lastCurrentMs, currents.at(-1));
  assert.equal(reflector.state.failingSinceMs, null);
});

test('a server whose versions begin again is found out by the next comparison', async (t) => {
  const { server, converged, synced, restarts } = await follow(t, {
    timing: { relistMs: 200 },
    server: { resourceVersion: 9000, resourceVersionWaitSeconds: 1 },
  });
  server.store.create(cart);
  await synced();
  await converged();
  await server.restart({ store: 'lose', jump: 10 });
  server.store.create(endpointSlice({ name: 'web-1', addresses: ['10.0.0.4'] }));
  await converged();
  assert.ok(restarts.includes('version_went_back'));
  server.store.create(endpointSlice({ name: 'web-2', addresses: ['10.0.0.5'] }));
  await converged();
});

test('events that come twice or in the wrong order leave the truth', async (t) => {
  const { server, converged, synced, drift } = await follow(t, { timing: { relistMs: 150 } });
  await synced();
  const slice = server.store.create(cart);
  server.watches.eventFaults.duplicateNext(2);
  const moved = server.store.update(slice, move(['10.0.0.2']));
  server.store.create(endpointSlice({ name: 'web-1' }));
  await converged();
  server.watches.eventFaults.swapNext(1);
  const again = server.store.update(moved, move(['10.0.0.3']));
  const third = server.store.update(again, move(['10.0.0.4']));
  await converged();
  server.watches.eventFaults.swapNext(1);
  const last = server.store.update(third, move(['10.0.0.5']));
  server.store.delete(last);
  await converged();
  const lists = server.counters.count({ verb: 'list' });
  await eventually(() => server.counters.count({ verb: 'list' }) >= lists + 2);
  await converged();
  assert.equal(drift(), 0);
});

test('a lost event is found by the comparison with a list, counted and repaired', async (t) => {
  const { server, converged, synced, drift, restarts } = await follow(t, { timing: { relistMs: 150 } });
  await synced();
  const slice = server.store.create(cart);
  const other = server.store.create(endpointSlice({ name: 'web-1' }));
  await converged();
  server.watches.eventFaults.dropNext(3);
  server.store.update(slice, move(['10.0.0.8']));
  server.store.delete(other);
  server.store.create(endpointSlice({ name: 'web-2' }));
  await converged();
  assert.equal(drift(), 3);
  assert.deepEqual(restarts, []);
});

test('characters and lines torn apart by chunks, and a bookmark is no object', async (t) => {
  const { server, converged, synced, cache, reflector } = await follow(t, {
    read: (value) => `${addressesOf(value)}`,
    prepare: (server) => {
      server.store.create(
        endpointSlice({ name: 'cart-1', addresses: ['10.0.0.1'], labels: { team: 'Zażółć 🛒 \\"]}' } }),
      );
      server.faults.on({ kind: 'drip', bytes: 3 }, {});
    },
  });
  await synced();
  server.store.create(endpointSlice({ name: 'web-1', addresses: ['10.0.0.2'], labels: { team: '€ŁÓDŹ' } }));
  await converged();
  server.watches.sendBookmarks();
  server.store.create(endpointSlice({ name: 'web-2' }));
  await converged();
  assert.equal(cache.size, 3);
  assert.equal(reflector.state.objects, 3);
});

test('garbage, an unknown event, an object without name and an ERROR of another kind: list again from nothing', async (t) => {
  const { server, converged, watching, restarts } = await follow(t);
  server.store.create(cart);
  const lines = [
    'not json\n',
    '{"type":"RENAMED","object":{}}\n',
    '{"type":"ADDED","object":{"metadata":{}}}\n',
    'null\n',
    '{"type":"ERROR","object":{"kind":"Status","code":500,"reason":"InternalError"}}\n',
  ];
  for (const [at, line] of lines.entries()) {
    await watching(at + 1);
    server.watches.sendRaw(line);
    await eventually(() => restarts.length === at + 1);
  }
  await converged();
  assert.deepEqual(restarts, ['bad_data', 'bad_data', 'bad_data', 'bad_data', 'error_event']);
  assert.equal(server.counters.matching({ verb: 'list' }).at(-1)?.query.resourceVersion, undefined);
});

test('a reader that throws does not end the reflector', async (t) => {
  let isBroken = true;
  const { converged, restarts, server } = await follow(t, {
    prepare: (server) => server.store.create(cart),
    read(value) {
      if (isBroken) throw new TypeError('bug');
      return addressesOf(value);
    },
  });
  await eventually(() => restarts.length >= 2);
  isBroken = false;
  await converged();
  assert.ok(server.counters.count({ verb: 'list' }) >= 3);
});

test('a whole server away and back at every turn: no rejection is left over, the truth is reached', async (t) => {
  const rejections: unknown[] = [];
  const note = (error: unknown) => rejections.push(error);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  const { server, converged, synced } = await follow(t);
  for (let round = 0; round < 8; round++) {
    await synced();
    const slice = server.store.create(endpointSlice({ name: `cart-${round}`, addresses: [`10.0.1.${round}`] }));
    if (round % 2 === 0) await server.kill();
    else server.resetConnections();
    server.store.update(slice, move([`10.0.2.${round}`]));
    if (round % 2 === 0) await server.restart({ jump: round * 100 });
    await converged();
  }
  assert.deepEqual(rejections, []);
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

test('asked to confirm, it opens the watch again from where it was: what was missed comes, and silence is proof', async (t) => {
  const { server, reflector, converged, synced, watching, currents, restarts } = await follow(t, {
    prepare: (server) => server.store.create(cart),
  });
  await synced();
  await watching(1);
  server.watches.eventFaults.dropNext();
  server.store.create(endpointSlice({ name: 'web-1', addresses: ['10.0.0.2'] }));
  await delay(50);
  const before = currents.length;
  reflector.confirm();
  await converged();
  await eventually(() => currents.length > before);
  await watching(2);
  const quiet = currents.length;
  reflector.confirm();
  await eventually(() => currents.length > quiet);
  assert.deepEqual(restarts, ['confirm', 'confirm']);
  assert.equal(server.counters.matching({ verb: 'list' }).length, 1);
});
