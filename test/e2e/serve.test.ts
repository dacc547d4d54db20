import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Badgateway, labelOf, moved, type Samples, sum } from '../support/badgateway.ts';
import { freePort } from '../support/freeport.ts';
import { startNginx } from '../support/nginx.ts';
import { askRawTimes } from '../support/nginx-ask.ts';
import { skipWithout } from '../support/programs.ts';
import { openRefusing } from '../support/upstreams.ts';

const FAILURES = 'badgateway_failures_total';
const RELOADED = 'badgateway_config_last_reload_successful';
const MESSAGES = {
  connection_refused: 'connect() failed (111: Connection refused) while connecting to upstream',
  response_timeout: 'upstream timed out (110: Connection timed out) while reading response header from upstream',
  premature_close: 'upstream prematurely closed connection while reading response header from upstream',
} as const;
type Staged = keyof typeof MESSAGES;

function lines(count: number, cause: Staged): string {
  const rest = 'client: 10.1.0.9, server: shop, request: "GET /cart HTTP/1.1", upstream: "http://10.2.71.14:8080/cart"';
  return `2026/11/20 10:00:00 [error] 31#31: *7 ${MESSAGES[cause]}, ${rest}, host: "shop.example"\n`.repeat(count);
}

const failures = (samples: Samples) => moved(new Map(), samples, FAILURES, 'cause');

describe('serve over kill, restart and reload [ci]', () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-serve-'));
  const log = join(directory, 'error.log');
  let program: Badgateway;
  const config = { collectors: { nginx_error_log: { files: [log] }, envoy: { enabled: false } } };

  beforeEach(async () => {
    writeFileSync(log, '');
    program = await Badgateway.create();
  });
  afterEach(() => program.dispose());
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('kill -9 and restart, five times: the counters go on, each line once', async () => {
    await program.serve(config);
    let refused = 0;
    for (let round = 0; round < 5; round++) {
      appendFileSync(log, lines(300, 'connection_refused'));
      refused += 300;
      // At any moment: with and without a save of what was read.
      await delay(round * 350);
      await program.end('SIGKILL');
      appendFileSync(log, lines(200, 'connection_refused'));
      refused += 200;
      await program.serve(config);
    }
    const samples = await program.scrapeAfterLines(refused);
    assert.deepEqual(failures(samples), { connection_refused: refused });
    assert.equal(sum(samples, 'badgateway_log_lines_total'), refused);
    assert.equal(sum(samples, 'badgateway_log_loss_events_total'), 0);
  });

  it('/metrics is 503 until what was written meanwhile is read, then right at once; causes follow', async () => {
    await program.serve(config);
    appendFileSync(log, lines(100, 'response_timeout'));
    await program.scrapeAfterLines(100);
    await delay(1500);
    await program.end('SIGKILL');
    const count = 400_000;
    const block = lines(1000, 'premature_close');
    for (let i = 0; i < count / 1000; i++) appendFileSync(log, block);

    program.configure(config);
    await program.launch('serve', `--config.file=${program.configFile}`);
    const seen = new Set<number>();
    let first: Awaited<ReturnType<Badgateway['get']>> | undefined;
    await program.until(async () => {
      first = await program.get('/metrics');
      seen.add(first.status);
      if (first.status === 503) assert.match(first.body, /still being read/);
      return first.status === 200;
    }, '/metrics answers 200');
    assert.deepEqual([...seen].sort(), [200, 503]);
    const row = new RegExp(`^badgateway_log_lines_total\\{.*result="failure".*\\} ${count + 100}$`, 'm');
    assert.match(first?.body ?? '', row, 'already in the first answer');
    const causes = failures(await program.scrapeAfterLines(count + 100));
    assert.deepEqual(causes, { response_timeout: 100, premature_close: count });
  });

  it('SIGTERM ends within five seconds and saves what was read last', async () => {
    await program.serve(config);
    appendFileSync(log, lines(250, 'connection_refused'));
    await program.scrapeAfterLines(250);
    appendFileSync(log, lines(50, 'connection_refused'));
    await program.scrapeAfterLines(300);
    // An idle connection and one that never finishes its request.
    const clients = ['', 'GET /metrics HTTP/1.1\r\nHost: a'].map((text) => {
      const socket = connect(program.ports.metrics, '127.0.0.1').on('error', () => {});
      socket.write(text);
      return socket;
    });
    await Promise.all(clients.map((socket) => once(socket, 'connect')));
    const startedMs = performance.now();
    assert.equal(await program.end('SIGTERM'), 0);
    assert.ok(performance.now() - startedMs < 5000);
    const state = join(program.directory, 'checkpoint', 'state.json');
    assert.ok(existsSync(state));
    assert.ok(JSON.parse(readFileSync(state, 'utf8')).parts);

    rmSync(log);
    await program.serve(config);
    assert.deepEqual(failures(await program.scrape()), { connection_refused: 300 });
  });

  it('SIGHUP: a bad file keeps the old configuration, a good one applies', async () => {
    await program.serve(config);
    assert.equal((await program.scrape()).get(RELOADED), 1);

    program.configure({ collectors: { nginx_error_log: { files: [log], no_such_key: 1 } } });
    program.signal('SIGHUP');
    await program.until(async () => (await program.scrape()).get(RELOADED) === 0, 'the reload has failed');
    // What it says comes by another way than what it counts.
    await program.until(async () => program.output.includes('no_such_key'), 'the wrong key is named');
    appendFileSync(log, lines(4, 'connection_refused'));
    assert.deepEqual(failures(await program.scrapeAfterLines(4)), { connection_refused: 4 });

    const other = join(directory, 'other.log');
    writeFileSync(other, '');
    program.configure({ collectors: { nginx_error_log: { files: [log, { path: other, gateway: 'other' }] } } });
    program.signal('SIGHUP');
    await program.until(async () => (await program.scrape()).get(RELOADED) === 1, 'the reload has succeeded');
    appendFileSync(other, lines(3, 'premature_close'));
    appendFileSync(log, lines(2, 'connection_refused'));
    const samples = await program.scrapeAfterLines(9);
    assert.deepEqual(failures(samples), { connection_refused: 6, premature_close: 3 });
    assert.equal(sum(samples, FAILURES, 'gateway="other"'), 3);
  });
});

