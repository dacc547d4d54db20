import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ENVOY_FORMATS } from '../../src/parse/envoy-access/envoy-formats.ts';
import { Badgateway, moved, type Samples, sum } from '../support/badgateway.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { fileLog, freePorts, NONE_PENDING, type RunningEnvoy, startEnvoy } from '../support/envoy-rig.ts';
import { exchange } from '../support/raw-exchange.ts';
import { openBlackhole, openRefusing, openUpstream, Upstreams } from '../support/upstreams.ts';

const SERVICE = 'outbound|80||cart.shop.svc.cluster.local';

/** All that is read, as `json_format`. */
const FULL = {
  ...ENVOY_FORMATS['istio-json'].json,
  attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
};

/** What is known of the Envoy: its log, its statistics, both, or both where the log says little. */
const SOURCES = ['log', 'stats', 'both', 'bare'] as const;
type Source = (typeof SOURCES)[number];

/** How often each is asked, what it counts as, and its code; a null cause: no failure. */
const FAULTS = {
  refused: { path: '/refused', times: 3, cause: 'connection_refused', code: '503' },
  'connect timeout': { path: '/blackhole', times: 2, cause: 'connect_timeout', code: '503' },
  'response timeout': { path: '/slow', times: 2, cause: 'response_timeout', code: '504' },
  'no healthy upstream': { path: '/empty', times: 2, cause: 'no_healthy_upstream', code: '503' },
  overflow: { path: '/full', times: 2, cause: 'circuit_open', code: '503' },
  'no cluster': { path: '/unknown', times: 2, cause: 'no_cluster', code: '503' },
  '503 of the application': { path: '/app', times: 4, cause: 'app_error', code: '503' },
  'no route': { path: '/nowhere', times: 2, cause: null, code: '404' },
  'client abort': { path: '/silent', times: 2, cause: null, code: 'none' },
  answers: { path: '/ok', times: 20, cause: null, code: '200' },
} as const;

