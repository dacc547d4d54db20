import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { GENERAL_CAUSE_NAMES } from '../../../src/causes/general.ts';
import type { Judgement } from '../../../src/causes/rule.ts';
import { CAUSE_RULES } from '../../../src/causes/rules/index.ts';
import { UNKNOWN_UPSTREAM } from '../../../src/contract/metrics.ts';
import { CAUSES } from '../../../src/contract/names.ts';
import { known, pending } from '../../../src/facts/answer.ts';
import {
  endpointFact,
  failed,
  fakeFacts,
  type Given,
  grown,
  listenerFact,
  NOON,
  oomKill,
} from '../../support/fake-facts.ts';

/** What the first rule that says something says. */
function first(of: Parameters<typeof failed>[0], given: Given): readonly [cause: string, judgement: Judgement] {
  const [observation, facts] = [failed(of), fakeFacts(given)];
  for (const { cause, symptoms, judge } of CAUSE_RULES) {
    const judgement = symptoms.has(observation.symptom) ? judge(observation, facts) : null;
    if (judgement !== null) return [cause, judgement];
  }
  return ['general', null];
}

/** A bad day: nearly everything is wrong at once. */
const EVERYTHING: Given = {
  ready: known({ service: 'shop/cart', ready: 0 }),
  listener: listenerFact({ state: 'port_mismatch', others: [9090] }),
  growth: {
    'peer listen_overflows': grown(100),
    'peer syn_queue_drops': grown(50),
    'node conntrack_drops': grown(60),
    'node conntrack_insert_failures': grown(20),
  },
  ends: { peer: known([]) },
};
const state = (
  of: 'live' | 'stale' | 'foreign' | 'terminating' | 'not_ready' | 'port_drift',
  sinceMs = NOON - 41_000,
) => ({
  endpoint: endpointFact({ state: of, sinceMs }),
});
const timeout = { symptom: 'connect_timeout' } as const;
const killed: Given = { ...EVERYTHING, ends: { peer: known([oomKill()]) } };
const crashed: Given = { ...EVERYTHING, ends: { peer: known([oomKill({ isOomKill: false })]) } };
const sidecar = known({ isActive: true, evidence: 'no Envoy' });
const charges = [{ cause: 'stale_endpoint', upstream: UNKNOWN_UPSTREAM, weight: 2, evidence: [] }] as const;
const storm = { symptom: 'no_live_upstreams', peer: null } as const;

