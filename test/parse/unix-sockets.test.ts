import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countUnixListeners } from '../../src/parse/unix-sockets.ts';

/** Rows of Linux 6.18: a socket that listens, two that are connected, a datagram socket, one without a path that listens. */
const TEXT = `Num       RefCount Protocol Flags    Type St Inode Path
00000000a1b2c3d4: 00000002 00000000 00010000 0001 01 181901 /var/run/nginx/nginx-status.sock
0000000011ab822d: 00000003 00000000 00000000 0001 03 1759632
00000000c61240f2: 00000003 00000000 00000000 0001 03 1759627 /tmp/00010000 0001
000000000232831b: 00000002 00000000 00000000 0002 01 1759631
00000000c8c8141a: 00000002 00000000 00010000 0005 01 1759628
`;

test('counts the sockets that listen, whatever their paths are', () => {
  assert.equal(countUnixListeners(TEXT), 2);
  assert.equal(countUnixListeners(TEXT.split('\n')[0]), 0);
  assert.equal(countUnixListeners(''), 0);
});
