import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EnvoyMemory } from '../../src/collectors/envoy-memory.ts';
import { ENVOY_METRICS } from '../../src/collectors/envoy-metrics.ts';
import { EnvoyPublisher } from '../../src/collectors/envoy-publish.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import type { BreakerThreshold } from '../../src/parse/envoy-hosts.ts';

function start() {
  const registry = new MetricRegistry({ now: () => 1e12 });
  const publisher = new EnvoyPublisher(registry.writers(ENVOY_METRICS), {
    namespace: '',
    pod: '',
    container: '',
    gateway: 'g',
  });
  const memory = new EnvoyMemory();
  memory.begin();
  const show = (thresholds: BreakerThreshold[]) => {
    memory.addCluster({
      name: 'a',
      observabilityName: 'a',
      edsServiceName: '',
      addedViaApi: false,
      thresholds,
      hosts: [],
    });
    const [cluster] = memory.clusters.values();
    publisher.showCluster(cluster, memory.rowOf(cluster));
    return cluster;
  };
  const lines = async (prefix: string) =>
    (await registry.render('text', 'test'))
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(prefix));
  return { publisher, show, lines };
}

const defaults = { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 };

describe('EnvoyPublisher', () => {
  it('shows the high priority only where somebody set it', async () => {
    const { show, lines } = start();
    show([
      { priority: 'default', ...defaults },
      { priority: 'high', ...defaults },
    ]);
    assert.equal((await lines('badgateway_envoy_cluster_limit')).length, 4);
    show([
      { priority: 'default', ...defaults },
      { priority: 'high', ...defaults, maxRequests: 5 },
    ]);
    assert.equal((await lines('badgateway_envoy_cluster_limit')).length, 8);
  });

  it('takes away exactly what it showed', async () => {
    const { publisher, show, lines } = start();
    const cluster = show([{ priority: 'high', ...defaults, maxRetries: 9 }]);
    publisher.showCertificates([{ name: 'x', names: [], expirySeconds: 5, notBeforeSeconds: 1 }]);
    const server = {
      version: '1.2.3',
      uptimeSeconds: 1,
      uptimeAllSeconds: 1,
      restartEpoch: 2,
      concurrency: 8,
      fileFlushMs: null,
      configPath: '',
    };
    publisher.showServer({ ...server, state: 'LIVE' }, 77);
    publisher.showServer({ ...server, state: 'DRAINING' }, 77);
    publisher.showGlobals(new Map([['connected_state', 0]]));
    assert.equal((await lines('badgateway_envoy_info')).length, 1);
    assert.match((await lines('badgateway_envoy_server_live'))[0], / 0$/);
    assert.match((await lines('badgateway_envoy_restart_epoch{'))[0], / 2$/);
    assert.match((await lines('badgateway_envoy_concurrency{'))[0], / 8$/);
    publisher.hideAll([cluster]);
    assert.deepEqual(await lines('badgateway_'), []);
  });

  it('shows no epoch and no threads that Envoy does not say', async () => {
    const { publisher, lines } = start();
    const uptime = { uptimeSeconds: 1, uptimeAllSeconds: 1 };
    const server = { version: '1.2.3', state: 'LIVE', ...uptime, fileFlushMs: null, configPath: '' } as const;
    publisher.showServer({ ...server, restartEpoch: 0, concurrency: 4 }, 77);
    assert.match((await lines('badgateway_envoy_restart_epoch{'))[0], / 0$/);
    publisher.showServer({ ...server, restartEpoch: null, concurrency: null }, 77);
    assert.deepEqual(
      [...(await lines('badgateway_envoy_restart_epoch{')), ...(await lines('badgateway_envoy_concurrency{'))],
      [],
    );
  });

  it('replaces certificates that are gone', async () => {
    const { publisher, lines } = start();
    publisher.showCertificates([{ name: 'x', names: [], expirySeconds: 5, notBeforeSeconds: 1 }]);
    publisher.showCertificates([{ name: 'y', names: [], expirySeconds: 6, notBeforeSeconds: null }]);
    assert.match((await lines('badgateway_certificate_expiry_timestamp_seconds')).join(), /^[^\n]*name="y"} 6$/);
    assert.deepEqual(await lines('badgateway_certificate_not_before_timestamp_seconds'), []);
  });
});
