import { SYMPTOMS, type Symptom } from '../contract/names.ts';
import { type LineMarks, marksOf } from './block-index.ts';
import { bytes, createSearch, find, isDigit, SPACE, standsAt } from './bytes.ts';
import { detailOf, symptomOfConnect, symptomOfIo, usualTextLength } from './nginx-errno.ts';
import { hasForgedPath, hasQuote, isCrash } from './nginx-guards.ts';
import { type CompiledKind, isMissingFile, kindAt } from './nginx-kinds.ts';
import { actionAt, hasActionAt, isUpstreamPhase, messageEnd, PHASE, phaseAt } from './nginx-phase.ts';
import { levelOf, messageStart } from './nginx-prefix.ts';
import { UpstreamField } from './nginx-upstream.ts';

const EMERG = 0;
const ERROR = 3;
const WARN = 4;
const INFO = 6;

/** nginx cuts the whole line at 2048 bytes with its newline (NGX_MAX_ERROR_STR, src/core/ngx_log.h). */
const LONGEST_LINE = 2047;
const NO_SYMPTOM = -1;
const CLOSE = 41;

const FAILED = ' failed (';
const findFailed = createSearch(FAILED);
const LETTER_R = 114;
const WORKER_CONNECTIONS = bytes(' worker_connections are not enough');
const [REUSING, NOT_RESOLVED, IGNORED] = [', reusing connections', ' could not be resolved (', ', ignored'].map(bytes);
const SYMPTOM = Object.fromEntries(SYMPTOMS.map((name, index) => [name, index])) as Readonly<Record<Symptom, number>>;
const { connect_timeout: CONNECT_TIMEOUT, response_timeout: RESPONSE_TIMEOUT, dns_failure: DNS_FAILURE } = SYMPTOM;
const { none: NO_PHASE, connect: CONNECT, read_body: READ_BODY, resolve: RESOLVE, ocsp: OCSP } = PHASE;

/**
 * Reads one nginx error line in place. The fields describe the line given last; strings are made by whoever needs them
 * (nginx-record.ts). Grammar: facts of nginx/nginx src/core/ngx_log.c and the log handlers of http and stream.
 */
export class NginxErrorLine {
  /** Index into LEVELS. */
  level = 0;
  /** Index into SYMPTOMS, or -1: the line says nothing about a failure. */
  symptom = NO_SYMPTOM;
  /** The line is *the* record of a failed proxied attempt. */
  failure = false;
  /** Index into PHASES. */
  phase = 0;
  /** 0 when the message has none. */
  errno = 0;
  /** Index into FAILURE_DETAILS plus one; 0: nothing beyond the symptom. */
  detail = 0;
  messageStart = 0;
  /** A position before which no field stands. */
  fieldsAt = 0;
  /** The line has `*CID`: it is about one client's connection, not about the worker. */
  hasConnection = false;
  readonly upstream = new UpstreamField();
  /** Meaningful when `failure`. */
  hasUpstream = false;

  /** False when [start, end) does not begin like an nginx error line. `end` excludes the newline. */
  read(buffer: Uint8Array, start: number, end: number, marks: LineMarks = marksOf(buffer, start, end)): boolean {
    const message = messageStart(buffer, start, end);
    if (message < 0) return false;
    this.level = levelOf(buffer, start);
    this.messageStart = message;
    this.readMessage(buffer, end, marks);
    return true;
  }

  /** Reads on from `messageStart`; `level` is known. */
  protected readMessage(buffer: Uint8Array, end: number, marks: LineMarks): void {
    const message = this.messageStart;
    this.fieldsAt = message;
    this.hasConnection = isDigit(buffer[message - 2]);
    this.symptom = NO_SYMPTOM;
    this.failure = false;
    this.phase = NO_PHASE;
    this.errno = 0;
    this.detail = 0;
    this.hasUpstream = false;
    // With a connection: a worker out of memory.
    if (this.level === EMERG && !this.hasConnection) this.symptom = SYMPTOM.config_rejected;
    else this.classify(buffer, message, end, marks);
    if (this.failure) this.hasUpstream = this.upstream.read(buffer, this.fieldsAt, end, marks);
  }

