import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConditionStatus } from '../../src/http/views.ts';
import type { FakeApiServer } from '../kubernetes/api-server.ts';
import { sum } from '../support/badgateway.ts';
import { freePort } from '../support/freeport.ts';
import { startNginx } from '../support/nginx.ts';
import { skipWithout } from '../support/programs.ts';
import { readyPod, serviceOf, sliceOf } from '../support/truth-objects.ts';
import { TruthRig } from '../support/truth-rig.ts';
import { isSame, type Listing, type Moment } from '../support/truth-timeline.ts';

const STALE_AFTER_MS = 10_000;
const BOOKMARK_MS = 2000;
const HOLD_DOWN_MS = 3000;
/** Looks, polls, this machine. */
const SLACK_MS = 2000;
/** The longest wait between two attempts that an outage of this length leads to is below it. */
const NEXT_ATTEMPT_MS = 35_000;

interface Outage {
  readonly what: string;
  begin(api: FakeApiServer): Promise<void> | void;
  /** The server works again. */
  end(api: FakeApiServer): Promise<void> | void;
  /** Of `badgateway_watch_restarts_total`. */
  readonly reasons: readonly string[];
}

const OUTAGES: readonly Outage[] = [
  {
    what: 'killed, and another process on its port',
    begin: (api) => api.kill(),
    end: (api) => api.restart({ jump: 1000 }),
    reasons: ['reset', 'unreachable'],
  },
  {
    what: 'every watch reset',
    begin: (api) => {
      api.faults.on({ kind: 'cut', how: 'reset', afterBytes: 0 });
      api.resetConnections();
    },
    end: (api) => api.faults.allOff(),
    reasons: ['reset'],
  },
  {
    // What was silent stays silent: the path is found dead when it comes back with a reset, or after 150 s.
    what: 'half-open',
    begin: (api) => api.freeze(),
    end: (api) => {
      api.thaw();
      api.resetConnections();
    },
    reasons: ['reset'],
  },
];

const httpBlock = (listen: number, moving: string) => `
  upstream shop_calm_80 { server 10.2.1.1:8080; server 10.2.1.2:8080; }
  upstream shop_dead_80 { server 10.2.2.1:8080; server 10.2.2.2:8080; }
  upstream shop_moving_80 { server ${moving}:8080; }
  server { listen 127.0.0.1:${listen}; location / { return 204; } }`;

const CALM: Listing = { '10.2.1.1:8080': 'live', '10.2.1.2:8080': 'live' };
const DEAD: Listing = { '10.2.2.1:8080': 'live', '10.2.2.2:8080': 'live' };
const BAD = ['stale', 'foreign', 'port_drift', 'missing'];

const isTruthStale = ({ condition, isActive }: ConditionStatus) => condition === 'truth_stale' && isActive;
const isUnknown = ({ listings }: Moment) =>
  [...listings.values()].every((listing) => Object.values(listing).every((state) => state === 'unknown'));

async function start(t: TestContext) {
  const slices = {
    calm: sliceOf('calm-a', ['10.2.1.1', '10.2.1.2'].map(readyPod)),
    dead: sliceOf('dead-a', ['10.2.2.1', '10.2.2.2'].map(readyPod)),
    moving: sliceOf('moving-a', [readyPod('10.2.3.1')]),
  };
  const listen = await freePort();
  const nginx = await startNginx({ listen, http: httpBlock(listen, '10.2.3.1') });
  t.after(() => nginx.stop());
  const rig = await TruthRig.start({
    objects: [...Object.values(slices), ...['calm', 'dead', 'moving'].map((name) => serviceOf(name))],
    collectors: { nginx_config: { files: [{ path: join(nginx.directory, 'nginx.conf'), gateway: 'edge' }] } },
    upstreams: { stale_after: `${STALE_AFTER_MS}ms` },
    server: { bookmarkIntervalSeconds: BOOKMARK_MS / 1000 },
  });
  t.after(() => rig.stop());
  await rig.timeline.first(({ listings }) => isSame(listings.get('shop_calm_80'), CALM), 'live');
  const move = () => {
    rig.api.store.update(slices.moving, (draft) => Object.assign(draft, { endpoints: [readyPod('10.2.3.2')] }));
    nginx.reload(httpBlock(listen, '10.2.3.2'));
  };
  const kill = () =>
    rig.api.store.update(slices.dead, (draft) => Object.assign(draft, { endpoints: [readyPod('10.2.2.1')] }));
  return { rig, move, kill };
}

