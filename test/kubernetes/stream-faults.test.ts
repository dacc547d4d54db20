import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CutKind } from './body.ts';
import { endpointSlice, manySlices } from './objects.ts';
import { ask, RawWatch } from './raw-client.ts';
import { eventually, SLICES, started } from './started.ts';

const WATCH = `${SLICES}?watch=true&resourceVersion=100`;
/** What a client sees of each way to stop; undefined: nothing, the connection stays. */
const ENDS: Readonly<Record<CutKind, string | undefined>> = {
  reset: 'ECONNRESET',
  end: 'end',
  fin: 'ECONNRESET',
  silence: undefined,
};

describe('a stream that is cut', () => {
  for (const [how, expected] of Object.entries(ENDS) as [CutKind, string | undefined][]) {
    it(`by ${how} after 40 bytes, in the middle of a line`, async (t) => {
      const [server, target] = await started(t);
      server.faults.on({ kind: 'cut', how, afterBytes: 40 }, { verb: 'watch', times: 1 });
      const watch = await RawWatch.open(target, WATCH);
      t.after(() => watch.close());
      server.store.create(endpointSlice({ name: 'a-1' }));
      await watch.until(() => watch.rest.length === 40);
      server.store.create(endpointSlice({ name: 'b-1' }));
      if (expected !== undefined) assert.equal(await watch.end(), expected);
      // A later answer over another connection proves that silence is not just slow.
      else assert.equal((await ask(target, SLICES)).json.items.length, 2);
      assert.deepEqual([watch.events, watch.rest.length, watch.ended], [[], 40, expected]);
      await eventually(() => server.watches.open === (expected === undefined ? 1 : 0));
    });

    it(`by ${how} while it is open, after some bytes of a line`, async (t) => {
      const [server, target] = await started(t);
      const watch = await RawWatch.open(target, WATCH);
      t.after(() => watch.close());
      server.store.create(endpointSlice({ name: 'a-1' }));
      assert.equal(server.watches.cut(how, { partial: '{"type":"MODI', resource: 'endpointslices' }), 1);
      server.store.create(endpointSlice({ name: 'b-1' }));
      await watch.until(() => watch.rest !== '');
      if (expected !== undefined) assert.equal(await watch.end(), expected);
      else assert.equal((await ask(target, SLICES)).json.items.length, 2);
      assert.deepEqual([watch.events.length, watch.rest, watch.ended], [1, '{"type":"MODI', expected]);
    });
  }

  it('leaves watches of other resources alone', async (t) => {
    const [server, target] = await started(t);
    const watch = await RawWatch.open(target, WATCH);
    assert.equal(server.watches.cut('reset', { resource: 'pods' }), 0);
    server.store.create(endpointSlice({ name: 'a-1' }));
    assert.equal((await watch.next(1)).length, 1);
  });

  for (const how of ['reset', 'fin'] as const) {
    it(`a list cut by ${how} is an error for its reader`, async (t) => {
      const [server, target] = await started(t);
      for (const slice of manySlices(20, 20)) server.store.create(slice);
      server.faults.on({ kind: 'cut', how, afterBytes: 5000 }, { times: 1 });
      await assert.rejects(ask(target, SLICES), { code: 'ECONNRESET' });
      assert.equal((await ask(target, SLICES)).json.items.length, 20);
    });
  }
});

describe('chunk boundaries', () => {
  const euro = endpointSlice({ name: 'a-1', labels: { note: '€ größer' } });

  it('drip: every byte is a chunk, also in the middle of a character', async (t) => {
    const [server, target] = await started(t);
    server.faults.on({ kind: 'drip', bytes: 1 });
    const watch = await RawWatch.open(target, WATCH);
    server.store.create(euro);
    const [event] = await watch.next(1);
    assert.equal(event.object.metadata.labels?.note, '€ größer');
    assert.deepEqual([...new Set(watch.chunks.map(({ length }) => length))], [1]);
  });

  it('drip: slowly, for a list', async (t) => {
    const [server, target] = await started(t);
    server.faults.on({ kind: 'drip', bytes: 100, pauseMs: 5 });
    const began = performance.now();
    const { body } = await ask(target, SLICES);
    assert.ok(performance.now() - began > (body.length / 100) * 4);
  });

  it('chunks: where the test says', async (t) => {
    const [server, target] = await started(t);
    const split = (bytes: Buffer) => {
      const inside = bytes.indexOf('€') + 1;
      return [bytes.subarray(0, inside), bytes.subarray(inside)];
    };
    server.faults.on({ kind: 'chunks', split });
    const watch = await RawWatch.open(target, WATCH);
    server.store.create(euro);
    await watch.next(1);
    assert.equal(watch.chunks.length, 2);
    assert.deepEqual([watch.chunks[0].at(-1), watch.chunks[1][0]], [0xe2, 0x82]);
  });

  it('raw bytes: two events in one chunk, and what is no event', async (t) => {
    const [server, target] = await started(t);
    const watch = await RawWatch.open(target, WATCH);
    server.watches.sendRaw('{"type":"ADDED","object":{}}\n{"type":"WHATEVER","object":{}}\n');
    const events = await watch.next(2);
    assert.deepEqual([events.map(({ type }) => type), watch.chunks.length], [['ADDED', 'WHATEVER'], 1]);
  });
});

describe('events on their way to open watches', () => {
  const rows: readonly (readonly [fault: 'dropNext' | 'duplicateNext' | 'swapNext', seen: string[]])[] = [
    ['dropNext', ['b-1', 'c-1']],
    ['duplicateNext', ['a-1', 'a-1', 'b-1', 'c-1']],
    ['swapNext', ['b-1', 'a-1', 'c-1']],
  ];
  for (const [fault, expected] of rows) {
    it(`${fault}: ${expected.join(' ')}; a new watch sees the truth`, async (t) => {
      const [server, target] = await started(t);
      const watch = await RawWatch.open(target, WATCH);
      server.watches.eventFaults[fault]();
      for (const name of ['a-1', 'b-1', 'c-1']) server.store.create(endpointSlice({ name }));
      const names = (watched: RawWatch) => watched.events.map(({ object }) => object.metadata.name);
      await watch.next(expected.length);
      assert.deepEqual(names(watch), expected);
      const fresh = await RawWatch.open(target, WATCH);
      await fresh.next(3);
      assert.deepEqual(names(fresh), ['a-1', 'b-1', 'c-1']);
    });
  }
});