  /** True when the line is as long as nginx ever writes: fields may be missing. */
  static isCut(start: number, end: number): boolean {
    return end - start >= LONGEST_LINE;
  }

  private classify(buffer: Uint8Array, message: number, end: number, marks: LineMarks): void {
    const kind = kindAt(buffer, message);
    if (kind === undefined) this.classifyByMiddle(buffer, message, end, marks);
    else this.apply(kind, buffer, end, marks);
  }

  private apply(kind: CompiledKind, buffer: Uint8Array, end: number, marks: LineMarks): void {
    let at = this.messageStart + kind.bytes.length;
    if (kind.then === 'address') {
      const failed = findFailed(buffer, at, end);
      if (failed < 0) return;
      at = failed + FAILED.length;
    }
    if (kind.then === 'file' && (isMissingFile(kind, this.level) || hasForgedPath(buffer, at, marks))) return;
    if (kind.then === 'errno' || kind.then === 'address') at = this.readErrno(buffer, at, end);
    if (kind.failure === 'never') {
      this.applyCompanion(kind, buffer, at, end);
      return;
    }
    this.readAction(buffer, at, end);
    if (kind.failure === 'always') this.applyAlways(kind);
    else this.applyAttempt(kind, buffer, at);
  }

  /** Usually the action stands right at `at`; then nothing is searched. */
  private readAction(buffer: Uint8Array, at: number, end: number): void {
    let action = at;
    this.fieldsAt = at;
    if (!hasActionAt(buffer, at)) {
      this.fieldsAt = messageEnd(buffer, at, end);
      action = actionAt(buffer, at, this.fieldsAt);
    }
    this.phase = action < 0 ? NO_PHASE : phaseAt(buffer, action);
  }

  private applyAlways(kind: CompiledKind): void {
    if (this.level > ERROR || this.phase === OCSP) return;
    this.symptom = this.symptomOf(kind);
    // A worker that resolves the servers of its configuration has no connection: no attempt has failed yet.
    this.failure = this.hasConnection || isUpstreamPhase(this.phase);
    if (this.symptom === DNS_FAILURE) this.phase = RESOLVE;
  }

  /** Kinds that are a failed attempt only in an upstream phase. */
  private applyAttempt(kind: CompiledKind, buffer: Uint8Array, at: number): void {
    const phase = this.phase;
    if (phase === RESOLVE) {
      // The resolver's own socket: the DNS server is in trouble, no attempt has failed yet.
      this.symptom = DNS_FAILURE;
    } else if (!isUpstreamPhase(phase)) {
      this.applyElsewhere(kind);
    } else if (this.level < WARN || this.isLateFailure(kind, buffer, at)) {
      this.symptom = this.symptomOf(kind);
      this.failure = true;
      this.detail = detailOf(kind, this.errno);
    }
  }

  private applyElsewhere(kind: CompiledKind): void {
    const isFull = this.errno === 0 || this.errno === 24 || this.errno === 23;
    if (kind.elsewhere === 'fds_exhausted' && !isFull) return;
    if (kind.elsewhere !== 'none') this.symptom = kind.elsewhereIndex;
    else if (kind.symptom === 'io' && this.phase === PHASE.client) this.applyBesideClient(kind);
  }

  /** While sending to the client: at info its own end of the connection, at error a read from the upstream. */
  private applyBesideClient(kind: CompiledKind): void {
    if (this.level >= INFO) this.symptom = SYMPTOM.client_abort;
    if (this.level !== ERROR || kind.bytes[0] !== LETTER_R) return;
    this.phase = READ_BODY;
    this.symptom = this.symptomOf(kind);
    this.failure = true;
  }

