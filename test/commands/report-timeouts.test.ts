import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { runTimeouts, type TimeoutsOptions } from '../../src/commands/report-timeouts.ts';
import { TRAFFIC_METRICS } from '../../src/contract/traffic.ts';
import { createServers, type Servers } from '../../src/http/servers.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { createDoubles } from '../support/http-doubles.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-timeouts-'));
after(() => rmSync(directory, { recursive: true }));

const CONF = `events {}
http {
  proxy_connect_timeout 3s;
  upstream shop_cart_80 { server 10.0.0.1:8080; }
  upstream slow { server 10.0.0.2:8080; }
  upstream exports { server 10.0.0.3:8080; }
  upstream quiet { server 10.0.0.4:8080; }
  upstream unused { server 10.0.0.5:8080; }
  server {
    location / { proxy_pass http://shop_cart_80; proxy_read_timeout 3600s; }
    location /slow { proxy_pass http://slow; proxy_read_timeout 2s; }
    location /exports { proxy_pass http://exports; proxy_read_timeout 5s; }
    location /exports/all { proxy_pass http://exports; proxy_read_timeout 300s; }
    location /quiet { proxy_pass http://quiet; }
    location /at { proxy_pass http://$host; }
  }
}
`;
const SUBJECT = { namespace: 'gw', pod: 'edge-1', container: 'nginx', gateway: 'edge', proxy: 'nginx' };
const SERVICE = { upstream_namespace: '', upstream_service: '', upstream_port: '' };

