import { CARRIAGE_RETURN, standsAt } from './bytes.ts';
import { CriLine } from './log-prefix-cri.ts';
import { DOCKER_HEAD, DockerLine } from './log-prefix-docker.ts';
import { prefixedContent } from './log-prefix-syslog.ts';

/** How a log line arrived. `prefixed`: syslog, journald, compose and the like; `other`: nothing we know. */
export const LINE_FORMATS = ['plain', 'cri', 'docker-json', 'prefixed', 'other'] as const;
export type LineFormat = (typeof LINE_FORMATS)[number];

export const FORMAT = { plain: 0, cri: 1, dockerJson: 2, prefixed: 3, other: 4 } as const;
export const STREAM = { none: 0, stdout: 1, stderr: 2 } as const;

const SLASH = 47;
const DASH = 45;
const LETTER_T = 84;
const OPEN_BRACE = 123;

/**
 * Takes the wrapping off one line, in place. Anchored at the first byte: what a client wrote into an access-log line is
 * never reached. `plain` and `other` leave the line as it is; only the next reader knows whether it is an nginx error.
 */
export class LineUnwrapper {
  /** The input, or an own buffer that the next call overwrites (docker-json with escapes). */
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
  /** Excludes the newline and a carriage return before it. */
  end = 0;
  /** Index into LINE_FORMATS. */
  format: number = FORMAT.other;
  /** 0 none, 1 stdout, 2 stderr. */
  stream: number = STREAM.none;
  /** The runtime split the line here; the rest follows in the same stream. */
  partial = false;
  private readonly cri = new CriLine();
  private readonly docker = new DockerLine();

  /** [start, end) without the newline. */
  unwrap(buffer: Buffer, start: number, end: number): void {
    // A stored reference costs the garbage collector's barrier, per line.
    if (this.buffer !== buffer) this.buffer = buffer;
    this.start = start;
    this.end = buffer[end - 1] === CARRIAGE_RETURN && end > start ? end - 1 : end;
    this.stream = STREAM.none;
    this.partial = false;
    if (buffer[start + 4] === SLASH && buffer[start + 7] === SLASH) this.format = FORMAT.plain;
    else this.unwrapOther(buffer, start);
  }

  /** As `unwrap`, but only what a container runtime puts around a line is taken off; else the format is `other`. */
  unwrapContainer(buffer: Buffer, start: number, end: number): void {
    if (this.buffer !== buffer) this.buffer = buffer;
    this.start = start;
    this.end = buffer[end - 1] === CARRIAGE_RETURN && end > start ? end - 1 : end;
    this.stream = STREAM.none;
    this.partial = false;
    if (!this.unwrapRuntime(buffer, start)) this.format = FORMAT.other;
  }

  private unwrapOther(buffer: Buffer, start: number): void {
    if (this.unwrapRuntime(buffer, start)) return;
    const content = prefixedContent(buffer, start, this.end);
    this.format = content < 0 ? FORMAT.other : FORMAT.prefixed;
    if (content >= 0) this.start = content;
  }

  /** False: the line begins otherwise. */
  private unwrapRuntime(buffer: Buffer, start: number): boolean {
    if (buffer[start + 4] === DASH && buffer[start + 10] === LETTER_T && this.cri.read(buffer, start, this.end)) {
      this.format = FORMAT.cri;
      this.start = this.cri.start;
      this.stream = this.cri.stream;
      this.partial = this.cri.partial;
      return true;
    }
    if (buffer[start] !== OPEN_BRACE || !standsAt(buffer, start, DOCKER_HEAD)) return false;
    this.unwrapDocker(buffer, start);
    return true;
  }

  private unwrapDocker(buffer: Buffer, start: number): void {
    const docker = this.docker;
    this.format = docker.read(buffer, start, this.end) ? FORMAT.dockerJson : FORMAT.other;
    if (this.format === FORMAT.other) return;
    this.buffer = docker.buffer;
    this.start = docker.start;
    this.end = docker.end;
    this.stream = docker.stream;
    this.partial = docker.partial;
  }
}