describe('serve without any configuration [ci]', { skip: skipWithout('nginx') }, () => {
  it('finds a running nginx through /proc, its error_log in its configuration, and follows it', async (t) => {
    const [listen, refusing] = [await freePort(), await openRefusing()];
    const nginx = await startNginx({
      listen,
      name: 'shop-edge',
      http: `error_log $DIR/http-error.log;
        server { listen 127.0.0.1:${listen}; location = /nginx-is-up { return 204; }
        location / { proxy_pass http://127.0.0.1:${refusing.port}; } }`,
    });
    t.after(() => nginx.stop());
    const program = await Badgateway.create();
    t.after(() => program.dispose());
    await program.run('serve', `--checkpoint.directory=${join(program.directory, 'checkpoint')}`);

    // The logs of other tests that run meanwhile are read first, too.
    await program.until(async () => (await program.get('/metrics')).status === 200, 'it has caught up');

    const mine = 'gateway="shop-edge"';
    const before = await program.scrape();
    assert.ok(
      [...before.keys()].some((sample) => labelOf(sample, 'gateway') === 'shop-edge'),
      program.output,
    );
    assert.deepEqual(await askRawTimes(6, listen, { target: '/' }), Array(6).fill(502));
    let after = before;
    await program.until(async () => {
      after = await program.scrape();
      return sum(after, FAILURES, mine) - sum(before, FAILURES, mine) === 6;
    }, 'six failures of the discovered nginx are counted');
    // The gateways of other tests that run meanwhile are found too.
    const isMine = ([sample]: readonly [string, number]) => sample.includes(mine);
    const [mineBefore, mineAfter] = [before, after].map((samples) => new Map([...samples].filter(isMine)));
    assert.deepEqual(moved(mineBefore, mineAfter, FAILURES, 'cause'), { not_listening: 6 });

    const { body } = await program.get('/api/v1/status', { page: true });
    assert.match(body, new RegExp(`nginx master ${nginx.pid}: 2 error logs from ${nginx.directory}/shop-edge.conf`));
    assert.match(body, new RegExp(`${nginx.directory}/http-error.log`));
  });
});