  /**
   * Below `error` a line in an upstream phase is a warning of nginx or the client's side of the connection
   * (ngx_connection_error logs that at info). nginx 1.21.1 to 1.21.3 wrote `invalid header` at info.
   */
  private isLateFailure(kind: CompiledKind, buffer: Uint8Array, at: number): boolean {
    if (this.level < INFO) return false;
    if (kind.symptom === 'io') this.symptom = SYMPTOM.client_abort;
    if (kind.elsewhere === 'client_tls_error') this.symptom = SYMPTOM.client_tls_error;
    return kind.symptom === 'invalid_response' && this.level === INFO && find(buffer, at, this.fieldsAt, IGNORED) < 0;
  }

  private applyCompanion(kind: CompiledKind, buffer: Uint8Array, at: number, end: number): void {
    if (kind.symptom === 'none') return;
    if (kind.symptom === 'worker_crash' && !isCrash(buffer, at, end)) return;
    if (kind.symptom === 'fds_exhausted' && this.errno !== 24 && this.errno !== 23) return;
    this.symptom = kind.symptomIndex;
  }

  private symptomOf(kind: CompiledKind): number {
    switch (kind.symptom) {
      case 'connect':
        return symptomOfConnect(this.errno);
      case 'io':
        return symptomOfIo(this.errno);
      case 'close':
        return this.phase === READ_BODY || this.phase === PHASE.client
          ? SYMPTOM.truncated_response
          : SYMPTOM.premature_close;
      case 'response_timeout':
        return this.phase === CONNECT ? CONNECT_TIMEOUT : RESPONSE_TIMEOUT;
      case 'fds_exhausted':
        return this.errno === 0 || this.errno === 24 || this.errno === 23 ? SYMPTOM.fds_exhausted : SYMPTOM.other;
      default:
        return kind.symptomIndex;
    }
  }

  /** Messages that begin with a number or a name: `N worker_connections …`, `NAME could not be resolved (…`. */
  private classifyByMiddle(buffer: Uint8Array, message: number, end: number, marks: LineMarks): void {
    let word = message;
    while (word < end && buffer[word] !== SPACE) word++;
    if (standsAt(buffer, word, WORKER_CONNECTIONS)) {
      const after = word + WORKER_CONNECTIONS.length;
      const isSpent = !standsAt(buffer, after, REUSING);
      if (isSpent) this.readAction(buffer, after, end);
      this.symptom = isSpent ? SYMPTOM.worker_connections_exhausted : SYMPTOM.connections_reused;
      this.failure = isSpent && isUpstreamPhase(this.phase);
    } else if (standsAt(buffer, word, NOT_RESOLVED)) {
      this.readAction(buffer, word, end);
      if (this.phase === OCSP) return;
      this.phase = RESOLVE;
      this.symptom = DNS_FAILURE;
      this.failure = this.hasConnection;
    } else {
      this.classifyUnknown(buffer, message, end, marks);
    }
  }

  /**
   * An unknown message at `error` or above with an upstream action and field: counted, so that new forms show up. Not when
   * it quotes something: that may be what a client wrote.
   */
  private classifyUnknown(buffer: Uint8Array, message: number, end: number, marks: LineMarks): void {
    if (this.level > ERROR) return;
    const fieldsAt = messageEnd(buffer, message, end);
    const action = actionAt(buffer, message, fieldsAt);
    const phase = action < 0 ? NO_PHASE : phaseAt(buffer, action);
    if (!isUpstreamPhase(phase) || hasQuote(buffer, message, action)) return;
    if (!this.upstream.read(buffer, fieldsAt, end, marks)) return;
    this.fieldsAt = fieldsAt;
    this.phase = phase;
    this.symptom = SYMPTOM.other;
    this.failure = true;
  }

  /** Reads `N: text)` and returns the position after the parenthesis. */
  private readErrno(buffer: Uint8Array, at: number, end: number): number {
    let errno = 0;
    let i = at;
    for (; isDigit(buffer[i]) && i < at + 5; i++) errno = errno * 10 + buffer[i] - 48;
    this.errno = errno;
    // The usual text of this number first: it saves a walk through the words.
    const usual = i + usualTextLength(errno);
    if (buffer[usual] === CLOSE && hasActionAt(buffer, usual + 1)) return usual + 1;
    while (i < end && buffer[i] !== CLOSE) i++;
    return i + 1;
  }
}
