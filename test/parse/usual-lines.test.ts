import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorLogReader, LONGEST_LINE_BYTES } from '../../src/parse/error-log-reader.ts';
import { Interner } from '../../src/parse/interner.ts';
import { LogCounts } from '../../src/parse/log-counts.ts';
import { LONGEST_PEER, MOST_LINES, SHORTEST_PEER } from '../../src/parse/many-lines-layout.ts';
import { LEVELS } from '../../src/parse/nginx-prefix.ts';
import { SETTLED_MESSAGES } from '../../src/parse/settled-messages.ts';
import { MOST_SETTLED, MOST_SETTLED_BYTES, USUAL_ROOM_LEFT } from '../../src/parse/usual-lines-layout.ts';
import { USUAL_MESSAGES } from '../../src/parse/usual-messages.ts';
import { at, cri, docker, FIRST, fields, head, joined, PEER } from './error-lines.ts';
import { compare, contentOf, OneByOne } from './one-by-one.ts';

describe('whole blocks and line by line count the same', () => {
  it('every usual message, at every level', () => {
    for (const level of LEVELS) {
      const lines = USUAL_MESSAGES.map((message) => at(PEER, message).replace('[error]', `[${level}]`));
      const counted = compare(joined(lines));
      if (level === 'error') assert.equal(counted['result failure'], lines.length * 2);
    }
  });

  it('every settled message, at every level, with anything behind it', () => {
    const ends = ['', ' failed (2: No such file or directory)', ' failed (24: Too many open files)'];
    const more = ends.flatMap((end) => ['', ...USUAL_MESSAGES.slice(0, 12)].map((message) => end + message));
    for (const level of LEVELS) {
      const lines = SETTLED_MESSAGES.flatMap(({ beginning }) =>
        more.map((rest) => head(level) + beginning + rest + fields(`http://${PEER}/`)),
      );
      compare(joined([...lines, ...lines.map((line) => line.replace(': *7', ':'))]), { limit: 1000 });
    }
    const beginnings = new Set(SETTLED_MESSAGES.map(({ beginning }) => beginning));
    assert.equal(beginnings.size, SETTLED_MESSAGES.length);
    assert.ok(beginnings.size <= MOST_SETTLED && USUAL_ROOM_LEFT >= 0);
    for (const beginning of beginnings) assert.ok(beginning.length <= MOST_SETTLED_BYTES, beginning);
  });

  it('peers of all kinds and lengths, those that differ in the last byte, and more than the table or the interner holds', () => {
    const name = 'a-very-long-name-of-an-upstream-that-nobody-would-give-to-anything-at-all.example';
    const lengths = [1, SHORTEST_PEER - 1, SHORTEST_PEER, 15, 16, 17, LONGEST_PEER, LONGEST_PEER + 1, 80];
    const peers = lengths.flatMap((length) => [name.slice(0, length), `${name.slice(0, length - 1)}#`]);
    const others = ['[fd00::1]:80', 'unix:/run/a.sock:', 'unix:/run/a.sock', 'unix:', ':80', 'users', '10.0.0.1:80 '];
    const schemes = ['http', 'https', 'fastcgi', 'memcached', 'grpcs', 'uwsgi', 'scg', 'tenletters'];
    const lines = schemes.flatMap((scheme) =>
      [...peers, ...others].flatMap((peer) =>
        ['', '/', '/x'].map((path) => head() + FIRST + fields(`${scheme}://${peer}${path}`)),
      ),
    );
    compare(joined(lines));
    assert.ok(compare(joined(lines), { limit: 5 })['peerless overflow'] > 0);
    const many = Array.from({ length: 20_000 }, (_, i) => at(`10.${i >> 14}.${(i >> 7) & 127}.${i & 127}:80`));
    compare(joined(many), { limit: 30_000 });
  });

  it('lines that are no usual ones: cut, long, empty, with carriage returns, zeros, other bytes or more quotes', () => {
    const usual = at(PEER);
    const padded = (length: number) => usual.replace('host: "a"', `host: "${'a'.repeat(length - usual.length + 1)}"`);
    const lines = [
      ...[usual, `${usual}\r`, `${usual}\r\r`, '', '\r', '\0', `${usual}\0`, usual.replace('GET', 'G\0T')],
      ...[usual.replace('/ HTTP', '/" HTTP/1.1", upstream: "http://6.6.6.6:6/", x HTTP'), usual.replace('GET', 'é')],
      ...[2046, 2047, 2048, LONGEST_LINE_BYTES - 1, LONGEST_LINE_BYTES, LONGEST_LINE_BYTES + 1, 140_000].map(padded),
      ...Array.from({ length: usual.length }, (_, length) => usual.slice(0, length)),
      ...['', 'x', '[lua] x', FIRST].flatMap((message) =>
        LEVELS.flatMap((level) =>
          ['*7 ', '', '*', '*7', '*7x '].flatMap((connection) => {
            const line = head(level).replace('*7 ', connection) + message;
            return [line, `${line}\r`, line.replace(': ', ':'), `${line.replace(': ', ':')}\r`];
          }),
        ),
      ),
    ];
    compare(joined(lines));
    for (const line of lines) compare(joined([usual, line, usual]));
    assert.equal(compare(joined([padded(LONGEST_LINE_BYTES)]))['result failure'], 2);
    assert.equal(compare(joined([padded(LONGEST_LINE_BYTES + 1)]))['result too_long'], 2);
  });

  it('more lines than are taken at once, and blocks that end anywhere in a line', () => {
    compare(joined(Array.from({ length: MOST_LINES * 3 + 5 }, (_, i) => (i % 500 === 7 ? at(PEER) : String(i % 7)))));
    const text = joined(Array.from({ length: 1500 }, (_, i) => at(`10.0.0.${i % 9}:80`, USUAL_MESSAGES[i % 50])));
    for (const step of [1000, 65_537, 131_072, 131_073, 200_000]) compare(text, { step });
  });
});

