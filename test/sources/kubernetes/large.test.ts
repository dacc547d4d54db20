/** What would be too slow or too big only with many objects or many reconnects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { endpointSlice, manySlices } from '../../kubernetes/objects.ts';
import { follow } from './follow.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('500 interrupted watches leave no memory, no listeners and no connections behind', async (t) => {
  const { server, synced, watching, converged } = await follow(t, { timing: { backoffMs: [0, 0] } });
  await synced();
  server.store.create(endpointSlice({ name: 'cart-1' }));
  const round = async (times: number) => {
    // What the fake remembers is not ours.
    server.counters.requests.length = 0;
    for (let count = 0; count < times; count++) {
      server.watches.cut(count % 2 === 0 ? 'reset' : 'fin');
      await watching(count + 1);
    }
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  await round(150);
  const before = await round(50);
  const after = await round(300);

  t.diagnostic(`heap after 200 reconnects ${before} bytes, after 500 ${after} bytes`);
  assert.ok(after - before < 3_000_000, `${after - before} bytes more`);
  assert.ok(server.counters.openConnections <= 2);
  await converged();
});

test('a list of 2,000 slices in one body is handed over object by object', async (t) => {
  const slices = manySlices(2000, 10);
  const { synced, cache } = await follow(t, {
    timing: { listMs: 20_000, headersMs: 10_000 },
    prepare(server) {
      for (const slice of slices) server.store.create(slice);
    },
  });
  await synced();
  assert.equal(cache.size, 2000);
});
