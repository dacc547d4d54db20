import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DURATION_BUCKETS } from '../../src/contract/traffic.ts';
import { BUILTIN_FORMATS } from '../../src/parse/access-log/builtin-formats.ts';
import { ENVOY_FORMATS } from '../../src/parse/envoy-access/envoy-formats.ts';
import { Badgateway, labelOf, moved, type Samples, sum } from '../support/badgateway.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { fileLog, freePorts, type RunningEnvoy, startEnvoy } from '../support/envoy-rig.ts';
import { freePort } from '../support/freeport.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { skipWithout } from '../support/programs.ts';
import { askTimed, BODY, openTimedUpstream, type TimedUpstream } from '../support/timed-upstream.ts';
import { runWrk } from '../support/wrk.ts';

/** Milliseconds, each within a bucket; how many of a hundred take so long. */
const WAITS = { 40: 50, 160: 35, 700: 12, 1600: 3 } as const;
const QUANTILES = [0.3, 0.7, 0.9, 0.98];
const TIMES = 3;
const AT_ONCE = 20;
const [CONNECTIONS, EACH, PIECES] = [4, 900, 3];
const off = { enabled: false };
const OTHERS = { nginx_error_log: off, nginx_config: off, kubernetes: off };

const waits = Object.entries(WAITS).flatMap(([ms, times]) => Array<number>(times * TIMES).fill(Number(ms)));

/** Bucket of the sample that so many of all are not above; `counts`: cumulative growth by bound. */
function bucketOf(quantile: number, counts: readonly number[]): number {
  const rank = Math.ceil(quantile * counts[counts.length - 1]);
  return counts.findIndex((count) => count >= rank);
}

/** Each quantile of what was counted is in the bucket of the measured one, or beside it. */
function assertQuantiles(family: string, before: Samples, now: Samples, took: readonly number[]): void {
  const bounds = [...DURATION_BUCKETS.map(String), '+Inf'];
  const growth = moved(before, now, `${family}_bucket`, 'le');
  const counts = bounds.map((bound) => growth[bound] ?? 0);
  const truth = bounds.map((bound) => took.filter((time) => time <= Number(bound.replace('+Inf', 'Infinity'))).length);
  assert.equal(counts.at(-1), took.length, family);
  for (const quantile of QUANTILES) {
    const [got, wanted] = [bucketOf(quantile, counts), bucketOf(quantile, truth)];
    assert.ok(Math.abs(got - wanted) <= 1, `${family} ${quantile}: le ${bounds[got]}, measured ${bounds[wanted]}`);
  }
  const seconds = sumOf(now, `${family}_sum`) - sumOf(before, `${family}_sum`);
  const measured = took.reduce((all, time) => all + time, 0);
  // The client waits for itself too; nothing is quicker than the upstream.
  const least = waits.reduce((all, ms) => all + ms, 0) / 1000;
  assert.ok(seconds > least * 0.95 && seconds < measured * 1.05, `${family}: ${least} < ${seconds} < ${measured}`);
}

const sumOf = (samples: Samples, family: string) => sum(samples, family);

