import assert from 'node:assert/strict';
import { it } from 'node:test';
import { KnownFacts } from '../../src/facts/known-facts.ts';
import { factsRig, network } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';

it('is the sink of all evidence and answers from it, each part on its own', () => {
  const { facts, cluster, uses, failed, step, now } = factsRig();
  assert.ok(facts instanceof KnownFacts);
  const nothing = failed({ peer: null });
  for (const answer of [
    facts.endpoint(nothing),
    facts.readyEndpoints(nothing),
    facts.listener(nothing),
    facts.growth(nothing, 'peer', 'listen_drops', 0),
    facts.ends(nothing, 'peer', 0),
    facts.condition(nothing, 'peer', 'sidecar_down'),
    facts.downed(nothing),
  ])
    assert.deepEqual([answer.isKnown, !answer.isKnown && answer.mayCome], [false, false]);
  assert.equal(facts.doubtMs(), null);

  const heard: string[] = [];
  facts.changes.listen(({ text }) => heard.push(text));
  facts.changed({ kind: 'reload', atMs: now(), subject: null, service: '', text: 'reloaded' });
  assert.deepEqual([heard, facts.changes.since(0).length], [['reloaded'], 1]);
  for (let n = 0; n < 1_001; n++) facts.changed({ kind: 'reload', atMs: now(), subject: null, service: '', text: '' });
  const none = { container_ends: 0, denials: 0, downed_peers: 0, endpoint_changes: 0, networks: 0, used_addresses: 0 };
  assert.deepEqual(facts.dropped(), { ...none, changes: 2 });

  cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' })]));
  uses({ cart: ['10.0.0.1:8080'] });
  step(2_000);
  facts.counted(network('cart-1', ['10.0.0.1']), { listen_overflows: 1 }, now());
  step(2_000);
  const of = failed();
  step(3_000);
  facts.counted(network('cart-1', ['10.0.0.1']), { listen_overflows: 3 }, now());
  facts.takeAwaited();
  const growth = facts.growth(of, 'peer', 'listen_overflows', 10_000);
  assert.equal(growth.isKnown && growth.value.delta, 2);
  const state = facts.endpoint(of);
  assert.equal(state.isKnown && state.value.state, 'live');
  assert.equal(facts.upstream(of).upstream, 'cart');
  assert.deepEqual([...facts.takeAwaited()], [], 'all is known');
  step(1_000);
  const next = failed();
  assert.equal(facts.growth(next, 'peer', 'listen_overflows', 10_000).isKnown, false);
  assert.deepEqual([[...facts.takeAwaited()], [...facts.takeAwaited()]], [['netstat'], []]);
  facts.uncounted('cart-1', ['listen_overflows']);
  assert.equal(facts.growth(of, 'peer', 'listen_overflows', 10_000).isKnown, false);
});
