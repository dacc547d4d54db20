import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TICK_MS } from '../../src/causes/engine-options.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { engineRig, late, proof, refused, rule, SUBJECT, stale } from './engine-rig.ts';

describe('storms', () => {
  const charge = (cause: 'not_listening' | 'stale_endpoint', weight: number) => {
    return { cause, weight, upstream: UNKNOWN_UPSTREAM, evidence: [`${weight} took peers down`] };
  };
  const storm = (rest = {}) => refused({ symptom: 'no_live_upstreams', peer: null, ...rest });

  it('are charged in shares that add up exactly', () => {
    const { engine, pass, said } = engineRig({
      rules: [
        rule('no_live_upstreams', ['no_live_upstreams'], () => ({
          charges: [charge('stale_endpoint', 2), charge('not_listening', 1)],
        })),
      ],
    });
    engine.observe(storm({ count: 100 }));
    pass(TICK_MS);
    assert.deepEqual(said(), ['stale_endpoint 67', 'not_listening 33']);
  });

  it('stay what was said when nothing is charged', () => {
    const charges = [charge('stale_endpoint', 0), charge('not_listening', Number.NaN)];
    const { engine, pass, said } = engineRig({
      rules: [rule('no_live_upstreams', ['no_live_upstreams'], () => ({ charges }))],
    });
    engine.observe(storm({ count: 7 }));
    pass(TICK_MS);
    assert.deepEqual(said(), ['no_live_upstreams 7']);
  });

  it('are judged after the failures that came with them, whatever is said first', () => {
    const { engine, pass, said } = engineRig({ rules: [stale] });
    engine.observe(storm());
    engine.observe(refused());
    pass(TICK_MS);
    assert.deepEqual(said(), ['stale_endpoint 1', 'no_live_upstreams 1']);
  });

  it('can wait for older failures, but not for newer ones and not for each other', () => {
    const queue = late();
    const rig: ReturnType<typeof engineRig> = engineRig({
      rules: [
        queue.rule,
        rule('no_live_upstreams', ['no_live_upstreams'], ({ proxy, subject, atMs }) =>
          rig.engine.hasPending(proxy, subject, atMs) ? 'wait' : proof('all are judged'),
        ),
      ],
    });
    const { engine, pass, said } = rig;
    engine.observe(refused({ sinceMs: 0, atMs: 1000 }));
    engine.observe(storm({ sinceMs: 0, atMs: 1000 }));
    engine.observe(storm({ sinceMs: 0, atMs: 1000, subject: { ...SUBJECT, gateway: 'other' } }));
    pass(4000);
    assert.deepEqual(said(), ['no_live_upstreams 1']);
    engine.observe(refused({ sinceMs: 1000, atMs: 5000 }));
    pass(1000);
    assert.deepEqual(said().slice(1), ['connection_refused 1', 'no_live_upstreams 1']);
    assert.equal(engine.pending, 1);
  });
});

describe('a storm at the end of its wait', () => {
  it('is charged to what is known, though failures of the same time still wait', () => {
    const rig: ReturnType<typeof engineRig> = engineRig({
      rules: [
        late().rule,
        rule('no_live_upstreams', ['no_live_upstreams'], ({ proxy, subject, atMs }) => {
          if (rig.engine.hasPending(proxy, subject, atMs)) return 'wait';
          return { charges: [{ cause: 'not_listening', weight: 1, upstream: UNKNOWN_UPSTREAM, evidence: [] }] };
        }),
      ],
    });
    rig.engine.observe(refused({ symptom: 'no_live_upstreams', sinceMs: 0, atMs: 1000 }));
    rig.engine.observe(refused({ sinceMs: 500, atMs: 2000 }));
    rig.pass(TICK_MS);
    assert.deepEqual(rig.said(), []);
    rig.engine.observe(refused({ sinceMs: 700, atMs: 4000, count: 2 }));
    rig.pass(5000 - TICK_MS);
    assert.deepEqual(rig.said(), ['connection_refused 1', 'not_listening 1']);
    assert.equal(rig.engine.pending, 2);
  });
});

describe('too many that wait', () => {
  const to = (port: number, rest = {}) => refused({ peer: { scheme: '', address: 'a', port }, ...rest });

  it('decides the oldest early and counts it', () => {
    const { engine, said, heard, verdicts } = engineRig({ rules: [late().rule], pending: 3 });
    for (let port = 0; port < 5; port++) engine.observe(to(port));
    assert.deepEqual(said(), ['connection_refused 1', 'connection_refused 1']);
    assert.deepEqual(
      verdicts.map(({ observation }) => observation.peer?.port),
      [0, 1],
    );
    assert.equal(heard.hurried, 2);
    assert.equal(engine.pending, 3);
  });

  it('does not count as early what can be said by then', () => {
    const queue = late();
    const { engine, said, heard } = engineRig({ rules: [queue.rule], pending: 1 });
    engine.observe(to(1));
    engine.observe(refused({ symptom: 'no_live_upstreams' }));
    assert.equal(heard.hurried, 1);
    engine.observe(refused({ symptom: 'no_healthy_upstream' }));
    assert.equal(heard.hurried, 1);
    assert.deepEqual(said(), ['connection_refused 1', 'no_live_upstreams 1']);
  });

  it('keeps equal ones of the same moments as one, and those that touch when there is no room', () => {
    const queue = late();
    const { engine, said, pass, verdicts, heard } = engineRig({ rules: [queue.rule], pending: 2 });
    engine.observe(to(1, { sinceMs: 0, atMs: 1000, count: 2 }));
    engine.observe(to(1, { sinceMs: 0, atMs: 1000, count: 3, sample: 'a line' }));
    engine.observe(to(1, { sinceMs: 1000, atMs: 2000 }));
    engine.observe(to(1, { sinceMs: 2000, atMs: 3000 }));
    assert.deepEqual(said(), []);
    assert.equal(engine.pending, 7);
    queue.state.answer = 'proof';
    pass(TICK_MS);
    assert.deepEqual(said(), ['listen_queue_overflow 5', 'listen_queue_overflow 2']);
    const [first, second] = verdicts.map(({ observation }) => observation);
    assert.deepEqual([first.sinceMs, first.atMs, first.sample], [0, 1000, 'a line']);
    assert.deepEqual([second.sinceMs, second.atMs], [1000, 3000]);
    assert.equal(heard.hurried, 0);
  });

  it('does not ask about one whose equal waits: the next look does', () => {
    const queue = late();
    const { engine, said, pass } = engineRig({ rules: [queue.rule] });
    engine.observe(to(1, { count: 2 }));
    queue.state.answer = 'proof';
    engine.observe(to(1, { count: 3 }));
    assert.deepEqual([said(), queue.state.asked], [[], 1]);
    engine.observe(to(1, { atMs: 1001 }));
    assert.deepEqual(said(), ['listen_queue_overflow 1']);
    pass(TICK_MS);
    assert.deepEqual(said(), ['listen_queue_overflow 1', 'listen_queue_overflow 5']);
  });

  it('decides many that have waited long enough in several looks, and says that there are more', () => {
    const queue = late();
    const { engine, said, pass, time } = engineRig({ rules: [queue.rule], lookMs: 0 });
    for (let n = 0; n < 50; n++) engine.observe(to(n));
    assert.equal(pass(1_000), false, 'none has waited long enough');
    let looks = 1;
    for (let isMore = pass(4_000); isMore; looks++) {
      assert.ok(said().length < 50);
      isMore = engine.tick(time.now);
    }
    assert.equal(said().length, 50);
    assert.ok(looks > 2, `${looks}`);
    assert.equal(engine.tick(time.now), false);
  });
});
