import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Command } from 'commander';
import { runVerify } from '../../src/commands/verify.ts';
import { addVerify } from '../../src/commands/verify-flags.ts';
import type { VerifyFlags } from '../../src/commands/verify-options.ts';
import { createAuthority } from '../support/certs.ts';
import { freePort } from '../support/freeport.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { skipWithout } from '../support/programs.ts';
import { openRefusing, openTlsUpstream, openUpstream, type Upstream } from '../support/upstreams.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-verify-'));
after(() => rmSync(directory, { recursive: true }));

async function run(flags: VerifyFlags) {
  let out = '';
  const notes: string[] = [];
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    note: (one: string) => void notes.push(one),
    signal: new AbortController().signal,
  };
  const code = await runVerify(flags, terminal);
  return { code, out, notes: notes.join('\n') };
}

async function counts(flags: VerifyFlags) {
  const { code, out, notes } = await run({ ...flags, json: true });
  const report = JSON.parse(out);
  const results = report.results.map(({ result, count }: { result: string; count: number }) => [result, count]);
  return { code, notes, report, results: Object.fromEntries(results) };
}

describe('badgateway verify through a real nginx [ci]', { skip: skipWithout('nginx') }, () => {
  let nginx: RunningNginx;
  let live: Upstream;
  let port = 0;

  before(async () => {
    port = await freePort();
    live = await openUpstream('ok');
    const dead = await openRefusing();
    // The peer is asked once: one failure takes it out for longer than the test.
    const refusing = `server 127.0.0.1:${live.port}; server 127.0.0.1:${dead.port} max_fails=1 fail_timeout=1h;`;
    nginx = await startNginx({
      listen: port,
      http: `upstream whole { server 127.0.0.1:${live.port}; }
        upstream once { ${refusing} }
        upstream again { ${refusing} }
        server { listen 127.0.0.1:${port};
          location /whole { proxy_pass http://whole; }
          proxy_next_upstream off;
          location /once { proxy_pass http://once; }
          location /again { proxy_pass http://again; }
          location /moved { return 302 /whole; }
          location / { return 204; } }`,
    });
  });
  after(async () => {
    await nginx.stop();
    await live.close();
  });

  it('600 of 600 pass', async () => {
    const { code, report, results } = await counts({
      url: `http://127.0.0.1:${port}/whole`,
      qps: '300',
      duration: '2s',
    });
    assert.deepEqual([code, results, report.verdict, report.planned], [0, { 200: 600 }, 'passed', 600]);
  });

  it('one 502 of 600 fails, and passes where one may', async () => {
    const url = `http://127.0.0.1:${port}/once`;
    const { code, out } = await run({ url, qps: '300', duration: '2s' });
    assert.equal(code, 1);
    assert.match(out, /^GET http:\/\/127\.0\.0\.1:\d+\/once: 600 of 600 requests, 300\/s, [\d.]+ s\n/);
    assert.match(out, /^RESULT {2}COUNT {4}SHARE\n200 {7}599 {2}99\.83 %\n502 {9}1 {3}0\.17 % {2}not expected$/m);
    assert.match(out, /p50 +p90 +p99 +p99\.9 +max\n[\d. ms]+\n\nfailed: 1 of 600 were not answered with 200\n$/);
    const again = { url: `http://127.0.0.1:${port}/again`, qps: '20', duration: '1s', maxFailures: '1' };
    const { report, results, ...allowed } = await counts(again);
    assert.deepEqual([allowed.code, report.failures, results], [0, 1, { 200: 19, 502: 1 }]);
  });

  it('takes only what is expected, and follows no redirect', async () => {
    const url = `http://127.0.0.1:${port}`;
    const fast = { qps: '20', duration: '250ms' };
    assert.equal((await run({ url: `${url}/`, ...fast })).code, 1);
    assert.equal((await run({ url: `${url}/`, ...fast, expect: '200,204' })).code, 0);
    assert.deepEqual((await counts({ url: `${url}/moved`, ...fast, expect: '3xx' })).results, { 302: 5 });
    const allowed = await counts({ url: `${url}/`, ...fast, maxFailures: '5' });
    assert.deepEqual([allowed.code, allowed.report.failures], [0, 5]);
    assert.equal((await run({ url: `${url}/`, ...fast, maxFailures: '4' })).code, 1);
  });
});

