import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { RANGES, SLOTS } from '../../src/collectors/access-log-messages.ts';
import { AccessThread } from '../../src/collectors/access-log-thread.ts';
import { STREAM } from '../../src/parse/log-prefix.ts';
import { formatOf } from '../support/access-lines.ts';

const FORMAT = formatOf('$status');
const SOURCE = { wrapping: 'none', stream: STREAM.none } as const;
const BLOCK = Buffer.from('200\n');
/** Two words of `control`: what is done, and the state. */
const BEGIN = "const { workerData: { port, control } } = require('node:worker_threads'); Atomics.store(control, 1, 1);";

describe('one thread that reads access logs', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'badgateway-thread-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  async function start(code: string): Promise<AccessThread> {
    const path = join(directory, 'worker.cjs');
    writeFileSync(path, code);
    const settings = { peerLimit: 16, buckets: [1], entry: pathToFileURL(path) };
    const thread = new AccessThread(settings, (error) => assert.fail(error));
    for (const deadline = Date.now() + 30_000; !thread.hasRoom('block'); await wait(5))
      assert.ok(Date.now() < deadline);
    return thread;
  }

  it('has room for some blocks only, and each again when it is read', async () => {
    const thread = await start(
      `${BEGIN} let read = 0; port.on('message', () => { if (read++ < 2) Atomics.add(control, 0, 1); })`,
    );
    for (let i = 0; i < SLOTS; i++) thread.take(BLOCK, 0, FORMAT, SOURCE);
    // The format, and one block.
    for (const deadline = Date.now() + 30_000; !thread.hasRoom('block'); await wait(5))
      assert.ok(Date.now() < deadline);
    assert.equal(thread.backlog, SLOTS - 1);
    thread.take(BLOCK, 0, FORMAT, SOURCE);
    assert.equal(thread.hasRoom('block'), false);
    await thread.end();
  });

  it('has room for some ranges only, which are no blocks, and says which were not there any more, or could not be read', async () => {
    const thread = await start(
      `${BEGIN} const said = [];
      port.on('message', ({ kind, range, descriptor, from, to }) => {
        if (kind === 'range') said.push([range, descriptor, from, to]);
        if (kind === 'collect') port.postMessage({ counts: new Map([[7, said]]), vanished: [1], failed: [2] });
        Atomics.add(control, 0, kind === 'range' ? 0 : 1);
        if (kind === 'collect') Atomics.add(control, 0, said.length);
        Atomics.notify(control, 0);
      })`,
    );
    const ranges = Array.from({ length: RANGES }, (_, i) => ({
      ...{
        from: i,
        to: i + 4,
        last: BLOCK,
        first: BLOCK,
        open: () => 100 + i,
        vanished: () => assert.fail(),
        failed: () => assert.fail(),
      },
    }));
    for (const range of ranges) thread.takeRange(range, 0, FORMAT, SOURCE);
    assert.deepEqual([thread.hasRoom('range'), thread.hasRoom('block')], [false, true]);
    thread.ask();
    const { counts, vanished, failed } = thread.collect();
    assert.deepEqual(
      counts.get(7) as unknown,
      ranges.map(({ from, to, open }, i) => [i, open(), from, to]),
    );
    assert.equal(vanished.length, 1);
    assert.equal(vanished[0], ranges[1]);
    assert.deepEqual(failed, [{ ahead: ranges[2], descriptor: 102 }]);
    assert.equal(thread.hasRoom('range'), true);
    await thread.end();
  });

  it('one that fails with lines that nobody has counted throws: their offsets must not be saved', async () => {
    const thread = await start(
      `${BEGIN} port.on('message', () => { Atomics.store(control, 1, 2); Atomics.add(control, 0, 1); Atomics.notify(control, 0); })`,
    );
    thread.take(BLOCK, 0, FORMAT, SOURCE);
    thread.ask();
    assert.throws(() => thread.collect(), /has failed/);
    assert.throws(() => thread.collect(), /has failed/);
    assert.equal(thread.hasRoom('block'), false);
    await thread.end();
  });

  it('one that does not answer is not taken for one that has nothing to say', async () => {
    const thread = await start(
      `${BEGIN} port.on('message', () => { Atomics.add(control, 0, 1); Atomics.notify(control, 0); })`,
    );
    assert.deepEqual(thread.collect(), { counts: new Map(), vanished: [], failed: [] });
    thread.take(BLOCK, 0, FORMAT, SOURCE);
    thread.ask();
    assert.throws(() => thread.collect(), /does not say/);
    await thread.end();
  });
});
