import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { App } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';
import type { IncidentsReport, StatusReport, UpstreamsReport } from '../src/http/views.ts';
import { view } from './facts/views.ts';

const REFUSED =
  '2026/11/21 03:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 1.2.3.4, server: a, request: "GET /secret?token=1 HTTP/1.1", upstream: "http://10.0.0.1:80/secret?token=1", host: "a"\n';

describe('App', () => {
  let directory: string;
  let file: string;
  let log: string;
  let app: App;
  const sentences: string[] = [];
  const keep = (_: object, sentence: string) => void sentences.push(sentence);

  /** Not the nginx of whoever else works on this machine: that may be called edge too. */
  function configure(rest = ''): void {
    writeFileSync(
      file,
      `listen: {metrics: "127.0.0.1:0", page: "127.0.0.1:0"}
checkpoint: {directory: ${join(directory, 'state')}}
collectors:
  envoy: {enabled: false}
  nginx_access_log: {enabled: false}
  nginx_config: {enabled: false}
  nginx_error_log: {files: [{path: ${log}, gateway: edge}], start_at: beginning}
${rest}`,
    );
  }
  const load = () => loadConfig({ file, environment: {}, flags: {} });

  function make(): void {
    app = new App({
      loaded: load(),
      reload: load,
      log: { debug: keep, info: keep, warn: keep, error: keep },
      version: '0.0.0',
    });
  }
  async function start(): Promise<void> {
    make();
    await app.start();
  }

  const get = async (which: 'metrics' | 'page', path: string) =>
    (await fetch(`http://${app.addresses()[which]}${path}`)).text();
  const status = async () => JSON.parse(await get('page', '/api/v1/status')) as StatusReport;
  async function until(check: () => Promise<boolean>): Promise<void> {
    // A verdict may wait for five seconds.
    for (const endMs = Date.now() + 20_000; Date.now() < endMs && !(await check()); )
      await new Promise((resolve) => setTimeout(resolve, 30));
    assert.ok(await check());
  }
  const refused = (count: number) => async () =>
    new RegExp(`gateway="edge",proxy="nginx",cause="connection_refused",.*\\} ${count}\n`).test(
      await get('metrics', '/metrics'),
    );

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'badgateway-app-'));
    file = join(directory, 'badgateway.yaml');
    log = join(directory, 'error.log');
    writeFileSync(log, REFUSED.repeat(3));
    sentences.length = 0;
    configure();
  });
  afterEach(async () => {
    await app.stop();
    rmSync(directory, { recursive: true });
  });

  it('carries lines to /metrics and to the page, without request data', async () => {
    await start();
    await until(refused(3));
    const { totals, collectors } = await status();
    assert.deepEqual(totals, [{ gateway: 'edge', cause: 'connection_refused', count: 3 }]);
    const { incidents } = JSON.parse(await get('page', '/api/v1/incidents')) as IncidentsReport;
    assert.deepEqual([incidents[0].failures, incidents[0].causes[0].upstreams[0].peer], [3, '10.0.0.1:80']);
    assert.ok(collectors.some(({ name, state }) => name === 'nginx_error_log' && state === 'ok'));
    assert.doesNotMatch(
      (await get('page', '/')) + (await get('metrics', '/metrics')) + JSON.stringify(await status()),
      /secret|token=/,
    );
  });

  it('goes on counting after a restart and reads no line twice', async () => {
    await start();
    await until(refused(3));
    await app.stop();
    appendFileSync(log, REFUSED.repeat(2));
    await start();
    await until(refused(5));
  });

  it('applies a new configuration, without losing counts or lines', async () => {
    await start();
    await until(refused(3));
    configure('  netstat: {enabled: false}\n');
    const result = await app.reload();
    assert.deepEqual(result, { ok: true, message: 'configuration reloaded' });
    appendFileSync(log, REFUSED);
    await until(refused(4));
    const body = await get('metrics', '/metrics');
    assert.doesNotMatch(body, /collector="netstat"/, 'a collector that is off says nothing');
    assert.match(body, /badgateway_config_last_reload_successful 1\n/);
  });

  it('keeps the old configuration when the new one is bad, and says what is wrong', async () => {
    await start();
    configure('  netstt: {}\n');
    const { ok, message } = await app.reload();
    assert.ok(!ok);
    assert.match(message, /did you mean collectors\.netstat\?/);
    assert.match(await get('metrics', '/metrics'), /badgateway_config_last_reload_successful 0\n/);
    assert.equal((await status()).config.lastReloadSuccessful, false);
    await until(refused(3));
  });

  it('keeps the old configuration running when code of the new one cannot be loaded', async () => {
    await start();
    await until(refused(3));
    configure('  netstat: {enabled: false}\n');
    app.units.load = () => Promise.reject(new Error('Cannot find module'));
    assert.deepEqual(await app.reload(), { ok: false, message: 'Cannot find module' });
    appendFileSync(log, REFUSED);
    await until(refused(4));
    assert.ok(app.config.collectors.netstat.enabled);
  });

  it('applies a new configuration that comes while it starts once it has started: no collector runs twice', async () => {
    make();
    const steps: string[] = [];
    const { units } = app;
    const [build, stop] = [units.build.bind(units), units.stop.bind(units)];
    units.build = (...given) => {
      steps.push('build');
      build(...given);
    };
    units.stop = () => {
      steps.push('stop');
      return stop();
    };
    const starting = app.start();
    configure('  netstat: {enabled: false}\n');
    assert.deepEqual(await app.reload(), { ok: true, message: 'configuration reloaded' });
    await starting;
    assert.deepEqual(steps, ['build', 'stop', 'build']);
    assert.ok(!app.config.collectors.netstat.enabled);
  });

  it('names what needs a restart', async () => {
    await start();
    configure('log: {level: debug}\n');
    assert.match((await app.reload()).message, /restart to apply log/);
  });

  it('answers what is known of upstreams, on the page and as JSON', async () => {
    // A failed attempt makes its peer known too.
    writeFileSync(log, '');
    await start();
    app.truth.upstreams.report('conf', view({ shop_cart_80: ['10.0.0.1:8080'] }, { readAtMs: Date.now() }));
    const { gateways, counts } = JSON.parse(await get('page', '/api/v1/upstreams?gateway=edge')) as UpstreamsReport;
    assert.deepEqual([gateways[0].upstreams[0].name, counts.unknown], ['shop_cart_80', 1]);
    assert.match(await get('page', '/'), /10\.0\.0\.1:8080/);
  });
});
