import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import { readStateFile, readUpstreams } from '../../src/parse/nginx-conf-upstreams.ts';
import { fixtureFiles, PRODUCTS, readFixture } from '../fixtures/nginx-conf/files.ts';
import { SERVERS, tenThousandServers } from '../fixtures/nginx-conf/ten-thousand.ts';

const read = (text: string) => readUpstreams(readNginxConf({ path: '/a', text }));
/** `module upstream kind host port file:line references` of every server; files without /etc/nginx. */
function rows(product: string): string[] {
  const { upstreams, problems } = readUpstreams(readFixture(product));
  assert.deepEqual(problems, []);
  return upstreams.flatMap(({ module, name, servers, references }) =>
    servers.map(({ address: { kind, host, port }, file, line }) =>
      [module, name, kind, host, port, `${file.replace('/etc/nginx/', '')}:${line}`, references.length].join(' '),
    ),
  );
}

const NGF = (line: (first: number) => number) => [
  `http shop_coffee_80 ip 10.244.1.17 8080 conf.d/http.conf:${line(154)} 2`,
  `http shop_coffee_80 ip 10.244.2.9 8080 conf.d/http.conf:${line(155)} 2`,
  `http shop_coffee_80 ip 10.244.3.44 8080 conf.d/http.conf:${line(156)} 2`,
];
const STREAM = [
  'stream shop_db_5432 ip 10.244.1.90 5432 stream-conf.d/stream.conf:21 1',
  'stream shop_db_5432 ip 10.244.3.91 5432 stream-conf.d/stream.conf:22 1',
];
const EXPECTED: Readonly<Record<(typeof PRODUCTS)[number], string[]>> = {
  'ngf-1.6': [
    ...NGF((line) => line),
    'http shop_tea_80 ip 10.244.1.18 8080 conf.d/http.conf:162 1',
    'http shop_tea_80 ip fd00:10:244:1::12 8080 conf.d/http.conf:163 1',
    'http shop_cart_8443 ip 10.244.2.31 8443 conf.d/http.conf:169 1',
    'http shop_grpc-echo_9000 ip 10.244.3.5 9000 conf.d/http.conf:175 1',
    'http shop_tea-v2_80 placeholder /var/run/nginx/nginx-503-server.sock  conf.d/http.conf:181 0',
    'http invalid-backend-ref placeholder /var/run/nginx/nginx-500-server.sock  conf.d/http.conf:187 1',
    ...STREAM,
  ],
  'ngf-2.6': [
    ...NGF((line) => line + 4),
    'http shop_tea_80 ip 10.244.1.18 8080 conf.d/http.conf:167 1',
    'http shop_tea_80 ip fd00:10:244:1::12 8080 conf.d/http.conf:168 1',
    'http shop_legacy_80 hostname legacy.example.org 8080 conf.d/http.conf:175 0',
    'http shop_cart_8443 ip 10.244.2.31 8443 conf.d/http.conf:182 1',
    'http shop_grpc-echo_9000 ip 10.244.3.5 9000 conf.d/http.conf:189 1',
    'http shop_tea-v2_80 placeholder /var/run/nginx/nginx-503-server.sock  conf.d/http.conf:196 0',
    'http invalid-backend-ref placeholder /var/run/nginx/nginx-500-server.sock  conf.d/http.conf:202 1',
    ...STREAM,
  ],
  f5: [
    'http shop-cafe-ingress-cafe.example.com-coffee-svc-80 ip 10.244.1.17 8080 conf.d/shop-cafe-ingress.conf:5 1',
    'http shop-cafe-ingress-cafe.example.com-coffee-svc-80 ip 10.244.2.9 8080 conf.d/shop-cafe-ingress.conf:6 1',
    'http shop-cafe-ingress-cafe.example.com-tea-svc-80 placeholder /var/lib/nginx/nginx-502-server.sock  conf.d/shop-cafe-ingress.conf:12 1',
    'http vs_shop_cart_cart ip 10.244.3.44 8080 conf.d/vs_shop_cart.conf:6 1',
    'http vs_shop_cart_cart ip fd00:10:244:3::2c 8080 conf.d/vs_shop_cart.conf:7 1',
    'http vs_shop_cart_vsr_team_orders_api placeholder /var/lib/nginx/nginx-502-server.sock  conf.d/vs_shop_cart.conf:16 1',
    'http vs_shop_cart_grpc ip 10.244.1.60 50051 conf.d/vs_shop_cart.conf:21 1',
    'stream ts_shop_db_pg ip 10.244.1.90 5432 stream-conf.d/ts_shop_db.conf:5 1',
    'stream ts_shop_db_pg ip 10.244.3.91 5432 stream-conf.d/ts_shop_db.conf:6 1',
  ],
  'ingress-nginx': [
    'http upstream_balancer placeholder 0.0.0.1 80 nginx.conf:98 3',
    'stream upstream_balancer placeholder 0.0.0.1 1234 nginx.conf:392 1',
  ],
  plain: [
    ...[11, 12, 13, 14].map(
      (last, index) => `http cart ip 10.0.0.${last} 8080 conf.d/10-upstreams.conf:${5 + index} 1`,
    ),
    'http search ip 10.0.1.1 80 conf.d/10-upstreams.conf:15 1',
    'http search ip 2001:db8::1 9200 conf.d/10-upstreams.conf:16 1',
    'http search ip 2001:db8::2 80 conf.d/10-upstreams.conf:19 1',
    'http php unix /run/php/php8.2-fpm.sock  conf.d/10-upstreams.conf:23 1',
    'http php ip 127.0.0.1 9000 conf.d/10-upstreams.conf:24 1',
    'http sticky ip 10.0.2.1 80 conf.d/10-upstreams.conf:28 2',
    'http sticky ip 10.0.2.2 80 conf.d/10-upstreams.conf:28 2',
    'http sticky hostname localhost 81 conf.d/10-upstreams.conf:28 2',
    'http implicit:[::1]:8083 ip ::1 8083 sites enabled/old.conf:1 1',
    'http implicit:10.9.9.9:8081 ip 10.9.9.9 8081 sites enabled/shop:19 2',
    'http implicit:10.9.9.10:443 ip 10.9.9.10 443 sites enabled/shop:27 1',
    'http implicit:127.0.0.1:3031 ip 127.0.0.1 3031 sites enabled/shop:35 1',
    'http implicit:127.0.0.1:4000 ip 127.0.0.1 4000 sites enabled/shop:39 1',
    'http implicit:127.0.0.1:11211 ip 127.0.0.1 11211 sites enabled/shop:44 1',
    'http implicit:10.9.9.11:50051 ip 10.9.9.11 50051 sites enabled/shop:48 1',
    'http implicit:unix:/run/app.sock unix /run/app.sock  sites enabled/shop:52 1',
    'http implicit:10.9.9.12:80 ip 10.9.9.12 80 sites enabled/shop:63 1',
    'http implicit:localhost:8082 hostname localhost 8082 sites enabled/shop:72 1',
  ],
  stream: [
    'stream postgres ip 10.0.5.1 5432 nginx.conf:17 1',
    'stream postgres ip 10.0.5.2 5432 nginx.conf:18 1',
    'stream dns ip 10.0.5.53 53 nginx.conf:23 1',
    'stream dns ip 2001:db8::53 53 nginx.conf:24 1',
    'stream local unix /run/backend.sock  nginx.conf:28 0',
    'stream implicit:10.0.5.6:6379 ip 10.0.5.6 6379 nginx.conf:55 1',
    'stream implicit:unix:/run/other.sock unix /run/other.sock  nginx.conf:60 1',
  ],
};
for (const product of PRODUCTS) {
  test(`${product}: every server with file and line`, () => assert.deepEqual(rows(product), EXPECTED[product]));

  test(`${product}: nothing wrong, and the place has the address`, () => {
    const conf = readFixture(product);
    assert.deepEqual(conf.problems, []);
    const files = fixtureFiles(product);
    for (const { servers, references } of readUpstreams(conf).upstreams) {
      for (const { address, file, line } of servers)
        assert.ok(files.get(file)!.split('\n')[line - 1].includes(address.text));
      for (const { file, line } of references) assert.match(files.get(file)!.split('\n')[line - 1], /_pass\b/);
    }
  });
}

