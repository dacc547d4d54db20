import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TICK_MS } from '../../src/causes/engine-options.ts';
import { known } from '../../src/facts/answer.ts';
import { engineRig, factsOf, late, proof, refused, rule, stale } from './engine-rig.ts';

const SHOP = { upstream: 'cart', upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' };
const never = rule('oom_killed', ['connect_refused'], () => null);

describe('CauseEngine', () => {
  it('says the first proof at once, with the upstream that the facts name', () => {
    const { engine, verdicts, heard } = engineRig({
      rules: [never, stale, rule('not_listening', ['connect_refused'], () => proof('too late'))],
      facts: factsOf({ upstream: () => SHOP }),
    });
    engine.observe(refused({ count: 4 }));
    const [{ cause, count, upstream, evidence, decidedMs }] = verdicts;
    assert.deepEqual(
      { cause, count, upstream, evidence, decidedMs },
      { cause: 'stale_endpoint', count: 4, upstream: SHOP, evidence: ['removed 41 s ago'], decidedMs: 1000 },
    );
    assert.equal(heard.waits, 0);
  });

  it('shows a rule only its own symptoms', () => {
    const { engine, said } = engineRig({ rules: [stale] });
    engine.observe(refused({ symptom: 'reset' }));
    assert.deepEqual(said(), ['connection_reset 1']);
  });

  it('takes nothing that is known now for a reason of failures that may be old', () => {
    const { engine, said, verdicts } = engineRig({ rules: [stale] });
    engine.observe(refused({ isLate: true }));
    assert.deepEqual(said(), ['connection_refused 1']);
    assert.match(verdicts[0].evidence.join(), /read late/);
  });

  it('looks ahead: asks for facts and says nothing', () => {
    const { rule: waits, state } = late();
    const { engine, verdicts, heard } = engineRig({ rules: [waits] });
    engine.lookAhead(refused());
    assert.deepEqual([state.asked, heard.waits, engine.pending], [1, 1, 0]);
    state.answer = 'proof';
    engine.lookAhead(refused());
    engine.lookAhead(refused({ failure: false }));
    assert.deepEqual([state.asked, heard.waits, engine.pending, verdicts.length], [2, 1, 0, 0]);
  });

  it('judges failures only', () => {
    const { engine, verdicts } = engineRig({ rules: [stale] });
    engine.observe(refused({ failure: false }));
    engine.observe(refused({ count: 0 }));
    assert.deepEqual(verdicts, []);
  });

  it('says the general cause when nothing is proved, and unidentified when there is none', () => {
    const { engine, said, verdicts } = engineRig({ rules: [never] });
    engine.observe(refused());
    engine.observe(refused({ symptom: 'fault_injected' }));
    assert.deepEqual(said(), ['connection_refused 1', 'unidentified 1']);
    assert.deepEqual(verdicts[1].evidence, ['fault injected, by the error line alone; no rule explains it']);
  });

  it('waits while an earlier rule waits, and takes its proof when it comes', () => {
    const queue = late();
    const { engine, pass, said, verdicts, heard } = engineRig({ rules: [queue.rule, stale] });
    engine.observe(refused({ count: 2 }));
    assert.equal(heard.waits, 1);
    assert.equal(engine.pending, 2);
    pass(TICK_MS);
    assert.deepEqual(said(), []);
    queue.state.answer = 'proof';
    pass(1000);
    assert.deepEqual(said(), ['listen_queue_overflow 2']);
    assert.equal(verdicts[0].decidedMs, 2000 + TICK_MS);
    assert.equal(engine.pending, 0);
  });

  it('lets the next rule speak when the one that waited is refuted', () => {
    const queue = late();
    const { engine, pass, said } = engineRig({ rules: [queue.rule, stale] });
    engine.observe(refused());
    queue.state.answer = 'no';
    pass(TICK_MS);
    assert.deepEqual(said(), ['stale_endpoint 1']);
  });

  it('never waits longer than 5 s, and says what did not become known', () => {
    const queue = late();
    const { engine, pass, said, verdicts } = engineRig({ rules: [queue.rule] });
    engine.observe(refused());
    for (let tick = 0; tick < 19; tick++) pass(TICK_MS);
    assert.deepEqual(said(), []);
    pass(TICK_MS);
    assert.deepEqual(said(), ['connection_refused 1']);
    assert.equal(verdicts[0].decidedMs - verdicts[0].observation.atMs, 5000);
    assert.deepEqual(verdicts[0].evidence, [
      'connect refused, by the error line alone',
      'not known in time: whether it was listen queue overflow',
    ]);
  });

  it('waits from the moment of reading where that is later than the failure', () => {
    const queue = late();
    const { engine, pass, said } = engineRig({ rules: [queue.rule] });
    engine.observe(refused({ atMs: -9_000, sinceMs: -9_001, readMs: 1_000 }));
    for (let tick = 0; tick < 19; tick++) pass(TICK_MS);
    assert.deepEqual(said(), []);
    pass(TICK_MS);
    assert.deepEqual(said(), ['connection_refused 1']);
  });

  it('says what an access line says by its own name', () => {
    const { engine, verdicts } = engineRig({ rules: [never] });
    engine.observe(refused({ proxy: 'envoy', source: 'access_log', said: 'Envoy said 111: Connection refused' }));
    assert.deepEqual(verdicts[0].evidence, [
      'connect refused, by the access line alone',
      'Envoy said 111: Connection refused',
    ]);
  });

  it('at the end of the wait a later rule with a proof counts', () => {
    const { engine, pass, said } = engineRig({ rules: [late().rule, stale] });
    engine.observe(refused());
    pass(5000);
    assert.deepEqual(said(), ['stale_endpoint 1']);
  });

  it('asks rarer the longer it waits', () => {
    const queue = late();
    const { engine, pass } = engineRig({ rules: [queue.rule] });
    engine.observe(refused());
    for (let tick = 0; tick < 19; tick++) pass(TICK_MS);
    assert.ok(queue.state.asked <= 14, `asked ${queue.state.asked} times`);
  });

  it('does not wait longer when the clock is set back', () => {
    const { engine, time, pass, said } = engineRig({ rules: [late().rule] });
    engine.observe(refused());
    time.now -= 3_600_000;
    pass(4000);
    assert.deepEqual(said(), []);
    pass(1000);
    assert.deepEqual(said(), ['connection_refused 1']);
  });

  it('announces that somebody waits once a tick', () => {
    const { engine, pass, heard } = engineRig({ rules: [late().rule] });
    pass(TICK_MS);
    assert.equal(heard.waits, 0);
    for (let port = 0; port < 10; port++) engine.observe(refused({ peer: { scheme: '', address: 'a', port } }));
    assert.equal(heard.waits, 1);
    pass(TICK_MS);
    assert.equal(heard.waits, 2);
    pass(5000);
    assert.equal(heard.waits, 2);
  });

  it('decides all at the end', () => {
    const { engine, said } = engineRig({ rules: [late().rule] });
    engine.observe(refused({ symptom: 'no_live_upstreams', count: 2 }));
    engine.observe(refused({ count: 3 }));
    engine.settle();
    assert.deepEqual(said(), ['connection_refused 3', 'no_live_upstreams 2']);
    assert.equal(engine.pending, 0);
  });

  it('says beside the general cause what is known of the place', () => {
    const atMs = Date.UTC(2026, 10, 21, 12);
    const { engine, verdicts } = engineRig({
      rules: [],
      facts: factsOf({ listener: () => known({ state: 'listening', others: [], atMs }) }),
    });
    engine.observe(refused({ sinceMs: atMs - 1000, atMs }));
    assert.deepEqual(verdicts[0].evidence, [
      'connect refused, by the error line alone',
      '10.0.0.1:80 listened at 12:00:00 UTC',
    ]);
  });

  it('takes a rule that throws for one without proof, and says so', () => {
    const broken = rule('foreign_endpoint', ['connect_refused'], () => {
      throw new Error('bug');
    });
    const { engine, said, heard } = engineRig({ rules: [broken, stale] });
    engine.observe(refused());
    assert.deepEqual(said(), ['stale_endpoint 1']);
    assert.deepEqual(heard.errors, ['foreign_endpoint']);
  });
});
