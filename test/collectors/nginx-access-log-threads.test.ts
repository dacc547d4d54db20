import assert from 'node:assert/strict';
import { appendFileSync, closeSync, copyFileSync, openSync, renameSync, truncateSync } from 'node:fs';
import { describe, it, mock, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { AccessThreads, type HotLog } from '../../src/collectors/access-log-threads.ts';
import type { RangeAhead } from '../../src/sources/file-range.ts';
import { Tailer } from '../../src/sources/line-source.ts';
import { collector, line, lines, registry, start, sumOf, traffic, until, write } from './nginx-access-log-rig.ts';

/** Some 8 MiB with an attempt that failed in every hundredth line. */
const MANY = 80_000;
const text = (count: number, peer: number) =>
  Array.from({ length: count }, (_, i) =>
    line({ status: i % 100 === 0 ? 502 : 200, addresses: `10.0.${peer}.${i % 200}:80` }),
  ).join('');

/** Counts the ranges that threads took; `change` is what they get instead. */
function spy(t: TestContext, change = (range: RangeAhead): RangeAhead => range) {
  const { takeRange } = AccessThreads.prototype;
  let [taken, bytes] = [0, 0];
  mock.method(AccessThreads.prototype, 'takeRange', function (this: AccessThreads, log: HotLog, range: RangeAhead) {
    const answer = takeRange.call(this, log, change(range));
    if (answer === 'taken') [taken, bytes] = [taken + 1, bytes + range.to - range.from];
    return answer;
  });
  t.after(() => mock.restoreAll());
  return { taken: () => taken, bytes: () => bytes };
}

const truncations = () =>
  registry
    .get('badgateway_log_loss_events_total')
    ?.value({ namespace: '', pod: '', container: '', gateway: 'edge', reason: 'truncated' }) ?? 0;

describe('nginx access logs that are far behind, with threads', () => {
  const follow = (...paths: string[]) =>
    start({
      files: paths.map((path) => ({ path, gateway: 'edge', format: 'badgateway' })),
      ...{ threads: 2, thread_above: '64KiB' },
    });
  const answered = () => sumOf(traffic.answers);

  it('two files are read by the threads themselves, every line once', async (t) => {
    const { taken } = spy(t);
    const paths = [write('a.log', ''), write('b.log', '')];
    await follow(...paths);
    let written = 0;
    // A thread takes its time to start.
    for (const deadline = Date.now() + 30_000; taken() < 4; await wait(20)) {
      assert.ok(Date.now() < deadline, `${taken()} ranges`);
      for (const [i, path] of paths.entries()) appendFileSync(path, text(MANY, i));
      written += 2 * MANY;
    }
    await until(() => answered() >= written);
    assert.equal(answered(), written);
    const failed = Object.entries(traffic.answers).filter(([key]) => key.endsWith('502'));
    assert.equal(sumOf(Object.fromEntries(failed)), written / 100);
    assert.equal(lines({}, 'counted'), written);
    assert.equal(collector.caughtUp?.(), true);
  });

  it('one that is far behind is left to its thread from the beginning on', async (t) => {
    const { bytes } = spy(t);
    const path = write('a.log', '');
    const [block, times] = [text(MANY, 1), 12];
    for (let time = 0; time < times; time++) appendFileSync(path, block);
    assert.ok(block.length * times > 64 << 20);
    // Whatever a thread takes to start here, the file waits for it.
    const beganMs = Date.now();
    await start({ files: [{ path, gateway: 'edge', format: 'badgateway' }] }, () => beganMs);
    await until(() => answered() >= MANY * times);
    assert.equal(answered(), MANY * times);
    assert.ok(bytes() > 0.9 * block.length * times, `${bytes()} bytes`);
  });

  it('one that grows, is renamed and truncated meanwhile is counted once, line by line', async (t) => {
    const { taken } = spy(t);
    const path = write('a.log', text(MANY, 1));
    await follow(path);
    let written = MANY;
    for (let round = 0; round < 8 || taken() < 4; round++) {
      await wait(30);
      if (round % 2 === 0) renameSync(path, `${path}.${999 - round}`);
      else {
        copyFileSync(path, `${path}.${999 - round}`);
        truncateSync(path, 0);
      }
      appendFileSync(path, text(MANY / 2, round % 200));
      written += MANY / 2;
      assert.ok(round < 200, `${taken()} ranges`);
    }
    await until(() => answered() >= written);
    assert.equal(answered(), written);
    assert.equal(lines({}, 'counted'), written);
    assert.ok(truncations() > 0);
  });

  it('what no thread can read is read by the main thread, every line once; at the end the tailer has it before it says how far it came', async (t) => {
    const path = write('a.log', text(MANY, 1));
    const order: string[] = [];
    // Reading from the descriptor of a writer fails.
    const { taken } = spy(t, (range) => ({
      ...range,
      open: () => openSync(path, 'a'),
      failed: (descriptor) => {
        closeSync(descriptor);
        order.push('failed');
        range.failed(openSync(path, 'r'));
      },
    }));
    const { stop } = Tailer.prototype;
    mock.method(Tailer.prototype, 'stop', function (this: Tailer) {
      order.push(`stop, ${this.lagBytes() > 0 ? 'behind' : 'not behind'}`);
      return stop.call(this);
    });
    await follow(path);
    let written = MANY;
    const grow = async (until: () => boolean) => {
      for (const deadline = Date.now() + 30_000; !until(); await wait(20)) {
        assert.ok(Date.now() < deadline, `${taken()} ranges`);
        appendFileSync(path, text(MANY, 1));
        written += MANY;
      }
    };
    await grow(() => taken() >= 4);
    await until(() => answered() >= written);
    assert.equal(answered(), written);
    assert.equal(order.length, taken());
    await grow(() => taken() > order.length);
    await collector.stop?.();
    assert.deepEqual(order.slice(-2), ['failed', 'stop, behind']);
  });
});
