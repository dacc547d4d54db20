import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { envoyAccessLog } from '../../src/collectors/envoy-access-log.ts';
import type { Observation } from '../../src/contract/failure.ts';
import { DURATION_BUCKETS, type GatewayTraffic, type UpstreamTraffic } from '../../src/contract/traffic.ts';
import type { Collector, Persistent } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { ENVOY_FORMATS } from '../../src/parse/envoy-access/envoy-formats.ts';
import { renderJson, renderText, type Values } from '../parse/envoy-access/rendered.ts';
import { testContext } from '../support/context.ts';

const createEnvoyAccessLog = await envoyAccessLog.load();

const JSON_FORMAT = ENVOY_FORMATS['istio-json'].json;

const valuesAt = (startMs: number, more: Values = {}): Values => ({
  ...{ START_TIME: new Date(startMs).toISOString(), 'REQ(:METHOD)': 'GET', PROTOCOL: 'HTTP/1.1' },
  ...{ RESPONSE_CODE: '200', DURATION: '4', BYTES_SENT: '10', BYTES_RECEIVED: '3' },
  ...{ UPSTREAM_HOST: '10.0.0.1:80', UPSTREAM_CLUSTER_RAW: 'cart', ...more },
});
const line = (values: Values) => `${renderJson(JSON_FORMAT, values)}\n`;
const refusedAt = (startMs: number) =>
  line(
    valuesAt(startMs, {
      ...{ RESPONSE_CODE: '503', RESPONSE_FLAGS: 'UF' },
      UPSTREAM_TRANSPORT_FAILURE_REASON: 'delayed connect error: 111',
    }),
  );