describe('what a container runtime has written', () => {
  it('whole lines, between plain ones', () => {
    const lines = [
      at(PEER),
      cri(at(PEER)),
      cri(at('10.0.0.2:80'), 'F', 'stdout'),
      cri(at(PEER), 'F:x'),
      docker(at(PEER)),
    ];
    const stamps = [
      '2026-11-21T03:00:00Z',
      '2026-11-21T03:00:00.1Z',
      '2026-11-21T03:00:00.1+08:00',
      '2026-11-21T03:00:00.1+0800',
    ];
    const others = [...stamps, `${stamps[1].slice(0, -1)}0123456789Z`, '2026-11-21T03:00:00.Z'].map(
      (stamp) => `${stamp} stderr F ${at(PEER)}`,
    );
    const before = `<3>Nov 21 03:00:00 web nginx: ${at(PEER)}`;
    assert.ok(
      compare(joined([...lines, ...others, before, `2026-11-21T03:00:00.1Z stderr ${at(PEER)}`, ...lines]))[
        'result failure'
      ] > 20,
    );
  });

  it('lines with newlines in them, which Docker escapes', () => {
    const text = `${at(PEER)}, referrer: "x, upstream: "http://6.6.6.6:6/"`;
    const put = (place: number, end: number) => docker(`${text.slice(0, place)}\n${text.slice(end)}`);
    compare(joined(Array.from(text, (_, place) => [put(place, place), put(place, place + 1)]).flat()));
  });

  it('a line that waits for its rest, with all behind it, and nothing of that is counted', () => {
    const before = [at(PEER), cri(at(PEER)), at(PEER)];
    const piece = cri(at(PEER).slice(0, 60), 'P');
    const behind = [at(PEER), cri(at(PEER), 'F', 'stdout'), at(PEER)];
    const waiting = compare(joined([...before, piece, ...behind]), { final: false });
    assert.deepEqual([waiting['result failure'], waiting['result partial']], [before.length * 2, undefined]);
    const whole = compare(joined([...before, piece, ...behind, cri(at(PEER).slice(60)), at(PEER)]), { final: false });
    assert.deepEqual([whole['result failure'], whole['result partial']], [16, 2]);
  });

  it('a rest that looks like a line of its own is the rest', () => {
    const lines = [cri(`${head('notice')}x`, 'P'), at(PEER), cri(at(PEER)), cri(at(PEER))];
    assert.equal(compare(joined(lines))['result failure'], 4);
  });

  it('a piece whose rest is beyond the block that is scanned', () => {
    const between = Array.from({ length: 300 }, () => at(PEER));
    const pieces = [cri(at(PEER).slice(0, 60), 'P'), ...between, cri(at('10.0.0.2:80'), 'F', 'stdout'), ...between];
    const lines = [...between.slice(7), ...pieces, cri(at(PEER).slice(60)), ...between, cri(at(PEER))];
    assert.equal(compare(joined(lines), { final: false })['result partial'], 2);
    compare(joined([...lines, ...pieces]), { final: true });
    compare(joined([...lines, ...pieces]), { final: false });
  });
});

it('gateways whose peers have other numbers, and gateways that share theirs', () => {
  const blocks = [
    [at('10.0.0.1:80'), at('10.0.0.2:80')],
    [at('10.0.0.2:80'), at('10.0.0.3:80'), at('10.0.0.1:80')],
  ];
  const shared = () => {
    const peers = new Interner(10);
    return [
      new LogCounts(peers),
      new LogCounts(peers),
      new LogCounts(new Interner(10)),
      new LogCounts(new Interner(1)),
    ];
  };
  const [seen, expected] = [new ErrorLogReader(), new OneByOne()].map((reader) => {
    const all = shared();
    for (let turn = 0; turn < 12; turn++) {
      const block = Buffer.from(joined(blocks[turn % 2]));
      reader.read(block, 0, block.length, true, all[(turn * 5) % 4]);
      reader.read(block, 0, block.length, true, all[(turn * 3) % 4]);
    }
    return all.map(contentOf);
  });
  assert.deepEqual(seen, expected);
});
