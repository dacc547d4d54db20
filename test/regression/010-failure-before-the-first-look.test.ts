import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CauseEngine } from '../../src/causes/engine.ts';
import { CAUSE_RULES } from '../../src/causes/rules/index.ts';
import type { Verdict } from '../../src/causes/verdict.ts';
import { factsRig, network } from '../facts/facts-rig.ts';

test('a refused connection that is read while the first look at sockets is under way waits for it', () => {
  const { facts, listeners, failed, now, step } = factsRig();
  const verdicts: Verdict[] = [];
  const engine = new CauseEngine({
    ...{ rules: CAUSE_RULES, facts, clock: { now }, monotonic: now },
    onVerdict: (verdict) => verdicts.push(verdict),
    onWait: () => {},
    onHurried: () => {},
    onRuleError: (_, error) => assert.fail(String(error)),
  });
  // A first poll of the collector has begun, and takes long on a node that is busy.
  listeners.wanted();
  engine.observe(failed({ peer: { scheme: 'http', address: '127.0.0.1', port: 9000 } }));
  assert.deepEqual(verdicts, []);
  step(2_000);
  const edge = network('edge', ['10.0.0.8'], { labels: { namespace: 'gw', pod: 'edge-1', netns: 'pod' } });
  facts.counted(edge, {}, now());
  listeners.listening('edge', {
    ...{ ips: ['10.0.0.8'], sockets: [{ ip: '0.0.0.0', port: 80 }], isWhole: true, isTableWhole: true },
    ...{ atMs: now(), untilMs: now() + 45_000 },
  });
  // Until it has waited its five seconds: what else may have been the cause is not known here.
  step(3_000);
  engine.tick(now());
  assert.deepEqual(
    verdicts.map(({ cause }) => cause),
    ['not_listening'],
  );
});
