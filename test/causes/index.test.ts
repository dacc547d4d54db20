import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, peerText } from '../../src/causes/index.ts';
import type { Observation } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';

function observation(part: Partial<Observation>): Observation {
  return {
    proxy: 'nginx',
    subject: { namespace: '', pod: '', container: '', gateway: 'g' },
    symptom: 'connect_refused',
    failure: true,
    peer: { scheme: 'http', address: '10.0.0.1', port: 80 },
    upstream: UNKNOWN_UPSTREAM,
    count: 1,
    sinceMs: 0,
    atMs: 0,
    ...part,
  };
}

test('alone, what was said proves the general cause, and the evidence says what it rests on', () => {
  assert.deepEqual(judge(observation({})), {
    cause: 'connection_refused',
    evidence: ['connect refused, by the error line alone'],
  });
});

test('a failure that no rule explains is unidentified, not dropped', () => {
  const { cause, evidence } = judge(observation({ symptom: 'fault_injected', peer: null }));
  assert.equal(cause, 'unidentified');
  assert.deepEqual(evidence, ['fault injected, by the error line alone; no rule explains it']);
});

test('peers as nginx writes them', () => {
  const text = (address: string, port: number | null) => peerText({ scheme: '', address, port });
  assert.deepEqual(
    [text('::1', 80), text('/run/x.sock', null), text('backend', null)],
    ['[::1]:80', 'unix:/run/x.sock', 'backend'],
  );
});
