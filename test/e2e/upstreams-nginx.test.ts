import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/freeport.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { skipWithout } from '../support/programs.ts';
import type { TruthCase } from '../support/truth-case.ts';
import { truthCases } from '../support/truth-cases.ts';
import { NAMESPACE, readyPod, serviceOf, sliceOf } from '../support/truth-objects.ts';
import { countsOfListings, countsOfMetrics, TruthRig } from '../support/truth-rig.ts';
import { isSame, type Listing, type Moment } from '../support/truth-timeline.ts';

const HOLD_DOWN_MS = 3000;
/** Our own look, once a second, and what this machine and the sampling add. */
const LOOK_MS = 1000;
const SLACK_MS = 700;
const POLL_MS = 2000;
const SOCKET = 'unix:/var/run/nginx/nginx-503-server.sock';

/** NGINX Gateway Fabric sends to a socket that answers 503 when a Service has no ready endpoint. */
function placeholder(): TruthCase {
  const slice = sliceOf('empty-a', []);
  const only: Listing = { [SOCKET]: 'placeholder' };
  return {
    ...{ what: 'placeholder socket: what it stands for is missing', service: 'empty', servers: [SOCKET] },
    objects: [serviceOf('empty'), slice],
    before: only,
    disturb: (store) =>
      void store.update(slice, (draft) => Object.assign(draft, { endpoints: [readyPod('10.2.9.1')] })),
    during: { ...only, '10.2.9.1:8080': 'missing' },
    repaired: ['10.2.9.1:8080'],
    after: { '10.2.9.1:8080': 'live' },
  };
}

function externalName(): TruthCase {
  const listing = { 'localhost:8080': 'hostname', '192.0.2.10:80': 'external_name' };
  const external = serviceOf('ext', { type: 'ExternalName', externalName: 'ext.example', ports: [{ port: 80 }] });
  const servers = Object.keys(listing);
  return {
    ...{ what: 'ExternalName: never compared', service: 'ext', servers, repaired: servers },
    objects: [external],
    ...{ before: listing, during: listing, after: listing },
    disturb: (store) => void store.create(sliceOf('ext-a', [readyPod('10.2.8.1')])),
  };
}

/** Kept in the configuration, and out of service. */
function markedDown(): TruthCase {
  const [first, second] = ['10.2.20.1:8080', '10.2.20.2:8080'];
  const listing: Listing = { [first]: 'live', [second]: 'draining' };
  return {
    ...{ what: 'marked down and no endpoint: nothing is said', service: 'down', servers: [first, `${second} down`] },
    objects: [serviceOf('down'), sliceOf('down-a', [readyPod('10.2.20.1')])],
    ...{ before: listing, during: listing, disturb: () => {} },
    repaired: [first],
    after: { [first]: 'live' },
  };
}

const upstreamOf = ({ service, port = 80 }: TruthCase) => `${NAMESPACE}_${service}_${port}`;

function httpBlock(listen: number, cases: readonly TruthCase[], isRepaired: boolean): string {
  const upstreams = cases.map((one) => {
    const servers = isRepaired ? (one.repaired.length > 0 ? one.repaired : [SOCKET]) : one.servers;
    return `upstream ${upstreamOf(one)} { ${servers.map((server) => `server ${server};`).join(' ')} }`;
  });
  return `${upstreams.join('\n')}
    server { listen 127.0.0.1:${listen}; location / { return 204; } }`;
}

/** Without servers nginx would not start: the socket takes their place. */
const afterOf = ({ repaired, after: listing }: TruthCase): Listing =>
  repaired.length === 0 ? { [SOCKET]: 'placeholder' } : listing;

const said = (cases: readonly TruthCase[], listing: (one: TruthCase) => Listing) => (moment: Moment) =>
  cases.every((one) => isSame(moment.listings.get(upstreamOf(one)), listing(one)));

