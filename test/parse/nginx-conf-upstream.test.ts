import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfProblem } from '../../src/parse/nginx-conf-problem.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import { readUpstreamBlock } from '../../src/parse/nginx-conf-upstream.ts';

function read(body: string, name = 'u') {
  const problems: ConfProblem[] = [];
  const conf = readNginxConf({ path: '/a.conf', text: `\nupstream ${name} {\n${body}\n}` });
  const upstream = readUpstreamBlock(conf.directives[0], 'http', (problem) => problems.push(problem));
  return { upstream, said: problems.map(({ line, message }) => `${line} ${message}`) };
}

test('everything that an upstream says of itself', () => {
  const { upstream, said } = read(
    'zone z 512k; random two least_conn; server 10.0.0.1; server h resolve;\nkeepalive 16; resolver 10.0.0.53 valid=5s;',
  );
  assert.deepEqual(said, []);
  assert.deepEqual(
    { ...upstream, servers: upstream?.servers.map(({ address, line }) => [address.text, line]) },
    {
      ...{ name: 'u', module: 'http', isImplicit: false, method: 'random two least_conn', file: '/a.conf', line: 2 },
      ...{
        servers: [
          ['10.0.0.1', 3],
          ['h', 3],
        ],
        zone: { name: 'z', bytes: 524_288 },
        keepalive: 16,
      },
      ...{ stateFile: null, resolver: ['10.0.0.53', 'valid=5s'], references: [] },
    },
  );
});

test('defaults', () => {
  const { upstream } = read('server 10.0.0.1;');
  assert.deepEqual(
    [upstream?.method, upstream?.zone, upstream?.keepalive, upstream?.resolver],
    ['round_robin', null, null, []],
  );
  assert.deepEqual(read('server a; zone z;').upstream?.zone, { name: 'z', bytes: null });
});

test('servers in a state file are no problem', () => {
  const { upstream, said } = read('zone z 1m; state /var/lib/nginx/state/u.conf;');
  assert.deepEqual([upstream?.stateFile, said], ['/var/lib/nginx/state/u.conf', []]);
});

test('Lua picks the peer', () => {
  assert.equal(read('server 0.0.0.1;\nbalancer_by_lua_block { balancer.balance() }').upstream?.method, 'lua');
});

const WRONG: readonly [body: string, said: string][] = [
  ['', '2 no servers are inside upstream'],
  ['keepalive 2;', '2 no servers are inside upstream'],
  ['server 10.0.0.1 backup;', '2 no servers in upstream "u"'],
  ['ip_hash;server 10.0.0.2;\nserver 10.0.0.1 backup;', '4 balancing method does not support parameter "backup"'],
];
for (const [body, expected] of WRONG) test(body || 'empty block', () => assert.deepEqual(read(body).said, [expected]));

test('backup before the method, or with least_conn, is allowed', () => {
  assert.deepEqual(read('server 10.0.0.1 backup; server 10.0.0.2; ip_hash;').said, []);
  assert.deepEqual(read('least_conn; server 10.0.0.1 backup; server 10.0.0.2;').said, []);
});

test('a block without a name is none', () => {
  const { upstream, said } = read('server a;', '');
  assert.deepEqual([upstream, said], [null, ['2 invalid number of arguments in "upstream" directive']]);
});
