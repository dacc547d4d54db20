import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TICK_MS } from '../../src/causes/engine-options.ts';
import { engineRig, proof, refused, rule } from './engine-rig.ts';

const waits = rule('stale_endpoint', ['connect_refused'], () => 'wait');
const knows = rule('stale_endpoint', ['connect_refused'], () => proof('removed'));
const through = (saved: unknown): unknown => JSON.parse(JSON.stringify(saved));

describe('failures that wait over a restart', () => {
  it('go on waiting, and are judged by what the next run knows', () => {
    const first = engineRig({ rules: [waits] });
    first.engine.observe(refused({ count: 3 }));
    first.engine.observe(refused({ symptom: 'no_live_upstreams', count: 2 }));
    const next = engineRig({ rules: [knows] });
    next.engine.restore(through(first.engine.save()));
    assert.deepEqual(next.said(), [], 'counters are not back yet when this is called');
    assert.equal(next.engine.pending, 5);
    next.pass(TICK_MS);
    assert.deepEqual(next.said(), ['stale_endpoint 3', 'no_live_upstreams 2']);
    const { sinceMs, atMs, peer, failure } = next.verdicts[0].observation;
    assert.deepEqual({ sinceMs, atMs, failure }, { sinceMs: 0, atMs: 1000, failure: true });
    assert.equal(peer?.address, '10.0.0.1');
  });

  it('do not wait longer than 5 s with the restart', () => {
    const first = engineRig({ rules: [waits] });
    first.engine.observe(refused());
    const next = engineRig({ rules: [waits] });
    next.time.now = 1000 + 60_000;
    next.engine.restore(through(first.engine.save()));
    next.pass(1);
    assert.deepEqual(next.said(), ['connection_refused 1']);
  });

  it('do not wait longer when the clock was set back meanwhile', () => {
    const first = engineRig({ rules: [waits] });
    first.engine.observe(refused({ atMs: 1e12 }));
    const next = engineRig({ rules: [waits] });
    next.engine.restore(through(first.engine.save()));
    next.pass(4000);
    assert.deepEqual(next.said(), []);
    next.pass(1000);
    assert.deepEqual(next.said(), ['connection_refused 1']);
  });

  it('keep what their lines proved beyond the symptom, and are not judged together with those that proved nothing', () => {
    const [first, next] = [engineRig({ rules: [waits] }), engineRig({ rules: [waits] })];
    first.engine.observe(refused({ detail: 'datagram_refused', count: 2 }));
    first.engine.observe(refused({ count: 3 }));
    next.engine.restore(through(first.engine.save()));
    next.pass(5000);
    const told = next.verdicts.map(({ observation: { detail }, count }) => [detail, count]);
    assert.deepEqual(told, [
      ['datagram_refused', 2],
      [undefined, 3],
    ]);
  });

  it('are saved without their log line', () => {
    const { engine } = engineRig({ rules: [waits] });
    engine.observe(refused({ sample: 'GET /secret' }));
    assert.doesNotMatch(JSON.stringify(engine.save()), /secret/);
  });

  it('keep what told of them, and when it was read', () => {
    const [first, next] = [engineRig({ rules: [waits] }), engineRig({ rules: [waits] })];
    first.engine.observe(refused({ source: 'access_log', readMs: 1500, upstreamAlias: 'alias' }));
    first.engine.observe(refused({ peer: null }));
    next.engine.restore(through(first.engine.save()));
    next.pass(5000);
    const told = next.verdicts.map(({ observation: { source, readMs, upstreamAlias } }) => [
      ...[source, readMs, upstreamAlias],
    ]);
    assert.deepEqual(told, [
      ['access_log', 1500, 'alias'],
      [undefined, undefined, undefined],
    ]);
  });

  it('keep what the proxy told beyond the symptom', () => {
    const [first, next] = [engineRig({ rules: [waits] }), engineRig({ rules: [waits] })];
    first.engine.observe(refused({ said: 'certificates refused: 3' }));
    next.engine.restore(through(first.engine.save()));
    next.pass(5000);
    assert.ok(next.verdicts[0].evidence.includes('certificates refused: 3'));
  });

  it('takes nothing from what it did not write', () => {
    const { engine } = engineRig({ rules: [waits] });
    engine.observe(refused());
    const [good] = through(engine.save()) as [Record<string, unknown>];
    const bad: unknown[] = [
      ...[null, 7, 'x', {}, [good]],
      ...[{ count: 0 }, { count: -1 }, { count: 1.5 }, { count: '3' }, { atMs: null }, { sinceMs: 'x' }].map(
        (part) => ({
          ...good,
          ...part,
        }),
      ),
      { ...good, symptom: 'nonsense' },
      { ...good, proxy: 'apache' },
      { ...good, subject: { gateway: 'edge' } },
      { ...good, upstream: null },
      { ...good, peer: { scheme: '', address: '10.0.0.1', port: 'http' } },
      { ...good, peer: { scheme: '', address: 'a'.repeat(5000), port: 80 } },
    ];
    for (const saved of [undefined, null, 7, 'text', {}, { 0: good }, bad]) {
      const next = engineRig({ rules: [waits] });
      next.engine.restore(saved);
      assert.equal(next.engine.pending, 0, JSON.stringify(saved));
    }
    const mixed = engineRig({ rules: [waits] });
    mixed.engine.restore([...bad, { ...good, peer: null }, good]);
    assert.equal(mixed.engine.pending, 2);
  });

  it('takes no more than may wait', () => {
    const first = engineRig({ rules: [waits] });
    for (let port = 1; port <= 5; port++) first.engine.observe(refused({ peer: { scheme: '', address: 'a', port } }));
    const next = engineRig({ rules: [waits], pending: 3 });
    next.engine.restore(through(first.engine.save()));
    assert.equal(next.engine.pending, 3);
    assert.deepEqual(next.said(), []);
  });
});
