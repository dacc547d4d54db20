import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ListeningSocketReader } from '../../src/parse/listening-sockets.ts';
import { TCP_ESTABLISHED, TCP_LISTEN } from '../../src/parse/tcp-sockets.ts';
import { HEADER, HEADER6, row } from '../support/tcp-rows.ts';

/** Captured: a stopped acceptor with a backlog of 8 that holds 9, a listener on loopback, and then what does not listen. */
const CAPTURED = `${HEADER}
   0: 00000000:1F90 00000000:0000 0A 00000000:00000009 00:00000000 00000000    33        0 26537 1 00000000f1a2ad21 100 0 0 10 0                     
   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 26538 1 000000005bd39a8b 100 0 0 10 0                     
   2: 01004D0A:1F90 02004D0A:D431 01 00000000:00000007 00:00000000 00000000    33        0 26542 1 000000006e42cbce 20 4 30 10 -1                    
   3: 00000000:270F 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 26543 1 000000005bd39a8b 100 0 0 10 0                     
`;

const listen = (local: string, localPort: number) =>
  row({ local, localPort, remote: local.includes(':') ? '::' : '0.0.0.0', remotePort: 0, state: TCP_LISTEN });

function read(text: string, size: number) {
  const reader = new ListeningSocketReader();
  let taken = 0;
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) {
    taken++;
    if (!reader.push(bytes.subarray(at, at + size))) break;
  }
  reader.end();
  const { sockets, skipped, malformed } = reader;
  return { sockets: sockets.map(({ ip, port, queue }) => `${ip} ${port} ${queue}`), skipped, malformed, taken };
}

describe('ListeningSocketReader', () => {
  it('reads the listeners with their queues up to the first other socket, whatever follows', () => {
    const { sockets, malformed } = read(CAPTURED, 4096);
    assert.deepEqual([sockets, malformed], [['0.0.0.0 8080 9', '127.0.0.1 80 0'], 0]);
  });

  it('says in which piece it has all; a table of pieces of any size is the same table', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), (size) => {
        const { sockets, taken } = read(CAPTURED, size);
        assert.deepEqual(sockets, ['0.0.0.0 8080 9', '127.0.0.1 80 0']);
        // The row of the connection is the fourth line.
        assert.equal(taken, Math.ceil(CAPTURED.split('\n').slice(0, 4).join('\n').length / size + 1 / size));
      }),
    );
  });

  it('reads tcp6 and a table without an end of line; a mapped address is IPv4', () => {
    const text = [HEADER6, listen('::', 80), listen('::1', 81), listen('::ffff:10.0.0.1', 82)].join('\n');
    assert.deepEqual(read(text, 4096).sockets, [':: 80 0', '::1 81 0', '10.0.0.1 82 0']);
  });

  it('keeps 4096 and counts the rest; counts rows that are no socket', () => {
    const rows = Array.from({ length: 5000 }, (_, at) => listen('0.0.0.0', at + 1));
    const { sockets, skipped, malformed } = read([HEADER, ...rows, 'nonsense'].join('\n'), 4096);
    assert.deepEqual([sockets.length, skipped, malformed], [4096, 904, 1]);
  });

  it('finds nothing where nothing listens', () => {
    const parts = { local: '10.0.0.1', localPort: 5, remote: '10.0.0.2', remotePort: 6, state: TCP_ESTABLISHED };
    assert.deepEqual(read(`${HEADER}\n`, 4096).sockets, []);
    assert.deepEqual(read(`${HEADER}\n${row(parts)}\n`, 4096).sockets, []);
  });
});
