import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { SLOT_BYTES, SLOTS } from '../../src/collectors/access-log-messages.ts';
import { AccessThread } from '../../src/collectors/access-log-thread.ts';
import { STREAM } from '../../src/parse/log-prefix.ts';
import { formatOf } from '../support/access-lines.ts';

const FORMAT = formatOf('$status');
const SOURCE = { wrapping: 'none', stream: STREAM.none } as const;
const CONTAINER = { wrapping: 'container', stream: STREAM.stdout } as const;
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
    for (const deadline = Date.now() + 30_000; !thread.isReady; await wait(5)) assert.ok(Date.now() < deadline);
    return thread;
  }

  it('takes what it has room for, many blocks in one message while the thread works, and more when that is read', async () => {
    const thread = await start(
      `${BEGIN} port.on('message', ({ kind }) => { if (kind === 'collect') Atomics.add(control, 0, 3); })`,
    );
    const half = Buffer.alloc(SLOT_BYTES / 2, '200\n');
    // The format is not read yet, so each slot waits to be full.
    for (let i = 0; i < SLOTS * 2; i++) assert.equal(thread.take(half, 0, FORMAT, SOURCE), true);
    assert.equal(thread.backlog, SLOTS);
    assert.equal(thread.take(BLOCK, 0, FORMAT, SOURCE), false);
    // The format and both slots are read when it is asked.
    thread.ask();
    for (const deadline = Date.now() + 30_000; thread.backlog > 1; await wait(5)) assert.ok(Date.now() < deadline);
    const taken = [0, 1, 2].map((gateway) => thread.take(BLOCK, gateway, FORMAT, SOURCE));
    assert.deepEqual(taken, [true, true, false]);
    await thread.end();
  });

  it('sends what another gateway, format or wrapping ends, and at once to a thread that has nothing to do', async () => {
    const thread = await start(
      `${BEGIN} const seen = []; port.on('message', (message) => {
        if (message.kind === 'block') seen.push([message.length, message.gateway]);
        if (message.kind === 'collect') port.postMessage(seen);
        Atomics.add(control, 0, 1); Atomics.notify(control, 0);
      })`,
    );
    thread.take(BLOCK, 0, FORMAT, SOURCE);
    thread.take(BLOCK, 0, FORMAT, SOURCE);
    thread.take(BLOCK, 1, FORMAT, SOURCE);
    thread.ask();
    assert.deepEqual(thread.collect(), [
      [8, 0],
      [4, 1],
    ]);
    // Pieces of lines at the end of a block are nobody else's.
    for (let block = 0; block < SLOTS; block++) assert.ok(thread.take(BLOCK, 1, FORMAT, CONTAINER));
    thread.ask();
    assert.deepEqual((thread.collect() as unknown as unknown[]).slice(2), [
      [4, 1],
      [4, 1],
    ]);
    for (let turn = 0; turn < 2; turn++) {
      thread.take(BLOCK, 2, FORMAT, SOURCE);
      for (const deadline = Date.now() + 30_000; thread.backlog > 0; await wait(5)) assert.ok(Date.now() < deadline);
    }
    thread.ask();
    assert.deepEqual((thread.collect() as unknown as unknown[]).slice(4), [
      [4, 2],
      [4, 2],
    ]);
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
    assert.equal(thread.isReady, false);
    await thread.end();
  });

  it('one that does not answer is not taken for one that has nothing to say', async () => {
    const thread = await start(
      `${BEGIN} port.on('message', () => { Atomics.add(control, 0, 1); Atomics.notify(control, 0); })`,
    );
    assert.deepEqual(thread.collect(), new Map());
    thread.take(BLOCK, 0, FORMAT, SOURCE);
    thread.ask();
    assert.throws(() => thread.collect(), /does not say/);
    await thread.end();
  });
});
