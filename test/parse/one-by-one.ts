import assert from 'node:assert/strict';
import { SYMPTOMS } from '../../src/contract/names.ts';
import { ErrorLogReader, LONGEST_LINE_BYTES } from '../../src/parse/error-log-reader.ts';
import { Interner } from '../../src/parse/interner.ts';
import { LineBlocks } from '../../src/parse/line-blocks.ts';
import { LINE_RESULTS, LogCounts, PEERLESS, RESULT } from '../../src/parse/log-counts.ts';
import { NginxErrorLine } from '../../src/parse/nginx-error.ts';
import { countUnclean, UNCLEAN } from '../../src/parse/unclean.ts';

/** What a reader of error logs does with a block, and how much of it it leaves. */
export type ReadBlock = (buffer: Buffer, start: number, end: number, final: boolean, counts: LogCounts) => number;

/** Reads each line by itself, in order, by the general reader: what ErrorLogReader must count. */
export class OneByOne extends LineBlocks {
  readonly #line = new NginxErrorLine();
  #counts = new LogCounts(new Interner(1));

  constructor() {
    super(LONGEST_LINE_BYTES);
  }

  read: ReadBlock = (buffer, start, end, final, counts) => {
    this.#counts = counts;
    return this.readBlock(buffer, start, end, final, 'any');
  };

  protected override take(buffer: Buffer, start: number, end: number): void {
    if (this.#line.read(buffer, start, end)) this.#counts.count(this.#line, buffer, end - start);
    else this.#counts.results[RESULT.foreign]++;
  }

  protected override skipLong(): void {
    this.#counts.results[RESULT.too_long]++;
  }

  protected override countPiece(change: 1 | -1): void {
    this.#counts.results[RESULT.partial] += change;
  }

  protected override skipUnwrapped(): void {
    this.#counts.results[RESULT.foreign]++;
  }

  protected override lookAtOdd(block: Buffer): void {
    countUnclean(block, this.#counts.unclean);
  }
}

/** All that the counts hold, with the names of the peers; they are empty afterwards. */
export function contentOf(counts: LogCounts): Readonly<Record<string, number>> {
  const content: Record<string, number> = {};
  const put = (name: string, count: number) => {
    if (count !== 0) content[name] = (content[name] ?? 0) + count;
  };
  counts.drain((symptom, peer, count, { failure, answered, afterHeader, detail }) => {
    const marks = [failure && 'failure', answered && 'answered', afterHeader && 'late', detail]
      .filter(Boolean)
      .join(' ');
    put(`${SYMPTOMS[symptom]} ${marks} ${counts.peers.names[peer]}`, count);
  });
  LINE_RESULTS.forEach((name, index) => void put(`result ${name}`, counts.results[index]));
  PEERLESS.forEach((name, index) => void put(`peerless ${name}`, counts.peerless[index]));
  UNCLEAN.forEach((name, index) => void put(`unclean ${name}`, counts.unclean[index]));
  return content;
}

export interface Options {
  /** Of known peers. */
  readonly limit?: number;
  readonly final?: boolean;
  /** Bytes that are read at a time. */
  readonly step?: number;
}

/** Both readers read the text twice, in the second turn the peers are known; returns what both have counted. */
export function compare(text: string, { limit = 100, final = true, step = text.length }: Options = {}) {
  // Not from the beginning of the buffer: positions of the block are others.
  const buffer = Buffer.from(`x"\n${text}`, 'latin1');
  const seen = [new ErrorLogReader(), new OneByOne()].map((reader) => {
    const counts = new LogCounts(new Interner(limit));
    const used: number[] = [];
    for (let turn = 0; turn < 2; turn++) {
      let start = 3;
      for (let end = start; end < buffer.length; ) {
        end = Math.min(buffer.length, end + step);
        const length = reader.read(buffer, start, end, final && end === buffer.length, counts);
        used.push(length);
        start += length;
      }
    }
    return { used, content: contentOf(counts), peers: counts.peers.names };
  });
  assert.deepEqual(seen[0], seen[1]);
  return seen[0].content;
}
