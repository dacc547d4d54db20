import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FollowedSeries, type KnownFile, moveCounts, outcomeOf, targetOf } from '../../src/collectors/followed-logs.ts';
import { gauge, SUBJECT_LABELS } from '../../src/contract/metrics.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import type { FollowStatus } from '../../src/sources/line-source.ts';

const status = (parts: Partial<FollowStatus>): FollowStatus => ({
  ...{ path: '/a.log', state: 'following', behindBytes: 0, offset: 0, lastReadMs: null, ...parts },
});
const refused = status({ path: '/b.log', state: 'refused', error: 'EACCES' });

it('how a poll ended: what is followed, what is refused and why, or why there is nothing', () => {
  assert.deepEqual(outcomeOf([status({}), refused], 'nothing'), {
    state: 'ok',
    detail: 'following 1 of 2 files; /b.log: EACCES',
  });
  assert.deepEqual(outcomeOf([refused], 'nothing'), { state: 'not_permitted', detail: '/b.log: EACCES' });
  assert.deepEqual(outcomeOf([status({ state: 'missing' })], 'nothing'), { state: 'absent', detail: 'nothing' });
});

it('a file for the page', () => {
  assert.deepEqual(targetOf(refused), { name: '/b.log', state: 'not_permitted', detail: 'EACCES' });
  assert.equal(targetOf(status({ behindBytes: 7, state: 'catching_up' })).detail, '7 bytes behind');
  assert.deepEqual(targetOf(status({ state: 'missing' })).state, 'absent');
});

it('counts are moved once', () => {
  const counts = Float64Array.of(2, 0, 3);
  const moved: [string, number][] = [];
  for (let i = 0; i < 2; i++) moveCounts(counts, ['a', 'b', 'c'], (name, count) => moved.push([name, count]));
  assert.deepEqual(moved, [
    ['a', 2],
    ['c', 3],
  ]);
});

const FOLLOWED = {
  files: gauge('badgateway_files', 'Files.', [...SUBJECT_LABELS, 'state']),
  lag: gauge('badgateway_lag', 'Lag.', SUBJECT_LABELS),
  lastRead: gauge('badgateway_read', 'Read.', SUBJECT_LABELS),
} as const;

it('what is followed, by subject: sums, and nothing of what no longer is', () => {
  const registry = new MetricRegistry({ now: () => 0 });
  const gauges = registry.writers(FOLLOWED);
  let series = new FollowedSeries();
  const subjectOf = (path: string) => ({ namespace: '', pod: '', container: '', gateway: path[1] });
  const publish = (...known: readonly KnownFile[]) => {
    series.publish(gauges, known, subjectOf);
    const shown = (name: string) =>
      [...registry.get(`badgateway_${name}`)!.entries()].map(
        ({ labels, value }) => `${labels.gateway} ${labels.state ?? ''} ${value}`,
      );
    return { files: shown('files'), lag: shown('lag'), read: shown('read') };
  };
  const [one, other] = [status({ behindBytes: 3, lastReadMs: 1000 }), status({ path: '/a2.log', behindBytes: 4 })];
  const alone = { path: '/c.log', state: 'refused_format' };
  const both = { files: ['a following 2', 'c refused_format 1'], lag: ['a  7'], read: ['a  1'] };
  assert.deepEqual(publish(one, other, alone), both);
  // The same again, grown, and after a poll that has taken all series away.
  assert.deepEqual(publish(one, other, alone), both);
  const grown = { ...one, behindBytes: 5, lastReadMs: 2000 };
  assert.deepEqual(publish(grown, other, alone), { ...both, lag: ['a  9'], read: ['a  2'] });
  for (const name of ['files', 'lag', 'read']) registry.get(`badgateway_${name}`)?.reset();
  assert.deepEqual(publish(one, other, alone), both);
  assert.deepEqual(publish(status({ state: 'missing' })), { files: ['a missing 1'], lag: ['a  0'], read: [] });
  const none = { files: [], lag: [], read: [] };
  assert.deepEqual(publish(), none);
  assert.deepEqual(publish(one, other, alone), both);
  series = new FollowedSeries();
  assert.deepEqual(publish(), none, 'what its predecessor has left');
});
