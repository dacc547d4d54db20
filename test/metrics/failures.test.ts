import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observation } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { CAUSES } from '../../src/contract/names.ts';
import { FAILURE_METRICS, FailureAccounts, type JudgedFailure } from '../../src/metrics/failures.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { VerdictLog } from '../../src/metrics/verdict-log.ts';

const SUBJECT = { namespace: '', pod: '', container: '', gateway: 'edge' };
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

function setUp() {
  const registry = new MetricRegistry({ now: () => 0 });
  const verdicts: JudgedFailure[] = [];
  const accounts = new FailureAccounts({
    writers: registry.writers(FAILURE_METRICS),
    judge: () => ({ cause: 'connection_refused', evidence: 'because' }),
    onVerdict: (verdict) => verdicts.push(verdict),
  });
  const failures = (cause: string) =>
    registry.get('badgateway_failures_total')?.value({ ...SUBJECT, proxy: 'nginx', cause, ...UNKNOWN_UPSTREAM });
  const symptoms = (symptom: string) =>
    registry.get('badgateway_symptoms_total')?.value({ ...SUBJECT, proxy: 'nginx', symptom });
  return { accounts, failures, symptoms, verdicts };
}

describe('FailureAccounts', () => {
  it('shows every cause of a watched gateway at 0', () => {
    const { accounts, failures } = setUp();
    accounts.present('nginx', SUBJECT);
    for (const cause of CAUSES) assert.equal(failures(cause), 0);
  });

  it('counts a failure under symptom and cause, a companion only as symptom', () => {
    const { accounts, failures, symptoms, verdicts } = setUp();
    accounts.observe(refused());
    accounts.observe(refused({ symptom: 'peer_marked_down', failure: false, count: 9 }));
    assert.equal(failures('connection_refused'), 3);
    assert.equal(symptoms('connect_refused'), 3);
    assert.equal(symptoms('peer_marked_down'), 9);
    assert.equal(verdicts.length, 1);
  });
});

describe('VerdictLog', () => {
  const judged = (rest: Partial<Observation>): JudgedFailure => ({
    cause: 'connection_refused',
    evidence: '',
    observation: refused(rest),
  });

  it('merges equal verdicts of one minute, newest first', () => {
    const log = new VerdictLog();
    log.add(judged({ atMs: 0 }));
    log.add(judged({ atMs: 1, symptom: 'reset' }));
    log.add(judged({ atMs: 59_000 }));
    assert.deepEqual(
      log.latest().map(({ count, lastMs }) => [count, lastMs]),
      [
        [6, 59_000],
        [3, 1],
      ],
    );
    log.add(judged({ atMs: 200_000 }));
    assert.equal(log.latest()[0].count, 3);
  });

  it('keeps the last fifty', () => {
    const log = new VerdictLog();
    for (let port = 0; port < 80; port++) log.add(judged({ peer: { scheme: '', address: 'a', port } }));
    assert.equal(log.latest().length, 50);
    assert.equal(log.latest()[0].observation.peer?.port, 79);
  });
});