describe('badgateway report timeouts', () => {
  let servers: Servers;
  let access: { server: string; metrics: string };
  let registry: MetricRegistry;

  /** Attempts whose p99.9 is in the bucket that ends with `bound`, of the usual ones. */
  function count(upstream: string, bound: number, { attempts = 10_000, ...subject }: Record<string, unknown> = {}) {
    const { upstreamDuration } = registry.writers(TRAFFIC_METRICS);
    const labels = { ...SUBJECT, ...SERVICE, upstream, ...(subject as object) };
    const counts = new Array(upstreamDuration.buckets.length + 1).fill(0);
    const slow = Math.ceil((attempts as number) * 0.002);
    counts[0] = (attempts as number) - slow;
    counts[bound === Infinity ? counts.length - 1 : upstreamDuration.buckets.indexOf(bound)] += slow;
    upstreamDuration.merge(labels, counts, 1);
  }

  beforeEach(async () => {
    let nowMs = 0;
    registry = new MetricRegistry({ now: () => nowMs });
    const doubles = createDoubles();
    const render = async () => {
      // A new series is shown at 0 first.
      await registry.render('text', 'test');
      nowMs += 120_000;
      return { contentType: 'text/plain', parts: [await registry.render('text', 'test')], release: () => {} };
    };
    const metricsSource = { ...doubles.metricsSource, ready: () => ({ ready: true, reason: '' }), render };
    const listen = { metrics: '127.0.0.1:0', page: '127.0.0.1:0' };
    servers = createServers({ ...doubles, metricsSource: { ...metricsSource, catchingUp: () => null }, listen });
    await servers.start();
    const { page, metrics } = servers.addresses();
    access = { server: `http://${page}`, metrics: `http://${metrics}` };
  });
  afterEach(() => servers.stop());

  async function run(options: Partial<TimeoutsOptions> = {}, conf = CONF) {
    let out = '';
    const notes: string[] = [];
    const path = join(directory, 'nginx.conf');
    writeFileSync(path, conf);
    const terminal = {
      out: (text: string) => {
        out += text;
      },
      note: (one: string) => void notes.push(one),
      stdin: (async function* () {})(),
    };
    const code = await runTimeouts({ files: [path], ...access, ...options }, terminal);
    return { code, out: out.replaceAll(path, 'nginx.conf'), notes: notes.join('\n') };
  }

  it('says which timeouts are far above and below what was observed, and what is not known', async () => {
    count('shop_cart_80', 0.1);
    count('shop_cart_80', 0.1, { pod: 'edge-2' });
    count('slow', 5);
    count('exports', 10);
    count('quiet', 0.5, { attempts: 999 });
    const { code, out, notes } = await run();
    assert.deepEqual([code, notes], [1, '']);
    assert.equal(
      out,
      `nginx.conf: timeouts of 4 upstreams
not listed: 1 places that send where only the running nginx knows

UPSTREAM      ATTEMPTS  P99.9           CONNECT           READ
shop_cart_80  20000     0.025 to 0.1 s  3 s      fits     3600 s        far above
slow          10000     2.5 to 5 s      3 s      unclear  2 s           below
exports       10000     5 to 10 s       3 s      unclear  5 s to 300 s  unclear
quiet         -         -               3 s      unknown  60 s          unknown

shop_cart_80: read timeout (3600 s at nginx.conf:10) is far above: 999 of 1000 attempts take at most 0.1 s; upper bound + slack: 1 s
slow: connect timeout (3 s at nginx.conf:3) unclear: connecting is a part of the attempt and not measured by itself
slow: read timeout (2 s at nginx.conf:11) is below: 1 of 1000 attempts takes more than 2.5 s: cut off, or answers that come in parts for longer; upper bound + slack: 10 s
exports: connect timeout (3 s at nginx.conf:3) unclear: connecting is a part of the attempt and not measured by itself
exports: read timeout (5 s to 300 s at nginx.conf:12, nginx.conf:13) unclear: places that send to it have different timeouts, and durations are not told apart by them
quiet: unknown: 999 attempts: a p99.9 needs 1000
`,
    );
  });

  it('the same as JSON', async () => {
    count('shop_cart_80', 0.1);
    const { code, out } = await run({ json: true });
    const { proxies } = JSON.parse(out);
    assert.equal(code, 1);
    assert.deepEqual(proxies[0].upstreams[0], {
      name: 'shop_cart_80',
      observed: { attempts: 10_000, moreThan: 0.025, atMost: 0.1 },
      connect: { verdict: 'fits', why: '', suggestedMs: null, leastMs: 3000, mostMs: 3000, places: ['nginx.conf:3'] },
      read: {
        ...{ verdict: 'far_above', why: '999 of 1000 attempts take at most 0.1 s', suggestedMs: 1000 },
        ...{ leastMs: 3_600_000, mostMs: 3_600_000, places: ['nginx.conf:10'] },
      },
    });
  });

  it('without traffic, or without a badgateway, everything is unknown and nothing fails', async () => {
    const { code, out } = await run();
    assert.equal(code, 0);
    assert.match(out, /^quiet +- +- +3 s +unknown +60 s +unknown$/m);
    assert.match(out, /^quiet: unknown: no traffic: no access log of this gateway is counted$/m);
    const alone = await run({ server: undefined, metrics: undefined } as object);
    assert.equal(alone.code, 0);
    assert.match(alone.notes, /no traffic is known: ask a badgateway that counts it with --server/);
    registry.writers(TRAFFIC_METRICS).duration.create(SUBJECT);
    assert.match((await run()).out, /^quiet: unknown: the access log is followed, .* needs \$upstream_addr and /m);
    count('other', 1);
    assert.match((await run()).out, /^quiet: unknown: no traffic: no attempt was counted for it$/m);
  });

  it('mixes no gateways, and lists those whose configuration is not here', async () => {
    count('quiet', 0.5);
    count('quiet', 60, { gateway: 'other' });
    count('outbound|80||cart', 0.5, { gateway: 'mesh', proxy: 'envoy' });
    const { out } = await run();
    assert.match(out, /^quiet: unknown: gateways edge, other have one of this name: say which with --gateway$/m);
    const named = (await run({ gateway: 'edge' })).out;
    assert.match(named, /^quiet +10000 +0\.25 to 0\.5 s +3 s +fits +60 s +far above$/m);
    assert.match(named, /^nginx other: timeouts of 1 upstream$/m);
    assert.match(named, /^quiet: unknown: its configuration is not read here$/m);
    assert.match(
      named,
      /^outbound\|80\|\|cart: unknown: the timeouts of an Envoy are in its routes, which are not read$/m,
    );
  });

  it('takes no default where something could not be read, and says so', async () => {
    count('quiet', 0.5);
    const { code, out } = await run({}, CONF.replace('http {', 'http {\n include /no/such/file;'));
    assert.equal(code, 2);
    assert.match(out, /^not read: .*\/no\/such\/file/m);
    assert.match(out, /^quiet: read timeout unknown: it may be set in a part of the configuration that is not there$/m);
  });

  it('2 and the next step when the metrics are not where it looks', async () => {
    const { code, notes } = await run({ metrics: access.server });
    assert.equal(code, 2);
    assert.match(notes, /it has no \/metrics \(404\): give the address of its metrics .*--metrics$/);
    const nobody = await run({ metrics: 'http://127.0.0.1:1' });
    assert.match(nobody.notes, /nobody listens there: give the address of its metrics/);
  });
});
