import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { freePort } from '../support/freeport.ts';
import { startNginx } from '../support/nginx.ts';
import { askRaw } from '../support/nginx-ask.ts';
import { skipWithout } from '../support/programs.ts';
import { NAMESPACE, readyPod, serviceOf, sliceOf } from '../support/truth-objects.ts';
import { TruthRig } from '../support/truth-rig.ts';
import { isSame, type Listing, type Moment } from '../support/truth-timeline.ts';

const BAD = ['stale', 'foreign', 'port_drift', 'missing'];
/** A poll of nginx, then the plan of watches must stand still: 5 to 7.5 s. */
const NEW_PLAN_MS = 12_000;
const ALL = ['shop', 'blog', 'pay', 'mail', 'wiki', 'chat', 'auth'];

/** One Service `web` in each, with a pod at an address of its own. */
const addressOf = (namespace: string) => `10.3.${ALL.indexOf(namespace)}.1`;
function objectsOf(namespace: string): KubernetesObject[] {
  const objects = [serviceOf('web'), sliceOf('web-a', [readyPod(addressOf(namespace))])];
  return objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }));
}

const isLive = (namespaces: readonly string[]) => (moment: Moment) =>
  namespaces.every((namespace) =>
    isSame(moment.listings.get(`${namespace}_web_80`), { [`${addressOf(namespace)}:8080`]: 'live' }),
  );

async function start(t: TestContext, namespaces: readonly string[], prepare = (_: TruthRig['api']) => {}) {
  const listen = await freePort();
  const http = (some: readonly string[]) => `
    ${some.map((one) => `upstream ${one}_web_80 { server ${addressOf(one)}:8080; }`).join('\n')}
    server { listen 127.0.0.1:${listen}; location / { return 204; } }`;
  const nginx = await startNginx({ listen, http: http(namespaces) });
  t.after(() => nginx.stop());
  const rig = await TruthRig.start({
    objects: ALL.flatMap(objectsOf),
    collectors: { nginx_config: { files: [{ path: join(nginx.directory, 'nginx.conf'), gateway: 'edge' }] } },
    prepare,
  });
  t.after(() => rig.stop());
  return { rig, reload: (some: readonly string[]) => nginx.reload(http(some)) };
}

const LIVE: Listing = { '10.2.1.1:8080': 'live', '10.2.1.2:8080': 'live' };
const STALE: Listing = { '10.2.1.1:8080': 'stale', '10.2.1.2:8080': 'stale' };
const FOREIGN: Listing = { '10.2.2.1:8080': 'foreign' };

const HOLD_DOWN_MS = 3000;
/** Our own look, once a second, and the reader of the error log. */
const AT_ONCE_MS = 2000;

