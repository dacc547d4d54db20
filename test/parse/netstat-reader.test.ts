import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseNetstat } from '../../src/parse/netstat.ts';
import { NetstatReader } from '../../src/parse/netstat-reader.ts';
import { readFixture } from '../support/fake-proc.ts';

test('real captures: any choice of counters has the values that all have', () => {
  const text = readFixture('netstat') + readFixture('snmp');
  const all = parseNetstat(text);
  fc.assert(
    fc.property(fc.subarray([...all.keys()]), (names) => {
      const expected = new Map([...all].filter(([name]) => names.includes(name)));
      assert.deepEqual(new NetstatReader(names).read(text), expected);
    }),
  );
});

test('by name also when the names change from text to text', () => {
  const reader = new NetstatReader(['TcpExt.ListenDrops', 'TcpExt.ListenOverflows', 'Tcp.MaxConn']);
  const texts = [
    ['TcpExt: New ListenDrops ListenOverflows\nTcpExt: 9 62 61\n', [62, 61, undefined]],
    ['TcpExt: ListenOverflows New ListenDrops\nTcpExt: 9 62 61\nTcp: MaxConn\nTcp: -1', [61, 9, -1]],
    ['TcpExt: ListenOverflows\nTcpExt: 18446744073709551615\n', [undefined, 2 ** 64, undefined]],
    ['TcpExt: New\nTcpExt: 5\n', [undefined, undefined, undefined]],
    ['', [undefined, undefined, undefined]],
  ] as const;
  for (const [text, expected] of texts) {
    const found = reader.read(text);
    const values = ['TcpExt.ListenDrops', 'TcpExt.ListenOverflows', 'Tcp.MaxConn'].map((name) => found.get(name));
    assert.deepEqual(values, expected, text);
  }
});

test('lines that do not pair are an error, not a shifted counter', () => {
  const bad = [
    'T: A B\nT: 1\n',
    'T: A\nT: 1 2\n',
    'T: B A\nT: 1  2\n',
    'T: A\n',
    'T: A\nIpExt: 1\n',
    'T: A\nT: x\n',
    'T: A B\nT: 1 x\n',
    'no group\n',
    'Ip: B\nT: A\n',
  ];
  const reader = new NetstatReader(['T.A']);
  for (const text of bad) assert.throws(() => reader.read(text), /^Error: netstat: /, JSON.stringify(text));
});

test('any text: finite counters or an error that says netstat', () => {
  const word = fc.constantFrom('T:', 'A', '1', '-1', '\n', '', '18446744073709551615');
  const reader = new NetstatReader(['T.A', 'T.1']);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word, { maxLength: 40 }).map((words) => words.join(' ')),
      ),
      (text) => {
        try {
          assert.ok([...reader.read(text).values()].every(Number.isFinite));
        } catch (error) {
          assert.match((error as Error).message, /^netstat: /);
        }
      },
    ),
  );
});