test('what only the running proxy knows', () => {
  const unknown = (product: string) =>
    readUpstreams(readFixture(product)).unknown.map(({ module, address, line }) => `${module} ${address.text} ${line}`);
  assert.deepEqual(unknown('ngf-1.6'), ['http $group_shop__split_rule0$request_uri 90', 'stream $dest443 4']);
  assert.deepEqual(unknown('plain'), ['http $target:8080 58']);
  assert.deepEqual(unknown('ingress-nginx'), []);
});

test('names are compared without case; http and stream know only their own', () => {
  const { upstreams, problems } = read(
    'http { server { proxy_pass http://APP; } upstream App { server 10.0.0.1; } } stream { server { proxy_pass app:1; } }',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    upstreams.map(({ module, name, references }) => [module, name, references.length]),
    [
      ['http', 'App', 1],
      ['stream', 'implicit:app:1', 1],
    ],
  );
});

const WRONG: readonly [text: string, message: string][] = [
  ['http { upstream a { server b; } upstream A { server c; } }', 'duplicate upstream "A"'],
  ['http { upstream a { server b; } server { proxy_pass http://a:80; } }', 'upstream "a" may not have port 80'],
  ['http { server { fastcgi_pass 10.0.0.1; } }', 'no port in upstream "10.0.0.1"'],
  ['stream { server { proxy_pass 10.0.0.1; } }', 'no port in upstream "10.0.0.1"'],
  ['http { server { proxy_pass 10.0.0.1; } }', 'invalid URL prefix'],
];
for (const [text, message] of WRONG)
  test(message, () =>
    assert.deepEqual(
      read(text).problems.map((problem) => problem.message),
      [message],
    ),
  );