/** What is watched follows what proxies use; meanwhile nothing is said that is not so. */
describe('upstreams that come and go, and go while nobody looks [ci]', {
  skip: skipWithout('nginx'),
  concurrency: true,
}, () => {
  it('one namespace, then so many that all are watched, then one', async (t) => {
    const { rig, reload } = await start(t, ['shop']);
    await rig.timeline.first(isLive(['shop']), 'live');
    for (const namespaces of [ALL, ['pay']]) {
      const fromMs = Date.now();
      reload(namespaces);
      const { atMs } = await rig.timeline.first(isLive(namespaces), `${namespaces} are live`, fromMs);
      t.diagnostic(`${namespaces.length} namespaces: all live ${atMs - fromMs} ms after the reload`);
      assert.ok(atMs - fromMs <= NEW_PLAN_MS);
    }
    const lists = { verb: 'list', resource: 'endpointslices', namespace: 'pay' } as const;
    await rig.api.counters.nth(1, lists, NEW_PLAN_MS);
    await delay(2000);
    assert.ok(isLive(['pay'])(rig.timeline.moments.at(-1)!), 'also with a watch of its own');
    assert.deepEqual(rig.timeline.said(BAD), []);
    // Nobody has forgotten what was live all the time.
    assert.deepEqual(rig.timeline.course('shop_web_80').at(-1), { '10.3.0.1:8080': 'live' });
  });

  it('a namespace that may not be read: nothing is said of any, and the detail says why', async (t) => {
    const { rig } = await start(t, ['shop', 'blog'], (api) =>
      api.access.deny({ resource: 'endpointslices', namespace: 'blog' }),
    );
    const isDenied = async () => {
      const { body } = await rig.program.get('/api/v1/status', { page: true });
      const { collectors } = JSON.parse(body) as { collectors: { name: string; state: string }[] };
      return collectors.some(({ name, state }) => name === 'kubernetes' && state === 'not_permitted');
    };
    await rig.program.until(isDenied, 'it is told');
    await delay(5000);
    const states = rig.timeline.moments.flatMap(({ listings }) => [...listings.values()].flatMap(Object.values));
    assert.deepEqual([...new Set(states)], ['unknown']);
  });

  // Names that say nothing: only its addresses have told which Service an upstream stands for.
  it('killed and started again while every address goes: stale, and foreign', async (t) => {
    const listen = await freePort();
    const nginx = await startNginx({
      listen,
      http: `upstream backend { server 10.2.1.1:8080; server 10.2.1.2:8080; }
        upstream other_backend { server 10.2.2.1:8080; }
        server { listen 127.0.0.1:${listen}; location / { return 204; } }`,
    });
    t.after(() => nginx.stop());
    const [cart, blog] = [
      sliceOf('cart-a', ['10.2.1.1', '10.2.1.2'].map(readyPod)),
      sliceOf('blog-a', [readyPod('10.2.2.1')]),
    ];
    const taker = { kind: 'Pod', namespace: NAMESPACE, name: 'taker', uid: 'taker' };
    const rig = await TruthRig.start({
      objects: [serviceOf('cart'), serviceOf('blog'), serviceOf('taker'), cart, blog],
      collectors: { nginx_config: { files: [{ path: join(nginx.directory, 'nginx.conf'), gateway: 'edge' }] } },
      kubernetes: { namespaces: [NAMESPACE] },
    });
    t.after(() => rig.stop());
    const { timeline, program, api } = rig;
    const { atMs: liveMs } = await timeline.first(({ listings }) => isSame(listings.get('backend'), LIVE), 'live');
    await program.until(async () => existsSync(join(program.directory, 'checkpoint', 'state.json')), 'it saves');
    await delay(2000);
    await program.end('SIGKILL');

    api.store.update(cart, (draft) => Object.assign(draft, { endpoints: [readyPod('10.2.1.3')] }));
    api.store.update(blog, (draft) => Object.assign(draft, { endpoints: [] }));
    api.store.create(sliceOf('taker-a', [{ ...readyPod('10.2.2.1'), targetRef: taker }]));
    const againMs = Date.now();
    await rig.serveAgain();
    const found = await timeline.first(
      ({ listings }) =>
        isSame(listings.get('backend'), { ...STALE, '10.2.1.3:8080': 'missing' }) &&
        isSame(listings.get('other_backend'), FOREIGN),
      'stale and foreign',
      againMs,
    );
    t.diagnostic(`said ${found.atMs - againMs} ms after the start`);
    assert.ok(liveMs < againMs);
    const before = timeline.moments.filter(({ atMs }) => atMs >= againMs && atMs < found.atMs);
    const states = before.flatMap(({ listings }) =>
      [...listings.values()].flatMap((listing) => Object.values(listing)),
    );
    assert.deepEqual([...new Set(states)], ['unknown'], 'nothing was called live in between');
  });

  it('a failed request that hits an address ends its hold-down', async (t) => {
    const [listen, port] = [await freePort(), await freePort('127.0.75.1')];
    const slice = sliceOf('shot-a', ['127.0.75.1', '127.0.75.2'].map(readyPod), [{ name: 'http', port }]);
    const nginx = await startNginx({
      listen,
      http: `upstream shop_shot_80 { server 127.0.75.1:${port} max_fails=0; server 127.0.75.2:${port} max_fails=0; }
        server { listen 127.0.0.1:${listen}; location = /nginx-is-up { return 204; }
        location / { proxy_pass http://shop_shot_80; } }`,
    });
    t.after(() => nginx.stop());
    const rig = await TruthRig.start({
      objects: [serviceOf('shot'), slice],
      collectors: {
        nginx_config: { files: [{ path: join(nginx.directory, 'nginx.conf'), gateway: 'edge' }] },
        nginx_error_log: { files: [{ path: nginx.errorLog, gateway: 'edge' }] },
      },
    });
    t.after(() => rig.stop());
    const state = (ip: string, expected: string) =>
      rig.timeline.first(
        ({ listings }) => listings.get('shop_shot_80')?.[`${ip}:${port}`] === expected,
        `${ip} is ${expected}`,
      );
    await Promise.all([state('127.0.75.1', 'live'), state('127.0.75.2', 'live')]);
    const goneMs = Date.now();
    rig.api.store.update(slice, (draft) => Object.assign(draft, { endpoints: [readyPod('127.0.75.2')] }));
    while (Date.now() - goneMs < HOLD_DOWN_MS) {
      await askRaw(listen, { target: '/' });
      await delay(200);
    }
    const { atMs } = await state('127.0.75.1', 'stale');
    t.diagnostic(`said ${atMs - goneMs} ms after the pod was gone, ${nginx.lines().length} failed attempts`);
    assert.ok(atMs - goneMs < AT_ONCE_MS);
    // Nobody listens there either, but it is the Service's.
    assert.deepEqual(rig.timeline.said(['stale']), [`shop_shot_80 127.0.75.1:${port} stale`]);
  });
});
