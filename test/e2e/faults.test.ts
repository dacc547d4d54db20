import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runHealthy } from '../faults/healthy.ts';
import { FAULTS } from '../faults/index.ts';
import { play } from '../faults/outcome.ts';
import { Scene } from '../faults/scene.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { netnsMissing } from '../support/netns.ts';
import { skipWithout } from '../support/programs.ts';
import { cgroupsMissing } from '../support/test-cgroup.ts';

const skip = netnsMissing() || cgroupsMissing() || skipWithout('nginx', 'nsenter') || skipWithoutEnvoy();
/** Ten minutes by night. */
const HEALTHY_MS = process.env.BADGATEWAY_NIGHTLY === '1' ? 600_000 : 120_000;

/** One of each kind; `make faults` stages all (docs/fault-matrix.md). */
const NAMES = [
  'stale-dead-address',
  'foreign-refuses-envoy',
  'terminating-in-flight',
  'bound-to-loopback',
  'listen-queue-overflow',
  'mixture-stale-and-not-listening',
  'rejected-by-a-rule',
];

describe('faults staged for real [ci]', { skip, concurrency: 4 }, () => {
  for (const proxy of ['nginx', 'envoy'] as const)
    it(`healthy traffic through ${proxy} for ${HEALTHY_MS / 1000} s is nobody's failure`, async (t) => {
      const health = await runHealthy(proxy, HEALTHY_MS);
      t.diagnostic(`${health.requests} requests, ${health.rollouts} rollouts, ${health.aborts} aborted by clients`);
      assert.ok(health.requests > 0 && health.rollouts > 0 && health.aborts > 0);
      assert.equal(health.failed, 0);
      assert.deepEqual(health.alarms, []);
    });

  for (const name of NAMES)
    it(name, async (t) => {
      const fault = FAULTS.find((one) => one.name === name)!;
      const scene = await Scene.create();
      const outcome = await play(fault, scene).finally(() => scene.cleanup.run());
      t.diagnostic(`said ${JSON.stringify(outcome.said)} after ${outcome.verdictMs} ms`);
      assert.deepEqual(outcome.problems, [], outcome.evidence.join('\n'));
    });
});