describe('badgateway verify', () => {
  it('tells errors by kind, each with the next step', async () => {
    const authority = createAuthority(directory);
    const { cert, key } = authority.issue('server', 'IP:127.0.0.1');
    const files = { cert: readFileSync(cert), key: readFileSync(key) };
    const faults = await Promise.all([
      ...(['reset', 'close', 'truncate', 'silent', 'ok'] as const).map((fault) => openUpstream(fault)),
      openTlsUpstream(files),
    ]);
    const [reset, close, truncate, silent, ok, tls] = faults.map((upstream) => `127.0.0.1:${upstream.port}`);
    const refused = `127.0.0.1:${(await openRefusing()).port}`;
    const cases: readonly (readonly [string, VerifyFlags])[] = [
      ['refused', { url: `http://${refused}/` }],
      ['reset', { url: `http://${reset}/` }],
      ['reset', { url: `http://${close}/` }],
      ['reset', { url: `http://${truncate}/` }],
      ['timeout', { url: `http://${silent}/`, timeout: '200ms' }],
      ['dns', { url: 'http://no-such-name.invalid/', timeout: '60s' }],
      ['tls', { url: `https://${ok}/` }],
      ['tls', { url: `https://${tls}/` }],
      ['200', { url: `https://${tls}/`, caFile: authority.certificate }],
    ];
    try {
      for (const [kind, flags] of cases) {
        const { code, results, notes } = await counts({ ...flags, qps: '20', duration: '150ms' });
        assert.deepEqual([flags.url, code, results], [flags.url, kind === '200' ? 0 : 1, { [kind]: 3 }]);
        if (kind !== '200') assert.match(notes, new RegExp(`^${kind}: .{20}`, 'm'));
      }
    } finally {
      await Promise.all(faults.map((upstream) => upstream.close()));
    }
  });

  it('sends method and headers as given, and shows no query', async () => {
    const seen: { method: string | undefined; headers: IncomingHttpHeaders }[] = [];
    const server = createServer(({ method, headers }, response) => {
      seen.push({ method, headers });
      response.end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?token=secret`;
    const header = ['Host: shop.example', 'X-Two: a', 'x-two: b'];
    const { code, report } = await counts({ url, method: 'DELETE', header, qps: '5', duration: '1s' });
    server.close();
    assert.equal(code, 0);
    const { method, headers } = seen[0];
    assert.deepEqual([method, headers.host, headers['x-two']], ['DELETE', 'shop.example', 'a, b']);
    assert.equal(report.url, `http://127.0.0.1:${new URL(url).port}/`);
  });

  it('what it cannot run ends with 2, the flag and what to write', async () => {
    const url = 'http://127.0.0.1:1/';
    const cases: readonly (readonly [VerifyFlags, RegExp])[] = [
      [{ url: 'shop.example' }, /"shop\.example": write a whole URL, like http/],
      [{ url: 'http://user:secret@shop.example/' }, /the URL has a password/],
      [{ url, qps: '1001' }, /--qps "1001": write a number between 0\.01 and 1000/],
      [{ url, qps: '-1' }, /--qps/],
      [{ url, duration: '2h' }, /--duration "2h": write a time like .* at most 1h/],
      [{ url, duration: '60' }, /--duration "60"/],
      [{ url, expect: '600' }, /--expect "600": write codes like/],
      [{ url, maxFailures: '1%' }, /--max-failures "1%"/],
      [{ url, method: 'get' }, /--method "get": write a method like GET/],
      [{ url, header: ['no colon'] }, /--header "": write "Name: value"/],
      [{ url, header: ['A: secret\u0001'] }, /--header "A"/],
      [
        { url, caFile: join(directory, 'none.pem') },
        /--ca-file .*none\.pem": cannot be read \(ENOENT: there is no such file\)/,
      ],
    ];
    for (const [flags, message] of cases) {
      const { code, out, notes } = await run(flags);
      assert.deepEqual([code, out], [2, '']);
      assert.match(notes, message);
      assert.match(notes, /badgateway verify --help has examples/);
      assert.doesNotMatch(notes, /secret/);
    }
  });

  it('has its flags, and gives its exit code', async () => {
    const seen: string[] = [];
    const server = createServer(({ headers }, response) => {
      seen.push(`${headers['x-one']} ${headers['x-two']}`);
      response.end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const codes: number[] = [];
    const headers = ['--header', 'X-One: 1', '--header', 'X-Two: 2'];
    for (const more of [[], ['--expect', '204'], ['--expect', '204', '--max-failures', '2'], ['--qps', '0']]) {
      const program = addedTo(new Command(), (code) => void codes.push(code));
      const flags = ['--qps', '20', '--duration', '100ms', '--json', ...headers, ...more];
      await program.parseAsync(['verify', ...flags, url], { from: 'user' });
    }
    server.close();
    server.closeAllConnections();
    assert.deepEqual(codes, [0, 1, 0, 2]);
    assert.deepEqual(seen, new Array(6).fill('1 2'));
  });

  it('Ctrl-C prints what there is and ends with 2', async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      // The last one stays without an answer.
      if (++asked <= 4) response.end();
      if (asked === 5) child.kill('SIGINT');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const flags = ['--qps', '5', '--duration', '1h', '--timeout', '1h'];
    const child = spawn(process.execPath, ['src/main.ts', 'verify', url, ...flags], { timeout: 60_000 });
    let [out, notes] = ['', ''];
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (notes += text));
    const [code] = await once(child, 'close');
    server.close();
    server.closeAllConnections();
    assert.equal(code, 2, notes);
    assert.match(
      out,
      /: ([1-4]) of 18000 requests[\s\S]*^200 {9}\1 {2}100 %$[\s\S]*^cut short: \1 of 18000 were answered with 200/m,
    );
    assert.match(notes, /sending 18000 requests, 5\/s for 3600 s[\s\S]*[1-4] requests were under way at the end/);
  });
});

function addedTo(program: Command, done: (code: number) => void): Command {
  addVerify(program, done);
  return program;
}