describe('traffic as the client saw it [ci]', { skip: skipWithoutEnvoy() || skipWithout('nginx', 'wrk') }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-truth-'));
  const log = join(directory, 'access.log');
  const programs: Badgateway[] = [];
  let upstream: TimedUpstream;
  let envoy: RunningEnvoy;
  let nginx: RunningNginx;
  let ports: { readonly listen: number; readonly admin: number; readonly nginx: number };
  /** What reads Envoy's log, Envoy's statistics, and nginx' log. */
  let byLog: Badgateway;
  let byStats: Badgateway;
  let byNginx: Badgateway;

  const logConfig = () => ({
    collectors: {
      ...OTHERS,
      envoy: off,
      envoy_access_log: { files: [{ path: log, gateway: 'edge', format: 'istio' }], start_at: 'beginning' },
    },
  });

  before(async () => {
    upstream = await openTimedUpstream();
    const [listen, admin] = await freePorts(2);
    ports = { listen, admin, nginx: await freePort() };
    writeFileSync(log, '');
    envoy = await startEnvoy(
      {
        listenPort: listen,
        admin: { port: admin },
        clusters: [{ name: 'web', hosts: [{ port: upstream.port }] }],
        routes: [{ prefix: '/', route: { cluster: 'web' } }],
        accessLogs: [fileLog(log, ENVOY_FORMATS.istio)],
      },
      ['--use-dynamic-base-id', '--file-flush-interval-msec', '300'],
    );
    nginx = await startNginx({ http: httpBlock(ports.nginx, upstream.port), listen: ports.nginx, workers: 1 });
    for (let i = 0; i < 3; i++) programs.push(await Badgateway.create());
    [byLog, byStats, byNginx] = programs;
    const targets = [{ url: `http://127.0.0.1:${admin}`, gateway: 'edge' }];
    await byStats.serve({
      collectors: { ...OTHERS, nginx_access_log: off, envoy: { interval: '500ms', discover: false, targets } },
    });
    await byLog.serve(logConfig());
    const files = [{ path: join(nginx.directory, 'access.log'), gateway: 'edge', format: 'badgateway' }];
    await byNginx.serve({ collectors: { ...OTHERS, envoy: off, nginx_access_log: { files } } });
    await byStats.until(async () => sum(await byStats.scrape(), 'badgateway_envoy_up') === 1, 'Envoy is read');
  });
  after(async () => {
    for (const program of programs) await program.dispose();
    await envoy?.stop();
    await nginx?.stop();
    upstream?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Once so many requests are in a family. */
  async function settled(program: Badgateway, family: string, count: number): Promise<Samples> {
    await program.until(async () => sum(await program.scrape(), family) >= count, `${family} is ${count}`);
    return await program.scrape();
  }

  async function rotate(generation: number): Promise<void> {
    renameSync(log, `${log}.${generation}`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    request({ port: ports.admin, host: '127.0.0.1', method: 'POST', path: '/reopen_logs' }, (response) => {
      response.resume().once('end', resolve);
    })
      .once('error', reject)
      .end();
    await promise;
  }

  const total = CONNECTIONS * EACH * PIECES;

  it('Envoy under wrk: requests, codes and bytes to the unit, over rotations and a kill', async () => {
    const codes: Record<string, number> = {};
    for (let piece = 1; piece <= PIECES; piece++) {
      const load = runWrk({
        ...{ port: ports.listen, paths: ['/ok', '/ok', '/missing'], connections: CONNECTIONS, each: EACH },
      });
      await byLog.until(async () => readFileSync(log, 'utf8').length > 100_000, 'it is loaded');
      if (piece === 2) await byLog.end('SIGKILL');
      await rotate(piece);
      if (piece === 2) await byLog.serve(logConfig());
      const tally = await load;
      assert.equal(tally.errors, 0);
      for (const [code, count] of Object.entries(tally.codes)) codes[code] = (codes[code] ?? 0) + count;
    }
    const samples = await settled(byLog, 'badgateway_requests_total', total);
    assert.deepEqual(moved(new Map(), samples, 'badgateway_requests_total', 'code'), codes);
    assert.deepEqual(moved(new Map(), samples, 'badgateway_requests_total', 'upstream'), { web: total });
    assert.equal(sum(samples, 'badgateway_response_bytes_total'), total * BODY.length);
    assert.equal(sum(samples, 'badgateway_request_duration_seconds_count'), total);
    assert.equal(sum(samples, 'badgateway_upstream_duration_seconds_count'), total);
    assert.equal(sum(samples, 'badgateway_log_loss_events_total'), 0);
    const inLogs = readdirSync(directory).flatMap((name) =>
      readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1),
    );
    assert.equal(inLogs.length, total);
  });

  it('its statistics alone tell as many, by class, and how long they took', async () => {
    const samples = await settled(byStats, 'badgateway_request_duration_seconds_count', total);
    assert.deepEqual(moved(new Map(), samples, 'badgateway_requests_total', 'code'), {
      '2xx': (total / 3) * 2,
      '4xx': total / 3,
    });
    assert.equal(sum(samples, 'badgateway_request_duration_seconds_count'), total);
    const upstreams = moved(new Map(), samples, 'badgateway_upstream_duration_seconds_count', 'upstream');
    assert.deepEqual(upstreams, { web: total });
  });

  it('quantiles of each are within a bucket of what the client measured', async () => {
    const [log0, stats0, nginx0] = await Promise.all(programs.map((program) => program.scrape()));
    const throughEnvoy = await askTimed(ports.listen, waits, AT_ONCE);
    const throughNginx = await askTimed(ports.nginx, waits, AT_ONCE);
    for (const family of ['badgateway_request_duration_seconds', 'badgateway_upstream_duration_seconds']) {
      const readBy = async (program: Badgateway, before: Samples, took: readonly number[]) => {
        const count = sum(before, `${family}_count`) + took.length;
        assertQuantiles(family, before, await settled(program, `${family}_count`, count), took);
      };
      await readBy(byLog, log0, throughEnvoy);
      await readBy(byStats, stats0, throughEnvoy);
      await readBy(byNginx, nginx0, throughNginx);
    }
  });

  it('with the log beside them the statistics tell no time again', async () => {
    await byStats.end('SIGTERM');
    const before = await byLog.scrape();
    await byLog.end('SIGTERM');
    const targets = [{ url: `http://127.0.0.1:${ports.admin}`, gateway: 'edge' }];
    const { collectors } = logConfig();
    await byLog.serve({ collectors: { ...collectors, envoy: { interval: '500ms', discover: false, targets } } });
    await byLog.until(async () => sum(await byLog.scrape(), 'badgateway_envoy_up') === 1, 'Envoy is read');
    await askTimed(ports.listen, Array<number>(20).fill(40), 10);
    const family = 'badgateway_request_duration_seconds_count';
    await settled(byLog, family, sum(before, family) + 20);
    // Envoy hands over its statistics every 5 s; then they have been read.
    await new Promise((resolve) => setTimeout(resolve, 7000));
    const samples = await byLog.scrape();
    assert.equal(sum(samples, family), sum(before, family) + 20);
    assert.equal(
      [...samples.keys()].some((key) => labelOf(key, 'gateway') !== 'edge' && key.startsWith(family)),
      false,
    );
  });
});

function httpBlock(listen: number, upstream: number): string {
  return `
  log_format full ${BUILTIN_FORMATS.badgateway.map((word) => `'${word}'`).join(' ')};
  upstream web { server 127.0.0.1:${upstream}; keepalive 32; }
  server {
    listen 127.0.0.1:${listen};
    access_log $DIR/access.log full;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location / { proxy_pass http://web; }
  }`;
}
