import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { CauseEngine } from '../../src/causes/engine.ts';
import { TICK_MS } from '../../src/causes/engine-options.ts';
import type { CauseRule, Judgement } from '../../src/causes/rule.ts';
import type { Verdict } from '../../src/causes/verdict.ts';
import type { Observation } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { Cause } from '../../src/contract/names.ts';
import { type Answer, known, pending, unknown } from '../../src/facts/answer.ts';
import type { Charge, Facts } from '../../src/facts/facts.ts';
import { factsOf, proof, refused, rule, SUBJECT } from './engine-rig.ts';

/**
 * Made-up failures and what is true of each peer at each time, and after how long it becomes known. Two rules ask for one fact each, and
 * storms are charged to what was judged before them, as the real ones are.
 */
interface Failure {
  readonly gateway: number;
  readonly batch: number;
  readonly peer: number;
  readonly count: number;
  readonly isStorm: boolean;
}

/** Null: never known. `delayMs`: after the failures were read. */
interface MadeUpFact {
  readonly value: boolean | null;
  readonly delayMs: number;
}

/** By batch and peer. */
type World = readonly (readonly { readonly ready: MadeUpFact; readonly growth: MadeUpFact }[])[];

const BATCH_MS = 700;
const BATCHES = 13;
const PEERS = 3;
const GATEWAYS = ['a', 'b'];
/** What comes in the last tick of the wait may be too late. */
const IN_TIME_MS = 5000 - 2 * TICK_MS - BATCH_MS;

function worlds(latestMs: number): fc.Arbitrary<World> {
  const fact = fc.record({
    value: fc.option(fc.boolean(), { nil: null }),
    delayMs: fc.integer({ min: 0, max: latestMs }),
  });
  const peers = fc.array(fc.record({ ready: fact, growth: fact }), { minLength: PEERS, maxLength: PEERS });
  return fc.array(peers, { minLength: BATCHES, maxLength: BATCHES });
}

const failure: fc.Arbitrary<Failure> = fc.record({
  gateway: fc.integer({ min: 0, max: GATEWAYS.length - 1 }),
  batch: fc.integer({ min: 0, max: BATCHES - 1 }),
  peer: fc.integer({ min: 0, max: PEERS - 1 }),
  count: fc.integer({ min: 1, max: 40 }),
  isStorm: fc.boolean(),
});
const failures = fc.array(failure, { minLength: 1, maxLength: 40 });

interface Course {
  /** Milliseconds between two ticks. */
  readonly step: number;
  /** Ticks after which the process is killed and begins anew from what was saved. */
  readonly kills: readonly number[];
}

/** All is known from the start. */
const AT_ONCE = { step: TICK_MS, kills: [], isLate: false };
const course: fc.Arbitrary<Course> = fc.record({
  step: fc.integer({ min: 20, max: TICK_MS }),
  kills: fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 4 }),
});

function observationOf({ batch, gateway, peer, count, isStorm }: Failure): Observation {
  const atMs = (batch + 1) * BATCH_MS;
  const rest = { count, sinceMs: atMs - BATCH_MS, atMs, subject: subjectOf(gateway) };
  const address = { scheme: '', address: String(peer), port: 80 };
  return refused({ ...rest, peer: address, symptom: isStorm ? 'no_live_upstreams' : 'connect_refused' });
}

const subjectOf = (gateway: number) => ({ ...SUBJECT, gateway: GATEWAYS[gateway] });

/** Plays them in the given order within each batch and returns all verdicts. */
function play(
  order: readonly Failure[],
  world: World,
  { step, isLate, kills }: Course & { isLate: boolean },
): Verdict[] {
  const verdicts: Verdict[] = [];
  const time = { now: 0 };
  const facts = factsFor(world, { isLate, time, verdicts, engine: () => engine });
  const start = () =>
    new CauseEngine({
      ...{ rules: RULES, facts, clock: { now: () => time.now }, monotonic: () => time.now },
      limits: { lookMs: Number.POSITIVE_INFINITY },
      onVerdict: (verdict) => verdicts.push(verdict),
      ...{
        onWait() {},
        onHurried: () => assert.fail('hurried'),
        onRuleError: (_: Cause, error: unknown) => assert.fail(String(error)),
      },
    });
  let engine = start();
  let tick = 0;
  for (let batch = 0; batch < BATCHES + Math.ceil(5000 / BATCH_MS); batch++) {
    const untilMs = (batch + 1) * BATCH_MS;
    while (time.now + step <= untilMs) {
      time.now += step;
      engine.tick(time.now);
      if (!kills.includes(tick++)) continue;
      const saved = JSON.parse(JSON.stringify(engine.save()));
      engine = start();
      engine.restore(saved);
    }
    time.now = untilMs;
    for (const one of order) if (one.batch === batch) engine.observe(observationOf(one));
    engine.tick(time.now);
  }
  engine.settle();
  return verdicts;
}

interface Known {
  readonly isLate: boolean;
  readonly time: { readonly now: number };
  readonly verdicts: readonly Verdict[];
  readonly engine: () => CauseEngine;
}