describe('the order of the rules', () => {
  const cases: readonly (readonly [name: string, of: Parameters<typeof failed>[0], given: Given, cause: string])[] = [
    [
      'a sidecar before all',
      {},
      { ...killed, ...state('stale'), conditions: { 'gateway sidecar_down': sidecar } },
      'sidecar_down',
    ],
    ['a wrong address before what is behind it', timeout, { ...EVERYTHING, ...state('foreign') }, 'foreign_endpoint'],
    [
      'a stale one too, and before the Service that has none',
      timeout,
      { ...EVERYTHING, ...state('stale') },
      'stale_endpoint',
    ],
    [
      'a stale one whose address was taken by a pod that is killed',
      {},
      { ...killed, ...state('stale') },
      'stale_endpoint',
    ],
    ['a kill before the readiness that it costs', {}, { ...killed, ...state('not_ready') }, 'oom_killed'],
    ['a kill before the end of the pod', { symptom: 'reset' }, { ...killed, ...state('terminating') }, 'oom_killed'],
    [
      'loopback before readiness',
      {},
      { ...EVERYTHING, ...state('not_ready'), listener: listenerFact({ state: 'bound_to_loopback' }) },
      'bound_to_loopback',
    ],
    ['the accept queue before the SYN queue', timeout, { ...EVERYTHING, ...state('live') }, 'listen_queue_overflow'],
    [
      'the SYN queue before conntrack',
      timeout,
      { ...EVERYTHING, growth: { ...EVERYTHING.growth, 'peer listen_overflows': grown(0) } },
      'syn_queue_full',
    ],
    [
      'a full table before refused entries',
      timeout,
      { growth: { 'node conntrack_drops': grown(60), 'node conntrack_insert_failures': grown(20) } },
      'conntrack_full',
    ],
    [
      'refused entries where the table had room',
      timeout,
      { growth: { 'node conntrack_drops': grown(20), 'node conntrack_insert_failures': grown(20) } },
      'conntrack_insert_failed',
    ],
    ['the end of the pod before its sockets', {}, { ...EVERYTHING, ...state('terminating') }, 'terminating_endpoint'],
    [
      'the end of the pod in flight, where the address is stale now',
      { symptom: 'premature_close' },
      { ...EVERYTHING, ...state('stale', NOON - 2_000) },
      'terminating_endpoint',
    ],
    ['the port of the Service', {}, { ...EVERYTHING, ...state('port_drift') }, 'port_mismatch'],
    ['the port of the program', {}, { ...EVERYTHING, endpoint: endpointFact({ sinceMs: null }) }, 'port_mismatch'],
    [
      'readiness before the port of a program that starts',
      {},
      { ...EVERYTHING, ...state('not_ready') },
      'not_ready_endpoint',
    ],
    ['nothing listens where a container has ended', {}, { ...crashed, ...state('live') }, 'not_listening'],
    ['sockets before the Service', {}, { ...crashed }, 'not_listening'],
    [
      'a storm that is charged before the Service without endpoints',
      storm,
      { ...EVERYTHING, downed: known(charges) },
      'no_live_upstreams',
    ],
    [
      'the Service without endpoints where nothing was seen to take the peers down',
      storm,
      { ...EVERYTHING, downed: known([]) },
      'no_endpoints',
    ],
    [
      'a storm',
      storm,
      { ready: known({ service: 'shop/cart', ready: 3 }), downed: known(charges) },
      'no_live_upstreams',
    ],
    [
      'a listener that is there again proves nothing',
      {},
      { ...state('live'), listener: listenerFact(), ends: { peer: known([]) } },
      'general',
    ],
    ['a slow application', { symptom: 'response_timeout', count: 200 }, { ...EVERYTHING, ...state('live') }, 'general'],
    [
      'an application that breaks off, live',
      { symptom: 'premature_close' },
      { ...crashed, ...state('live') },
      'general',
    ],
    [
      'an application that answers 5xx while it ends',
      { symptom: 'upstream_5xx' },
      { ...EVERYTHING, ...state('terminating') },
      'general',
    ],
  ];
  for (const [name, of, given, cause] of cases) {
    it(name, () => assert.equal(first(of, given)[0], cause));
  }

  it('an earlier rule that waits holds a later proof back', () => {
    const growth = { ...EVERYTHING.growth, 'peer listen_overflows': pending('soon') };
    assert.deepEqual(first(timeout, { ...EVERYTHING, ...state('live'), growth }), ['listen_queue_overflow', 'wait']);
  });

  it('a proof does not wait for what comes after it', () => {
    const [cause, judgement] = first(timeout, {
      ...state('stale'),
      growth: { 'peer listen_overflows': pending('soon') },
    });
    assert.equal(cause, 'stale_endpoint');
    assert.notEqual(judgement, 'wait');
  });
});

describe('the list of rules', () => {
  it('has with the general causes every cause', () => {
    const causes = new Set<string>([...GENERAL_CAUSE_NAMES, ...CAUSE_RULES.map(({ cause }) => cause)]);
    assert.deepEqual(
      CAUSES.filter((cause) => !causes.has(cause)),
      [],
    );
  });

  it('has each rule once, with a file, a test and symptoms of its own', () => {
    const names = CAUSE_RULES.map(({ cause }) => cause.replaceAll('_', '-')).sort();
    assert.equal(new Set(names).size, names.length);
    const listed = (directory: string, ending: string) =>
      readdirSync(directory).flatMap((name) => (name.endsWith(ending) ? [name.slice(0, -ending.length)] : []));
    assert.deepEqual(
      listed('src/causes/rules', '.ts')
        .filter((name) => name !== 'index')
        .sort(),
      names,
    );
    assert.deepEqual(
      listed('test/causes/rules', '.test.ts')
        .filter((name) => name !== 'index')
        .sort(),
      names,
    );
    for (const { cause, symptoms } of CAUSE_RULES) assert.ok(symptoms.size > 0, cause);
  });
});
