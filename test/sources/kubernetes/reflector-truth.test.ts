import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { endpointSlice } from '../../kubernetes/objects.ts';
import { eventually } from '../../kubernetes/started.ts';
import { addressesOf, cart, follow, move } from './follow.ts';

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
