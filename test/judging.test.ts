import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TICK_MS } from '../src/causes/engine-options.ts';
import { Judging } from '../src/judging.ts';
import { MetricRegistry } from '../src/metrics/registry.ts';
import { factsRig, network } from './facts/facts-rig.ts';
import { EDGE } from './facts/views.ts';

const TIMEOUT = { symptom: 'connect_timeout' } as const;

/** What verdicts of the gateway edge wait for, as it is told; of its network conntrack is counted, of the peer's what listeners drop. */
function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { facts, failed, step, now } = factsRig();
  const clock = { now };
  const told: { awaited: string[][]; verdicts: number } = { awaited: [], verdicts: 0 };
  const judging = new Judging({
    ...{ registry: new MetricRegistry(clock), facts, clock, isLogFollowed: () => false, heard() {} },
    onVerdict: ({ count }) => {
      told.verdicts += count;
    },
    onWait: (awaited) => told.awaited.push([...awaited].sort()),
    onRuleError: (_, error) => assert.fail(String(error)),
  });
  t.after(() => judging.stop());
  const edge = network('edge', ['10.0.0.9'], { labels: { namespace: EDGE.namespace, pod: EDGE.pod, netns: 'pod' } });
  const peer = network('cart-1', ['10.0.0.1']);
  return {
    ...{ sink: judging.sink(), told, failed },
    tick: () => t.mock.timers.tick(TICK_MS),
    count(): void {
      facts.counted(edge, { conntrack_drops: 7, conntrack_insert_failures: 7 }, now());
      facts.counted(peer, { listen_overflows: 7, syn_queue_drops: 7 }, now());
    },
    step,
  };
}

test('what verdicts wait for is told at once, and what others of the same moment wait for at the next tick', (t) => {
  const { sink, told, failed, tick, count, step } = setUp(t);
  count();
  step(2_000);
  sink.observe(failed({ ...TIMEOUT, peer: { scheme: 'http', address: '10.0.0.77', port: 80 } }));
  assert.deepEqual(told.awaited, [['conntrack']], 'the network of the peer is not counted');
  sink.observe(failed(TIMEOUT));
  assert.equal(told.awaited.length, 1);
  tick();
  assert.deepEqual(told.awaited[1], ['conntrack', 'containers', 'netstat']);
  count();
  tick();
  const again = told.awaited[2].filter((source) => source !== 'containers');
  assert.deepEqual(again, [], 'what is known is not awaited');
});

test('nothing is awaited of which nobody can say anything', (t) => {
  const { sink, told, failed } = setUp(t);
  sink.observe(failed(TIMEOUT));
  assert.deepEqual(told, { awaited: [], verdicts: 1 });
});
