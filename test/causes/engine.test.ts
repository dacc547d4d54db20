import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TICK_MS } from '../../src/causes/engine-options.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { known } from '../../src/facts/answer.ts';
import { engineRig, factsOf, proof, refused, rule, SUBJECT } from './engine-rig.ts';

const SHOP = { upstream: 'cart', upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' };
const stale = rule('stale_endpoint', ['connect_refused'], () => proof('removed 41 s ago'));
const never = rule('oom_killed', ['connect_refused'], () => null);

/** A rule that waits until the test says what it finds. */
function late(cause: 'listen_queue_overflow' | 'stale_endpoint' = 'listen_queue_overflow') {
  const state: { answer: 'wait' | 'proof' | 'no'; asked: number } = { answer: 'wait', asked: 0 };
  const one = rule(cause, ['connect_refused'], () => {
    state.asked++;
    if (state.answer === 'wait') return 'wait';
    return state.answer === 'proof' ? proof('3 more than before') : null;
  });
  return { state, rule: one };
}

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
