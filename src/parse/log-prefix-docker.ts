import { BACKSLASH, bytes, CARRIAGE_RETURN, find, NEWLINE, QUOTE, standsAt } from './bytes.ts';

export const DOCKER_HEAD = bytes('{"log":"');
const STREAM_STDERR = bytes(',"stream":"stderr"');
const STREAM_STDOUT = bytes(',"stream":"stdout"');
const END_OF_LINE = bytes('\\n"');
const LETTER_U = 117;
/** What stands for the letter after a backslash; 0 for letters JSON does not know. */
const SHORT_ESCAPES = new Uint8Array(128);
for (const [letter, code] of Object.entries({ '"': 34, '\\': 92, '/': 47, b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  SHORT_ESCAPES[letter.charCodeAt(0)] = code;
}

/**
 * `{"log":"CONTENT\n","stream":"stderr",…}`: one line of Docker's json-file driver (moby/moby
 * daemon/logger/jsonfilelog/jsonlog). No final `\n`: the daemon split the line at 16 KiB.
 */
export class DockerLine {
  /** The input, or the own scratch buffer when there was something to unescape. */
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** 0 not said, 1 stdout, 2 stderr. */
  stream = 0;
  partial = false;
  private scratch = Buffer.alloc(4096);

  /** The line begins with DOCKER_HEAD. False when the JSON string does not end, or the line is cut behind it. */
  read(buffer: Buffer, start: number, end: number): boolean {
    const content = start + DOCKER_HEAD.length;
    let at = content;
    while (at < end && buffer[at] !== QUOTE && buffer[at] !== BACKSLASH) at++;
    const whole = standsAt(buffer, at, END_OF_LINE);
    if (at < end && (whole || buffer[at] === QUOTE)) {
      this.set(buffer, content, at);
      this.partial = !whole;
      this.readStream(buffer, whole ? at + END_OF_LINE.length : at + 1, end);
      return this.isBelievable();
    }
    return this.unescape(buffer, content, end);
  }

  private set(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer;
    this.start = start;
    this.end = end > start && buffer[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
  }

  private readStream(buffer: Buffer, from: number, end: number): void {
    if (find(buffer, from, Math.min(end, from + STREAM_STDERR.length), STREAM_STDERR) >= 0) this.stream = 2;
    else this.stream = find(buffer, from, Math.min(end, from + STREAM_STDOUT.length), STREAM_STDOUT) >= 0 ? 1 : 0;
  }

  private unescape(buffer: Buffer, from: number, end: number): boolean {
    if (this.scratch.length < end - from) this.scratch = Buffer.alloc(end - from);
    const scratch = this.scratch;
    let to = 0;
    let at = from;
    while (at < end && buffer[at] !== QUOTE) {
      if (buffer[at] !== BACKSLASH) scratch[to++] = buffer[at++];
      else if (buffer[at + 1] === LETTER_U) {
        to = this.unescapeUnicode(buffer, at, to);
        at += 6;
      } else {
        scratch[to++] = SHORT_ESCAPES[buffer[at + 1]] ?? 0;
        at += 2;
      }
    }
    if (at >= end) return false;
    this.partial = scratch[to - 1] !== NEWLINE || to === 0;
    this.set(scratch, 0, this.partial ? to : to - 1);
    this.readStream(buffer, at + 1, end);
    return this.isBelievable();
  }

  /** The daemon always names the stream; without it a missing newline is a cut line, not a split one. */
  private isBelievable(): boolean {
    return !this.partial || this.stream !== 0;
  }

  /** Writes the UTF-8 of `\uXXXX` (never longer than its escape); half a pair becomes three bytes of its own. */
  private unescapeUnicode(buffer: Buffer, at: number, to: number): number {
    const code = Number.parseInt(buffer.toString('latin1', at + 2, at + 6), 16) || 0;
    const scratch = this.scratch;
    if (code < 0x80) {
      scratch[to] = code;
      return to + 1;
    }
    if (code < 0x800) {
      scratch[to] = 0xc0 | (code >> 6);
      scratch[to + 1] = 0x80 | (code & 63);
      return to + 2;
    }
    scratch[to] = 0xe0 | (code >> 12);
    scratch[to + 1] = 0x80 | ((code >> 6) & 63);
    scratch[to + 2] = 0x80 | (code & 63);
    return to + 3;
  }
}
