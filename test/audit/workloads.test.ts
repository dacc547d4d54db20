import assert from 'node:assert/strict';
import { it } from 'node:test';
import { notKnown } from '../../src/audit/fact.ts';
import { WORKLOAD_RULES } from '../../src/audit/rules/index.ts';
import { auditWorkloads } from '../../src/audit/workloads.ts';
import { listening, SOUND_SPEC, withContainer, workload } from '../support/audit-workload.ts';

it('a sound workload has no finding, and every rule has looked', () => {
  const sound = workload(SOUND_SPEC, { listens: listening(['listening']) });
  const { findings, counts, unchecked } = auditWorkloads([sound]);
  assert.deepEqual([findings, unchecked], [[], []]);
  assert.deepEqual(
    [...counts],
    WORKLOAD_RULES.map(({ name }) => [name, { info: 0, warning: 0 }]),
  );
});

it('counts each workload once, and says the same of pods that are alike once', () => {
  const bare = (key: string) => workload(withContainer({ lifecycle: undefined, readinessProbe: undefined }), { key });
  const { counts, findings } = auditWorkloads([bare('shop/cart'), bare('shop/cart'), bare('shop/web')]);
  assert.deepEqual(counts.get('prestop_missing'), { info: 0, warning: 2 });
  assert.equal(findings.length, 4);
});

it('one workload that could not be looked at takes the 0, not the findings of others', () => {
  const unknown = workload(SOUND_SPEC, { recommendedPreStopSeconds: notKnown('never measured') });
  const { counts, unchecked } = auditWorkloads([workload(), unknown]);
  assert.equal(counts.has('prestop_below_gap'), false);
  assert.ok(unchecked.some(({ rule, why }) => rule === 'prestop_below_gap' && why === 'never measured'));
  const short = workload(withContainer({ lifecycle: { preStop: { sleep: { seconds: 1 } } } }));
  assert.deepEqual(auditWorkloads([unknown, short]).counts.get('prestop_below_gap'), { info: 0, warning: 1 });
});
