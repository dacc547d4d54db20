import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Verdict } from '../../src/causes/verdict.ts';
import type { Observation } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { CAUSES } from '../../src/contract/names.ts';
import { FAILURE_METRICS, FailureAccounts } from '../../src/metrics/failures.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

const SUBJECT = { namespace: '', pod: '', container: '', gateway: 'edge' };
const SHOP = { upstream: 'cart', upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' };
const refused = (rest: Partial<Observation> = {}): Observation => ({
  proxy: 'nginx',
  subject: SUBJECT,
  symptom: 'connect_refused',
  failure: true,
  peer: { scheme: '', address: '10.0.0.1', port: 80 },
  upstream: UNKNOWN_UPSTREAM,
  count: 3,
  sinceMs: 1000,
  atMs: 1000,
  ...rest,
});
const verdictOn = (observation: Observation, rest: Partial<Verdict> = {}): Verdict => ({
  observation,
  count: observation.count,
  cause: 'connection_refused',
  upstream: UNKNOWN_UPSTREAM,
  evidence: ['one', 'two'],
  decidedMs: observation.atMs,
  ...rest,
});

function setUp() {
  const registry = new MetricRegistry({ now: () => 0 });
  const accounts = new FailureAccounts(registry.writers(FAILURE_METRICS));
  const failures = (cause: string, upstream = UNKNOWN_UPSTREAM) =>
    registry.get('badgateway_failures_total')?.value({ ...SUBJECT, proxy: 'nginx', cause, ...upstream });
  const symptoms = (symptom: string) =>
    registry.get('badgateway_symptoms_total')?.value({ ...SUBJECT, proxy: 'nginx', symptom });
  const samples = async (prefix: string) =>
    (await registry.render('text', 'test'))
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(prefix));
  return { accounts, failures, symptoms, samples };
}

describe('FailureAccounts', () => {
  it('shows every cause of a watched gateway at 0', () => {
    const { accounts, failures } = setUp();
    accounts.present('nginx', SUBJECT);
    for (const cause of CAUSES) assert.equal(failures(cause), 0);
  });

  it('counts what was said at once and the failure at its verdict, under the upstream that this names', () => {
    const { accounts, failures, symptoms } = setUp();
    accounts.observe(refused());
    accounts.observe(refused({ symptom: 'peer_marked_down', failure: false, count: 9 }));
    assert.equal(symptoms('connect_refused'), 3);
    assert.equal(symptoms('peer_marked_down'), 9);
    assert.equal(failures('stale_endpoint', SHOP), undefined);
    accounts.count(verdictOn(refused(), { cause: 'stale_endpoint', upstream: SHOP }));
    assert.equal(failures('stale_endpoint', SHOP), 3);
    assert.equal(symptoms('connect_refused'), 3);
  });

  it('counts the parts of a storm, not its count', () => {
    const { accounts, failures } = setUp();
    const storm = refused({ symptom: 'no_live_upstreams', count: 10 });
    accounts.count(verdictOn(storm, { cause: 'not_listening', count: 7 }));
    accounts.count(verdictOn(storm, { cause: 'stale_endpoint', count: 3 }));
    assert.deepEqual([failures('not_listening'), failures('stale_endpoint')], [7, 3]);
  });

  it('shows a cause that is seen first at 0 until it was read, then its count', async () => {
    const { accounts, samples } = setUp();
    await samples('');
    accounts.count(verdictOn(refused(), { cause: 'stale_endpoint', upstream: SHOP }));
    const shown = async () => (await samples('badgateway_failures_total')).map((line) => line.split(' ').at(-1));
    assert.deepEqual(await shown(), ['0']);
    assert.deepEqual(await shown(), ['3']);
  });

  it('measures the wait, of a clock that was set back as none', async () => {
    const { accounts, samples } = setUp();
    assert.deepEqual(await samples('badgateway_verdict_wait_seconds_count'), [
      'badgateway_verdict_wait_seconds_count 0',
    ]);
    accounts.count(verdictOn(refused(), { decidedMs: 3000 }));
    accounts.count(verdictOn(refused(), { decidedMs: 0 }));
    assert.deepEqual(await samples('badgateway_verdict_wait_seconds_count'), [
      'badgateway_verdict_wait_seconds_count 2',
    ]);
    assert.deepEqual(await samples('badgateway_verdict_wait_seconds_sum'), ['badgateway_verdict_wait_seconds_sum 2']);
  });

  it('shows how many wait, and what went wrong', async () => {
    const { accounts, samples } = setUp();
    assert.deepEqual(await samples('badgateway_verdicts_'), [
      'badgateway_verdicts_pending 0',
      'badgateway_verdicts_hurried_total 0',
    ]);
    accounts.publish(12);
    accounts.hurried();
    accounts.ruleFailed('oom_killed');
    await samples('');
    assert.deepEqual(await samples('badgateway_verdicts_'), [
      'badgateway_verdicts_pending 12',
      'badgateway_verdicts_hurried_total 1',
    ]);
    assert.deepEqual(await samples('badgateway_cause_rule'), [
      'badgateway_cause_rule_errors_total{cause="oom_killed"} 1',
    ]);
  });
});
