import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observation } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { ServerInUse } from '../../src/contract/upstream.ts';
import { createTruth } from '../support/truth.ts';
import { endpoint, slice } from './slices.ts';
import { EDGE, server, view } from './views.ts';

const [OLD, NEW] = ['10.96.0.1', '10.96.0.2'];
const NAMED = { ...server('cart.shop.svc.cluster.local:80'), kind: 'hostname' } as const;

/** shop/cart at OLD, which nginx was told by a name when it started. */
function setUp(servers: readonly ServerInUse[] = [NAMED]) {
  const rig = createTruth();
  rig.service('shop/cart', { clusterIps: [OLD] });
  rig.current(slice('a', [endpoint('10.0.0.1')]));
  const upstreams = [{ name: 'cart', alias: '', servers }];
  const read = () => rig.truth.upstreams.report('conf', { ...view({}, { readAtMs: rig.now() }), upstreams });
  const states = () => {
    rig.truth.look();
    return rig.truth.upstreams
      .upstreams()
      .flatMap(({ upstream, mapped, compared }) =>
        compared.addresses.map(
          ({ address, state }) => `${upstream.name} ${mapped.service?.service} ${address} ${state}`,
        ),
      );
  };
  const line = (): Observation => ({
    proxy: 'nginx',
    symptom: 'connect_timeout',
    ...{ subject: EDGE, failure: true, count: 1, sinceMs: rig.now(), atMs: rig.now() },
    ...{ peer: { scheme: 'http', address: OLD, port: 80 }, upstream: UNKNOWN_UPSTREAM },
  });
  const wait = (milliseconds: number) => {
    rig.wait(milliseconds);
    rig.current();
    read();
  };
  read();
  return {
    ...rig,
    ...{ states, wait, line },
    connects: () => rig.truth.sinks().addresses.used('nginx', EDGE, { ip: OLD, port: 80 }, rig.now()),
    holds: () => rig.truth.sinks().addresses.held('nginx', EDGE, { ip: OLD, port: 80 }, rig.now()),
  };
}

describe('a cluster IP that its Service has no more', () => {
  it('is stale where the proxy was told the name once, and still connects to it', () => {
    const { service, connects, wait, states, truth, line } = setUp();
    connects();
    wait(5_000);
    assert.deepEqual(states(), []);
    service('shop/cart', { clusterIps: [NEW] });
    for (let second = 0; second < 5; second++) {
      wait(1_000);
      connects();
    }
    assert.deepEqual(states(), ['observed:shop/cart:http shop/cart 10.96.0.1:80 stale']);
    const fact = truth.facts.endpoint(line());
    assert.ok(fact.isKnown);
    assert.equal(fact.value.state, 'stale');
    wait(60_000);
    assert.deepEqual(states(), [], 'nothing was connected to it since');
  });

  it('is so at once when a line names it', () => {
    const { service, wait, states, truth, line } = setUp();
    service('shop/cart', { clusterIps: [NEW] });
    wait(1_000);
    truth.observe(line());
    truth.look();
    wait(1_000);
    assert.deepEqual(states(), ['observed:shop/cart:http shop/cart 10.96.0.1:80 stale']);
  });

  it('is not said of an old connection', () => {
    const { service, connects, holds, wait, states } = setUp();
    connects();
    wait(1_000);
    service('shop/cart', { clusterIps: [NEW] });
    for (let second = 0; second < 10; second++) {
      wait(1_000);
      holds();
    }
    assert.deepEqual(states(), []);
  });

  const INNOCENT: Readonly<Record<string, (rig: ReturnType<typeof setUp>) => void>> = {
    'the Service is gone, or not wanted any more': ({ truth }) => truth.cluster.delete('services', 'shop/cart'),
    'it was gone and has the address again': ({ truth, service }) => {
      truth.cluster.delete('services', 'shop/cart');
      service('shop/cart', { clusterIps: [OLD] });
    },
    'another Service has it now': ({ service }) => {
      service('shop/cart', { clusterIps: [NEW] });
      service('shop/pay', { clusterIps: [OLD] });
    },
    'it leads to the Service in another way': ({ service }) =>
      service('shop/cart', { clusterIps: [NEW], externalIps: [OLD] }),
    'the Service has no such port any more': ({ service }) =>
      service('shop/cart', { clusterIps: [NEW], ports: [{ name: 'http', port: 8000, targetPort: 8080 }] }),
  };
  for (const [what, happens] of Object.entries(INNOCENT))
    it(`is not said where ${what}`, () => {
      const rig = setUp();
      happens(rig);
      for (let second = 0; second < 10; second++) {
        rig.wait(1_000);
        rig.connects();
      }
      assert.deepEqual(
        rig.states().filter((text) => text.endsWith(' stale')),
        [],
      );
    });

  it('is stale too where the configuration has it as an address', () => {
    const { service, wait, states } = setUp([server(`${OLD}:80`)]);
    wait(1_000);
    assert.deepEqual(states(), []);
    service('shop/cart', { clusterIps: [NEW] });
    for (let second = 0; second < 5; second++) wait(1_000);
    assert.deepEqual(
      states().filter((text) => text.endsWith('stale')),
      ['cart shop/cart 10.96.0.1:80 stale'],
    );
  });
});
