import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { discoverAccessLogs } from '../../src/collectors/access-log-discovery.ts';
import { BUILTIN_FORMATS } from '../../src/parse/access-log/builtin-formats.ts';
import { Badgateway, labelOf, moved, type Samples, sum } from '../support/badgateway.ts';
import { freePort } from '../support/freeport.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { askRawTimes } from '../support/nginx-ask.ts';
import { loggedHttp } from '../support/nginx-logged.ts';
import { skipWithout } from '../support/programs.ts';
import { openNxdomain, openRefusing, openUpstream, Upstreams } from '../support/upstreams.ts';
import { runWrk } from '../support/wrk.ts';

const CONNECTIONS = 4;
const EACH = 6000;
const PIECES = 5;

/** Sums of a family by the value of one label. */
const by = (samples: Samples, family: string, label: string) => moved(new Map(), samples, family, label);

describe('real nginx, its access log [ci]', { skip: skipWithout('nginx', 'wrk') }, () => {
  const upstreams = new Upstreams();
  const { ports } = upstreams;
  let nginx: RunningNginx;
  let watcher: Badgateway;

  before(async () => {
    for (const name of ['refused', 'refused2', 'refused3']) await upstreams.open({ [name]: openRefusing() });
    for (const fault of ['ok', 'close', 'silent'] as const) await upstreams.open({ [fault]: openUpstream(fault) });
    await upstreams.open({ dns: openNxdomain() });
    ports.listen = await freePort();
    ports.backend = await freePort();
    nginx = await startNginx({ http: loggedHttp(ports), name: 'edge-of-test', listen: ports.listen, workers: 2 });
  });
  after(async () => {
    await watcher?.dispose();
    await nginx?.stop();
    await upstreams.close();
  });

  const log = () => join(nginx.directory, 'access.log');
  const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);
  /** All lines of all generations; `linesOf` of the test that nginx is up is among them. */
  const allLines = () =>
    readdirSync(nginx.directory)
      .filter((name) => name.startsWith('access.log'))
      .flatMap((name) => linesOf(join(nginx.directory, name)));

  /** With worker threads a file is theirs as soon as it grows. */
  const collectors = (threads = 0) => ({
    nginx_error_log: { files: [{ path: nginx.errorLog, gateway: 'edge' }], start_at: 'beginning' },
    nginx_access_log: {
      files: [{ path: log(), gateway: 'edge', format: 'badgateway' }],
      start_at: 'beginning',
      ...{ threads, thread_above: '64KiB' },
    },
    envoy: { enabled: false },
  });

  /** When so many requests are counted and every failure has its verdict. */
  async function scrapeAfter(requests: number): Promise<Samples> {
    await watcher.until(async () => {
      const samples = await watcher.scrape();
      const isRead = sum(samples, 'badgateway_requests_total', 'gateway="edge"') >= requests;
      return isRead && samples.get('badgateway_verdicts_pending') === 0;
    }, `${requests} requests are counted and judged`);
    return await watcher.scrape();
  }

  function rotate(generation: number): void {
    renameSync(log(), `${log()}.${generation}`);
    process.kill(nginx.pid, 'SIGUSR1');
  }

  it('the running configuration says where it is and in which format', () => {
    const { files } = discoverAccessLogs({ proc: '/proc', root: '' });
    const ours = files.filter(({ path }) => path.startsWith(nginx.directory));
    assert.deepEqual(ours, [
      { path: log(), format: 'full', words: [...BUILTIN_FORMATS.badgateway], gateway: 'edge-of-test', pod: null },
    ]);
  });

  it('requests, codes, bytes and times are those of the load generator, over rotations and a kill, with and without threads', async () => {
    watcher = await Badgateway.create();
    await watcher.serve({ collectors: collectors() });
    const before = allLines();
    await scrapeAfter(before.length);
    const total = CONNECTIONS * EACH * PIECES;
    const tallies = [];
    for (let piece = 1; piece <= PIECES; piece++) {
      const load = runWrk({
        port: ports.listen,
        paths: ['/ok', '/ok', '/missing', '/moved'],
        connections: CONNECTIONS,
        each: EACH,
      });
      await watcher.until(async () => linesOf(log()).length > 1000, 'it is loaded');
      if (piece === 3) await watcher.end('SIGKILL');
      rotate(piece);
      if (piece === 3) await watcher.serve({ collectors: collectors(2) });
      if (piece > 3)
        await watcher.until(
          async () => Number((await watcher.scrape()).get('badgateway_nginx_access_log_threads')) > 0,
          'a thread reads',
        );
      tallies.push(await load);
    }
    const lines = allLines();
    assert.equal(lines.length, before.length + total);
    const samples = await scrapeAfter(lines.length);
    const expected: Record<string, number> = {};
    for (const line of before) add(expected, line.split(' ')[2], 1);
    for (const { codes, errors } of tallies) {
      assert.equal(errors, 0);
      for (const [code, count] of Object.entries(codes)) add(expected, code, count);
    }
    assert.deepEqual(by(samples, 'badgateway_requests_total', 'code'), expected);
    assert.deepEqual(by(samples, 'badgateway_upstream_attempts_total', 'code'), {
      '200': total / 2 + before.length,
      '404': total / 4,
      '302': total / 4,
    });
    const sent = before.reduce((bytes, line) => bytes + Number(line.split(' ')[6]), 0);
    const received = tallies.reduce((bytes, tally) => bytes + tally.bytes, sent);
    assert.equal(sum(samples, 'badgateway_response_bytes_total'), received);
    assert.equal(sum(samples, 'badgateway_log_loss_events_total'), 0);
    assert.deepEqual(by(samples, 'badgateway_nginx_access_log_lines_total', 'result'), { counted: lines.length });
    const times = lines.map((line) => Number(line.split(' ')[3]));
    assert.equal(sum(samples, 'badgateway_request_duration_seconds_count'), lines.length);
    const seconds = times.reduce((all, time) => all + Math.round(time * 1000), 0) / 1000;
    assert.ok(Math.abs(sum(samples, 'badgateway_request_duration_seconds_sum') - seconds) < 1e-6);
    for (const [sample, count] of samples) {
      if (!sample.startsWith('badgateway_request_duration_seconds_bucket{')) continue;
      const bound = Number(labelOf(sample, 'le').replace('+Inf', 'Infinity'));
      assert.equal(count, times.filter((time) => time <= bound).length, sample);
    }
  });

  it('with both logs each failed attempt is counted once, retries included', async () => {
    const before = await scrapeAfter(allLines().length);
    const ask = async (target: string, count: number, status: number) =>
      assert.deepEqual(await askRawTimes(count, ports.listen, { target }), Array(count).fill(status));
    await ask('/retried', 6, 200);
    await ask('/dead', 3, 502);
    await ask('/cut', 2, 502);
    await ask('/slow', 2, 504);
    await ask('/no-name', 2, 502);
    await ask(`/dead?${'x'.repeat(3000)}`, 2, 502);
    await ask('/app', 5, 503);
    await ask('/closed', 4, 503);
    const samples = await scrapeAfter(allLines().length);
    assert.deepEqual(moved(before, samples, 'badgateway_symptoms_total', 'symptom'), {
      connect_refused: 6 * 2 + 3 + 2,
      premature_close: 2,
      response_timeout: 2,
      dns_failure: 2,
      upstream_5xx: 5,
      other: 4,
    });
    const causes = moved(before, samples, 'badgateway_failures_total', 'cause');
    assert.equal(
      Object.values(causes).reduce((all, count) => all + count, 0),
      17 + 2 + 2 + 2 + 5 + 4,
    );
    assert.deepEqual([causes.app_error, causes.unidentified], [5, 4]);
    assert.deepEqual(moved(before, samples, 'badgateway_upstream_retries_total', 'method'), { GET: 12 });
    assert.deepEqual(moved(before, samples, 'badgateway_requests_total', 'code'), { 200: 6, 502: 9, 503: 9, 504: 2 });
  });

  it('the access log alone tells of the same attempts', async () => {
    await watcher.dispose();
    watcher = await Badgateway.create();
    const { nginx_error_log: _, ...rest } = collectors();
    await watcher.serve({ collectors: { ...rest, nginx_error_log: { enabled: false } } });
    const samples = await scrapeAfter(linesOf(log()).length);
    assert.deepEqual(by(samples, 'badgateway_symptoms_total', 'symptom'), {
      other: 12 + 3 + 2 + 2 + 2 + 4,
      response_timeout: 2,
      upstream_5xx: 5,
    });
  });

  it('a mixed file of a container: each log is read from its own stream', async () => {
    await watcher.dispose();
    const directory = join(
      nginx.directory,
      'pods/web_nginx-7d4b9c5f6-bcdfg_0f1e2d3c-1111-2222-3333-444455556666/nginx',
    );
    mkdirSync(directory, { recursive: true });
    const path = join(directory, '0.log');
    const wrap = (stream: string) => (line: string) => `2026-11-21T10:00:00.000000000Z ${stream} F ${line}\n`;
    const [access, errors] = [linesOf(log()), nginx.lines()];
    writeFileSync(path, access.map(wrap('stdout')).join('') + errors.slice(0, 3).map(wrap('stderr')).join(''));
    const files = [{ path, gateway: 'edge' }];
    watcher = await Badgateway.create();
    await watcher.serve({
      collectors: {
        nginx_error_log: { files, start_at: 'beginning' },
        nginx_access_log: { files: [{ path, gateway: 'edge', format: 'badgateway' }], start_at: 'beginning' },
      },
    });
    await scrapeAfter(access.length);
    // A request in a line that looks like an error is one of standard output still.
    appendFileSync(
      path,
      errors.slice(3).map(wrap('stderr')).join('') + errors.slice(0, 1).map(wrap('stdout')).join(''),
    );
    await watcher.until(
      async () =>
        sum(await watcher.scrape(), 'badgateway_nginx_access_log_lines_total') > access.length + errors.length,
      'all lines are read',
    );
    const samples = await scrapeAfter(access.length);
    assert.deepEqual(by(samples, 'badgateway_nginx_access_log_lines_total', 'result'), {
      counted: access.length,
      other_stream: errors.length,
      error_line: 1,
    });
    assert.equal(sum(samples, 'badgateway_requests_total'), access.length);
    assert.equal(
      labelOf([...samples.keys()].find((key) => key.startsWith('badgateway_requests_total')) ?? '', 'pod'),
      'nginx-7d4b9c5f6-bcdfg',
    );
  });
});

function add(sums: Record<string, number>, key: string, count: number): void {
  sums[key] = (sums[key] ?? 0) + count;
}
