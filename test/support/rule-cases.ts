import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CauseRule } from '../../src/causes/rule.ts';
import type { Observation } from '../../src/contract/failure.ts';
import type { Charge } from '../../src/facts/facts.ts';
import { failed, fakeFacts, type Given } from './fake-facts.ts';

export interface RuleCase {
  readonly name: string;
  readonly of?: Partial<Observation>;
  readonly given: Given;
  /** `wait`, null, or the evidence. */
  readonly says: 'wait' | null | readonly string[];
}

/** Each case is one test; beside them, that nothing is proved and nobody waits where nothing is known. */
export function testRule(rule: CauseRule, cases: readonly RuleCase[]): void {
  describe(rule.cause, () => {
    for (const { name, of, given, says } of cases) {
      it(name, () => {
        const observation = failed(of);
        assert.ok(rule.symptoms.has(observation.symptom), `${observation.symptom} is not shown to the rule`);
        const judgement = rule.judge(observation, fakeFacts(given));
        assert.deepEqual(judgement, Array.isArray(says) ? { evidence: says } : says);
      });
    }

    it('says nothing and waits for nothing where nothing is known', () => {
      for (const symptom of rule.symptoms)
        for (const proxy of ['nginx', 'envoy'] as const)
          for (const peer of [failed().peer, null])
            assert.equal(rule.judge(failed({ symptom, proxy, peer }), fakeFacts()), null, symptom);
    });
  });
}

/** Of a rule that says whose failures they are. */
export interface ChargeCase extends Omit<RuleCase, 'says'> {
  readonly says: 'wait' | null | readonly Charge[];
}

export function testCharges(rule: CauseRule, cases: readonly ChargeCase[]): void {
  describe(rule.cause, () => {
    for (const { name, of, given, says } of cases)
      it(name, () => {
        const judgement = rule.judge(failed(of), fakeFacts(given));
        assert.deepEqual(judgement, Array.isArray(says) ? { charges: says } : says);
      });
  });
}
