import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseNetstat } from '../../src/parse/netstat.ts';
import { readFixture } from '../support/fake-proc.ts';

test('real capture: a listener with backlog 1 that got 12 connects', () => {
  const counters = parseNetstat(readFixture('netstat'));
  assert.ok(counters.get('TcpExt.ListenOverflows')! > 0);
  assert.equal(counters.get('TcpExt.ListenDrops'), counters.get('TcpExt.ListenOverflows'));
  assert.equal(counters.get('TcpExt.TCPReqQFullDrop'), 0);
  assert.ok(counters.has('IpExt.InOctets') && counters.has('MPTcpExt.WinProbe'));
});

test('real capture: snmp has negative values and several groups', () => {
  const counters = parseNetstat(readFixture('snmp'));
  assert.equal(counters.get('Tcp.MaxConn'), -1);
  assert.ok(counters.get('Tcp.ActiveOpens')! >= 12);
  assert.ok(counters.has('Ip.OutNoRoutes'));
});

test('by name, in whatever order the kernel lists them', () => {
  const counters = parseNetstat('TcpExt: New ListenDrops ListenOverflows\nTcpExt: 9 62 61\n');
  assert.deepEqual(
    [...counters],
    [
      ['TcpExt.New', 9],
      ['TcpExt.ListenDrops', 62],
      ['TcpExt.ListenOverflows', 61],
    ],
  );
  assert.equal(parseNetstat('').size, 0);
});

test('lines that do not pair are an error, not a shifted counter', () => {
  const bad = [
    'TcpExt: A B\nTcpExt: 1\n',
    'TcpExt: A\nTcpExt: 1 2\n',
    'TcpExt: A\n',
    'TcpExt: A\nIpExt: 1\n',
    'T: A\nT: x\n',
  ];
  for (const text of bad) assert.throws(() => parseNetstat(text), /^Error: netstat: /, JSON.stringify(text));
});

test('any text: finite counters or an error that says netstat', () => {
  const word = fc.constantFrom('TcpExt:', 'A', '1', '-1', '\n', '', '18446744073709551615');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word, { maxLength: 40 }).map((words) => words.join(' ')),
      ),
      (text) => {
        try {
          assert.ok([...parseNetstat(text).values()].every(Number.isFinite));
        } catch (error) {
          assert.match((error as Error).message, /^netstat: /);
        }
      },
    ),
  );
});