describe('envoy_access_log', () => {
  let directory: string;
  let collector: Collector;
  let registry: MetricRegistry;
  let nowMs: number;
  let seen: Observation[];
  let answers: Record<string, number>;
  let followed: string[];
  let parts: Map<string, Persistent>;

  async function start(config: object, saved: Readonly<Record<string, unknown>> = {}): Promise<void> {
    registry = new MetricRegistry({ now: () => nowMs });
    [seen, answers, followed, parts] = [[], {}, [], new Map()];
    const gatewayKey = (subject: { gateway: string; pod: string }) => `${subject.pod}/${subject.gateway}`;
    const context = testContext(registry.writers(envoyAccessLog.metrics), {
      sink: { present: () => {}, observe: (one) => void seen.push(one) },
      traffic: {
        buckets: DURATION_BUCKETS,
        follows: (_, subject) => void followed.push(gatewayKey(subject)),
        leaves: (_, subject) => void followed.splice(followed.indexOf(gatewayKey(subject)), 1),
        isFollowed: () => followed.length > 0,
        gateway: (_, __, { durations }: GatewayTraffic) => {
          answers.timed = (answers.timed ?? 0) + Array.from(durations.counts).reduce((sum, count) => sum + count, 0);
        },
        upstream: (_, __, traffic: UpstreamTraffic) => {
          for (const [code, count] of traffic.answers) answers[code] = (answers[code] ?? 0) + count;
        },
      },
      clock: { now: () => nowMs },
      paths: { proc: '/proc', root: directory },
      checkpoint: {
        register: (name, part) => {
          parts.set(name, part);
          if (name in saved) part.restore(saved[name]);
        },
      },
    });
    collector = createEnvoyAccessLog(envoyAccessLog.schema.parse(config), context);
    await collector.start?.();
  }

  async function until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (!condition()) {
      assert.ok(Date.now() < deadline, JSON.stringify({ answers, followed, seen }));
      await new Promise((resolve) => setTimeout(resolve, 20));
      collector.flush?.();
    }
  }

  const linesOf = (result: string) => {
    const found = registry.get('badgateway_envoy_access_log_lines_total');
    return found?.value({ namespace: '', pod: '', container: '', gateway: 'edge', result });
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'badgateway-envoy-log-'));
    nowMs = Date.UTC(2026, 10, 21, 3);
  });
  afterEach(async () => {
    await collector?.stop?.();
    rmSync(directory, { recursive: true });
  });

  it('counts answers; failures have their host, cluster and second, and when they were read', async () => {
    const path = join(directory, 'access.log');
    writeFileSync(path, '');
    await start({ files: [{ path, gateway: 'edge', format: 'istio-json' }] });
    assert.deepEqual(followed, ['/edge']);
    nowMs += 12_000;
    appendFileSync(path, line(valuesAt(nowMs)) + refusedAt(nowMs - 9_996) + refusedAt(nowMs - 9_500));
    await until(() => answers['503'] === 2);
    assert.deepEqual(answers, { '200': 1, '503': 2, timed: 3 });
    const [first, ...others] = seen;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [first.symptom, first.failure, first.count, first.source, first.peer, first.upstream.upstream, first.isLate],
      ['connect_refused', true, 2, 'access_log', { scheme: 'tcp', address: '10.0.0.1', port: 80 }, 'cart', undefined],
    );
    assert.deepEqual([first.sinceMs - nowMs, first.atMs - nowMs, first.readMs], [-10_001, -9_000, nowMs]);
    assert.equal(first.said, 'Envoy said 111: Connection refused');
    assert.match(first.sample ?? '', /503 UF connect refused \(111: Connection refused\)/);
    assert.equal(linesOf('request'), 3);
  });

  it('what failed before it came, or long ago, is late; what seems to come is now', async () => {
    const path = join(directory, 'access.log');
    writeFileSync(path, refusedAt(nowMs - 5_000));
    await start({ files: [{ path, gateway: 'edge', format: 'istio-json' }], start_at: 'beginning' });
    await until(() => seen.length === 1);
    assert.equal(seen[0].isLate, true);
    nowMs += 300_000;
    appendFileSync(path, refusedAt(nowMs - 200_000) + refusedAt(nowMs + 60_000));
    await until(() => seen.length === 3);
    assert.deepEqual(
      seen.slice(1).map(({ isLate, atMs }) => [isLate, atMs - nowMs]),
      [
        [true, -199_000],
        [undefined, 0],
      ],
    );
  });

  it('finds out which built-in format it is, and keeps that over a restart', async () => {
    const path = join(directory, 'access.log');
    writeFileSync(path, '');
    await start({ files: [{ path, gateway: 'edge' }] });
    assert.deepEqual(followed, []);
    appendFileSync(path, `[2026-11-21 03:00:00.000][1][info][main] starting\n${line(valuesAt(nowMs))}`);
    await until(() => answers['200'] === 1);
    assert.deepEqual(followed, ['/edge']);
    assert.equal(linesOf('foreign'), 1);
    assert.match(collector.targets?.()[0].detail ?? '', /format istio-json/);
    await collector.stop?.();
    assert.deepEqual(followed, []);
    const saved = Object.fromEntries([...parts].map(([name, part]) => [name, JSON.parse(JSON.stringify(part.save()))]));
    await start({ files: [{ path, gateway: 'edge' }] }, saved);
    assert.deepEqual(followed, ['/edge'], 'before any line');
  });

  it('follows until the log has been away for a minute', async () => {
    const path = join(directory, 'access.log');
    writeFileSync(path, '');
    await start({ files: [{ path, gateway: 'edge', format: 'envoy' }] });
    renameSync(path, join(directory, 'old'));
    await until(() => collector.targets?.()[0].state === 'absent');
    assert.deepEqual(followed, ['/edge']);
    nowMs += 61_000;
    collector.flush?.();
    assert.deepEqual(followed, []);
    appendFileSync(path, `${renderText(ENVOY_FORMATS.envoy.text, valuesAt(nowMs)).trimEnd()}\n`);
    await until(() => answers['200'] === 1);
    assert.deepEqual(followed, ['/edge']);
  });

  it('a format without a code leaves the answers to the statistics', async () => {
    const path = join(directory, 'access.log');
    writeFileSync(path, '');
    const format = { json: { flags: '%RESPONSE_FLAGS%', host: '%UPSTREAM_HOST%' } };
    await start({ files: [{ path, gateway: 'edge', format }] });
    appendFileSync(path, '{"flags":"UH","host":null}\n');
    await until(() => seen.length === 1);
    assert.deepEqual([followed, answers['503']], [[], undefined]);
    assert.equal(seen[0].symptom, 'no_healthy_upstream');
    assert.ok(seen[0].sinceMs <= nowMs - 10_000, 'Envoy may have kept the line');
  });

  it('without files: the logs of pods with an Envoy, by the pod', async () => {
    const pods = join(directory, 'var/log/pods');
    const uid = '0b7c2f5e-1111-2222-3333-444455556666';
    const write = (pod: string, container: string) => {
      const place = join(pods, `edge_${pod}_${uid}`, container);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, '0.log'), '');
      return join(place, '0.log');
    };
    const path = write('envoy-x7k2p', 'envoy');
    write('shop-x7k2p', 'istio-proxy');
    await start({});
    assert.equal((await collector.poll(AbortSignal.timeout(1000))).state, 'ok');
    assert.deepEqual(
      collector.targets?.().map(({ name }) => name),
      [path],
    );
    appendFileSync(path, `2026-11-21T03:00:00.000000000Z stdout F ${line(valuesAt(nowMs))}`);
    await until(() => answers['200'] === 1);
    assert.deepEqual(followed, ['envoy-x7k2p/envoy']);
  });

  it('refuses a format that cannot be read, with what to change', () => {
    const parse = (format: unknown) => envoyAccessLog.schema.safeParse({ files: [{ path: '/x', format }] });
    assert.match(String(parse({ text: '%RESPONSE_CODE% %REQ(X)%' }).error), /does not end its lines/);
    assert.match(String(parse({ json: { path: '%REQ(:PATH)%' } }).error), /RESPONSE_CODE/);
    assert.ok(!parse('nginx').success);
    assert.ok(parse({ text: '%RESPONSE_CODE% %RESPONSE_FLAGS%\n' }).success);
  });

  it('says when there is nothing to follow', async () => {
    await start({});
    const { state, detail } = await collector.poll(AbortSignal.timeout(1000));
    assert.equal(state, 'absent');
    assert.match(detail, /no \/var\/log\/pods here/);
    await start({ discover: false });
    assert.match((await collector.poll(AbortSignal.timeout(1000))).detail, /discovery is off/);
  });
});
