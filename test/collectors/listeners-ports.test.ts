import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portsOf } from '../../src/collectors/listeners-ports.ts';

test('of several sockets of a port the widest and the fullest count', () => {
  const socket = (ip: string, port: number, queue = 0) => ({ ip, port, queue });
  const ports = portsOf([
    ...[socket('127.0.0.1', 8080, 3), socket('0.0.0.0', 8080, 1), socket('::1', 8080)],
    ...[socket('10.0.0.1', 90), socket('127.0.0.1', 90, 7), socket('::1', 443)],
  ]);
  assert.deepEqual(
    [...ports].map(([port, { scope, queue }]) => `${port} ${scope} ${queue}`),
    ['90 address 7', '443 loopback 0', '8080 all 3'],
  );
});
