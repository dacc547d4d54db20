import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalIp } from '../../src/parse/ip-address.ts';
import {
  TCP_ESTABLISHED,
  TCP_LISTEN,
  TCP_SYN_SENT,
  type TcpSocket,
  TcpSocketReader,
} from '../../src/parse/tcp-sockets.ts';
import { HEADER, HEADER6, row } from '../support/tcp-rows.ts';

/** `state uid local:port remote:port` of every row, read in pieces of so many bytes. */
function read(text: string, size = 1 << 16): { rows: string[]; malformed: number } {
  const rows: string[] = [];
  const reader = new TcpSocketReader((socket) => {
    const { state, uid, localPort, remotePort } = socket;
    rows.push(`${state} ${uid} ${socket.localIp()} ${localPort} ${socket.remoteIp()} ${remotePort}`);
  });
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  reader.end();
  return { rows, malformed: reader.malformed };
}

/** Two listeners, a connect that waits, an accepted and a made connection; captured in a network namespace of its own. */
const CAPTURED = `${HEADER}
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 26537 1 00000000f1a2ad21 100 0 0 10 0                     
   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 26538 1 000000005bd39a8b 100 0 0 10 0                     
   2: 01004D0A:A1B2 6300630A:1F90 02 00000001:00000000 01:00000042 00000001   101        0 26541 2 00000000d4fb4a2e 200 0 0 1 7                       
   3: 01004D0A:1F90 02004D0A:D431 01 00000000:00000000 00:00000000 00000000    33        0 26542 1 000000006e42cbce 20 4 30 10 -1                    
 120: 01004D0A:C350 02004D0A:2382 01 00000000:00000000 02:00000A2F 00000000 65534        0 26544 2 00000000b3b0a1cd 20 4 0 10 -1                     
`;

describe('TcpSocketReader', () => {
  it('reads a captured table', () => {
    assert.deepEqual(read(CAPTURED), {
      rows: [
        `${TCP_LISTEN} 33 0.0.0.0 8080 0.0.0.0 0`,
        `${TCP_LISTEN} 0 127.0.0.1 80 0.0.0.0 0`,
        `${TCP_SYN_SENT} 101 10.77.0.1 41394 10.99.0.99 8080`,
        `${TCP_ESTABLISHED} 33 10.77.0.1 8080 10.77.0.2 54321`,
        `${TCP_ESTABLISHED} 65534 10.77.0.1 50000 10.77.0.2 9090`,
      ],
      malformed: 0,
    });
  });

  it('reads tcp6; IPv4-mapped addresses are IPv4', () => {
    const text = `${HEADER6}
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22 1 0000000047aefb3c 100 0 0 10 0
   1: 0000000000000000FFFF000001004D0A:0050 0000000000000000FFFF000002004D0A:D431 01 00000000:00000000 00:00000000 00000000     0        0 23 1 0000000047aefb3d 20 4 30 10 -1
   2: 000000FD000000000000000001000000:C001 000000FD000000000000000017000000:1F90 01 00000000:00000000 00:00000000 00000000     0        0 24 1 0000000047aefb3e 20 4 30 10 -1
`;
    assert.deepEqual(read(text).rows, [
      '10 0 :: 80 :: 0',
      '1 0 10.77.0.1 80 10.77.0.2 54321',
      '1 0 fd00::1 49153 fd00::17 8080',
    ]);
  });

  it('reads any row, however it is cut into pieces', () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    const ip = fc.oneof(fc.ipV4(), fc.ipV6());
    const socket = fc.record({
      number: fc.nat(1_000_000),
      local: ip,
      remote: ip,
      localPort: port,
      remotePort: port,
      state: fc.integer({ min: 1, max: 12 }),
      uid: fc.integer({ min: 0, max: 0xffff_ffff }),
    });
    fc.assert(
      fc.property(fc.array(socket, { maxLength: 20 }), fc.integer({ min: 1, max: 400 }), (sockets, size) => {
        const { rows, malformed } = read(`${HEADER}\n${sockets.map((one) => `${row(one)}\n`).join('')}`, size);
        assert.equal(malformed, 0);
        assert.deepEqual(
          rows,
          sockets.map(
            ({ state, uid, local, localPort, remote, remotePort }) =>
              `${state} ${uid} ${canonicalIp(local)} ${localPort} ${canonicalIp(remote)} ${remotePort}`,
          ),
        );
      }),
    );
  });

  it('gives one object for all rows', () => {
    const seen = new Set<TcpSocket>();
    const reader = new TcpSocketReader((socket) => seen.add(socket));
    reader.push(Buffer.from(CAPTURED));
    assert.equal(seen.size, 1);
  });

  it('counts what is no row, and goes on with the next', () => {
    const good = row({ local: '10.0.0.1', remote: '10.0.0.2', localPort: 40_000, remotePort: 80, state: 1, uid: 7 });
    const bad = [
      '',
      ':',
      '   0: ',
      good.slice(0, 60),
      good.replace('0100000A', '0100000G'),
      good.replace(' 01 ', ' 0x '),
      good.replace(/ {4}7 /, '    x '),
      'y'.repeat(600),
    ];
    for (const text of bad) {
      assert.deepEqual(read(`${HEADER}\n${text}\n${good}\n`, 100), {
        rows: ['1 7 10.0.0.1 40000 10.0.0.2 80'],
        malformed: 1,
      });
    }
  });

  it('takes a last row without a newline, and begins anew with the next file', () => {
    const rows: number[] = [];
    const reader = new TcpSocketReader(({ uid }) => rows.push(uid));
    const good = row({ local: '10.0.0.1', remote: '10.0.0.2', localPort: 1, remotePort: 2, state: 1, uid: 7 });
    reader.push(Buffer.from(`${HEADER}\n${good}`));
    reader.end();
    reader.push(Buffer.from(`${HEADER}\n${good.slice(0, 70)}`));
    reader.end();
    reader.push(Buffer.from(`${good}\n`));
    reader.end();
    assert.deepEqual([rows, reader.malformed], [[7, 7], 1]);
  });

  it('never throws, and never says more rows than there are lines', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n', ' ', ':', '   0: 0100007F:0050 ', '00000000:0000 0A ', CAPTURED.slice(160, 320)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 64 }), (pieces, size) => {
        const text = Buffer.from(pieces.join(''), 'latin1').toString('latin1');
        const { rows, malformed } = read(text, size);
        assert.ok(rows.length + malformed <= text.split('\n').length);
      }),
    );
  });
});
