import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_PARAMETERS, readUpstreamServer } from '../../src/parse/nginx-conf-server.ts';

function read(line: string, module: 'http' | 'stream' = 'http') {
  const said: string[] = [];
  const directive = { args: line.split(' ').filter((word) => word !== ''), file: '/a.conf', line: 7 };
  const server = readUpstreamServer(directive, module, (kind, message) => void said.push(`${kind}: ${message}`));
  return { server, said };
}

test('without parameters: nginx’s defaults, one object for all', () => {
  const { server, said } = read('10.0.0.1');
  assert.deepEqual(said, []);
  assert.equal(server?.parameters, DEFAULT_PARAMETERS);
  assert.deepEqual(
    [server?.address.host, server?.address.port, server?.file, server?.line],
    ['10.0.0.1', 80, '/a.conf', 7],
  );
});

test('every parameter', () => {
  const { server, said } = read(
    'h weight=5 max_fails=0 fail_timeout=1m max_conns=3 slow_start=30s backup down drain resolve service=_http._tcp route=a',
  );
  assert.deepEqual(said, []);
  assert.deepEqual(server?.parameters, {
    ...{ weight: 5, maxFails: 0, failTimeoutSeconds: 60, maxConns: 3, slowStartSeconds: 30 },
    ...{ backup: true, down: true, drain: true, resolve: true, service: '_http._tcp', route: 'a' },
  });
});

const WRONG: readonly [line: string, module: 'http' | 'stream', said: string, isKept: boolean][] = [
  ['10.0.0.1 weight=0', 'http', 'invalid_parameter: invalid parameter "weight=0"', true],
  ['10.0.0.1 weight=x', 'http', 'invalid_parameter: invalid parameter "weight=x"', true],
  ['10.0.0.1 backup=1', 'http', 'invalid_parameter: invalid parameter "backup=1"', true],
  ['10.0.0.1 constructor=1', 'http', 'invalid_parameter: invalid parameter "constructor=1"', true],
  ['10.0.0.1 route=', 'http', 'invalid_parameter: invalid parameter "route="', true],
  ['10.0.0.1 fail_timeout=10ms', 'http', 'invalid_parameter: invalid parameter "fail_timeout=10ms"', true],
  ['10.0.0.1', 'stream', 'invalid_address: no port in upstream "10.0.0.1"', true],
  ['10.0.0.1:80-90', 'http', 'invalid_address: invalid port in upstream "10.0.0.1:80-90"', false],
  ['$x', 'http', 'host_not_found: host not found in upstream "$x"', true],
  ['h service=http', 'http', 'invalid_address: service requires "resolve" parameter in upstream "h"', true],
  ['h:80 resolve service=http', 'http', 'invalid_address: service may not have port in upstream "h:80"', true],
  [
    '10.0.0.1 resolve service=http',
    'http',
    'invalid_address: service requires domain name in upstream "10.0.0.1"',
    true,
  ],
  ['', 'http', 'invalid_parameter: invalid number of arguments in "server" directive', false],
];
for (const [line, module, expected, isKept] of WRONG) {
  test(`${module}: ${line || 'nothing'}`, () => {
    const { server, said } = read(line, module);
    assert.deepEqual(said, [expected]);
    assert.equal(server !== null, isKept);
    assert.notEqual(server?.parameters.weight, 0);
  });
}

test('stream: a service needs no port, nor does a socket', () => {
  assert.deepEqual(read('h resolve service=x', 'stream').said, []);
  assert.deepEqual(read('unix:/a', 'stream').said, []);
});
