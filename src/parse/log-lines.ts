import { NEWLINE } from './bytes.ts';
import { LineUnwrapper } from './log-prefix.ts';

export const LONGEST_LINE_BYTES = 65_536;

/** One line without its wrapping; valid until the next is asked for. */
export interface LogLine {
  /** From 1. Of a line that a container runtime split: its last piece's. */
  readonly number: number;
  /** As it came, cut at 64 KiB. Of a split line: the joined content. */
  readonly raw: Buffer;
  readonly content: Buffer;
  /** Index into LINE_FORMATS. */
  readonly format: number;
  readonly isTooLong: boolean;
}

/** Splits bytes into lines, takes their wrapping off and joins what a runtime split, each stream by itself. */
export async function* readLines(input: AsyncIterable<Buffer>): AsyncGenerator<LogLine> {
  const joiner = new Joiner();
  let number = 0;
  for await (const { line, isTooLong } of splitLines(input)) {
    number++;
    const joined = joiner.next(line, number, isTooLong);
    if (joined !== null) yield joined;
  }
  yield* joiner.rest(number);
}

interface Split {
  readonly line: Buffer;
  readonly isTooLong: boolean;
}

async function* splitLines(input: AsyncIterable<Buffer>): AsyncGenerator<Split> {
  let carried: Buffer = Buffer.alloc(0);
  let isTooLong = false;
  for await (const chunk of input) {
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
      const line = join(carried, chunk.subarray(start, at));
      yield { line, isTooLong: isTooLong || carried.length + at - start > LONGEST_LINE_BYTES };
      carried = Buffer.alloc(0);
      isTooLong = false;
      start = at + 1;
    }
    isTooLong ||= carried.length + chunk.length - start > LONGEST_LINE_BYTES;
    carried = Buffer.from(join(carried, chunk.subarray(start)));
  }
  if (carried.length > 0) yield { line: carried, isTooLong };
}

function join(carried: Buffer, rest: Buffer): Buffer {
  const room = LONGEST_LINE_BYTES - carried.length;
  return carried.length === 0 ? rest.subarray(0, room) : Buffer.concat([carried, rest.subarray(0, room)]);
}

class Joiner {
  private readonly unwrapper = new LineUnwrapper();
  /** Pieces by stream number. */
  private readonly pieces: Buffer[] = [Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(0)];
  private readonly formats = [0, 0, 0];

  /** Null: a piece whose rest has yet to come. */
  next(line: Buffer, number: number, isTooLong: boolean): LogLine | null {
    const unwrapper = this.unwrapper;
    unwrapper.unwrap(line, 0, line.length);
    const { stream, format } = unwrapper;
    const content = unwrapper.buffer.subarray(unwrapper.start, unwrapper.end);
    const before = this.pieces[stream];
    if (unwrapper.partial) {
      this.pieces[stream] = Buffer.from(join(before, content));
      this.formats[stream] = format;
      return null;
    }
    if (before.length === 0) return { number, raw: line, content, format, isTooLong };
    this.pieces[stream] = Buffer.alloc(0);
    const joined = join(before, content);
    return { number, raw: joined, content: joined, format, isTooLong };
  }

  *rest(number: number): Generator<LogLine> {
    for (const [stream, content] of this.pieces.entries()) {
      if (content.length > 0) yield { number, raw: content, content, format: this.formats[stream], isTooLong: false };
    }
  }
}
