import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Conditions } from '../../src/facts/conditions.ts';

const subject = { namespace: '', pod: '', container: '', gateway: 'edge' };

it('keeps the latest word on a condition, and since when it has been so', () => {
  let nowMs = 1000;
  const conditions = new Conditions({ now: () => nowMs });
  const say = (isActive: boolean | null, evidence = '') =>
    conditions.condition({ condition: 'config_invalid', subject, isActive, evidence });
  const read = () => conditions.all().map(({ isActive, sinceMs, evidence }) => [isActive, sinceMs, evidence]);
  say(true, 'line 3');
  nowMs = 2000;
  say(true, 'line 4');
  assert.deepEqual(read(), [[true, 1000, 'line 4']]);
  say(false);
  assert.deepEqual(read(), [[false, 2000, '']]);
  say(null);
  assert.deepEqual(read(), []);
  say(true);
  conditions.condition({
    condition: 'config_invalid',
    subject: { ...subject, gateway: 'other' },
    isActive: false,
    evidence: '',
  });
  conditions.condition({ condition: 'reload_storm', subject, isActive: false, evidence: '' });
  assert.equal(conditions.all().length, 3);
});
