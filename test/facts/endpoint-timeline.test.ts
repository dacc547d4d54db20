import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Endpoint, EndpointSlice, EndpointState } from '../../src/contract/endpoint.ts';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { EndpointIndex } from '../../src/facts/endpoint-index.ts';
import { stateOfAddress } from '../../src/facts/endpoint-states.ts';
import { EndpointTimeline } from '../../src/facts/endpoint-timeline.ts';
import { NO_PAST } from '../../src/facts/past-owners.ts';
import { SliceLog } from '../../src/facts/slice-log.ts';
import { endpoint, slice } from './slices.ts';

const CART = { service: 'shop/cart', portName: 'http' };
const IP = '10.0.0.1';
const START_MS = 1_000_000;

function setUp() {
  let nowMs = START_MS;
  const clock = { now: () => nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 60_000, wanted: () => none });
  const timeline = new EndpointTimeline({
    ...{ index: cluster.index, log: new SliceLog({ clock, cluster }), ...NO_PAST },
  });
  const statesOf = (ip = IP, port = 8080) =>
    timeline
      .statesOf(CART, { ip, port })
      .map(({ value, sinceMs }) => [value, sinceMs === null ? null : sinceMs - START_MS]);
  const set = (key: string, endpoints: readonly Endpoint[], more: Partial<EndpointSlice> = {}) =>
    cluster.set('endpointslices', slice(key, endpoints, more));
  return {
    ...{ cluster, timeline, statesOf, set },
    step: (by: number) => (nowMs += by),
    follow: () => cluster.current('endpointslices', nowMs),
  };
}

describe('EndpointTimeline', () => {
  it('tells the states of an address, one after the other', () => {
    const { set, follow, step, statesOf, timeline } = setUp();
    set('a', [endpoint(IP)]);
    assert.deepEqual(statesOf(), []);
    follow();
    assert.deepEqual(statesOf(), [['live', null]]);
    step(2_000);
    set('a', [endpoint(IP, { ready: false, terminating: true })]);
    step(3_000);
    set('a', []);
    step(4_000);
    set('p', [endpoint(IP, { podUid: 'other' })], { service: 'shop/pay' });
    const states = [
      ['live', null],
      ['terminating', 2_000],
      ['stale', 5_000],
      ['foreign', 9_000],
    ];
    assert.deepEqual(statesOf(), states);
    assert.deepEqual(
      statesOf(IP, 9090).map(([state]) => state),
      ['port_drift', 'stale', 'foreign'],
    );
    const ready = timeline
      .readyOf(CART)
      .phases()
      .map(({ value }) => value);
    assert.deepEqual(ready, [1, 0]);
    assert.deepEqual(timeline.statesOf({ service: 'shop/none', portName: '' }, { ip: IP, port: 1 }), []);
  });

  it('an address that is moved to another slice is never stale', () => {
    const { set, follow, step, statesOf } = setUp();
    set('a', [endpoint(IP)]);
    follow();
    step(5_000);
    set('a', []);
    step(999);
    set('b', [endpoint(IP)]);
    assert.deepEqual(statesOf(), [['live', null]]);
    step(5_000);
    set('b', []);
    step(1_000);
    set('a', [endpoint(IP)]);
    assert.deepEqual(
      statesOf().map(([state]) => state),
      ['live', 'stale', 'live'],
    );
  });

  it('slices of a Service that come one after the other at first are no change', () => {
    const { set, follow, step, statesOf } = setUp();
    follow();
    step(1_000);
    set('a', [endpoint('10.0.0.9')]);
    step(20);
    set('b', [endpoint(IP)]);
    assert.deepEqual(statesOf(), [['live', null]]);
  });
});

