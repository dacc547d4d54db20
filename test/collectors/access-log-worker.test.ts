import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import {
  CONTROL,
  CONTROL_WORDS,
  type FromThread,
  SLOT_BYTES,
  SLOTS,
  STATE,
  type ToThread,
} from '../../src/collectors/access-log-messages.ts';
import { STREAM } from '../../src/parse/log-prefix.ts';
import { formatOf } from '../support/access-lines.ts';

const ENTRY = new URL('../../src/collectors/access-log-worker.ts', import.meta.url);
const SOURCE = { wrapping: 'none', stream: STREAM.none } as const;

async function start(t: TestContext) {
  const { port1, port2 } = new MessageChannel();
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));
  const slots = new SharedArrayBuffer(SLOTS * SLOT_BYTES);
  const workerData = { port: port2, slots, control, peerLimit: 16, buckets: [1] };
  const worker = new Worker(ENTRY, { workerData, transferList: [port2], trackUnmanagedFds: false });
  // A test that fails must not leave it: the process would wait for it.
  t.after(async () => {
    port1.close();
    await worker.terminate();
  });
  const until = async (isTrue: () => boolean) => {
    for (const deadline = Date.now() + 30_000; !isTrue(); await wait(5)) assert.ok(Date.now() < deadline);
  };
  await until(() => Atomics.load(control, CONTROL.state) === STATE.ready);
  return { worker, port: port1, control, slots, until, send: (message: ToThread) => port1.postMessage(message) };
}

describe('the worker that reads access logs', () => {
  it('counts what is in a slot, by gateway, and says it once', async (t) => {
    const { port, control, slots, until, send } = await start(t);
    const lines = Buffer.from('200\n404\nodd\n502');
    const slot = SLOTS - 1;
    new Uint8Array(slots).set(lines, slot * SLOT_BYTES);
    send({ kind: 'format', format: 3, is: formatOf('$status') });
    const block = { kind: 'block', slot, format: 3, source: SOURCE } as const;
    send({ ...block, gateway: 0, length: 4 });
    send({ ...block, gateway: 7, length: lines.length });
    const collect = async () => {
      send({ kind: 'collect' });
      const [{ counts: all }] = (await once(port, 'message')) as [FromThread];
      return [...all].map(([gateway, { counts }]) => [gateway, counts.results[0], counts.rows.length]);
    };
    assert.deepEqual(await collect(), [
      [0, 1, 1],
      [7, 3, 1],
    ]);
    assert.deepEqual(await collect(), [
      [0, 0, 0],
      [7, 0, 0],
    ]);
    // It says first and counts then.
    await until(() => Atomics.load(control, CONTROL.done) === 5);
  });

  it('reads a range of a file itself, and says which were not there or could not be read', async (t) => {
    const { port, send } = await start(t);
    const path = join(tmpdir(), `badgateway-range-${process.pid}.log`);
    writeFileSync(path, '200\n404\n502\n301\n');
    t.after(() => rmSync(path));
    send({ kind: 'format', format: 0, is: formatOf('$status') });
    const range = { kind: 'range', format: 0, gateway: 0, source: SOURCE, from: 4 } as const;
    const rangeTo = (to: number, last: string) => ({
      ...range,
      to,
      last: Buffer.from(last),
      first: Buffer.from('200\n'),
      descriptor: openSync(path, 'r'),
    });
    send({ ...rangeTo(12, '502\n'), range: 0 });
    send({ ...rangeTo(12, '503\n'), range: 1 });
    send({ ...rangeTo(20, '301\n'), range: 2 });
    send({ kind: 'collect' });
    const [{ counts, vanished }] = (await once(port, 'message')) as [FromThread];
    assert.deepEqual([[...counts.keys()], counts.get(0)?.counts.results[0], vanished], [[0], 2, [1, 2]]);
    send({ kind: 'collect' });
    const [later] = (await once(port, 'message')) as [FromThread];
    assert.deepEqual([later.vanished, later.failed], [[], []]);
    const descriptor = openSync(tmpdir(), 'r');
    send({ ...rangeTo(12, '502\n'), range: 3, descriptor });
    send({ kind: 'collect' });
    const [last] = (await once(port, 'message')) as [FromThread];
    assert.deepEqual([last.counts.get(0)?.counts.results[0], last.vanished, last.failed], [0, [], [3]]);
    closeSync(descriptor);
  });

  it('one that cannot read a block says so before it dies', async (t) => {
    const { worker, control, until, send } = await start(t);
    const died = once(worker, 'error');
    send({ kind: 'block', slot: 0, length: 4, gateway: 0, format: 9, source: SOURCE });
    await until(() => Atomics.load(control, CONTROL.state) === STATE.failed);
    assert.equal(Atomics.load(control, CONTROL.done), 1);
    assert.ok((await died)[0] instanceof Error);
  });
});