describe('failures and answers of a real Envoy, by its access log and its statistics [ci]', {
  skip: skipWithoutEnvoy(),
  concurrency: false,
}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-access-log-'));
  const logs = { full: join(directory, 'full.log'), bare: join(directory, 'bare.log') };
  const upstreams = new Upstreams();
  const { ports } = upstreams;
  const programs = new Map<Source, Badgateway>();
  let running: RunningEnvoy;
  let asked = 0;

  const configOf = (source: Source) => {
    const targets = [{ url: `http://127.0.0.1:${ports.admin}`, gateway: 'edge' }];
    const file =
      source === 'bare'
        ? { path: logs.bare, gateway: 'edge' }
        : { path: logs.full, gateway: 'edge', format: { json: FULL } };
    const off = { enabled: false };
    return {
      collectors: {
        ...{ nginx_error_log: off, nginx_access_log: off, nginx_config: off, kubernetes: off },
        envoy: source === 'log' ? off : { interval: '1s', discover: false, targets },
        envoy_access_log: source === 'stats' ? off : { files: [file] },
      },
    };
  };

  before(async () => {
    await upstreams.open({
      closed: openRefusing(),
      blackhole: openBlackhole(),
      ok: openUpstream('ok'),
      app: openUpstream((socket) => socket.end('HTTP/1.1 503 No\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok')),
      silent: openUpstream('silent'),
    });
    [ports.admin, ports.listen] = await freePorts(2);
    for (const path of Object.values(logs)) writeFileSync(path, '');
    const on = (name: string) => [{ port: ports[name] }];
    running = await startEnvoy(
      {
        listenPort: ports.listen,
        admin: { port: ports.admin },
        clusters: [
          ...['ok', 'app', 'silent', 'blackhole'].map((name) => ({ name, hosts: on(name) })),
          { name: SERVICE, hosts: on('closed') },
          { name: 'empty', hosts: [] },
          { name: 'full', hosts: on('silent'), extra: NONE_PENDING },
        ],
        routes: [
          ...['ok', 'app', 'silent', 'blackhole', 'empty', 'full'].map((name) => ({
            ...{ prefix: `/${name}`, route: { cluster: name } },
          })),
          { prefix: '/refused', route: { cluster: SERVICE } },
          {
            prefix: '/retried',
            route: { cluster: SERVICE, retry_policy: { retry_on: 'connect-failure', num_retries: 1 } },
          },
          { prefix: '/slow', route: { cluster: 'silent', timeout: '0.1s' } },
          { prefix: '/unknown', route: { cluster_header: 'x-cluster' } },
        ],
        accessLogs: [fileLog(logs.full, { json: FULL }), fileLog(logs.bare)],
      },
      ['--use-dynamic-base-id', '--file-flush-interval-msec', '500'],
    );
    for (const source of SOURCES) {
      const program = await Badgateway.create();
      programs.set(source, program);
      await program.serve(configOf(source));
      const family = source === 'log' ? 'badgateway_envoy_access_log_files' : 'badgateway_envoy_up';
      await program.until(async () => sum(await program.scrape(), family) === 1, 'Envoy is read');
    }
  });

  after(async () => {
    for (const program of programs.values()) await program.dispose();
    await running?.stop();
    await upstreams.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** One request on a connection of its own; the client that leaves does so after a moment. */
  async function ask(path: string, leaves = false): Promise<void> {
    asked++;
    const request = `GET ${path} HTTP/1.1\r\nhost: h\r\nx-cluster: nobody\r\nconnection: close\r\n\r\n`;
    await exchange(ports.listen, request, leaves ? 300 : undefined);
  }

  async function askTimes(path: string, times: number): Promise<void> {
    for (let i = 0; i < times; i++) await ask(path, path === '/silent');
  }

  /** Once a program has counted all requests, and nothing waits any more for what another source may say. */
  async function settled(source: Source): Promise<Samples> {
    const program = programs.get(source)!;
    const family = 'badgateway_requests_total';
    // Envoy's statistics have no request that was not answered.
    const unanswered = source === 'stats' ? FAULTS['client abort'].times : 0;
    const isSettled = async () => {
      const samples = await program.scrape();
      return sum(samples, family) >= asked - unanswered && samples.get('badgateway_verdicts_pending') === 0;
    };
    // What only the statistics tell waits 15 s.
    for (let i = 0; i < 3; i++) await program.until(isSettled, `${source}: ${asked} requests are counted`);
    return program.scrape();
  }

  /** Failures since, by cause. That nothing listens there is proved when somebody looked in time. */
  function causesSince(before: Samples, now: Samples): Record<string, number> {
    const {
      not_listening: proved = 0,
      connection_refused: refused = 0,
      ...causes
    } = moved(...([before, now, 'badgateway_failures_total', 'cause'] as const));
    return proved + refused > 0 ? { ...causes, connection_refused: proved + refused } : causes;
  }

  async function scrapeAll(): Promise<Map<Source, Samples>> {
    const all = new Map<Source, Samples>();
    for (const source of SOURCES) all.set(source, await programs.get(source)!.scrape());
    return all;
  }

  it('each failed request once, under its cause, whatever is read; each answer once, by its code', async () => {
    // Which format a log has is known from its first line; before that nobody waits for what it may say.
    await askTimes('/ok', 1);
    for (const source of SOURCES.filter((one) => one !== 'stats')) {
      const program = programs.get(source)!;
      const lines = async () =>
        sum(await program.scrape(), 'badgateway_envoy_access_log_lines_total', 'result="request"');
      await program.until(async () => (await lines()) === 1, `${source}: the log is read`);
    }
    const before = await scrapeAll();
    for (const { path, times } of Object.values(FAULTS)) await askTimes(path, times);
    const causes: Record<string, number> = {};
    const codes: Record<string, number> = {};
    for (const { cause, code, times } of Object.values(FAULTS)) {
      if (cause !== null) causes[cause] = (causes[cause] ?? 0) + times;
      codes[code] = (codes[code] ?? 0) + times;
    }
    for (const source of SOURCES) {
      const samples = await settled(source);
      assert.deepEqual(causesSince(before.get(source)!, samples), causes, source);
      if (source === 'stats') continue;
      assert.deepEqual(moved(before.get(source)!, samples, 'badgateway_requests_total', 'code'), codes, source);
      assert.equal(sum(samples, 'badgateway_request_duration_seconds_count'), asked, source);
      if (source === 'bare') continue;
      const attempts = moved(before.get(source)!, samples, 'badgateway_upstream_attempts_total', 'upstream');
      assert.deepEqual([attempts.ok, attempts.app, attempts[SERVICE]], [20, 4, 3]);
    }
  });

  it('symptoms that are no failures are counted once too', async () => {
    for (const source of SOURCES) {
      const samples = await programs.get(source)!.scrape();
      assert.equal(sum(samples, 'badgateway_symptoms_total', 'symptom="route_not_found"'), 2, source);
    }
  });

  it('a request that was tried again: one failure in the log, each attempt in the statistics, and together', async () => {
    const before = await scrapeAll();
    await askTimes('/retried', 1);
    const expected = { log: 1, stats: 2, both: 2, bare: 2 };
    const deadline = Date.now() + 60_000;
    for (const source of SOURCES)
      for (;;) {
        const { connection_refused: times = 0 } = causesSince(before.get(source)!, await settled(source));
        if (times >= expected[source]) break;
        assert.ok(Date.now() < deadline, `${source}: ${expected[source]} attempts are counted`);
        await delay(100);
      }
    const samples = await settled('both');
    assert.equal(sum(samples, 'badgateway_upstream_retries_total', 'method="GET"'), 1);
  });

  it('over a restart: what failed meanwhile stands in the log, and what is counted is counted', async () => {
    const before = await settled('both');
    const both = programs.get('both')!;
    await askTimes('/refused', 2);
    await both.end('SIGTERM');
    await askTimes('/refused', 3);
    await both.serve(configOf('both'));
    await both.until(async () => sum(await both.scrape(), 'badgateway_envoy_up') === 1, 'Envoy is read');
    await askTimes('/refused', 4);
    assert.deepEqual(causesSince(before, await settled('both')), { connection_refused: 9 });
  });

  it('nothing is counted later', async () => {
    // All of them have read the statistics since the last request, and decided.
    await delay(7_500);
    for (const source of SOURCES) await settled(source);
    const before = await scrapeAll();
    // So long what only the statistics tell of is held back.
    await delay(16_000);
    for (const source of SOURCES) {
      assert.deepEqual(causesSince(before.get(source)!, await settled(source)), {}, source);
    }
  });
});
