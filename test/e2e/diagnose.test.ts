import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { COLLECTORS } from '../../src/collectors/index.ts';
import type { DiagnoseReport } from '../../src/commands/diagnose-report.ts';
import { Badgateway, OWN_ENVIRONMENT } from '../support/badgateway.ts';
import { freePort } from '../support/freeport.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { asNobody } from '../support/nobody.ts';
import { skipWithout, skipWithoutRoot } from '../support/programs.ts';
import { openRefusing, openUpstream, type Upstream } from '../support/upstreams.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const FAILED = 25;

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly notes: string;
}

async function run(args: readonly string[], prefix: readonly string[] = []): Promise<Ran> {
  const [command, ...rest] = [...prefix, process.execPath, MAIN, 'diagnose', ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: OWN_ENVIRONMENT });
  let [out, notes] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (notes += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, notes };
}

/** A real nginx with a dead and a healthy upstream, looked at by the command as a user runs it. */
describe('diagnose a real nginx [ci]', { skip: skipWithout('nginx') }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-diagnose-'));
  chmodSync(directory, 0o755);
  let upstreams: Upstream[];
  let nginx: RunningNginx;
  let port: number;

  before(async () => {
    upstreams = [await openRefusing(), await openUpstream('ok')];
    const [dead, good] = upstreams;
    port = await freePort();
    const http = `upstream dead { server 127.0.0.1:${dead.port}; }
      upstream good { server 127.0.0.1:${good.port}; }
      server { listen 127.0.0.1:${port};
        location /dead { proxy_pass http://dead; }
        location /good { proxy_pass http://good; } }`;
    nginx = await startNginx({ name: 'edge', listen: port, http });
    for (let sent = 0; sent < FAILED; sent++) assert.equal(await get('/dead?token=hunter2'), 502);
    assert.equal(await get('/good'), 200);
  });

  after(async () => {
    await nginx?.stop();
    for (const upstream of upstreams ?? []) await upstream.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function get(path: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
    return promise;
  }

  /** Only what is named is watched: other tests run their own nginx beside this one. */
  function configure(name: string, log: string, more: Readonly<Record<string, object>> = {}): string[] {
    const file = join(directory, `${name}.yaml`);
    const off = Object.fromEntries(COLLECTORS.map((unit) => [unit.name, { enabled: false }]));
    const nginx_config = { files: [{ path: join(nginx.directory, 'edge.conf'), gateway: 'edge' }] };
    const collectors = { ...off, nginx_error_log: { files: [{ path: log, gateway: 'edge' }] }, nginx_config, ...more };
    writeFileSync(file, JSON.stringify({ collectors }));
    return ['--config', file];
  }

  it('1: what failed before it was started, in JSON', async () => {
    const { code, out, notes } = await run([...configure('dead', nginx.errorLog), '--json']);
    assert.deepEqual([code, notes], [1, '']);
    const report = JSON.parse(out) as DiagnoseReport;
    assert.deepEqual([report.outcome, report.source, report.seesFailures], ['findings', { kind: 'here' }, true]);
    assert.deepEqual(
      report.findings.map(({ kind, gateway, cause, failures, affected }) => [kind, gateway, cause, failures, affected]),
      [['incident', 'edge', 'connection_refused', FAILED, ['dead']]],
    );
    assert.equal(report.findings[0].samples.length > 0, true);
    assert.doesNotMatch(out, /hunter2/);
  });

  it('1: the dead upstream fails at step 3; 0: the healthy one fails at none', async () => {
    // With the unit that looks at listening sockets.
    const config = configure('steps', nginx.errorLog, { listeners: {}, nginx_workers: {} });
    const dead = await run([...config, 'dead']);
    assert.equal(dead.code, 1, dead.notes);
    assert.match(dead.out, /FAIL {5}3\. Does the application listen at the right port\?/);
    assert.match(dead.out, /\nBegin with step 3\. /);
    const good = await run([...config, 'good', '--probe']);
    assert.equal(good.code, 0, good.out + good.notes);
    assert.match(good.out, /PASS {5}3\. Does the application listen at the right port\?/);
    assert.match(good.out, /takes a connection from here \(--probe\)/);
    assert.doesNotMatch(good.out, /FAIL/);
  });

  it('0: nothing failed within the time', async () => {
    const log = join(directory, 'quiet.log');
    writeFileSync(log, '');
    const { code, out } = await run(configure('quiet', log));
    assert.equal(code, 0, out);
    assert.match(out, /OK {2}Nothing found\n/);
  });

  it('1: what is over is told as over', async () => {
    const log = join(directory, 'over.log');
    const line = nginx.lines().find((one) => one.includes('connect() failed')) ?? '';
    const then = new Date(Date.now() - 10 * 60_000);
    const time = new Date(then.getTime() - then.getTimezoneOffset() * 60_000).toISOString();
    writeFileSync(log, `${line.replace(/^\S+ \S+/, time.slice(0, 19).replaceAll('-', '/').replace('T', ' '))}\n`);
    const { code, out } = await run([...configure('over', log), '--json']);
    const [finding] = (JSON.parse(out) as DiagnoseReport).findings;
    assert.deepEqual([code, finding.isNow, finding.failures], [1, false, 1]);
    assert.ok(Math.abs(Date.parse(finding.lastAt) - then.getTime()) < 2000, finding.lastAt);
  });

  it('2: no gateway’s failures can be read, and why', async () => {
    const { code, out } = await run(configure('blind', join(directory, 'none.log')));
    assert.equal(code, 2, out);
    assert.match(out, /BLIND {2}Could not look/);
    assert.match(out, /note: nginx_error_log: no file matches/);
  });

  it('2: no such upstream', async () => {
    const { code, notes } = await run([...configure('dead', nginx.errorLog), 'nope']);
    assert.equal(code, 2);
    assert.match(notes, /no upstream "nope" is known; there are dead, good/);
  });

  it('2: a log that nobody may read', { skip: skipWithoutRoot() }, async () => {
    const log = join(directory, 'secret.log');
    writeFileSync(log, nginx.lines().join('\n'), { mode: 0o600 });
    const { code, out } = await run(configure('secret', log), asNobody());
    assert.equal(code, 2, out);
    assert.match(out, /secret\.log cannot be read \(EACCES\): its failures are not seen/);
    assert.match(out, /nginx_error_log, not permitted/);
  });

  it('asks a badgateway that runs: 1, and 2 when it is gone', async () => {
    const server = await Badgateway.create();
    const url = `http://127.0.0.1:${server.ports.page}`;
    const off = Object.fromEntries(COLLECTORS.map((unit) => [unit.name, { enabled: false }]));
    const nginx_error_log = { files: [{ path: nginx.errorLog, gateway: 'edge' }], start_at: 'beginning' };
    try {
      await server.serve({ collectors: { ...off, nginx_error_log } });
      await server.scrapeAfterLines(nginx.lines().length);
      await server.until(async () => (await run(['--server', url])).code === 1, 'the incident is told');
      const { out } = await run(['--server', url]);
      assert.match(out, /seen by the badgateway at http:/);
      assert.match(out, /connection_refused/);
    } finally {
      await server.dispose();
    }
    const gone = await run(['--server', url]);
    assert.equal(gone.code, 2);
    assert.match(gone.notes, /nobody listens there/);
  });
});
