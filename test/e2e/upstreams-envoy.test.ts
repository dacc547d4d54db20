import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { type ClusterSpec, freePorts, type RunningEnvoy, startEnvoy } from '../support/envoy-rig.ts';
import type { TruthCase } from '../support/truth-case.ts';
import { truthCases } from '../support/truth-cases.ts';
import { NAMESPACE, readyPod, serviceOf, sliceOf, terminatingPod } from '../support/truth-objects.ts';
import { countsOfListings, countsOfMetrics, TruthRig } from '../support/truth-rig.ts';
import { isSame, type Listing, type Moment } from '../support/truth-timeline.ts';
import { openUpstream, type Upstream } from '../support/upstreams.ts';

const POLL_MS = 1000;
const HOLD_DOWN_MS = 3000;
const LOOK_MS = 1000;
const SLACK_MS = 700;

/** Istio's name. */
const clusterOf = ({ service, port = 80 }: Pick<TruthCase, 'service' | 'port'>) =>
  `outbound|${port}||${service}.${NAMESPACE}.svc.cluster.local`;

interface EdsHost {
  /** `10.2.0.1:8080` */
  readonly address: string;
  readonly health?: 'DRAINING' | 'UNHEALTHY';
}

/** Files that Envoy subscribes to, one per cluster. */
class EdsFiles {
  readonly directory = mkdtempSync(join(tmpdir(), 'badgateway-eds-'));
  #version = 0;

