import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { dump, load } from 'js-yaml';
import { ALERTS_DIRECTORY, type Rule, type RuleFile } from '../alerts/rule-files.ts';
import { type Samples, sum } from '../support/badgateway.ts';
import { skipWithout } from '../support/programs.ts';
import { type RunningPrometheus, startPrometheus } from '../support/prometheus.ts';
import type { Span } from '../support/rollout.ts';
import { Rollout, type RolloutSpec } from '../support/rollout.ts';
import { TruthRig } from '../support/truth-rig.ts';

const GAP = 'badgateway_endpoint_death_gap_seconds';
const COMING = 'badgateway_endpoint_propagation_seconds';
const UNKNOWN = /^badgateway_endpoint_(death_gap|propagation)_(unknown|flaps)_total/;
const DRIFT = ['stale', 'foreign', 'port_drift'];
/** Old pods end a second after they ceased to be ready, and a verdict needs three more. */
const SPECS = {
  clean: { name: 'clean', net: 71, reloadAfterMs: 100, pods: 3 },
  late2: { name: 'late2', net: 72, reloadAfterMs: 2000, pods: 3 },
  late5: { name: 'late5', net: 73, reloadAfterMs: 5000, pods: 3 },
  stuck: { name: 'stuck', net: 74, reloadAfterMs: null, pods: 2 },
} as const satisfies Record<string, RolloutSpec>;
type Name = keyof typeof SPECS;
const NAMES = Object.keys(SPECS) as Name[];
const RELOADED = ['clean', 'late2', 'late5'] as const;

/** The shipped rules at seconds instead of minutes: only the times are changed. */
function hasten(rule: Rule): Rule {
  const expr = rule.expr.replace(/(drift_since_timestamp_seconds:min) > \d+/, '$1 > 3');
  return { ...rule, expr, ...(rule.for === undefined ? {} : { for: '1s' }) };
}

function described({ truth, error }: { readonly truth: number; readonly error: number }): string {
  return `${truth.toFixed(3)} s within ${error.toFixed(3)} s`;
}

