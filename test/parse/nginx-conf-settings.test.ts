import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import { readSettings } from '../../src/parse/nginx-conf-settings.ts';
import { readFixture } from '../fixtures/nginx-conf/files.ts';

const MAIN = '/etc/nginx/nginx.conf';

test('limits of the workers, with their places', () => {
  const plain = readSettings(readFixture('plain'));
  assert.deepEqual(plain.workerProcesses, { value: 4, file: MAIN, line: 2 });
  assert.deepEqual(plain.workerRlimitNofile, { value: 8192, file: MAIN, line: 3 });
  assert.deepEqual(plain.workerConnections, { value: 2048, file: MAIN, line: 9 });
  assert.equal(readSettings(readFixture('ngf-1.6')).workerProcesses?.value, 'auto');
});

test('not set, or not readable: null', () => {
  const { workerProcesses, workerRlimitNofile, workerConnections } = readSettings(
    readNginxConf({ path: '/a', text: 'worker_processes some; events { }' }),
  );
  assert.deepEqual([workerProcesses, workerRlimitNofile, workerConnections], [null, null, null]);
});

test('sockets with their backlog', () => {
  const listens = readSettings(readFixture('ingress-nginx')).listens;
  assert.deepEqual(
    listens.map(({ module, host, port, backlog, reuseport }) => [module, host, port, backlog, reuseport]),
    [
      ['http', '0.0.0.0', 80, 4096, true],
      ['http', '::', 80, 4096, true],
      ['http', '0.0.0.0', 443, 4096, true],
      ['http', '0.0.0.0', 80, null, false],
      ['http', '0.0.0.0', 443, null, false],
      ['http', '127.0.0.1', 10_246, null, false],
      ['stream', '127.0.0.1', 10_247, null, false],
      ['stream', '0.0.0.0', 5432, null, false],
    ],
  );
});

test('logs with level, format and where they hold', () => {
  const { errorLogs, accessLogs, logFormats } = readSettings(readFixture('plain'));
  const row = ({ module, target, detail, isOutermost, line }: (typeof errorLogs)[number]) => [
    module,
    target,
    detail,
    isOutermost,
    line,
  ];
  assert.deepEqual(errorLogs.map(row), [
    ['main', '/tmp/badgateway-plain-error.log', 'warn', true, 5],
    ['http', '/tmp/badgateway-plain-shop.log', 'error', false, 5],
  ]);
  assert.deepEqual(accessLogs.map(row), [
    ['http', '/tmp/badgateway-plain-access.log', 'main', true, 23],
    ['http', '/tmp/badgateway-plain-shop-access.log', 'json', false, 6],
  ]);
  assert.deepEqual(
    logFormats.map((format) => [format.name, format.escape, format.text]),
    [
      [
        'main',
        'default',
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$upstream_addr"',
      ],
      ['json', 'json', '{"t":"$time_iso8601","u":"$upstream_addr","s":"$upstream_status"}'],
    ],
  );
});

test('defaults of a log, and a file that is included in http', () => {
  const conf = readNginxConf({ path: '/a', text: 'error_log stderr; access_log /b if=$c; access_log off; listen 1;' });
  const { errorLogs, accessLogs, listens } = readSettings(conf, 'http');
  assert.deepEqual([errorLogs[0].detail, errorLogs[0].module], ['error', 'http']);
  assert.deepEqual(
    accessLogs.map(({ target, detail }) => [target, detail]),
    [
      ['/b', 'combined'],
      ['off', 'combined'],
    ],
  );
  assert.equal(listens.length, 1);
});
