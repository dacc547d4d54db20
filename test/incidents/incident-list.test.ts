import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { API, CART, Staged } from './staged.ts';

describe('numbers', () => {
  it('rate of the last minute, and the share of all requests since it began', () => {
    const staged = new Staged();
    staged.requests = 1000;
    staged.fail('stale_endpoint', 60).pass(5).fail('stale_endpoint', 60).pass(1);
    assert.equal(staged.one().rate, 2);
    assert.equal(staged.one().share, 0.12);
    assert.equal(staged.pass(60).one().rate, 0);
    staged.requests = null;
    staged.fail('stale_endpoint').pass(1);
    assert.equal(staged.one().share, null);
    staged.requests = 10;
    staged.fail('stale_endpoint').pass(1);
    assert.equal(staged.one().share, 1);
  });
});

describe('list and get', () => {
  it('open ones first, those with most failures before all; limit and since', () => {
    const staged = new Staged().fail('app_error', 9).pass(400);
    const middle = staged.now;
    staged.fail('app_error', 3).fail('stale_endpoint', 5, { upstream: API }).pass(1);
    assert.deepEqual(
      staged.all().map(({ failures, isOpen }) => [failures, isOpen]),
      [
        [5, true],
        [3, true],
        [9, false],
      ],
    );
    const { incidents, total } = staged.book.list({ limit: 1 });
    assert.deepEqual([incidents.length, incidents[0].failures, total], [1, 5, 3]);
    assert.equal(staged.book.list({ sinceMs: middle }).total, 2);
  });

  it('a merged incident is found by each of its ids', () => {
    const staged = new Staged().fail('stale_endpoint').pass(5).fail('stale_endpoint', 1, { upstream: API });
    const ids = staged.all().map(({ id }) => id);
    assert.equal(ids.length, 2);
    staged.state('control_plane_down').pass(1);
    const { id } = staged.one();
    assert.deepEqual(
      ids.map((one) => staged.book.get(one)?.id),
      [id, id],
    );
    for (const one of ids) assert.match(one, /^i[0-9a-f]{12}$/);
    assert.equal(staged.book.get('i000000000000'), undefined);
  });
});

describe('listeners', () => {
  it('hear of what has changed since the last look, and of nothing after they have gone', () => {
    const staged = new Staged().fail('app_error');
    const heard: string[] = [];
    const stop = staged.book.onChange(({ failures, isOpen }) => void heard.push(`${failures} ${isOpen}`));
    staged.pass(2);
    assert.deepEqual(heard, []);
    staged.fail('app_error').fail('app_error').pass(3);
    assert.deepEqual(heard, ['3 true']);
    stop();
    staged.fail('app_error').pass(1);
    assert.deepEqual(heard, ['3 true']);
  });

  it('hear of quiet and of the end', () => {
    const staged = new Staged();
    const heard: boolean[] = [];
    staged.book.onChange(({ isOpen }) => void heard.push(isOpen));
    staged.fail('app_error').pass(301);
    assert.deepEqual(heard, [true, true, false]);
  });
});

describe('memory', () => {
  const upstream = (i: number) => ({ ...CART, upstream_service: `s${i}` });

  it('is bounded: closed ones go before open ones, explained ones before unidentified ones, and each is counted', () => {
    const staged = new Staged();
    const failAll = (from: number, to: number) => {
      for (let i = from; i < to; i++) staged.fail('app_error', 1, { upstream: upstream(i) });
    };
    staged.fail('unidentified', 1, { upstream: upstream(0) }).pass(1);
    failAll(1, 100);
    staged.pass(400);
    failAll(1000, 1100);
    staged.pass(400);
    failAll(2000, 2060);
    assert.deepEqual([staged.all().length, staged.droppedCount, staged.book.list().dropped], [200, 60, 60]);
    assert.equal(staged.all().filter(({ isOpen }) => isOpen).length, 60);
    assert.ok(staged.all().some(({ cause }) => cause === 'unidentified'));
    // One that had to go begins anew.
    failAll(50, 51);
    assert.deepEqual([staged.all().length, staged.droppedCount], [200, 61]);
  });

  it('of more than a hundred Services that fail at once the others are one incident for each cause', () => {
    const staged = new Staged();
    for (let i = 0; i < 100; i++) staged.fail('app_error', 1, { upstream: upstream(i) });
    for (let i = 100; i < 5000; i++)
      staged.fail(i % 2 === 0 ? 'connect_timeout' : 'no_endpoints', 1, { upstream: upstream(i) });
    // Failures of one Service stay one incident.
    staged.fail('no_endpoints', 1, { upstream: upstream(102) }).fail('no_endpoints', 1, { upstream: upstream(7) });
    const incidents = staged.all();
    assert.equal(incidents.length, 102);
    assert.deepEqual([staged.opened.length, staged.droppedCount], [102, 0]);
    const many = incidents.filter(({ failures }) => failures > 2);
    assert.deepEqual(
      many.map(({ causes }) => causes.map(({ cause, count }) => `${cause} ${count}`)),
      [['connect_timeout 2450', 'no_endpoints 1'], ['no_endpoints 2450']],
    );
    staged.pass(400).fail('app_error', 1, { upstream: upstream(4000) });
    assert.equal(staged.all().find(({ isOpen }) => isOpen)?.failures, 1, 'when they are over, one has its own again');
  });

  it('within one incident: 10,000 addresses, sentences, changes and Services', () => {
    const staged = new Staged().state('token_expired');
    for (let i = 0; i < 10_000; i++) {
      const evidence = [`sentence-${i} ${'x'.repeat(2000)}`];
      staged.fail('stale_endpoint', 1, {
        upstream: upstream(i),
        peer: `10.0.${i >> 8}.${i & 255}`,
        evidence,
        sample: `line-${i}`,
      });
      staged.done('reload', `reload ${i}`);
    }
    const incident = staged.one();
    assert.equal(incident.failures, 10_000);
    assert.deepEqual([incident.timeline.length, incident.samples.length, incident.affected.length], [100, 10, 20]);
    assert.equal(incident.samples[0], 'line-9999');
    assert.ok(JSON.stringify(incident).length < 40_000);
  });
});
