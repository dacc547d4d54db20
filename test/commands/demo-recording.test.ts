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
    assert.ok(sizes.reduce((sum, size) => sum + size) < 2_000_000);
  });

  it('is in the order of time, and something happens within the first five seconds', () => {
    for (const list of [recording.errorLog, recording.kernel, recording.envoy, recording.stages]) {
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

  it('names no cause and no symptom', () => {
    const text = ['recording.json', 'error-log.frames']
      .map((name) => readFileSync(join(directory, name), 'utf8'))
      .join('');
    const words = [...CAUSES, ...SYMPTOMS].filter((word) => word.includes('_'));
    assert.deepEqual(
      words.filter((word) => text.includes(word)),
      [],
    );
  });
});