/** badgateway without its API server: what it does not know it does not say, and it is told of that. */
describe('no API server while proxies and pods go on [ci]', { skip: skipWithout('nginx'), concurrency: true }, () => {
  for (const outage of OUTAGES)
    it(outage.what, async (t) => {
      const { rig, kill } = await start(t);
      const { timeline, api, program } = rig;
      const beganMs = Date.now();
      await outage.begin(api);
      kill();
      const old = await timeline.first(isUnknown, 'all is unknown', beganMs);
      t.diagnostic(`unknown ${old.atMs - beganMs} ms after the outage began`);
      assert.ok(old.atMs - beganMs >= STALE_AFTER_MS - BOOKMARK_MS - SLACK_MS);
      assert.ok(old.atMs - beganMs <= STALE_AFTER_MS + SLACK_MS);
      const samples = await program.scrape();
      assert.equal(sum(samples, 'badgateway_condition_active', 'condition="truth_stale"'), 1);
      assert.equal(sum(samples, 'badgateway_upstream_endpoints', 'state="unknown"'), 5);
      assert.deepEqual(timeline.said(BAD), [], 'nothing is stale because nobody answers');

      const endedMs = Date.now();
      const attempts = api.counters.count({ resource: 'endpointslices' });
      await outage.end(api);
      await api.counters.nth(attempts + 1, { resource: 'endpointslices' }, NEXT_ATTEMPT_MS);
      const attemptMs = Date.now();
      const well = await timeline.first(({ listings }) => isSame(listings.get('shop_calm_80'), CALM), 'live', endedMs);
      const found = await timeline.first(
        ({ listings }) => isSame(listings.get('shop_dead_80'), { ...DEAD, '10.2.2.2:8080': 'stale' }),
        'the pod that went meanwhile is stale',
        endedMs,
      );
      const times = [attemptMs - endedMs, well.atMs - attemptMs, found.atMs - attemptMs];
      t.diagnostic(`attempt ${times[0]} ms after the end; live ${times[1]} ms, stale ${times[2]} ms after the attempt`);
      assert.ok(times[1] <= 5000 && times[2] <= 5000 + SLACK_MS, 'converges within 5 s of the attempt');
      assert.ok(times[2] >= HOLD_DOWN_MS);
      assert.deepEqual(timeline.said(BAD), ['shop_dead_80 10.2.2.2:8080 stale']);
      const restarts = await program.scrape();
      assert.equal(sum(restarts, 'badgateway_condition_active', 'condition="truth_stale"'), 0);
      for (const reason of outage.reasons)
        assert.ok(sum(restarts, 'badgateway_watch_restarts_total', `reason="${reason}"`) > 0, reason);
    });

  it('what changes meanwhile', async (t) => {
    const { rig, move } = await start(t);
    const beganMs = Date.now();
    await rig.api.kill();
    await delay(BOOKMARK_MS);
    move();
    await rig.timeline.first(isUnknown, 'all is unknown', beganMs);
    // We are cut off; the controller that reloads the proxy is not.
    await t.test('an address that came after the last word of the API server is not stale', () =>
      assert.deepEqual(rig.timeline.said(BAD), []),
    );
    await t.test('the API tells of truth_stale though nobody scrapes', () =>
      assert.ok(rig.timeline.moments.at(-1)!.report.conditions.some(isTruthStale)),
    );
  });
});