/** One write of a slice: endpoints by ip (`r` ready, `n` not, `t` terminating, `-` none), after so many milliseconds. */
const write = fc.record({
  afterMs: fc.constantFrom(0, 1, 250, 999, 1_000, 4_000, 100_000),
  key: fc.constantFrom('a', 'b', 'p'),
  flags: fc.array(fc.constantFrom('r', 'n', 't', '-'), { minLength: 2, maxLength: 2 }),
  port: fc.constantFrom(8080, 8080, 9090),
});
const FLAGS: Readonly<Record<string, Partial<Endpoint>>> = {
  r: {},
  n: { ready: false },
  t: { ready: false, terminating: true },
};
const IPS = [IP, '10.0.0.2'];
const ABSENT: readonly EndpointState[] = ['stale', 'foreign', 'port_drift'];

interface Sample {
  readonly atMs: number;
  readonly state: EndpointState;
}

/** By definition: the state of the index after each moment's last write, without absences that end within a second. */
function defined(samples: readonly Sample[]): Sample[] {
  const phases: Sample[] = [];
  for (const sample of samples) {
    if (phases.at(-1)?.atMs === sample.atMs) phases.pop();
    if (phases.at(-1)?.state !== sample.state) phases.push(sample);
  }
  const left: Sample[] = [];
  for (const [at, phase] of phases.entries()) {
    if (ABSENT.includes(phase.state)) {
      let [from, to] = [at, at];
      while (ABSENT.includes(phases[from - 1]?.state)) from--;
      while (ABSENT.includes(phases[to]?.state)) to++;
      if (phases[to] !== undefined && phases[to].atMs - phases[from].atMs < 1_000) {
        if (from === at && left.at(-1)?.state !== phases[to].state)
          left.push({ atMs: phase.atMs, state: phases[to].state });
        continue;
      }
    }
    if (left.at(-1)?.state !== phase.state) left.push(phase);
  }
  return left;
}

it('tells what the definitions say, in whatever order slices are written and whenever it is asked', () => {
  const seen = new Set<EndpointState>();
  fc.assert(
    fc.property(fc.array(write, { maxLength: 25 }), (writes) => {
      const { set, follow, step, timeline } = setUp();
      const index = new EndpointIndex();
      let nowMs = START_MS;
      const state = () => stateOfAddress(index, CART, { ip: IP, port: 8080 }, NO_PAST);
      const put = (key: string, flags: readonly string[], port: number) => {
        const endpoints = IPS.flatMap((ip, at) => (flags[at] === '-' ? [] : [endpoint(ip, FLAGS[flags[at]])]));
        const ports = [{ name: 'http', number: port }];
        const one = slice(key, endpoints, { ports, service: key === 'p' ? 'shop/pay' : 'shop/cart' });
        index.set(one);
        set(key, endpoints, one);
      };
      put('a', ['r', 'r'], 8080);
      follow();
      // So that what follows is no arrival of the Service's first slices.
      step(2_000);
      nowMs += 2_000;
      const samples: Sample[] = [{ atMs: START_MS, state: state() }];
      for (const { afterMs, key, flags, port } of writes) {
        step(afterMs);
        nowMs += afterMs;
        put(key, flags, port);
        samples.push({ atMs: nowMs, state: state() });
        const told = timeline.statesOf(CART, { ip: IP, port: 8080 }).map(({ value, sinceMs }) => ({
          ...{ atMs: sinceMs ?? START_MS, state: value },
        }));
        for (const one of told) seen.add(one.state);
        const recent = (phases: readonly Sample[]) => phases.filter(({ atMs }) => nowMs - atMs <= 800_000);
        assert.deepEqual(recent(told), recent(defined(samples)));
        const ready = new Set<string>();
        for (const { ports, endpoints } of index.slicesOf('shop/cart'))
          for (const one of endpoints) if (one.ready && ports.length > 0) ready.add(one.ip);
        assert.equal(timeline.readyOf(CART).phases().at(-1)?.value, ready.size);
      }
    }),
    { numRuns: 300 },
  );
  assert.deepEqual([...seen].sort(), ['foreign', 'live', 'not_ready', 'port_drift', 'stale', 'terminating']);
});
