import { CauseEngine } from '../../src/causes/engine.ts';
import type { CauseRule, Judgement } from '../../src/causes/rule.ts';
import type { Verdict } from '../../src/causes/verdict.ts';
import type { Observation } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { Cause, Symptom } from '../../src/contract/names.ts';
import { known, unknown } from '../../src/facts/answer.ts';
import type { Facts } from '../../src/facts/facts.ts';

export const SUBJECT = { namespace: '', pod: '', container: '', gateway: 'edge' };
const NOT_HERE = unknown('nobody looks');

/** Facts of which nothing is known but what a test puts in their place. */
export function factsOf(parts: Partial<Facts> = {}): Facts {
  const nothing = () => NOT_HERE;
  return {
    upstream: (of) => of.upstream,
    ...{ timeout: () => null, headerBuffer: () => null, isErrorLogWhole: () => false },
    ...{
      localPorts: nothing,
      endpoint: nothing,
      readyEndpoints: nothing,
      listener: nothing,
      queues: nothing,
      growth: nothing,
      growthDuring: nothing,
    },
    ...{ unresolved: nothing, unhealthy: nothing, ends: nothing, condition: nothing, denied: nothing },
    ...{ rejected: nothing, downed: nothing, behind: () => known([]) },
    ...parts,
  };
}

export function refused(rest: Partial<Observation> = {}): Observation {
  return {
    proxy: 'nginx',
    subject: SUBJECT,
    symptom: 'connect_refused',
    failure: true,
    peer: { scheme: '', address: '10.0.0.1', port: 80 },
    upstream: UNKNOWN_UPSTREAM,
    count: 1,
    sinceMs: 0,
    atMs: 1000,
    ...rest,
  };
}

export function rule(cause: Cause, symptoms: readonly Symptom[], judge: CauseRule['judge']): CauseRule {
  return { cause, symptoms: new Set(symptoms), judge };
}

export const proof = (...evidence: string[]): Judgement => ({ evidence });

interface RigOptions {
  readonly rules: readonly CauseRule[];
  readonly facts?: Facts;
  readonly pending?: number;
  readonly lookMs?: number;
}

/** An engine with a clock that tests step; `mono` alone moves where the wall clock is set. */
export function engineRig({ rules, facts = factsOf(), pending, lookMs = Number.POSITIVE_INFINITY }: RigOptions) {
  const time = { now: 1000, mono: 0 };
  const verdicts: Verdict[] = [];
  const heard = { waits: 0, hurried: 0, errors: [] as Cause[] };
  const engine = new CauseEngine({
    rules,
    facts,
    clock: { now: () => time.now },
    monotonic: () => time.mono,
    limits: { lookMs, ...(pending === undefined ? {} : { pending }) },
    onVerdict: (verdict) => verdicts.push(verdict),
    onWait: () => heard.waits++,
    onHurried: () => heard.hurried++,
    onRuleError: (cause) => heard.errors.push(cause),
  });
  return {
    engine,
    time,
    heard,
    verdicts,
    /** Lets time pass and ticks once at its end; as fast as can be, unless `lookMs` is given. */
    pass(ms: number) {
      time.now += ms;
      time.mono += ms;
      return engine.tick(time.now);
    },
    /** Cause and count of every verdict so far. */
    said: () => verdicts.map(({ cause, count }) => `${cause} ${count}`),
  };
}

export const stale = rule('stale_endpoint', ['connect_refused'], () => proof('removed 41 s ago'));

/** A rule that waits until the test says what it finds. */
export function late(cause: 'listen_queue_overflow' | 'stale_endpoint' = 'listen_queue_overflow') {
  const state: { answer: 'wait' | 'proof' | 'no'; asked: number } = { answer: 'wait', asked: 0 };
  const one = rule(cause, ['connect_refused'], () => {
    state.asked++;
    if (state.answer === 'wait') return 'wait';
    return state.answer === 'proof' ? proof('3 more than before') : null;
  });
  return { state, rule: one };
}
