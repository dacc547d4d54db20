import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STAT } from '../../src/collectors/envoy-growth.ts';
import { EnvoyMemory, MAX_GLOBALS } from '../../src/collectors/envoy-memory.ts';
import type { ClusterStatus } from '../../src/parse/envoy-hosts.ts';

const status = (name: string, observabilityName = name): ClusterStatus => ({
  name,
  observabilityName,
  edsServiceName: '',
  addedViaApi: false,
  thresholds: [],
  hosts: [],
});

function settle(memory: EnvoyMemory): void {
  for (const cluster of memory.clusters.values()) memory.measureCluster(cluster);
  memory.measureGlobals();
}

describe('EnvoyMemory', () => {
  it('finds a cluster under the names its stats may have', () => {
    const memory = new EnvoyMemory();
    memory.begin();
    for (const cluster of [status('a:80'), status('x', 'shown;'), status('ü')]) memory.addCluster(cluster);
    const names = ['a_80', 'a_80;', 'shown', 'shown;', Buffer.from('ü').toString('latin1'), 'x'];
    assert.deepEqual(
      names.map((name) => memory.findCluster(name)),
      [0, 0, 1, 1, 2, undefined],
    );
  });

  it('keeps rows apart when it grows and when a place is used again', () => {
    const memory = new EnvoyMemory();
    memory.begin();
    for (let i = 0; i < 1000; i++) {
      memory.addCluster(status(`c${i}`));
      memory.onCluster(i, STAT.upstream_rq_503, i);
    }
    for (const cluster of memory.clusters.values())
      assert.equal(memory.rowOf(cluster)[STAT.upstream_rq_503], cluster.place);
    settle(memory);
    memory.begin();
    memory.addCluster(status('new'));
    assert.equal(memory.forgetVanished().length, 1000);
    const place = memory.findCluster('new') ?? -1;
    assert.equal(memory.findCluster('c5'), undefined);
    memory.onCluster(place, STAT.upstream_rq_503, 4);
    const [cluster] = memory.clusters.values();
    assert.equal(memory.measureCluster(cluster).stats[STAT.upstream_rq_503], 4);
  });

  it('counts 503s of an upstream while clients leave: these got no answer', () => {
    const memory = new EnvoyMemory();
    const poll = (left: number, given: number, errors: number) => {
      memory.begin();
      memory.addCluster(status('cart'));
      memory.onCluster(0, STAT.upstream_cx_http1_total, 100);
      memory.onCluster(0, STAT.upstream_cx_destroy_local_with_active_rq, given);
      memory.onCluster(0, STAT.upstream_rq_503, errors);
      memory.onGlobal('downstream_rq_rx_reset', 'http.in.downstream_rq_rx_reset', left);
      memory.weighClients();
      const findings = [...memory.clusters.values()].flatMap((cluster) => memory.measureCluster(cluster).findings);
      memory.measureGlobals();
      return findings.map(({ symptom, count }) => `${symptom} ${count}`);
    };
    assert.deepEqual(poll(0, 0, 0), []);
    assert.deepEqual(poll(5, 5, 8), []);
    assert.deepEqual(poll(5, 5, 8), ['upstream_5xx 8']);
    // Nobody left: Envoy gave 5 up itself, and may have answered so.
    assert.deepEqual(poll(5, 10, 16), []);
    assert.deepEqual(poll(5, 10, 16), ['upstream_5xx 3']);
  });

  it('measures a stat of several owners by owner: one that leaves is no reset', () => {
    const memory = new EnvoyMemory();
    const poll = (values: Record<string, number>) => {
      memory.begin();
      for (const [name, value] of Object.entries(values)) memory.onGlobal('no_cluster', name, value);
      const { values: now, growths } = memory.measureGlobals();
      return [now.get('no_cluster') ?? 0, growths.get('no_cluster') ?? 0];
    };
    assert.deepEqual(poll({ p: 100, q: 7 }), [107, 0]);
    assert.deepEqual(poll({ p: 100, q: 9 }), [109, 2]);
    assert.deepEqual(poll({ q: 9 }), [9, 0]);
    assert.deepEqual(poll({ q: 9, r: 3 }), [12, 3]);
  });

  it('counts what does not fit', () => {
    const memory = new EnvoyMemory();
    memory.begin();
    for (let i = 0; i < MAX_GLOBALS + 5; i++) memory.onGlobal('no_route', `http.${i}.no_route`, 1);
    assert.equal(memory.overflowed, 5);
  });
});