function scenario(name: string, main: string | undefined, skip: string | false): void {
  describe(name, { skip, concurrency: false }, () => {
    const cases = [...truthCases(), placeholder(), externalName(), markedDown()];
    let listen: number;
    let nginx: RunningNginx;
    let rig: TruthRig;
    let disturbedMs = 0;
    let disturbed: Moment;
    let reloadedMs = 0;

    before(async () => {
      listen = await freePort();
      nginx = await startNginx({ listen, workers: 2, http: httpBlock(listen, cases, false) });
      const nginx_config = { files: [{ path: join(nginx.directory, 'nginx.conf'), gateway: 'edge' }] };
      const objects = cases.flatMap((one) => one.objects);
      rig = await TruthRig.start({ objects, collectors: { nginx_config }, ...(main ? { main } : {}) });
    });
    after(async () => {
      await rig?.stop();
      await nginx?.stop();
    });

    it('at first all is well', async (t) => {
      const startedMs = Date.now();
      const { atMs } = await rig.timeline.first(
        said(cases, (one) => one.before),
        'all as configured',
      );
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
      const { atMs, listings } = rig.timeline.moments.at(-1)!;
      assert.ok(atMs > disturbed.atMs && listings.size >= cases.length);
      assert.deepEqual(countsOfMetrics(await rig.program.scrape()), countsOfListings(disturbed));
    });

    for (const one of cases)
      it(one.what, (t) => {
        const course = rig.timeline.course(upstreamOf(one), disturbedMs);
        if (isSame(one.before, one.during)) return assert.deepEqual(course, [one.before]);
        assert.deepEqual(course, [one.before, one.during], 'nothing else was said in between');
        timed(t, one);
      });

    it('a repair that is only written changes nothing but the condition', async () => {
      const fromMs = Date.now();
      nginx.write(httpBlock(listen, cases, true));
      const hasSaid = ({ report }: Moment) =>
        report.conditions.some(({ condition, isActive }) => condition === 'config_not_loaded' && isActive);
      const { atMs } = await rig.timeline.first(hasSaid, 'config_not_loaded', fromMs);
      await delay(600);
      assert.ok(rig.timeline.moments.at(-1)!.atMs > atMs);
      for (const one of cases) assert.deepEqual(rig.timeline.course(upstreamOf(one), fromMs), [one.during]);
    });

    it('a worker that crashes repairs nothing', async () => {
      const fromMs = Date.now();
      process.kill(childrenOf(nginx.pid)[0], 'SIGKILL');
      await delay(POLL_MS + LOOK_MS);
      assert.equal(childrenOf(nginx.pid).length, 2, 'another one is there');
      for (const one of cases) assert.deepEqual(rig.timeline.course(upstreamOf(one), fromMs), [one.during]);
    });

    it('the reload ends all of it', async (t) => {
      reloadedMs = Date.now();
      process.kill(nginx.pid, 'SIGHUP');
      const { atMs } = await rig.timeline.first(said(cases, afterOf), 'all is well', reloadedMs);
      t.diagnostic(`repair seen ${atMs - reloadedMs} ms after the reload`);
      assert.ok(atMs - reloadedMs < POLL_MS + LOOK_MS + SLACK_MS);
      for (const one of cases) {
        const course = rig.timeline.course(upstreamOf(one), reloadedMs);
        const expected = isSame(one.during, afterOf(one)) ? [one.during] : [one.during, afterOf(one)];
        assert.deepEqual(course.slice(-expected.length), expected.slice(-course.length), one.what);
        assert.ok(course.length <= expected.length, one.what);
      }
      const samples = await rig.program.scrape();
      assert.deepEqual(countsOfMetrics(samples), countsOfListings(rig.timeline.moments.at(-1)!));
      const drift = [...samples.keys()].filter((key) => key.includes('drift_since'));
      assert.deepEqual(drift, []);
    });

    it('loses no event', async () => {
      const samples = await rig.program.scrape();
      const drift = [...samples].filter(([key]) => key.startsWith('badgateway_relist_drift_total'));
      assert.deepEqual(
        drift.map(([, value]) => value).filter((value) => value !== 0),
        [],
      );
    });

    function timed(t: TestContext, one: TruthCase): void {
      const { moments } = rig.timeline;
      const { atMs } = moments.find(
        (moment) => moment.atMs >= disturbedMs && isSame(moment.listings.get(upstreamOf(one)), one.during),
      )!;
      const tookMs = atMs - disturbedMs;
      t.diagnostic(`said after ${tookMs} ms`);
      assert.ok(tookMs >= HOLD_DOWN_MS, 'the hold-down is kept');
      assert.ok(tookMs <= HOLD_DOWN_MS + LOOK_MS + SLACK_MS, `${tookMs} ms`);
    }
  });
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

const skip = skipWithout('nginx');
/** The Kubernetes client is in a chunk that the bundle loads when it is first needed. */
function skipWithoutBundle(): string | false {
  if (existsSync('dist/badgateway.mjs')) return false;
  if (process.env.CI === 'true') throw new Error('no bundle: make build');
  return 'no bundle: make build';
}

describe('what nginx uses and EndpointSlices [ci]', { concurrency: true }, () => {
  scenario('from the sources', undefined, skip);
  scenario('from the bundle', 'dist/badgateway.mjs', skip || skipWithoutBundle());
});
