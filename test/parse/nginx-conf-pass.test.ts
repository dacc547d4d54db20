import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPass, readPass } from '../../src/parse/nginx-conf-pass.ts';

type Module = 'http' | 'stream' | 'mail';
function read(text: string, module: Module): string {
  const [name, ...args] = text.split(' ');
  const pass = readPass({ name, args, file: '/a', line: 1, kind: 'simple', body: [] }, module);
  if (typeof pass === 'string') return pass;
  const { scheme, address, isAtRunTime } = pass;
  return `${scheme}|${address.kind} ${address.host} ${address.port} ${address.uri}${isAtRunTime ? ' at run time' : ''}`;
}

const ROWS: readonly [text: string, expected: string, module?: Module][] = [
  ['proxy_pass http://10.0.0.1', 'http|ip 10.0.0.1 80 '],
  ['proxy_pass HTTPS://10.0.0.1/x', 'https|ip 10.0.0.1 443 /x'],
  ['proxy_pass http://[::1]:8080', 'http|ip ::1 8080 '],
  ['proxy_pass http://unix:/run/a.sock:/x', 'http|unix /run/a.sock null /x'],
  ['proxy_pass http://svc.ns.svc', 'http|hostname svc.ns.svc 80 '],
  ['proxy_pass 10.0.0.1', 'invalid URL prefix'],
  ['proxy_pass ftp://10.0.0.1', 'invalid URL prefix'],
  ['proxy_pass http://', 'no host in upstream ""'],
  ['proxy_pass http://10.0.0.1:99999', 'invalid port in upstream "10.0.0.1:99999"'],
  ['proxy_pass', 'invalid number of arguments in "proxy_pass" directive'],
  ['proxy_pass http://a http://b', 'invalid number of arguments in "proxy_pass" directive'],
  ['proxy_pass $backend', '|variable  null  at run time'],
  ['proxy_pass http://$host:80', 'http|variable  null  at run time'],
  ['proxy_pass http://shop_cart_80$request_uri', 'http|hostname shop_cart_80 80  at run time'],
  ['proxy_pass http://a/x$1', 'http|hostname a 80 /x at run time'],
  ['proxy_pass https://10.0.0.1:8443/$1', 'https|ip 10.0.0.1 8443 / at run time'],
  ['proxy_pass http://a$b', 'http|variable  null  at run time'],
  ['proxy_pass http://10.0.0.1:$port/', 'http|variable  null  at run time'],
  ['proxy_pass http://unix:/run/a.sock:/$1', 'http|unix /run/a.sock null / at run time'],
  ['proxy_pass http://unix:/run/$name', 'http|variable  null  at run time'],
  ['grpc_pass 10.0.0.1:50051', '|ip 10.0.0.1 50051 '],
  ['grpc_pass grpcs://a', 'grpcs|hostname a null '],
  ['grpc_pass grpc://a/x', 'invalid host in upstream "a/x"'],
  ['grpc_pass unix:/a:/b', '|unix /a:/b null '],
  ['fastcgi_pass php', '|hostname php null '],
  ['fastcgi_pass unix:/run/php.sock', '|unix /run/php.sock null '],
  ['uwsgi_pass suwsgi://10.0.0.1:3031', 'suwsgi|ip 10.0.0.1 3031 '],
  ['scgi_pass scgi://10.0.0.1:4000', 'invalid host in upstream "scgi://10.0.0.1:4000"'],
  ['memcached_pass 10.0.0.1:11211', '|ip 10.0.0.1 11211 '],
  ['tunnel_pass', '|variable  null  at run time'],
  ['proxy_pass 10.0.0.1:53', '|ip 10.0.0.1 53 ', 'stream'],
  ['proxy_pass $by_name', '|variable  null  at run time', 'stream'],
  ['proxy_pass http://10.0.0.1', 'invalid host in upstream "http://10.0.0.1"', 'stream'],
  ['auth_http http://10.0.0.1/auth', 'http|ip 10.0.0.1 80 /auth', 'mail'],
  ['auth_http 10.0.0.1:9000/auth', '|ip 10.0.0.1 9000 /auth', 'mail'],
];
for (const [text, expected, module = 'http'] of ROWS)
  test(`${module}: ${text}`, () => assert.equal(read(text, module), expected));

test('which directives these are', () => {
  assert.deepEqual(
    [
      isPass('proxy_pass', 'http'),
      isPass('proxy_pass', 'stream'),
      isPass('grpc_pass', 'stream'),
      isPass('constructor', 'http'),
    ],
    [true, true, false, false],
  );
});
