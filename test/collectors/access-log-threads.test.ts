import assert from 'node:assert/strict';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { WatchedCounts } from '../../src/collectors/access-log-counts.ts';
import { RANGES, SLOT_BYTES } from '../../src/collectors/access-log-messages.ts';
import { AccessThreads, type HotLog } from '../../src/collectors/access-log-threads.ts';
import { drainTraffic } from '../../src/collectors/access-log-traffic.ts';
import { DURATION_BUCKETS } from '../../src/contract/traffic.ts';
import { AccessLogReader } from '../../src/parse/access-log/access-log-reader.ts';
import { TimeBuckets } from '../../src/parse/access-log/time-buckets.ts';
import { Interner } from '../../src/parse/interner.ts';
import { STREAM } from '../../src/parse/log-prefix.ts';
import type { RangeAhead } from '../../src/sources/file-range.ts';
import { TIMED_FORMAT as FORMAT, requestLines } from '../support/access-lines.ts';

const LIMITS = { threads: 2, bytesPerSecond: 1000, idleMs: 10_000 };
const SETTINGS = { peerLimit: 16, buckets: DURATION_BUCKETS };

function newCounts(): WatchedCounts {
  return new WatchedCounts(new Interner(16), new TimeBuckets(DURATION_BUCKETS));
}

/** Everything of it, in an order of its own. */
function contentOf(counts: WatchedCounts) {
  const failures: Record<string, [number, number, number]> = {};
  counts.failures.drain(({ symptom, peer, isOnlyHere, isTimeout, count, sinceMs, atMs }) => {
    const key = `${symptom} ${peer?.address} ${isOnlyHere} ${isTimeout}`;
    const [known, since, at] = failures[key] ?? [0, Number.POSITIVE_INFINITY, 0];
    failures[key] = [known + count, Math.min(since, sinceMs ?? 0), Math.max(at, atMs ?? 0)];
  });
  const { upstreams, durations } = drainTraffic(counts, DURATION_BUCKETS.length + 1);
  const byName = new Map([...upstreams].map((one) => [one.peer?.address ?? one.upstream, one]));
  const { bytes, upgrades, results } = counts;
  return { failures, durations, bytes, upgrades, results, upstreams: new Map([...byName].sort()) };
}