test('the same mistake in every line is kept a hundred times', () => {
  assert.equal(read(`http { upstream a { ${'server 10.0.0.1 x=1;'.repeat(500)} } }`).problems.length, 100);
});

test('mail: the address that authenticates', () => {
  const { upstreams } = read('mail { auth_http http://10.0.0.9:9000/auth; server { listen 25; } }');
  assert.deepEqual(
    upstreams.map(({ module, name }) => [module, name]),
    [['mail', 'implicit:10.0.0.9:9000']],
  );
});

test('a file that nginx.conf includes in http', () => {
  const text = fixtureFiles('ngf-2.6').get('/etc/nginx/conf.d/http.conf')!;
  const resolve = () => [{ path: '/etc/nginx/grpc-error-pages.conf', text: '' }];
  const { upstreams } = readUpstreams(
    readNginxConf({ path: '/etc/nginx/conf.d/http.conf', text }, { resolve }),
    'http',
  );
  assert.deepEqual(
    upstreams.slice(0, 2).map(({ name }) => name),
    ['shop_coffee_80', 'shop_tea_80'],
  );
});

test('a state file has server lines only', () => {
  const { servers, problems } = readStateFile({
    path: '/s',
    text: 'server 10.0.0.1:80;\nserver 10.0.0.2:80 down resolve;\nserver :1;\n}',
  });
  assert.deepEqual(
    servers.map(({ address, parameters, line }) => [address.host, parameters.down, line]),
    [
      ['10.0.0.1', false, 1],
      ['10.0.0.2', true, 2],
    ],
  );
  assert.deepEqual(
    problems.map(({ line, message }) => `${line} ${message}`),
    ['4 unexpected "}"', '3 no host in upstream ":1"'],
  );
});

test('10,000 servers are read in less than 150 ms', () => {
  const { text } = tenThousandServers();
  // CPU time, and the best of a few: other programs have the processors too.
  const times = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    assert.equal(read(text).upstreams.length, SERVERS / 20);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  assert.ok(Math.min(...times) < 150, `${times} ms`);
});

test('10,000 servers have the right line', () => {
  const { text, lines } = tenThousandServers();
  const { upstreams, problems } = read(text);
  const servers = upstreams.flatMap((upstream) => upstream.servers);
  assert.deepEqual([servers.length, lines.size, problems], [SERVERS, SERVERS, []]);
  for (const { address, line } of servers) assert.equal(line, lines.get(address.text), address.text);
  assert.ok(upstreams.every(({ references }) => references.length === 1));
});