function factsFor(world: World, { isLate, time, verdicts, engine }: Known): Facts {
  const answer = <T>(of: Observation, which: 'ready' | 'growth', value: (isSo: boolean) => T): Answer<T> => {
    const one = world[of.atMs / BATCH_MS - 1][Number(of.peer?.address)][which];
    if (isLate && time.now < of.atMs + one.delayMs) return pending('not yet');
    return one.value === null ? unknown('nobody looks') : known(value(one.value));
  };
  const moments = { fromMs: 0, toMs: 0, before: 0, where: 'the node' };
  const growth = (of: Observation) =>
    answer(of, 'growth', (isSo) => ({ ...moments, delta: isSo ? 9 : 0, after: isSo ? 9 : 0 }));
  return factsOf({
    readyEndpoints: (of) => answer(of, 'ready', (isNone) => ({ service: 'shop/cart', ready: isNone ? 0 : 3 })),
    growth,
    growthDuring: growth,
    downed: ({ proxy, subject, atMs }) => {
      if (engine().hasPending(proxy, subject, atMs)) return pending('failures before it wait');
      const before = verdicts.filter(
        ({ observation }) =>
          observation.symptom === 'connect_refused' &&
          observation.subject.gateway === subject.gateway &&
          observation.atMs <= atMs,
      );
      return known(charges(before));
    },
  });
}

function charges(before: readonly Verdict[]): Charge[] {
  const weights = totals(before);
  return [...weights.keys()].sort().map((cause) => {
    return { cause: cause as Cause, upstream: UNKNOWN_UPSTREAM, weight: weights.get(cause) ?? 0, evidence: [] };
  });
}

function ask<T>(answer: Answer<T>, proves: (value: T) => boolean): Judgement {
  if (!answer.isKnown) return answer.mayCome ? 'wait' : null;
  return proves(answer.value) ? proof('it is so') : null;
}

const RULES: readonly CauseRule[] = [
  rule('no_endpoints', ['connect_refused'], (of, facts) => ask(facts.readyEndpoints(of), ({ ready }) => ready === 0)),
  rule('conntrack_full', ['connect_refused'], (of, facts) =>
    ask(facts.growth(of, 'node', 'conntrack_drops', 0), ({ delta }) => delta > 0),
  ),
  rule('no_live_upstreams', ['no_live_upstreams'], (of, facts) => {
    const downed = facts.downed(of);
    if (!downed.isKnown) return downed.mayCome ? 'wait' : null;
    return { charges: downed.value };
  }),
];

/** Failures by cause. */
function totals(verdicts: readonly Verdict[], isCounted = (_: Verdict) => true): Map<string, number> {
  const sums = new Map<string, number>();
  for (const verdict of verdicts.filter(isCounted))
    sums.set(verdict.cause, (sums.get(verdict.cause) ?? 0) + verdict.count);
  return new Map([...sums].sort());
}

const isNoStorm = (verdict: Verdict) => !isOfStorm(verdict);
const isOfStorm = ({ observation }: Verdict) => observation.symptom === 'no_live_upstreams';

it('any order and delay of facts, any order of failures and any restart give the same totals', () => {
  const shuffled = failures.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  fc.assert(
    fc.property(shuffled, worlds(IN_TIME_MS), course, ([all, order], world, how) => {
      const atOnce = play(all, world, AT_ONCE);
      const late = play(order, world, { ...how, isLate: true });
      assert.deepEqual(totals(late, isNoStorm), totals(atOnce, isNoStorm));
      const [storms, lateStorms] = [totals(atOnce, isOfStorm), totals(late, isOfStorm)];
      for (const cause of new Set([...storms.keys(), ...lateStorms.keys()])) {
        // There is no half failure: which storm gets the rest of a division depends on their order.
        const difference = Math.abs((storms.get(cause) ?? 0) - (lateStorms.get(cause) ?? 0));
        assert.ok(difference <= all.filter(({ isStorm }) => isStorm).length * 2, `${cause} differs by ${difference}`);
      }
    }),
    { numRuns: 300 },
  );
});

it('every failure is counted once within 5 s, over any restart: none is lost, none twice, no count goes down', () => {
  fc.assert(
    fc.property(failures, worlds(20_000), course, (all, world, how) => {
      const verdicts = play(all, world, { ...how, isLate: true });
      for (const { count, decidedMs, observation } of verdicts) {
        assert.ok(Number.isInteger(count) && count > 0);
        assert.ok(decidedMs - observation.atMs <= 5000);
      }
      const given = sums(all.map((one) => observationOf(one)));
      assert.deepEqual(sums(verdicts.map(({ observation, count }) => ({ ...observation, count }))), given);
    }),
    { numRuns: 300 },
  );
});

/** Failures by all that tells observations apart. */
function sums(observations: readonly Observation[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { subject, symptom, peer, atMs, count } of observations) {
    const key = [subject.gateway, symptom, peer?.address, atMs].join(' ');
    found.set(key, (found.get(key) ?? 0) + count);
  }
  return new Map([...found].sort());
}
