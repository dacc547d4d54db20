import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { GapSubject } from '../../src/facts/gap-sink.ts';
import { ENDPOINT_GAP_METRICS, EndpointGapSeries } from '../../src/metrics/endpoint-gaps.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { EDGE, view } from '../facts/views.ts';

function subjectOf(pod: string, service = 'shop/cart'): GapSubject {
  return {
    view: view({}, { subject: { ...EDGE, pod } }),
    mapped: { service: { service, portName: 'http' }, portNumber: '80', method: 'name', reason: '', isStatic: false },
  };
}

function setUp() {
  const clock = { now: () => 1_000_000 };
  const registry = new MetricRegistry(clock);
  const series = new EndpointGapSeries(registry.writers(ENDPOINT_GAP_METRICS), clock);
  return {
    series,
    registry,
    /** Samples without those at 0, as `name{…} value`, of the second scrape. */
    async samples(): Promise<string[]> {
      await registry.render('text', 'test');
      const lines = (await registry.render('text', 'test')).toString().split('\n');
      return lines.filter((line) => /^badgateway_/.test(line) && !/ 0$/.test(line));
    },
  };
}

const ONE = subjectOf('edge-1');
const TWO = subjectOf('edge-2');
const gap = (milliseconds: number, isClamped = false) => ({ milliseconds, isClamped });

describe('EndpointGapSeries', () => {
  it('observes by proxy, keeps the latest by Service’s port, and recommends for all replicas of a gateway together', async () => {
    const { series, samples } = setUp();
    series.deathGap(ONE, gap(1500));
    series.deathGap(ONE, gap(500));
    series.deathGap(TWO, gap(4000));
    series.publish([ONE, TWO]);
    const lines = (await samples()).filter((line) => !line.includes('_bucket'));
    const pod = (name: string) => `namespace="gw",pod="${name}",container="nginx",gateway="edge",proxy="nginx"`;
    const service = 'upstream_namespace="shop",upstream_service="cart"';
    assert.deepEqual(lines, [
      `badgateway_endpoint_death_gap_seconds_sum{${pod('edge-1')}} 2`,
      `badgateway_endpoint_death_gap_seconds_count{${pod('edge-1')}} 2`,
      `badgateway_endpoint_death_gap_seconds_sum{${pod('edge-2')}} 4`,
      `badgateway_endpoint_death_gap_seconds_count{${pod('edge-2')}} 1`,
      `badgateway_upstream_last_death_gap_seconds{${pod('edge-1')},${service},upstream_port="80"} 0.5`,
      `badgateway_upstream_last_death_gap_seconds{${pod('edge-2')},${service},upstream_port="80"} 4`,
      `badgateway_recommended_prestop_seconds{namespace="gw",pod="",container="",gateway="edge",proxy="nginx",${service}} 5`,
    ]);
  });

  it('hides the latest gap of an upstream that is gone, not the recommendation', async () => {
    const { series, samples } = setUp();
    series.deathGap(ONE, gap(1500));
    series.publish([ONE]);
    series.publish([TWO]);
    const text = (await samples()).join('\n');
    assert.doesNotMatch(text, /last_death_gap/);
    assert.match(text, /recommended_prestop_seconds\{.*\} 3$/m);
  });

  it('counts clamps, flaps and what is not known', async () => {
    const { series, samples } = setUp();
    series.deathGap(ONE, gap(0, true));
    series.propagation(ONE, gap(0, true));
    series.propagation(ONE, gap(200));
    series.flap(ONE);
    series.deathGapUnknown(ONE, 'not_seen');
    series.propagationUnknown(ONE, 'not_used');
    const words = (await samples())
      .filter((line) => /_total|_count/.test(line))
      .map((line) => line.replace(/badgateway_endpoint_(\w+)\{.*?(reason="(\w+)")?\} /, '$1 $3 '));
    assert.deepEqual(words, [
      'propagation_seconds_count  2',
      'death_gap_seconds_count  1',
      'death_gap_flaps_total  1',
      'death_gap_clamps_total  1',
      'propagation_clamps_total  1',
      'death_gap_unknown_total not_seen 1',
      'propagation_unknown_total not_used 1',
    ]);
  });

  it('shows all of a proxy at 0 from its first view, and passes promtool', async (context) => {
    const { series, registry } = setUp();
    series.present(ONE.view);
    const text = (await registry.render('text', 'test')).toString();
    for (const { name, type } of Object.values(ENDPOINT_GAP_METRICS)) {
      if (type === 'gauge') continue;
      assert.match(text, new RegExp(`^${name}(_count)?(\\{.*\\})? 0$`, 'm'));
    }
    if (spawnSync('promtool', ['--version']).error) return context.diagnostic('promtool is not there');
    series.deathGap(ONE, gap(1500));
    series.publish([ONE]);
    const input = (await registry.render('text', 'test')).toString();
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input });
    assert.equal(`${stdout}${stderr}`, '');
  });

  it('recommends after a restart before anything is measured, and ignores keys that mean nothing', async () => {
    const first = setUp();
    first.series.deathGap(ONE, gap(2500));
    const saved = JSON.parse(JSON.stringify(first.series.windows.save())) as unknown[];
    const second = setUp();
    second.series.windows.restore([
      ...saved,
      ['nonsense', [999_999, 5]],
      ['["a"]', [999_999, 5]],
      ['[1,2,3,4,5,6,7]', [1, 5]],
    ]);
    second.series.publish([]);
    assert.deepEqual(
      (await second.samples()).map((line) => line.replace(/\{.*\}/, '')),
      ['badgateway_recommended_prestop_seconds 4'],
    );
  });
});
