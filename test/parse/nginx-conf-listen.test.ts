import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readListen } from '../../src/parse/nginx-conf-listen.ts';

const ROWS: readonly [text: string, expected: string | null][] = [
  ['80', '0.0.0.0 80 null null'],
  ['*:80 default_server', '0.0.0.0 80 null null'],
  ['10.0.0.1', '10.0.0.1 80 null null'],
  ['127.0.0.1:8080 backlog=4096 reuseport', '127.0.0.1 8080 null 4096 reuseport'],
  ['[::]:443 ssl', ':: 443 null null'],
  ['localhost:81', 'localhost 81 null null'],
  ['8000-8010', '0.0.0.0 8000 8010 null'],
  ['10.0.0.1:8000-8010', '10.0.0.1 8000 8010 null'],
  ['a-1-2:80', 'a-1-2 80 null null'],
  ['unix:/run/a-1-2.sock', '/run/a-1-2.sock null null null'],
  ['53 udp', '0.0.0.0 53 null null udp'],
  ['80 backlog=x', '0.0.0.0 80 null null'],
  ['99999', null],
  ['[::', null],
  ['$x', null],
];
for (const [text, expected] of ROWS) {
  test(text, () => {
    const found = readListen(
      { name: 'listen', args: text.split(' '), file: '/a', line: 3, kind: 'simple', body: [] },
      'http',
    );
    if (found === null) return assert.equal(null, expected);
    const { host, port, lastPort, backlog, isUdp, reuseport } = found;
    assert.equal(
      `${host} ${port} ${lastPort} ${backlog}${isUdp ? ' udp' : ''}${reuseport ? ' reuseport' : ''}`,
      expected,
    );
    return assert.deepEqual([found.file, found.line, found.module], ['/a', 3, 'http']);
  });
}

test('long digits take no quadratic time', () => {
  const start = performance.now();
  for (let count = 0; count < 2000; count++) {
    const args = ['1'.repeat(4095)];
    readListen({ name: 'listen', args, file: '/a', line: 3, kind: 'simple', body: [] }, 'http');
  }
  assert.ok(performance.now() - start < 2000);
});
