import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { API, CART, EDGE, START, Staged } from './staged.ts';

const copy = (saved: unknown): unknown => JSON.parse(JSON.stringify(saved));

function restarted(staged: Staged, afterSeconds = 10): Staged {
  const next = new Staged();
  next.now = staged.now + afterSeconds * 1000;
  next.book.restore(copy(staged.book.save()));
  return next;
}

describe('over a restart', () => {
  it('an open incident goes on with its id, counts, shares, timeline and samples', () => {
    const before = new Staged();
    before.requests = 1000;
    before.done('reload', 'edge was reloaded').pass(5);
    before.fail('stale_endpoint', 30, {
      evidence: ['gone since 02:59'],
      sample: '2026/11/21 [error] connect() failed',
    });
    before.fail('connection_refused', 10).pass(2);
    const one = before.one();
    const after = restarted(before);
    const same = after.one();
    assert.deepEqual({ ...same, rate: 0 }, { ...one, rate: 0 });
    after.fail('stale_endpoint', 5);
    assert.deepEqual([after.one().id, after.one().failures, after.one().causes[0].count], [one.id, 45, 35]);
    assert.deepEqual(after.opened, []);
    assert.equal(after.pass(300).one().isOpen, false);
  });

  it('time for the end counts from the restart: what was written meanwhile is read first', () => {
    const before = new Staged().fail('app_error').pass(290);
    const after = restarted(before, 60).pass(60);
    assert.equal(after.one().isOpen, true);
    after.fail('app_error');
    assert.equal(after.one().failures, 2);
    assert.equal(restarted(before, 60).pass(301).one().isOpen, false);
  });

  it('a bad state is active again only when it is said again, and dates from when it began', () => {
    const before = new Staged().state('config_invalid', true, { evidence: 'nginx.conf:7' }).pass(60);
    const after = restarted(before);
    assert.deepEqual(after.one().conditions, [
      { condition: 'config_invalid', isActive: false, sinceMs: START, evidence: 'nginx.conf:7' },
    ]);
    after.state('config_invalid', true, { evidence: 'nginx.conf:7' }).pass(1);
    assert.equal(after.one().id, before.one().id);
    assert.deepEqual(
      after.one().conditions.map(({ isActive, sinceMs }) => [isActive, sinceMs]),
      [[true, START]],
    );
    assert.equal(after.one().timeline.length, 1);
  });

  it('ids of merged incidents still lead to them', () => {
    const before = new Staged().fail('stale_endpoint').pass(5).fail('stale_endpoint', 1, { upstream: API });
    const ids = before.all().map(({ id }) => id);
    before.state('token_expired').pass(1);
    const after = restarted(before);
    for (const id of ids) assert.equal(after.book.get(id)?.id, before.one().id);
  });

  it('closed ones stay closed', () => {
    const after = restarted(new Staged().fail('app_error').pass(400));
    after.fail('app_error');
    assert.equal(after.all().length, 2);
  });
});

describe('the checkpoint', () => {
  it('is bounded: open ones and the latest are kept, below 300 KiB', () => {
    const staged = new Staged();
    const fill = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        for (let n = 0; n < 30; n++) {
          const upstream = { ...CART, upstream_service: `s${i}` };
          staged.fail('app_error', 1, {
            upstream,
            peer: `10.0.${i}.${n}`,
            evidence: [`${n} `.repeat(200)],
            sample: 'x'.repeat(280) + n,
          });
        }
        staged.pass(1);
      }
    };
    fill(0, 150);
    staged.pass(400);
    fill(150, 190);
    const text = JSON.stringify(staged.book.save());
    assert.ok(text.length > 100_000 && text.length < 300 * 1024, `${text.length} bytes`);
    const after = restarted(staged);
    assert.equal(after.all().filter(({ isOpen }) => isOpen).length, 40);
    assert.ok(after.all().length > 50);
  });

  it('anything may stand there', () => {
    const saved = copy(new Staged().fail('stale_endpoint').state('token_expired').pass(1).book.save()) as object[];
    fc.assert(
      fc.property(fc.anything(), fc.string(), (value, name) => {
        const staged = new Staged();
        staged.book.restore(value);
        staged.book.restore([value, { ...saved[0], [name]: value }, { ...saved[0], incident: value }]);
        for (const field of Object.keys((saved[0] as { incident: object }).incident)) {
          const incident = { ...(saved[0] as { incident: object }).incident, [field]: value };
          staged.book.restore([{ ...saved[0], incident }]);
        }
        staged.pass(1).fail('stale_endpoint').state('token_expired', true, { subject: EDGE }).pass(400);
        staged.all();
        staged.book.save();
      }),
      { numRuns: 200 },
    );
  });

  it('what has not changed is not made again', () => {
    const staged = new Staged().fail('app_error').pass(1);
    const [first] = staged.book.save() as object[];
    const [second] = staged.book.save() as object[];
    assert.equal(first, second);
    staged.fail('app_error');
    assert.notEqual((staged.book.save() as object[])[0], first);
  });
});
