import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LineMarks } from '../../src/parse/block-index.ts';
import { LineBlocks, type Wrapping } from '../../src/parse/line-blocks.ts';

const LONGEST = 100;
const cri = (stream: string, tag: string, text: string) => `2026-11-21T03:00:00.1Z ${stream} ${tag} ${text}\n`;

class Lines extends LineBlocks {
  readonly seen: string[] = [];
  pieces = 0;
  odd = '';

  constructor() {
    super(LONGEST);
  }

  read(text: string, wrapping: Wrapping, { final = false, start = 0 } = {}): number {
    const buffer = Buffer.from(text);
    return buffer.length - start - this.readBlock(buffer, start, buffer.length, final, wrapping);
  }

  protected override take(buffer: Buffer, start: number, end: number, stream: number, marks?: LineMarks): void {
    const quotes = marks && Array.from(marks.index.marks.subarray(marks.first, marks.last), (at) => at - start);
    this.seen.push(`${stream} ${buffer.toString('utf8', start, end)}${quotes?.length ? ` ${quotes}` : ''}`);
  }

  protected override skipLong(): void {
    this.seen.push('long');
  }

  protected override countPiece(change: 1 | -1): void {
    this.pieces += change;
  }

  protected override skipUnwrapped(): void {
    this.seen.push('unwrapped');
  }

  protected override lookAtOdd(block: Buffer): void {
    this.odd += block.toString();
  }
}

describe('LineBlocks', () => {
  it('splits lines and says where their quotes are', () => {
    const lines = new Lines();
    assert.equal(lines.read('xxa"b"\n\n"\nrest', 'none', { start: 2 }), 4);
    assert.deepEqual(lines.seen, ['0 a"b" 1,3', '0 ', '0 " 0']);
    assert.equal(lines.odd, '');
  });

  it('takes an unterminated line that is final', () => {
    const lines = new Lines();
    assert.equal(lines.read('a\nb', 'none', { final: true }), 0);
    assert.deepEqual(lines.seen, ['0 a', '0 b']);
  });

  it('leaves a wrapping on, takes any off, or that of a container only', () => {
    const text = `${cri('stderr', 'F', 'a')}<3>Nov 21 03:00:00 web nginx: b\n`;
    const by = (wrapping: Wrapping) => {
      const lines = new Lines();
      lines.read(text, wrapping);
      return lines.seen;
    };
    assert.deepEqual(
      by('none'),
      text
        .trimEnd()
        .split('\n')
        .map((line) => `0 ${line}`),
    );
    assert.deepEqual(by('container'), ['2 a', 'unwrapped']);
    assert.equal(by('any')[0], '2 a');
  });

  it("does not take Docker's quotes for the line's", () => {
    const lines = new Lines();
    lines.read('{"log":"a\\n","stream":"stdout"}\n', 'container');
    assert.deepEqual(lines.seen, ['1 a']);
  });

  it('joins pieces by stream, and waits for the rest of the first', () => {
    const lines = new Lines();
    const start = cri('stdout', 'P', 'a') + cri('stderr', 'F', 'x');
    assert.equal(lines.read(start, 'container'), start.length);
    assert.deepEqual([lines.seen, lines.pieces], [[], 0]);
    assert.equal(lines.read(start + cri('stdout', 'P', '"b') + cri('stdout', 'F', 'c'), 'container'), 0);
    assert.deepEqual([lines.seen, lines.pieces], [['2 x', '1 a"bc'], 2]);
  });

  it('skips lines that are too long, also when they come in pieces', () => {
    const lines = new Lines();
    const half = 'y'.repeat(LONGEST / 2 + 1);
    lines.read(`${'x'.repeat(LONGEST)}\n${'x'.repeat(LONGEST + 1)}\n`, 'none');
    lines.read(cri('stdout', 'P', half) + cri('stdout', 'F', half) + cri('stdout', 'F', 'z'), 'container');
    assert.deepEqual(lines.seen, [`0 ${'x'.repeat(LONGEST)}`, 'long', 'long', '1 z']);
  });

  it('shows whole lines with odd bytes', () => {
    const lines = new Lines();
    lines.read('a\n\x01b\nc', 'none');
    assert.equal(lines.odd, 'a\n\x01b\n');
  });
});