  cluster(name: string, extra: object = {}): ClusterSpec {
    const eds_config = { resource_api_version: 'V3', path_config_source: { path: this.#path(name) } };
    const eds = { type: 'EDS', load_assignment: undefined, eds_cluster_config: { eds_config } };
    return { name, hosts: [], extra: { ...eds, ...extra } };
  }

  /** Envoy sees a file that is moved into place. */
  write(name: string, hosts: readonly EdsHost[]): void {
    const lb_endpoints = hosts.map(({ address, health = 'UNKNOWN' }) => {
      const colon = address.lastIndexOf(':');
      const ip = address.slice(0, colon).replace(/^\[|\]$/g, '');
      const socket_address = { address: ip, port_value: Number(address.slice(colon + 1)) };
      return { health_status: health, endpoint: { address: { socket_address } } };
    });
    const type = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';
    const resources = [{ '@type': type, cluster_name: name, endpoints: [{ lb_endpoints }] }];
    const fresh = join(this.directory, 'fresh');
    writeFileSync(fresh, JSON.stringify({ version_info: String(++this.#version), resources }));
    renameSync(fresh, this.#path(name));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.directory, `${name.replaceAll(/[|.]/g, '_')}.json`);
  }
}

const hosts = (addresses: readonly string[]): EdsHost[] => addresses.map((address) => ({ address }));
const said = (cases: readonly TruthCase[], listing: (one: TruthCase) => Listing) => (moment: Moment) =>
  cases.every((one) => isSame(moment.listings.get(clusterOf(one)), listing(one)));

/** Real Envoy whose hosts come from files, as a control plane would send them. */
describe('what Envoy uses and EndpointSlices [ci]', { skip: skipWithoutEnvoy(), concurrency: false }, () => {
  const cases = truthCases();
  const eds = new EdsFiles();
  const draining = { service: 'draining', address: '10.2.20.1:8080' };
  const leaving = { service: 'leaving', address: '' };
  const backends: Upstream[] = [];
  let envoy: RunningEnvoy;
  let rig: TruthRig;
  let disturbedMs = 0;
  let disturbed: Moment;

  before(async () => {
    const healthy = await openUpstream('ok');
    backends.push(healthy);
    leaving.address = `127.0.0.1:${healthy.port}`;
    const [listenPort, port] = await freePorts(2);
    for (const one of cases) eds.write(clusterOf(one), hosts(one.servers));
    for (const { service, address } of [draining, leaving]) eds.write(clusterOf({ service }), hosts([address]));
    const check = { timeout: '1s', interval: '0.2s', unhealthy_threshold: 1, healthy_threshold: 1 };
    const health_checks = [{ ...check, http_health_check: { path: '/' } }];
    const clusters = [
      ...cases.map((one) => eds.cluster(clusterOf(one))),
      eds.cluster(clusterOf(draining)),
      eds.cluster(clusterOf(leaving), { health_checks }),
    ];
    const node = ['--use-dynamic-base-id', '--service-node', 'edge', '--service-cluster', 'edge'];
    envoy = await startEnvoy({ clusters, routes: [], listenPort, admin: { port } }, node);
    const own = [
      ...[serviceOf('draining'), sliceOf('draining-a', [readyPod('10.2.20.1')])],
      ...[serviceOf('leaving'), sliceOf('leaving-a', [readyPod('127.0.0.1')], [{ name: 'http', port: healthy.port }])],
    ];
    rig = await TruthRig.start({
      objects: [...cases.flatMap(({ objects }) => objects), ...own],
      collectors: {
        nginx_config: { enabled: false },
        envoy: { interval: `${POLL_MS}ms`, targets: [{ url: `http://127.0.0.1:${port}`, gateway: 'edge' }] },
      },
    });
  });
  after(async () => {
    await rig?.stop();
    await envoy?.stop();
    for (const backend of backends) await backend.close();
    eds.remove();
  });

  it('at first all is well', async (t) => {
    const startedMs = Date.now();
    const isLive = ({ listings }: Moment) =>
      [draining, leaving].every((one) => listings.get(clusterOf(one))?.[one.address] === 'live');
    const isAll = said(cases, (one) => one.before);
    const { atMs } = await rig.timeline.first((moment) => isAll(moment) && isLive(moment), 'all as configured');
    t.diagnostic(`understood ${atMs - startedMs} ms after the start`);
    assert.deepEqual(rig.timeline.said(['stale', 'foreign', 'port_drift', 'missing']), []);
  });

  it('the cluster changes: all is said, in /metrics too', async () => {
    disturbedMs = Date.now();
    for (const { disturb } of cases) disturb(rig.api.store);
    disturbed = await rig.timeline.first(
      said(cases, (one) => one.during),
      'all is said',
      disturbedMs,
    );
    await delay(500);
    assert.deepEqual(countsOfMetrics(await rig.program.scrape()), countsOfListings(disturbed));
  });

  for (const one of cases)
    it(one.what, (t) => {
      const course = rig.timeline.course(clusterOf(one), disturbedMs);
      if (isSame(one.before, one.during)) return assert.deepEqual(course, [one.before]);
      assert.deepEqual(course, [one.before, one.during], 'nothing else was said in between');
      const { atMs } = rig.timeline.moments.find(
        (moment) => moment.atMs >= disturbedMs && isSame(moment.listings.get(clusterOf(one)), one.during),
      )!;
      t.diagnostic(`said after ${atMs - disturbedMs} ms`);
      assert.ok(atMs - disturbedMs >= HOLD_DOWN_MS, 'the hold-down is kept');
      assert.ok(atMs - disturbedMs <= HOLD_DOWN_MS + LOOK_MS + SLACK_MS);
    });

  it('the control plane sends what is right: all of it ends', async (t) => {
    const fromMs = Date.now();
    for (const one of cases) eds.write(clusterOf(one), hosts(one.repaired));
    const { atMs } = await rig.timeline.first(
      said(cases, (one) => one.after),
      'all is well',
      fromMs,
    );
    t.diagnostic(`repair seen after ${atMs - fromMs} ms`);
    assert.ok(atMs - fromMs < POLL_MS + LOOK_MS + SLACK_MS);
    const bad = rig.timeline.said(['stale', 'foreign', 'port_drift', 'missing'], atMs);
    assert.deepEqual(bad, []);
  });

  it('a host that drains, or that only its health check keeps, is never stale', async (t) => {
    const fromMs = Date.now();
    eds.write(clusterOf(draining), [{ address: draining.address, health: 'DRAINING' }]);
    eds.write(clusterOf(leaving), []);
    await delay(2 * POLL_MS);
    for (const { service } of [draining, leaving]) {
      const name = `${service}-a`;
      rig.api.store.update(sliceOf(name, []), (draft) => {
        draft.endpoints = draft.endpoints!.map(({ addresses: [ip] }) => terminatingPod(ip));
      });
    }
    const isSaid = (state: string) => (moment: Moment) =>
      [draining, leaving].every((one) => isSame(moment.listings.get(clusterOf(one)), { [one.address]: state }));
    const ending = await rig.timeline.first(isSaid('terminating'), 'both are terminating', fromMs);
    t.diagnostic(`said after ${ending.atMs - fromMs} ms`);
    for (const { service } of [draining, leaving])
      rig.api.store.update(sliceOf(`${service}-a`, []), (draft) => Object.assign(draft, { endpoints: [] }));
    await delay(HOLD_DOWN_MS + LOOK_MS + SLACK_MS);
    for (const one of [draining, leaving])
      assert.deepEqual(
        rig.timeline.course(clusterOf(one), fromMs),
        [{ [one.address]: 'live' }, { [one.address]: 'terminating' }, { [one.address]: 'draining' }],
        one.service,
      );
    assert.deepEqual(rig.timeline.said(['stale', 'foreign', 'port_drift'], fromMs + POLL_MS + LOOK_MS + SLACK_MS), []);
  });
});