describe('threads that read access logs', () => {
  let threads: AccessThreads;
  let nowMs = 1_000_000;
  const clock = { now: () => nowMs };
  afterEach(() => threads.end());

  const logOf = (key: string, counts: WatchedCounts): HotLog => ({
    ...{ key, counts, format: FORMAT },
    source: { wrapping: 'none', stream: STREAM.none },
  });
  const takeAll = (log: HotLog, block: Buffer) => threads.take(log, block, 0, block.length);
  /** Tries until a thread runs and has taken it. */
  const handOver = (log: HotLog, block: Buffer) => until(() => takeAll(log, block) > 0, 'a thread takes it');

  it('what they counted is what the main thread would have', async () => {
    threads = new AccessThreads(LIMITS, SETTINGS, clock, 8);
    const [edge, shop] = [newCounts(), newCounts()];
    const [expectedEdge, expectedShop] = [newCounts(), newCounts()];
    const reader = new AccessLogReader(FORMAT);
    for (let seed = 0; seed < 9; seed++) {
      const block = requestLines(seed);
      const [log, expected] = seed % 3 === 0 ? [logOf('b', shop), expectedShop] : [logOf('a', edge), expectedEdge];
      // In one round a block is the thread's, in the next one the main thread's.
      if (seed % 4 === 3) reader.read(block, 0, block.length, false, log.counts, log.source);
      else await handOver(log, block);
      reader.read(block, 0, block.length, false, expected, log.source);
      if (seed === 5) threads.collect();
    }
    assert.equal(threads.size, 2);
    assert.equal(threads.problem, undefined);
    const before = edge.results[0];
    threads.collect();
    assert.ok(edge.results[0] > before);
    assert.deepEqual(contentOf(shop), contentOf(expectedShop));
    assert.deepEqual(contentOf(edge), contentOf(expectedEdge));
    const known = shop.results[0];
    threads.collect();
    assert.equal(shop.results[0], known);
  });

  it('only whole lines are theirs', async () => {
    threads = new AccessThreads(LIMITS, SETTINGS, clock, 8);
    const counts = newCounts();
    const block = Buffer.concat([requestLines(1), Buffer.from('1790000000.500 200 0.0')]);
    let taken = 0;
    await until(() => {
      taken = takeAll(logOf('a', counts), block);
      return taken > 0;
    }, 'a thread takes it');
    assert.equal(taken, requestLines(1).length);
    threads.collect();
    assert.deepEqual([counts.results[0], sum(counts.results)], [1000, 1001]);
    const half = Buffer.from('1790000000.500 200');
    assert.equal(takeAll(logOf('a', counts), half), 0);
    assert.equal(takeAll(logOf('a', counts), Buffer.alloc(SLOT_BYTES + 1, 10)), 0);
  });

  it('no thread without a fast file, and none after it was slow for long', async () => {
    threads = new AccessThreads({ ...LIMITS, bytesPerSecond: 1e6 }, SETTINGS, clock, 8);
    const [log, block] = [logOf('a', newCounts()), requestLines(1)];
    for (let second = 0; second < 5; second++) {
      nowMs += 1000;
      assert.equal(takeAll(log, block), 0);
    }
    assert.equal(threads.size, 0);
    for (let i = 0; i < 20; i++) takeAll(log, block);
    assert.equal(threads.size, 1);
    nowMs += 1100;
    takeAll(log, block);
    nowMs += 1100;
    assert.equal(takeAll(log, block), 0);
    await threads.rest();
    assert.equal(threads.size, 1);
    nowMs += 10_000;
    await threads.rest();
    assert.equal(threads.size, 0);
  });

  it('never more than processors, and none where there is one, or where none are wanted', async () => {
    const sizeWith = async (limit: number, processors: number) => {
      threads = new AccessThreads({ ...LIMITS, threads: limit }, SETTINGS, clock, processors);
      for (const key of ['a', 'b', 'c', 'd']) takeAll(logOf(key, newCounts()), requestLines(1));
      const { size } = threads;
      await threads.end();
      return size;
    };
    const sizes = [await sizeWith(3, 8), await sizeWith(3, 2), await sizeWith(3, 1), await sizeWith(0, 8)];
    assert.deepEqual(sizes, [3, 2, 0, 0]);
  });

  it('a range is read by a thread, when its file is a fast one without wrapping; one that has vanished, or cannot be read, is not counted', async (t) => {
    threads = new AccessThreads(LIMITS, SETTINGS, clock, 8);
    const [counts, expected] = [newCounts(), newCounts()];
    const [log, lines] = [logOf('a', counts), requestLines(1)];
    const path = join(tmpdir(), `badgateway-ranges-${process.pid}.log`);
    writeFileSync(path, lines);
    t.after(() => rmSync(path));
    let vanished = 0;
    const failed: number[] = [];
    const rangeOf = (last: Buffer, open = () => openSync(path, 'r')): RangeAhead => ({
      ...{ from: 0, to: lines.length, last, first: lines.subarray(0, 64), open },
      ...{ vanished: () => vanished++, failed: (one) => failed.push(one) },
    });
    const range = rangeOf(lines.subarray(-64));
    assert.equal(threads.takeRange(log, range), 'refused', 'nothing of it was read');
    takeAll(log, lines);
    new AccessLogReader(FORMAT).read(lines, 0, lines.length, true, expected, log.source);
    await until(() => threads.takeRange(log, range) === 'taken', 'a thread takes it');
    assert.equal(
      threads.takeRange({ ...log, source: { wrapping: 'container', stream: STREAM.stdout } }, range),
      'refused',
    );
    assert.equal(
      threads.takeRange(
        log,
        rangeOf(range.last as Buffer, () => assert.fail()),
      ),
      'refused',
    );
    threads.collect();
    assert.deepEqual(contentOf(counts), contentOf(expected));
    assert.equal(threads.takeRange(log, rangeOf(Buffer.from('other'))), 'taken');
    assert.equal(vanished, 0);
    threads.collect();
    assert.deepEqual([vanished, sum(counts.results)], [1, 1001]);
    const descriptor = openSync(tmpdir(), 'r');
    const unreadable = rangeOf(range.last as Buffer, () => descriptor);
    assert.equal(threads.takeRange(log, unreadable), 'taken');
    threads.collect();
    threads.collect();
    assert.deepEqual([vanished, failed, sum(counts.results)], [1, [descriptor], 1001]);
    closeSync(descriptor);
  });

  it('they start before anything was read of a file that is far behind, which waits for them', async () => {
    const far = 64 << 20;
    const [log, other] = [logOf('a', newCounts()), logOf('b', newCounts())];
    threads = new AccessThreads(LIMITS, SETTINGS, clock, 8);
    threads.expect('a', log.source, far - 1);
    threads.expect('a', { wrapping: 'container', stream: STREAM.stdout }, far);
    assert.deepEqual([threads.size, threads.wantsRange('a', log.source)], [0, 'refused']);
    threads.expect('a', log.source, far);
    assert.deepEqual([threads.size, threads.wantsRange('a', log.source)], [1, 'full']);
    assert.equal(threads.wantsRange('b', other.source), 'refused');
    nowMs += 500;
    assert.equal(threads.wantsRange('a', log.source), 'refused', 'not for longer');
    await until(() => threads.wantsRange('a', log.source) === 'wanted', 'it runs');
    threads.expect('b', other.source, far);
    assert.deepEqual([threads.size, threads.wantsRange('b', other.source)], [2, 'wanted']);
    await threads.end();
    assert.equal(threads.wantsRange('a', log.source), 'refused');
    threads = new AccessThreads({ ...LIMITS, bytesPerSecond: far }, SETTINGS, clock, 8);
    threads.expect('a', log.source, far);
    assert.equal(threads.size, 0, 'that takes a second or more');
    threads = new AccessThreads(LIMITS, SETTINGS, clock, 1);
    threads.expect('a', log.source, far);
    assert.equal(threads.size, 0);
  });

  it('without room a range is to come again', async () => {
    const slow =
      'data:text/javascript,' +
      encodeURIComponent(
        "import { workerData } from 'node:worker_threads'; Atomics.store(workerData.control, 1, 1); setInterval(() => {}, 1000);",
      );
    threads = new AccessThreads({ ...LIMITS, threads: 1 }, { ...SETTINGS, entry: new URL(slow) }, clock, 8);
    const log = logOf('a', newCounts());
    takeAll(log, requestLines(1));
    const range: RangeAhead = {
      from: 0,
      to: 1,
      last: Buffer.of(10),
      first: Buffer.of(10),
      open: () => 99,
      vanished: () => {},
      failed: () => {},
    };
    await until(() => threads.takeRange(log, range) === 'taken', 'a thread takes it');
    const answers = Array.from({ length: RANGES }, () => threads.takeRange(log, range));
    assert.deepEqual(answers, [...Array(RANGES - 1).fill('taken'), 'full']);
    threads = new AccessThreads(LIMITS, SETTINGS, clock, 1);
  });

  it('one that cannot be started is said, and the main thread goes on', async () => {
    const entry = pathToFileURL('/nowhere/access-log-worker.mjs');
    threads = new AccessThreads(LIMITS, { ...SETTINGS, entry }, clock, 8);
    const log = logOf('a', newCounts());
    assert.equal(takeAll(log, requestLines(1)), 0);
    await until(() => threads.problem !== undefined, 'it is said');
    assert.match(threads.problem ?? '', /cannot be started.*nowhere/);
    nowMs += 60_000;
    assert.equal(takeAll(log, requestLines(1)), 0);
    assert.equal(threads.size, 0);
    threads.collect();
  });
});

const sum = (all: Float64Array) => all.reduce((total, one) => total + one, 0);

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, what);
    await wait(5);
  }
}
