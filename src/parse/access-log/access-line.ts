import type { Interner } from '../interner.ts';
import { LineProgram } from './line-program.ts';
import { LogTime } from './log-time.ts';
import { methodIndex } from './methods.ts';
import { NUMBER_FIELDS, TEXT_FIELDS, type TextField } from './variables.ts';

const [STATUS, REQUEST_TIME, BYTES_SENT, BODY_BYTES_SENT, REQUEST_LENGTH, CONNECTION, CONNECTION_REQUESTS, MSEC] =
  NUMBER_FIELDS.keys();
const [HOST, SERVER_NAME, REQUEST_METHOD, REQUEST, HTTP_UPGRADE, REQUEST_ID] = TEXT_FIELDS.keys();
const [TIME_LOCAL, TIME_ISO8601] = [TEXT_FIELDS.indexOf('time_local'), TEXT_FIELDS.indexOf('time_iso8601')];
const DASH = 45;
/** Of `$limit_req_status` and `$limit_conn_status`. `REJECTED_DRY_RUN` is none. */
const REJECTED = 'REJECTED';
/** What nginx refuses requests by; the variables are called so. */
const LIMITS = ['limit_req', 'limit_conn'] as const;
export type Limit = (typeof LIMITS)[number];
/** Between attempts, and behind an internal redirect. */
const BETWEEN = /, | : /;

/** One request, as its line says. Nothing makes a string but what is asked for. `buffer`: the one that was read from. */
export class AccessLine extends LineProgram {
  readonly #time = new LogTime();
  /** What the format has: a set is too slow for every line that has failed. */
  readonly hasConnectTime = this.format.fields.has('upstream_connect_time');
  readonly hasHeaderTime = this.format.fields.has('upstream_header_time');
  readonly hasMilliseconds = this.format.fields.has('msec');
  readonly hasRequestId = this.format.fields.has('request_id');
  /** Who was asked, and what became of it. */
  readonly tellsAttempts = this.format.fields.has('upstream_addr') && this.format.fields.has('upstream_status');
  readonly #hasResponseLength = this.format.fields.has('upstream_response_length');
  readonly #methodPiece = this.format.fields.has('request_method') ? REQUEST_METHOD : REQUEST;
  /** Limits of which the format says whether they refused the request. */
  readonly #limits = LIMITS.filter((limit) => this.format.fields.has(`${limit}_status`));

  get status(): number {
    return this.numbers[STATUS];
  }

  /** Milliseconds. This and all numbers: NONE when the format has it not. */
  get requestTime(): number {
    return this.numbers[REQUEST_TIME];
  }

  get bytesSent(): number {
    return this.numbers[BYTES_SENT];
  }

  get bodyBytesSent(): number {
    return this.numbers[BODY_BYTES_SENT];
  }

  get requestLength(): number {
    return this.numbers[REQUEST_LENGTH];
  }

  /** nginx's number of the client's connection, the `*N` of its error lines. */
  get connection(): number {
    return this.numbers[CONNECTION];
  }

  /** Which request of its connection it was, from 1. */
  get connectionRequests(): number {
    return this.numbers[CONNECTION_REQUESTS];
  }

  /** Index into METHODS; OTHER_METHOD also when the format has none. */
  method(buffer: Uint8Array): number {
    this.locate(buffer);
    const piece = this.#methodPiece;
    return methodIndex(buffer, this.pieces[piece * 2], this.pieces[piece * 2 + 1]);
  }

  /** The client asked for another protocol (`Upgrade:`); whether it got it says status 101. */
  wantsUpgrade(buffer: Uint8Array): boolean {
    return this.#has(buffer, HTTP_UPGRADE);
  }

  /** Number of `$host`, or else of `$server_name`, in `names`; 0 when there is none or no room. */
  hostId(buffer: Uint8Array, names: Interner): number {
    const piece = this.#has(buffer, HOST) ? HOST : SERVER_NAME;
    return this.#has(buffer, piece) ? names.idOf(buffer, this.pieces[piece * 2], this.pieces[piece * 2 + 1]) : 0;
  }

  /** `$request_id`, or null. */
  requestId(buffer: Buffer): string | null {
    return this.#has(buffer, REQUEST_ID) ? this.#textOf(buffer, 'request_id') : null;
  }

  /** The format says of every limit whether it refused the request. */
  get tellsAllLimits(): boolean {
    return this.#limits.length === LIMITS.length;
  }

  /** Which limit refused the request; null: none, or the format does not say. */
  refusedBy(buffer: Buffer): Limit | null {
    return this.#limits.find((limit) => this.#textOf(buffer, `${limit}_status`) === REJECTED) ?? null;
  }

  /** What the upstream of attempt `i` sent behind its header; 0 where nginx does not say. It counts no byte of a header that it could not read. */
  responseLength(buffer: Buffer, i: number): number {
    if (!this.#hasResponseLength) return 0;
    const lengths = this.#textOf(buffer, 'upstream_response_length').split(BETWEEN);
    return lengths.length === this.attempts.count ? Number(lengths[i]) || 0 : 0;
  }

  /** When it was logged, at its end: milliseconds since the epoch, whole seconds unless there is `$msec`; or null. */
  timeMs(buffer: Buffer): number | null {
    if (this.numbers[MSEC] >= 0) return this.numbers[MSEC];
    this.locateTime(buffer);
    const piece = this.#isThere(buffer, TIME_ISO8601) ? TIME_ISO8601 : TIME_LOCAL;
    return this.#time.of(buffer, this.pieces[piece * 2], this.pieces[piece * 2 + 1]);
  }

  /** Empty when the format has it not. */
  #textOf(buffer: Buffer, field: TextField): string {
    this.locate(buffer);
    const piece = TEXT_FIELDS.indexOf(field);
    return buffer.toString('latin1', this.pieces[piece * 2], this.pieces[piece * 2 + 1]);
  }

  /** nginx writes `-`, or nothing, for what is not there. */
  #has(buffer: Uint8Array, piece: number): boolean {
    this.locate(buffer);
    return this.#isThere(buffer, piece);
  }

  #isThere(buffer: Uint8Array, piece: number): boolean {
    const start = this.pieces[piece * 2];
    const end = this.pieces[piece * 2 + 1];
    return end - start > 1 || (end > start && buffer[start] !== DASH);
  }
}
