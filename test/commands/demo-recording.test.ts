import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findRecording, formatFrame, parseFrames, readRecording } from '../../src/commands/demo-recording.ts';
import { CAUSES, SYMPTOMS } from '../../src/contract/names.ts';

describe('frames of a recording', () => {
  const frames = [
    { atMs: 0, name: 'self/net/netstat', bytes: Buffer.from('TcpExt: a\nTcpExt: 1\n') },
    { atMs: 70, name: 'error.log', bytes: Buffer.from('@ 1 2 a trap\n@ 3 4 another\n') },
    { atMs: 70, name: 'certs', bytes: Buffer.from([0, 255, 10, 10, 64]) },
    { atMs: 80, name: 'stats', bytes: Buffer.alloc(0) },
  ];

  it('come back byte for byte', () => {
    assert.deepEqual(parseFrames(Buffer.concat(frames.map(formatFrame))), frames);
  });

  for (const [what, text] of [
    ['a cut frame', '@ 1 10 error.log\nshort\n'],
    ['a wrong length', '@ 1 3 error.log\nlonger\n'],
    ['something else', 'hello\n'],
    ['no newline', '@ 1 3 error.log'],
  ]) {
    it(`refuses ${what}`, () => assert.throws(() => parseFrames(Buffer.from(text)), /no frame at byte 0/));
  }
});

describe('the embedded recording', () => {
  const directory = findRecording();
  const recording = readRecording(directory);

  it('is small', () => {
    const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
    assert.ok(sizes.reduce((sum, size) => sum + size) < 1_000_000);
  });

  it('is in the order of time, and something happens within the first five seconds', () => {
    const { errorLog, nginx, kernel, answers, written, stages } = recording;
    for (const list of [errorLog, nginx, kernel, answers, written, stages]) {
      const times = list.map(({ atMs }) => atMs);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      assert.ok(times[0] < 5000);
      assert.ok(times[times.length - 1] <= recording.durationMs);
    }
  });

  it('holds whole lines', () => {
    for (const { bytes } of recording.errorLog) assert.equal(bytes.at(-1), 0x0a);
  });

  it('shows the network of each pod that the slices name, under the address that they name', () => {
    const addresses = new Set(
      recording.kernel.filter(({ name }) => /^\d+\/net\/fib_trie$/.test(name)).map(({ bytes }) => hostsIn(bytes)),
    );
    const slices = recording.written.filter(({ name }) => name === 'endpoints.json');
    const named = slices.flatMap(({ bytes }) => [...bytes.toString().matchAll(/10\.2\.\d+\.\d+/g)].map(([ip]) => ip));
    assert.ok(new Set(named).size >= 13);
    assert.deepEqual(new Set(named), addresses);
  });

  it('has what everything was at the start', () => {
    const names = [...recording.kernel, ...recording.nginx, ...recording.written]
      .filter(({ atMs }) => atMs === 0)
      .map(({ name }) => name);
    for (const name of ['self/net/netstat', '1/net', 'nginx-T.txt', 'endpoints.json'])
      assert.ok(names.includes(name), name);
    assert.equal(recording.answers.filter(({ atMs }) => atMs === 0).length, 5);
  });

  it('says what of it no program has said', () => {
    assert.match(recording.notes.join(' '), /Written by hand .*EndpointSlices/);
  });

  it('names no cause and no symptom', () => {
    const { errorLog, nginx, written } = recording;
    const said = [...errorLog, ...nginx, ...written].map(({ bytes }) => bytes.toString());
    const text = [readFileSync(join(directory, 'recording.json'), 'utf8'), ...said].join('');
    const words = [...CAUSES, ...SYMPTOMS].filter((word) => word.includes('_'));
    assert.deepEqual(
      // A directive of nginx is called proxy_connect_timeout.
      words.filter((word) => new RegExp(`(?<!_)${word}`).test(text)),
      [],
    );
  });
});

/** The address of the pod in a routing table. */
function hostsIn(fibTrie: Buffer): string | undefined {
  return /10\.2\.\d+\.\d+/.exec(fibTrie.toString())?.[0];
}
