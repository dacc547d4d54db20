import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, renameSync, truncateSync } from 'node:fs';
import { describe, it, mock, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { AccessThreads } from '../../src/collectors/access-log-threads.ts';
import { collector, line, lines, registry, start, sumOf, traffic, until, write } from './nginx-access-log-rig.ts';

/** Some 8 MiB with an attempt that failed in every hundredth line. */
const MANY = 80_000;
const text = (count: number, peer: number) =>
  Array.from({ length: count }, (_, i) =>
    line({ status: i % 100 === 0 ? 502 : 200, addresses: `10.0.${peer}.${i % 200}:80` }),
  ).join('');

/** Counts the ranges that threads took. */
function spy(t: TestContext): () => number {
  const { takeRange } = AccessThreads.prototype;
  let taken = 0;
  mock.method(
    AccessThreads.prototype,
    'takeRange',
    function (this: AccessThreads, ...call: Parameters<typeof takeRange>) {
      const answer = takeRange.apply(this, call);
      if (answer === 'taken') taken++;
      return answer;
    },
  );
  t.after(() => mock.restoreAll());
  return () => taken;
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
    const taken = spy(t);
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

  it('one that grows, is renamed and truncated meanwhile is counted once, line by line', async (t) => {
    const taken = spy(t);
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
});
