import { FORMAT, LineUnwrapper } from '../parse/log-prefix.ts';
import { stampEnd } from '../parse/log-prefix-cri.ts';

const NGINX_TIME = /^(\d{4})\/(0[1-9]|1[0-2])\/([0-2]\d|3[01]) ([01]\d|2[0-3]):([0-5]\d):([0-6]\d)$/;
const STAMP_BYTES = 19;
const QUARTER_MS = 15 * 60_000;
/** nginx writes the line and then the file has this age. */
const WRITTEN_WITHIN_MS = 2 * 60_000;
const SECOND_MS = 1000;

/** Tells when the lines of one log were written. */
export class LogClock {
  readonly #unwrapper = new LineUnwrapper();
  /** What to add to nginx's local time, read as UTC, to get UTC; milliseconds. */
  #zoneMs: number | null = null;
  /** Of the last line: most lines were written in the same second as the one before. */
  #stamp = '';
  #atMs: number | null = null;

  /** The line was split by the container runtime and goes on in the next one. */
  isPartial = false;

  /**
   * Learns the zone of nginx's local times: the last line is about as old as the file. Where that fits no zone, ours is
   * taken.
   */
  learnZone(lastLine: Buffer, mtimeMs: number): void {
    const asUtcMs = this.#nginxTime(lastLine, 0, lastLine.length);
    if (asUtcMs === null) return;
    const zoneMs = Math.round((mtimeMs - asUtcMs) / QUARTER_MS) * QUARTER_MS;
    if (Math.abs(mtimeMs - asUtcMs - zoneMs) > WRITTEN_WITHIN_MS || Math.abs(zoneMs) > 14 * 3_600_000) return;
    this.#zoneMs = zoneMs;
    this.#stamp = '';
  }

  /** Takes over what another log of the same nginx has taught; without that its own stays. */
  adoptZone(other: LogClock): void {
    this.#zoneMs = other.#zoneMs ?? this.#zoneMs;
    this.#stamp = '';
  }

  /** Milliseconds since the epoch, whole seconds; null: the line [start, end) does not say. */
  timeOf(buffer: Buffer, start: number, end: number): number | null {
    const unwrapper = this.#unwrapper;
    unwrapper.unwrap(buffer, start, end);
    this.isPartial = unwrapper.partial;
    if (unwrapper.format === FORMAT.cri) {
      const stamp = buffer.toString('latin1', start, stampEnd(buffer, start, end));
      return this.#remember(stamp.slice(0, STAMP_BYTES) + stamp.replace(/^.{19}(\.\d+)?/, ''), Date.parse);
    }
    const stamp = unwrapper.buffer.toString('latin1', unwrapper.start, unwrapper.start + STAMP_BYTES);
    return this.#remember(stamp, (text) => this.#toUtc(text));
  }

  #remember(stamp: string, read: (stamp: string) => number | null): number | null {
    if (stamp === this.#stamp) return this.#atMs;
    const atMs = read(stamp);
    this.#stamp = stamp;
    this.#atMs = atMs === null || Number.isNaN(atMs) ? null : atMs;
    return this.#atMs;
  }

  #nginxTime(buffer: Buffer, start: number, end: number): number | null {
    const unwrapper = this.#unwrapper;
    unwrapper.unwrap(buffer, start, end);
    if (unwrapper.format === FORMAT.cri) return null;
    return utcOf(unwrapper.buffer.toString('latin1', unwrapper.start, unwrapper.start + STAMP_BYTES));
  }

  #toUtc(stamp: string): number | null {
    const asUtcMs = utcOf(stamp);
    if (asUtcMs === null) return null;
    if (this.#zoneMs !== null) return asUtcMs + this.#zoneMs;
    // Twice: the offset is that of the moment itself.
    const guessMs = asUtcMs + new Date(asUtcMs).getTimezoneOffset() * 60 * SECOND_MS;
    return asUtcMs + new Date(guessMs).getTimezoneOffset() * 60 * SECOND_MS;
  }
}

function utcOf(stamp: string): number | null {
  const match = NGINX_TIME.exec(stamp);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
