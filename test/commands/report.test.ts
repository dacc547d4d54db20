import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Command } from 'commander';
import { type ReportOptions, runBlastRadius } from '../../src/commands/report.ts';
import { addReport } from '../../src/commands/report-flags.ts';
import { createServers } from '../../src/http/servers.ts';
import { endpoint, slice } from '../facts/slices.ts';
import { EDGE, view } from '../facts/views.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { createDoubles } from '../support/http-doubles.ts';
import { createTruth } from '../support/truth.ts';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-report-'));
after(() => rmSync(directory, { recursive: true }));

const CONF = `
events {}
http {
  upstream shop_cart_80 { server 10.0.0.1:8080; server 10.0.0.2:8080; }
  upstream shop_pay_80 { server 10.0.0.3:8080; }
  upstream backend { server 10.0.0.4:8080; }
  upstream nobody { server 10.0.0.9:8080; }
  server {
    listen 80;
    server_name shop.example.com www.example.com;
    location / { proxy_pass http://shop_cart_80; }
    location /pay { proxy_pass http://shop_pay_80; }
  }
  server {
    listen 80;
    server_name api.example.com;
    location / { proxy_pass http://shop_cart_80; }
    location /x { proxy_pass http://backend; }
    location /v { proxy_pass http://$where; }
    location /d { proxy_pass http://10.0.0.5:9000; }
  }
  server { listen 80 default_server; return 404; }
}
stream {
  upstream db { server 10.0.0.8:5432; }
  server { listen 5432; proxy_pass db; }
}
`;

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function run(options: Partial<ReportOptions>, stdin = '') {
  let out = '';
  const notes: string[] = [];
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    note: (one: string) => void notes.push(one),
    stdin: (async function* () {
      yield Buffer.from(stdin);
    })(),
  };
  const code = await runBlastRadius({ files: [], ...options }, terminal);
  return { code, out, notes: notes.join('\n') };
}

describe('badgateway report blast-radius', () => {
  it('lists hosts with their upstreams, and upstreams with the hosts that need them, the most needed first', async () => {
    const path = file('nginx.conf', CONF);
    const { code, out, notes } = await run({ files: [path] });
    assert.deepEqual([code, notes], [0, '']);
    assert.equal(
      out.replace(path, 'nginx.conf'),
      `nginx.conf: 4 hosts, 6 upstreams, 2 Services go down with it

HOST              UPSTREAMS
(no name)         -
api.example.com   10.0.0.5:9000, backend, shop_cart_80, (known at run time)
shop.example.com  shop_cart_80, shop_pay_80
www.example.com   shop_cart_80, shop_pay_80

UPSTREAM       SERVICE    SERVERS  HOSTS
shop_cart_80   shop/cart  2        api.example.com, shop.example.com, www.example.com
shop_pay_80    shop/pay   1        shop.example.com, www.example.com
10.0.0.5:9000  -          1        api.example.com
backend        -          1        api.example.com
db             -          1        -
nobody         -          1        -
`,
    );
  });

  it('the same as JSON, from standard input', async () => {
    const { code, out } = await run({ files: ['-'], json: true }, CONF);
    const { proxies } = JSON.parse(out);
    assert.deepEqual([code, proxies.length, proxies[0].name], [0, 1, 'standard input']);
    assert.deepEqual(proxies[0].services, ['shop/cart', 'shop/pay']);
    assert.deepEqual(proxies[0].hosts[0], { host: '', upstreams: [], hasVariable: false });
    assert.deepEqual(proxies[0].upstreams[1], {
      ...{ name: 'shop_pay_80', service: 'shop/pay', hosts: ['shop.example.com', 'www.example.com'], servers: 1 },
    });
  });

  it('takes Services from a running badgateway, and lists what has no file here', async () => {
    const truth = createTruth();
    for (const name of ['shop/cart', 'shop/other']) truth.service(name);
    truth.current(slice('a', [endpoint('10.0.0.4')], { service: 'shop/other' }));
    const readAtMs = truth.now();
    const edge = { ...EDGE, gateway: 'edge' };
    truth.truth.upstreams.report('e', view({ backend: ['10.0.0.4:8080'] }, { readAtMs, subject: edge }));
    const envoy = {
      proxy: 'envoy' as const,
      source: 'envoy' as const,
      subject: { ...EDGE, gateway: 'mesh', pod: 'm' },
    };
    truth.truth.upstreams.report(
      'm',
      view({ 'outbound|80||cart.shop.svc.cluster.local': ['10.0.0.1:8080'] }, { readAtMs, ...envoy }),
    );
    truth.wait(0);
    const doubles = createDoubles();
    const statusSource = { ...doubles.statusSource, upstreams: (query: object) => truth.reports.report(query) };
    const listen = { metrics: '127.0.0.1:0', page: '127.0.0.1:0' };
    const servers = createServers({ ...doubles, statusSource, listen });
    await servers.start();
    try {
      const server = `http://${servers.addresses().page}`;
      const { code, out } = await run({ files: ['-'], json: true, server }, CONF);
      const { proxies } = JSON.parse(out);
      assert.equal(code, 0);
      assert.deepEqual(
        proxies.map(({ name, hosts, services }: Record<string, unknown>) => [name, hosts === null, services]),
        [
          ['standard input', false, ['shop/cart', 'shop/other', 'shop/pay']],
          ['envoy gw/mesh', true, ['shop/cart']],
          ['nginx gw/edge', true, ['shop/other']],
        ],
      );
      assert.match(
        (await run({ files: ['-'], server }, CONF)).out,
        /^envoy gw\/mesh: hosts not known, 1 upstream, 1 Service go down with it$/m,
      );
    } finally {
      await servers.stop();
    }
  });

  it('has its flags, and gives its exit code', async () => {
    let code = -1;
    const program = new Command();
    addReport(program, (result) => {
      code = result;
    });
    await program.parseAsync(['report', 'blast-radius', join(directory, 'none.conf'), '--json'], { from: 'user' });
    assert.equal(code, 2);
  });

  it('2 when something could not be read, or nothing is there', async (t) => {
    const missing = await run({ files: [join(directory, 'none.conf')] });
    assert.equal(missing.code, 2);
    assert.match(missing.notes, /cannot read .*none\.conf: ENOENT: there is no such file/);
    const part = await run({
      files: [file('part.conf', 'events {} http { include /no/such/file; server { server_name a; } }')],
    });
    assert.equal(part.code, 2);
    assert.match(part.out, /^not read: .*\/no\/such\/file/m);
    const proc = new FakeProc(t);
    const nothing = await run({ 'path.procfs': proc.root });
    assert.deepEqual([nothing.code, nothing.out], [2, '']);
    assert.match(nothing.notes, /give a file, or --server/);
  });
});
