import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../src/collectors/envoy-failures.ts';
import { markRetried, markRetriedAnswers } from '../../src/collectors/envoy-retried.ts';
import type { Symptom } from '../../src/contract/names.ts';
import { CLUSTER_STATS, type ClusterStat } from '../../src/parse/envoy-stats.ts';

type Stats = Partial<Record<ClusterStat, number>>;
const growth = (stats: Stats) => ({ stats: Float64Array.from(CLUSTER_STATS, (stat) => stats[stat] ?? 0) });
const finding = (symptom: Symptom, count: number, failure = true): Finding => ({ symptom, failure, host: null, count });
const said = (findings: readonly Finding[]) =>
  findings.map(({ symptom, count, isOnlyHere }) => `${symptom} ${count}${isOnlyHere ? ' tried again' : ''}`);

describe('attempts that were tried again', () => {
  it('are told apart from those that ended a request, each kind in its part', () => {
    const findings = [finding('connect_refused', 9), finding('response_timeout', 3)];
    assert.deepEqual(said(markRetried(findings, growth({ upstream_rq_retry: 8 }))), [
      ...['connect_refused 6 tried again', 'connect_refused 3'],
      ...['response_timeout 2 tried again', 'response_timeout 1'],
    ]);
  });

  it('are none where nothing is, and all where each was', () => {
    const findings = [finding('connect_refused', 3)];
    assert.deepEqual(said(markRetried(findings, growth({}))), ['connect_refused 3']);
    assert.deepEqual(said(markRetried(findings, growth({ upstream_rq_retry: 5 }))), ['connect_refused 3 tried again']);
  });

  it('are not what Envoy never tries again, nor what is no failure', () => {
    const findings = [finding('circuit_open', 3), finding('truncated_response', 2), finding('local_reset', 4, false)];
    const same = ['circuit_open 3', 'truncated_response 2', 'local_reset 4'];
    assert.deepEqual(said(markRetried(findings, growth({ upstream_rq_retry: 9 }))), same);
  });

  it('had an answer or not: of the former the upstream said 5xx', () => {
    const stats = { upstream_rq_retry: 7, 'retry.upstream_rq_completed': 5, 'retry.upstream_rq_5xx': 4 };
    assert.deepEqual(said(markRetried([finding('premature_close', 6)], growth(stats))), [
      ...['premature_close 2 tried again', 'premature_close 4'],
    ]);
    assert.deepEqual(said(markRetriedAnswers([finding('upstream_5xx', 6)], growth(stats))), [
      ...['upstream_5xx 4 tried again', 'upstream_5xx 2'],
    ]);
  });
});
