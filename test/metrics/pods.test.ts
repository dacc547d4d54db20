import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Pod } from '../../src/contract/cluster.ts';
import { POD_METRICS, PodSeries } from '../../src/metrics/pods.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

function waiting(key: string, waitingReason: string): Pod {
  return {
    ...{ key, uid: 'u', nodeName: 'n', phase: 'Running', ips: [], hostNetwork: false, ready: false, deletedAtMs: null },
    containers: [{ name: 'app', restartCount: 0, ready: false, waitingReason, lastExit: null }],
  };
}

it('shows restarts by workload and reason, and who waits now', async () => {
  let nowMs = 0;
  const registry = new MetricRegistry({ now: () => nowMs });
  const series = new PodSeries(registry.writers(POD_METRICS));
  const lines = async () => {
    nowMs += 600_000;
    const text = (await registry.render('text', 'test')).toString();
    return text.split('\n').filter((line) => line.startsWith('badgateway_pod_'));
  };
  series.restarted({ namespace: 'shop', workload: 'cart', container: 'app' }, 'oom_killed', 2);
  series.readinessChanged({ namespace: 'shop', workload: 'cart' }, false);
  series.publish([waiting('shop/a', 'CrashLoopBackOff'), waiting('shop/b', 'constructor'), waiting('shop/c', '')]);
  await lines();
  assert.deepEqual(await lines(), [
    'badgateway_pod_restarts_total{namespace="shop",workload="cart",container="app",reason="oom_killed"} 2',
    'badgateway_pod_readiness_changes_total{namespace="shop",workload="cart",to="not_ready"} 1',
    'badgateway_pod_container_waiting{namespace="shop",pod="a",container="app",reason="crash_loop_back_off"} 1',
    'badgateway_pod_container_waiting{namespace="shop",pod="b",container="app",reason="other"} 1',
  ]);
  series.publish([]);
  assert.equal((await lines()).length, 2);
});
