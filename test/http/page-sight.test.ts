import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isStale, lookAtSight, unseenList } from '../../src/http/page-sight.ts';
import type { CollectorStatus } from '../../src/http/views.ts';
import { driftReport, emptyReport, emptyUpstreams } from '../support/http-doubles.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
const source = (name: string, rest: Partial<CollectorStatus> = {}): CollectorStatus => {
  return {
    name,
    state: 'ok',
    detail: '',
    lastSuccessAt: ago(1),
    durationMs: 1,
    intervalMs: 5000,
    targets: [],
    ...rest,
  };
};
const sightOf = (...collectors: CollectorStatus[]) =>
  lookAtSight({ ...emptyReport(), collectors }, emptyUpstreams(), NOW);

describe('sight', () => {
  it('is blind to what failed, what is silent, and a target that fails', () => {
    const target = { name: '127.0.0.1:9901', state: 'failed', detail: 'timeout' } as const;
    const sight = sightOf(
      source('nginx_error_log', { state: 'failed' }),
      source('netstat', { lastSuccessAt: ago(300) }),
      source('envoy', { targets: [target, { ...target, state: 'ok' }] }),
      source('cgroups', { state: 'absent' }),
    );
    assert.deepEqual(
      sight.blind.map(({ source, why }) => `${source} ${why}`),
      ['nginx_error_log failed', 'netstat stale', 'envoy 127.0.0.1:9901 failed'],
    );
    assert.deepEqual([sight.watching, sight.seesFailures, sight.barred.length], [2, true, 0]);
  });

  it('tells want of rights from failure', () => {
    const { blind, barred } = sightOf(source('conntrack', { state: 'not_permitted', lastSuccessAt: null }));
    assert.deepEqual([blind, barred.map(({ source }) => source)], [[], ['conntrack']]);
  });

  it('sees no failure by kernel counters alone', () => assert.equal(sightOf(source('netstat')).seesFailures, false));

  it('calls a source stale after three intervals and the patience of a poll', () => {
    const stale = (seconds: number, intervalMs: number) =>
      isStale(source('audit', { lastSuccessAt: ago(seconds), intervalMs }), NOW);
    assert.deepEqual(
      [stale(74, 5000), stale(76, 5000), stale(900, 300_000), stale(961, 300_000)],
      [false, true, false, true],
    );
    assert.equal(isStale(source('x', { lastSuccessAt: null }), NOW), false);
  });

  it('counts an old view of the cluster and of a proxy', () => {
    const drift = driftReport(NOW);
    const [slices, ...rest] = drift.cluster;
    const upstreams = {
      ...drift,
      counts: { ...drift.counts, unknown: 3 },
      cluster: [{ ...slices, freshness: 'stale' as const }, ...rest],
      gateways: drift.gateways.map((gateway) => ({ ...gateway, isOld: true })),
    };
    const { blind } = lookAtSight(emptyReport(), upstreams, NOW);
    assert.deepEqual(
      blind.map(({ source }) => source),
      ['endpointslices', 'nginx_config'],
    );
  });

  it('lists what is not seen, bounded', () => {
    const { blind } = sightOf(...Array.from({ length: 9 }, () => source('netstat', { state: 'failed' })));
    const { text } = unseenList(blind, NOW);
    assert.match(
      text,
      /connections that the kernel drops<\/bdi> <span[^>]*>\(<code>netstat<\/code> failed, last seen <time/,
    );
    assert.match(text, /and 3 more/);
  });
});
