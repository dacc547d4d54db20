import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { UpstreamsReport } from '../../src/http/views.ts';
import { view } from '../facts/views.ts';
import { directory, Rig } from './upstreams-rig.ts';

let rig: Rig;

describe('badgateway upstreams', () => {
  beforeEach(async () => {
    rig = new Rig();
    await rig.start();
  });
  afterEach(() => rig.servers.stop());

  it('prints an aligned table, drift first', async () => {
    rig.drift();
    const { code, out, notes } = await rig.run();
    assert.deepEqual([code, notes], [0, '']);
    assert.equal(
      out,
      `PROXY  GATEWAY        UPSTREAM      SERVICE       ADDRESS             STATE   SINCE  FILE:LINE                OWNER
nginx  edge (edge-1)  shop_cart_80  shop/cart:80  10.0.0.2:8080       stale   41 s   /etc/nginx/http.conf:82  shop/cart-2 (gone)
nginx  edge (edge-1)  fpm           -             unix:/run/fpm.sock  (unix)  -      -                        -
nginx  edge (edge-1)  shop_cart_80  shop/cart:80  10.0.0.1:8080       live    41 s   /etc/nginx/http.conf:81  shop/cart-1
`,
    );
  });

  it('names the nearest Services of an upstream whose Service does not exist', async () => {
    const { truth, service, current, now, wait } = rig.truth;
    service('shop/postgres');
    current();
    truth.upstreams.report('conf', view({ shop_postgress_5432: ['10.0.0.1:5432'] }, { readAtMs: now() }));
    wait(3000);
    assert.equal(
      (await rig.run()).notes,
      'no Service is known for upstream shop_postgress_5432; the nearest that there are: shop/postgres',
    );
  });

  it('says that no address is in the state that was asked for', async () => {
    rig.drift();
    assert.deepEqual(await rig.run({ state: 'foreign' }), { code: 0, out: '', notes: 'no address is foreign' });
    assert.equal((await rig.run({ state: 'stale' })).notes, '');
  });

  it('is a command with an exit code', async () => {
    rig.drift();
    const child = spawn(process.execPath, ['src/main.ts', 'upstreams', '--url', rig.url, '--state', 'stale']);
    let out = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.match(out, /^PROXY .*\nnginx .* 10\.0\.0\.2:8080 +stale .*\n$/);
    const check = spawn(process.execPath, ['src/main.ts', 'upstreams', '--url', rig.url, '--check', '--json']);
    check.stdout.resume();
    assert.deepEqual(await once(check, 'close'), [1, null]);
  });

  it('asks for a gateway, an upstream, a state', async () => {
    rig.drift();
    assert.match(
      (await rig.run({ gateway: 'edge', upstream: 'shop_cart_80', state: 'live' })).out,
      /^PROXY.*\n.*live.*\n$/,
    );
    const { out, notes, code } = await rig.run({ gateway: 'west' });
    assert.deepEqual([code, out], [0, '']);
    assert.match(notes, /no such upstream is known/);
  });

  it('--json is the answer of the API', async () => {
    rig.drift();
    const { out } = await rig.run({ json: true, state: 'stale' });
    assert.deepEqual(JSON.parse(out), rig.truth.reports.report({ state: 'stale' }));
  });

  it('--check: 1 when something drifts, 0 when nothing does, 2 when that cannot be told', async () => {
    assert.equal((await rig.run({ check: true })).code, 2, 'no upstream is known');
    rig.drift();
    assert.equal((await rig.run()).code, 0, 'only when it is asked');
    assert.equal((await rig.run({ check: true })).code, 1);
    assert.equal((await rig.run({ check: true, upstream: 'fpm' })).code, 0);
    rig.heal();
    assert.equal((await rig.run({ check: true })).code, 0);
    rig.truth.wait(600_000);
    rig.heal();
    const { code, notes } = await rig.run({ check: true });
    assert.equal(code, 2);
    assert.match(notes, /EndpointSlices are stale, current 10 min ago: every address is unknown/);
  });

  it('--check: 0 without EndpointSlices when there is nothing to compare', async () => {
    rig.truth.truth.upstreams.report('conf', view({ fpm: ['unix:/run/fpm.sock'] }, { readAtMs: rig.truth.now() }));
    assert.deepEqual(await rig.run({ check: true, json: true }).then(({ code, notes }) => [code, notes]), [0, '']);
  });

  it('--check: 2 when the proxy was read too long ago', async () => {
    rig.drift();
    rig.truth.wait(600_000);
    rig.truth.current();
    const { code, notes } = await rig.run({ check: true });
    assert.equal(code, 2);
    assert.match(notes, /^edge was read too long ago/);
  });

  it('cuts names to fit a terminal, never addresses, states and lines', async () => {
    rig.drift();
    const { out } = await rig.run({}, 110);
    for (const line of out.trimEnd().split('\n')) assert.ok(line.length <= 110, line);
    assert.match(out, /10\.0\.0\.2:8080 .*stale .*….*conf:82/);
  });

  it('shows what names hide, in the table and as JSON', async () => {
    const { truth, now } = rig.truth;
    const hostile = '\u001b[2J\u009b31m<script>\u202e';
    truth.upstreams.report('conf', view({ [hostile]: ['10.9.9.9:80'] }, { readAtMs: now() }));
    const { out } = await rig.run();
    assert.match(out, /\\u001b\[2J\\u009b31m<script>\\u202e/);
    const { out: json } = await rig.run({ json: true });
    assert.ok(!/[\u001b\u009b\u202e]/.test(out + json));
    assert.equal((JSON.parse(json) as UpstreamsReport).gateways[0].upstreams[0].name, hostile);
  });

  it('says how many it was not told', async () => {
    const { truth, now } = rig.truth;
    const servers = Array.from({ length: 10_001 }, (_, n) => `10.0.${n >> 8}.${n & 255}:80`);
    truth.upstreams.report('conf', view({ many: servers }, { readAtMs: now() }));
    const { out, notes } = await rig.run();
    assert.match(notes, /^1 more are not listed: narrow with --gateway, --upstream or --state$/m);
    assert.equal(out.split('\n').length, 10_002);
  });

  it('does not align all lines by one long name', async () => {
    const { truth, now } = rig.truth;
    const names = { ['x'.repeat(1000)]: ['10.0.0.1:80'], short: ['10.0.0.2:80'] };
    truth.upstreams.report('conf', view(names, { readAtMs: now() }));
    const lines = (await rig.run()).out.split('\n');
    assert.ok(lines.find((line) => line.includes('short'))!.length < 250);
    assert.ok(lines.some((line) => line.includes('x'.repeat(1000))));
  });
});

describe('badgateway upstreams says the next step', () => {
  before(async () => {
    rig = new Rig();
    await rig.start();
  });
  after(() => rig.servers.stop());

  it('at the port of the metrics', async () => {
    const { code, notes } = await rig.run({ url: `http://${rig.servers.addresses().metrics}` });
    assert.equal(code, 2);
    assert.match(notes, /has no \/api\/v1\/upstreams \(404\): is it the address of the page .*9503/);
  });

  for (const [story, url, words] of [
    ['a URL without a scheme', '127.0.0.1:9503', /write http:\/\/HOST:PORT/],
    ['another scheme', 'ftp://127.0.0.1', /write http:\/\/HOST:PORT/],
    ['a query', 'http://127.0.0.1/?state=live', /write http:\/\/HOST:PORT/],
    ['a password in the URL', 'http://a:secret@127.0.0.1', /give --user and --password-file/],
  ] as const)
    it(`about ${story}`, async () => {
      const { code, notes } = await rig.run({ url });
      assert.equal(code, 2);
      assert.match(notes, words);
      assert.ok(!notes.includes('secret'));
    });

  it('about half a login and a file that cannot be read', async () => {
    assert.match((await rig.run({ user: 'ops' })).notes, /--password-file are given together/);
    const missing = { user: 'ops', passwordFile: join(directory, 'none') };
    assert.match((await rig.run(missing)).notes, /--password-file .*cannot be read \(ENOENT: there is no such file\)/);
    assert.match((await rig.run({ url: 'https://127.0.0.1:1', caFile: join(directory, 'none') })).notes, /--ca-file/);
  });

  it('when TLS is asked of a page without it', async () => {
    const { notes } = await rig.run({ url: rig.url.replace('http:', 'https:') });
    assert.match(notes, /does not speak TLS: write http:\/\//);
  });
});
