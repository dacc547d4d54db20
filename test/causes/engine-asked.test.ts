import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AskedOnce } from '../../src/causes/engine-asked.ts';
import { known } from '../../src/facts/answer.ts';
import { factsOf, refused } from './engine-rig.ts';

it('asks for the facts of an observation once, and again at the next look', () => {
  let asked = 0;
  const facts = new AskedOnce(factsOf({ readyEndpoints: () => known({ service: 'shop/cart', ready: ++asked }) }));
  const one = refused();
  const ready = (of: typeof one) => {
    const answer = facts.readyEndpoints(of);
    return answer.isKnown ? answer.value.ready : null;
  };
  facts.begin(one);
  assert.deepEqual([ready(one), ready(one)], [1, 1]);
  assert.equal(ready(refused()), 2, 'of another one');
  assert.equal(ready(one), 1);
  facts.begin(one);
  assert.equal(ready(one), 3);
});

it('gives back every answer as it is', () => {
  const answer = known('x' as never);
  const upstream = { ...refused().upstream, upstream: 'cart' };
  const give = () => answer;
  const facts = new AskedOnce(
    factsOf({
      ...{ upstream: () => upstream, endpoint: give, readyEndpoints: give, listener: give, growth: give },
      ...{ ends: give, condition: give, downed: give },
    }),
  );
  const of = refused();
  for (const begun of [undefined, of]) {
    facts.begin(begun);
    assert.equal(facts.upstream(of), upstream);
    const answers = [
      ...[facts.endpoint(of), facts.readyEndpoints(of), facts.listener(of), facts.downed(of)],
      ...[facts.growth(of, 'peer', 'listen_drops', 0), facts.ends(of, 'peer', 0)],
      facts.condition(of, 'gateway', 'sidecar_down'),
    ];
    for (const one of answers) assert.equal(one, answer);
  }
});