/** Rolling updates under load behind real nginx, in front of a real Prometheus with our rules. */
describe('rolling updates [ci]', { skip: skipWithout('nginx', 'prometheus'), concurrency: false }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-rollout-'));
  const rollouts = {} as Record<Name, Rollout>;
  let rig: TruthRig;
  let prometheus: RunningPrometheus;
  let samples: Samples;

  /** The mean of what happened and by how much the one that was measured may differ from it; seconds. */
  const meanOf = (spans: readonly Span[]) => ({
    truth: spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / 1000 / spans.length,
    error: 0.5,
  });
  const unknowns = (name: Name) =>
    JSON.stringify([...samples].filter(([key, value]) => UNKNOWN.test(key) && key.includes(`"${name}"`) && value > 0));
  const isMeasured = (now: Samples, name: Name) =>
    [GAP, COMING].every((family) => sum(now, `${family}_count`, `gateway="${name}"`) >= SPECS[name].pods);

  before(async () => {
    for (const name of NAMES) rollouts[name] = await Rollout.start(SPECS[name]);
    const all = Object.values(rollouts);
    rig = await TruthRig.start({
      objects: all.flatMap(({ objects }) => objects),
      collectors: { nginx_config: { interval: '200ms', files: all.map(({ config }) => config) } },
      byGateway: true,
    });
    const live = (name: Name) => ({ count: SPECS[name].pods, upstream: `${name} shop_${name}_80` });
    // Before Prometheus looks: until the slices are listed nothing is known of any address.
    await rig.timeline.first(({ listings }) => {
      const states = NAMES.map((name) => [live(name).count, Object.values(listings.get(live(name).upstream) ?? {})]);
      return states.every(([count, all]) => Array.isArray(all) && all.filter((s) => s === 'live').length === count);
    }, 'all live');
    const rules = load(readFileSync(`${ALERTS_DIRECTORY}/upstreams.rules.yaml`, 'utf8')) as RuleFile;
    const groups = rules.groups.map((group) => ({ ...group, interval: '1s', rules: group.rules.map(hasten) }));
    writeFileSync(join(directory, 'rules.yaml'), dump({ groups }));
    prometheus = await startPrometheus({
      global: { scrape_interval: '1s', scrape_timeout: '900ms', evaluation_interval: '1s' },
      rule_files: [join(directory, 'rules.yaml')],
      scrape_configs: [
        {
          ...{ job_name: 'badgateway', honor_labels: true },
          static_configs: [{ targets: [`127.0.0.1:${rig.program.ports.metrics}`] }],
        },
      ],
    });
    const isScraped = async () => (await prometheus.query('badgateway_upstream_endpoints{gateway="clean"}')).length > 0;
    await rig.program.until(isScraped, 'Prometheus scrapes');
  });
  after(async () => {
    await prometheus?.stop();
    await rig?.stop();
    for (const rollout of Object.values(rollouts)) await rollout.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('all pods are replaced', async () => {
    await Promise.all(NAMES.map((name) => rollouts[name].run(rig.api.store)));
    const deadlineMs = Date.now() + 10_000;
    do {
      await delay(1500);
      samples = await rig.program.scrape();
    } while (!RELOADED.every((name) => isMeasured(samples, name)) && Date.now() < deadlineMs);
  });

  for (const name of ['late2', 'late5'] as const)
    it(`${name}: the death gap is measured to half a second`, (t) => {
      const { deathGaps, statuses } = rollouts[name];
      const part = `gateway="${name}"`;
      const [mean, newest] = [meanOf(deathGaps), meanOf(deathGaps.slice(-1))];
      const [total, count] = [sum(samples, `${GAP}_sum`, part), sum(samples, `${GAP}_count`, part)];
      const last = sum(samples, 'badgateway_upstream_last_death_gap_seconds', part);
      t.diagnostic(`truth ${described(mean)}, last ${described(newest)}`);
      t.diagnostic(`measured ${count}, mean ${total / count} s, last ${last} s`);
      t.diagnostic(`answers ${JSON.stringify(Object.fromEntries(statuses))}`);
      assert.equal(count, SPECS[name].pods, `${count} measured; ${unknowns(name)}`);
      assert.ok(Math.abs(total / count - mean.truth) <= mean.error, `${total / count} s for ${described(mean)}`);
      assert.ok(Math.abs(last - newest.truth) <= newest.error, `${last} s for ${described(newest)}`);
      assert.ok((statuses.get(502) ?? 0) > 0, 'requests have failed');
    });

  it('propagation is measured to half a second', (t) => {
    for (const name of RELOADED) {
      const part = `gateway="${name}"`;
      const mean = meanOf(rollouts[name].propagations);
      const [total, count] = [sum(samples, `${COMING}_sum`, part), sum(samples, `${COMING}_count`, part)];
      t.diagnostic(`${name}: truth ${described(mean)}, measured ${(total / count).toFixed(3)} s`);
      assert.equal(count, SPECS[name].pods, `${count} measured; ${unknowns(name)}`);
      assert.ok(Math.abs(total / count - mean.truth) <= mean.error, `${total / count} s for ${described(mean)}`);
    }
    const unknown = RELOADED.map((name) =>
      ['death_gap', 'propagation'].map((what) =>
        sum(samples, `badgateway_endpoint_${what}_unknown_total`, `gateway="${name}"`),
      ),
    );
    assert.deepEqual(unknown, Array(3).fill([0, 0]));
  });

  it('the last change of each Service’s slices is known to half a second', (t) => {
    for (const name of NAMES) {
      const family = 'badgateway_upstream_slices_last_change_timestamp_seconds';
      const seconds = sum(samples, family, `upstream_service="${name}"`);
      const truth = rollouts[name].slicesChangedMs / 1000;
      t.diagnostic(`${name}: ${(seconds - truth).toFixed(3)} s after it`);
      assert.ok(Math.abs(seconds - truth) <= 0.5, `${seconds} for ${truth}`);
    }
  });

  it('a clean one raises nothing and loses no request', (t) => {
    const { statuses, deathGaps } = rollouts.clean;
    const part = 'gateway="clean"';
    const mean = sum(samples, `${GAP}_sum`, part) / sum(samples, `${GAP}_count`, part);
    const { truth, error } = meanOf(deathGaps);
    t.diagnostic(`truth ${described({ truth, error })}, measured ${mean} s; ${statuses.get(200)} answers`);
    assert.deepEqual([...statuses.keys()], [200]);
    assert.equal(sum(samples, `${GAP}_count`, part), SPECS.clean.pods);
    assert.ok(Math.abs(mean - truth) <= error, `${mean} s for ${described({ truth, error })}`);
    const said = rig.timeline.said([...DRIFT, 'missing', 'terminating', 'not_ready']);
    assert.deepEqual(
      said.filter((text) => text.startsWith('clean ')),
      [],
    );
  });

  it('stale is said of those that come too late for it, and no others', () => {
    const gateways = rig.timeline.said(DRIFT).map((text) => `${text.split(' ')[0]} ${text.split(' ').at(-1)}`);
    assert.deepEqual([...new Set(gateways)], ['late5 stale', 'stuck stale']);
  });

  it('the alert on stale upstreams fires for the gateway that is never reloaded', async () => {
    const firing = 'ALERTS{alertname="GatewayStaleUpstream",alertstate="firing",gateway="stuck"}';
    await rig.program.until(async () => (await prometheus.query(firing)).length > 0, 'it fires');
    const [{ metric }] = await prometheus.query(firing);
    assert.equal(metric.upstream, 'shop_stuck_80');
    assert.equal(metric.upstream_service, 'stuck');
  });

  it('of the clean one Prometheus has seen no bad address, and raised no alert', async () => {
    const all = 'badgateway_upstream_endpoints{gateway="clean"}[5m]';
    const seen = await prometheus.query(`max by (state) (max_over_time(${all}))`);
    const most = Object.fromEntries(seen.map(({ metric, value }) => [metric.state, Number(value?.[1])]));
    const { live, ...others } = most;
    assert.ok(live >= SPECS.clean.pods);
    assert.deepEqual(others, {}, 'other states have a series only while there is such an address');
    const [{ value }] = await prometheus.query(`max(count_over_time(${all}))`);
    assert.ok(Number(value?.[1]) >= 8, 'scraped through all of it');
    const raised = await prometheus.query('last_over_time(ALERTS{gateway="clean",alertstate="firing"}[5m])');
    const onAddresses = /Stale|Foreign|PortDrift|WithoutLive|Lingering/;
    assert.deepEqual(
      raised.map(({ metric }) => metric.alertname).filter((name) => onAddresses.test(name)),
      [],
    );
  });
});
