import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { Reflector } from '../../../src/sources/kubernetes/reflector.ts';
import { Turns } from '../../../src/sources/kubernetes/turns.ts';
import { endpointSlice, service } from '../../kubernetes/objects.ts';
import { eventually } from '../../kubernetes/started.ts';
import { follow, QUICK } from './follow.ts';

const never = new AbortController().signal;

test('one after another in the order asked, whatever one of them ends with', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const work = (name: string, ms: number) => async () => {
    done.push(`${name} begins`);
    await delay(ms);
    done.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
    return name;
  };
  const all = await Promise.allSettled([
    turns.take(work('a', 20), never),
    turns.take(work('b', 1), never),
    turns.take(work('c', 1), never),
  ]);
  assert.deepEqual(
    all.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(done, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('who stops waiting is never asked again, and the next one still waits for the first', async () => {
  const turns = new Turns();
  const first = Promise.withResolvers<void>();
  const stop = new AbortController();
  const begun: string[] = [];
  const held = turns.take(() => first.promise, never);
  const stopped = turns.take(async () => begun.push('stopped'), stop.signal);
  const last = turns.take(async () => begun.push('last'), never);
  stop.abort();
  await assert.rejects(stopped, { name: 'AbortError' });
  await nextTurn();
  assert.deepEqual(begun, []);
  first.resolve();
  await Promise.all([held, last]);
  assert.deepEqual(begun, ['last']);
});

/** A second watch beside that of EndpointSlices, on the same client. */
function watchServices(t: TestContext, { client }: Awaited<ReturnType<typeof follow>>, timing: typeof QUICK): void {
  const sink = {
    set() {},
    delete() {},
    current() {},
    restarted() {},
    drifted: (count: number) => assert.equal(count, 0),
  };
  const reflector = new Reflector<object>({
    selection: { resource: 'services', namespace: '', labelSelector: '', fieldSelector: '' },
    ...{ client, timing, sink, read: (value) => value as object },
  });
  reflector.start();
  t.after(() => reflector.stop());
}

test('lists that compare are never open at once: beside the watches they need one connection, however slow', async (t) => {
  const timing = { ...QUICK, relistMs: 60, settleMs: 10 };
  const followed = await follow(t, {
    timing,
    prepare: (server) => {
      server.store.create(endpointSlice({ name: 'cart-1' }));
      server.store.create(service({ name: 'cart' }));
    },
  });
  const { server, synced, drift } = followed;
  await synced();
  watchServices(t, followed, timing);
  await eventually(() => server.watches.open === 2);
  server.faults.on({ kind: 'delay', ms: 100 }, { verb: 'list' });
  await eventually(() =>
    ['endpointslices', 'services'].every((resource) => server.counters.count({ verb: 'list', resource }) >= 6),
  );
  assert.equal(server.counters.tlsHandshakes, 3);
  assert.equal(drift(), 0);
});
