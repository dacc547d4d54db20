import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EnvoyMemory } from '../../src/collectors/envoy-memory.ts';
import { readEnvoy, reasonOf } from '../../src/collectors/envoy-read.ts';
import { EnvoyParseError } from '../../src/parse/envoy-json.ts';
import { HttpGetError } from '../../src/sources/http-get.ts';
import { clusterJson, serveAdmin } from '../support/envoy-admin.ts';

const wanted = (port: number, timeoutMs = 20_000, histograms = false) => ({
  base: { host: '127.0.0.1', port },
  timeoutMs,
  maxBytes: 1e6,
  signal: new AbortController().signal,
  nowMs: Date.now(),
  histograms,
});

describe('readEnvoy', () => {
  it('splits stats by the clusters of the same poll and adds up bytes', async (test) => {
    const admin = await serveAdmin(test);
    admin.clusters = { cluster_statuses: [clusterJson('a.b')] };
    admin.stats = { 'cluster.a.b.upstream_rq_503': 6 };
    const memory = new EnvoyMemory();
    const reading = await readEnvoy(memory, wanted(admin.port));
    const [cluster] = memory.clusters.values();
    assert.ok(memory.rowOf(cluster).includes(6));
    assert.deepEqual([reading.server.version, reading.certificates, reading.failures], ['1.36.4', [], []]);
    assert.ok(reading.bytes > 150 && reading.slowestMs > 0);
  });

  it('asks for latencies only when they are wanted, and does without them where they are refused', async (test) => {
    const admin = await serveAdmin(test);
    const line = 'envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a",le="+Inf"} 4\n';
    admin.answers['/stats/prometheus'] = (response) => response.end(line);
    const read = (histograms: boolean) => readEnvoy(new EnvoyMemory(), wanted(admin.port, 20_000, histograms));
    assert.equal((await read(false)).histograms, null);
    assert.equal(admin.log.includes('/stats/prometheus'), false);
    assert.deepEqual((await read(true)).histograms?.upstream.get('a')?.counts, [4]);
    admin.answers['/stats/prometheus'] = (response) => {
      response.statusCode = 403;
      response.end('not allowed');
    };
    const refused = await read(true);
    assert.deepEqual([refused.histograms, refused.failures], [null, ['status']]);
    assert.equal(refused.server.version, '1.36.4');
  });

  it('fails as a whole when /certs does not answer in time', async (test) => {
    const admin = await serveAdmin(test);
    admin.answers['/certs'] = () => {};
    await assert.rejects(readEnvoy(new EnvoyMemory(), wanted(admin.port, 100)), /no complete answer within 100 ms/);
  });
});

describe('reasonOf', () => {
  it('has no reason for a cancelled poll and for a defect', () => {
    assert.equal(reasonOf(new HttpGetError('aborted', '')), null);
    assert.equal(reasonOf(new TypeError('x')), null);
    assert.equal(reasonOf(new HttpGetError('timeout', '')), 'timeout');
    assert.equal(reasonOf(new EnvoyParseError('x', 0)), 'malformed');
  });
});
