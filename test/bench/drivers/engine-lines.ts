import type { Observation } from '../../../src/contract/failure.ts';
import { type Subject, UNKNOWN_UPSTREAM } from '../../../src/contract/metrics.ts';
import { SYMPTOMS, type Symptom } from '../../../src/contract/names.ts';
import { ErrorLogReader } from '../../../src/parse/error-log-reader.ts';
import { Interner } from '../../../src/parse/interner.ts';
import { LogCounts } from '../../../src/parse/log-counts.ts';
import { LogSamples } from '../../../src/parse/log-samples.ts';
import { parsePeer } from '../../../src/parse/peer.ts';
import type { Said } from './engine-world.ts';

/** More peers than the driver has. */
const PEERS = 20_000;

/** As nginx says them. */
const SAID: Partial<Record<Symptom, string>> = {
  connect_refused: 'connect() failed (111: Connection refused) while connecting to upstream',
  connect_timeout: 'upstream timed out (110: Connection timed out) while connecting to upstream',
  host_unreachable: 'connect() failed (113: No route to host) while connecting to upstream',
  premature_close: 'upstream prematurely closed connection while reading response header from upstream',
  response_timeout: 'upstream timed out (110: Connection timed out) while reading response header from upstream',
  tls_handshake:
    'SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream',
  no_live_upstreams: 'no live upstreams while connecting to upstream',
};

function lineOf({ symptom, peer }: Said): string {
  const { scheme, address, port } = peer;
  const upstream = `${scheme}://${address}${port === null ? '' : `:${port}`}/`;
  return `2026/11/21 10:00:00 [error] 31#31: *5 ${SAID[symptom]}, client: 192.0.2.7, server: edge, request: "GET / HTTP/1.1", upstream: "${upstream}", host: "edge"\n`;
}

/** Lines of failures in one block that is used again and again: the driver's own garbage is not the program's. */
export class Lines {
  readonly #known = new Map<Said, Buffer>();
  readonly #block: Buffer;
  #end = 0;

  constructor(bytes: number) {
    this.#block = Buffer.alloc(bytes);
  }

  write(said: Said): void {
    let line = this.#known.get(said);
    if (line === undefined) {
      line = Buffer.from(lineOf(said));
      this.#known.set(said, line);
    }
    this.#end += line.copy(this.#block, this.#end);
  }

  /** Valid until the next `write`. */
  take(): Buffer {
    const taken = this.#block.subarray(0, this.#end);
    this.#end = 0;
    return taken;
  }
}

/** An error log that is read with the program's reader and counters, and observed as `ErrorLogFollower.flush` does it. */
export class ErrorLog {
  readonly #subject: Subject;
  readonly #reader = new ErrorLogReader();
  readonly #peers = new Interner(PEERS);
  readonly #counts = new LogCounts(this.#peers);
  readonly #samples = new LogSamples();

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** Whole lines. */
  read(block: Buffer): void {
    this.#reader.read(block, 0, block.length, false, this.#counts);
    this.#samples.look(block, 0, block.length);
  }

  /** One for each symptom and peer since the last time. */
  flush(sinceMs: number, atMs: number, observe: (observation: Observation) => void): void {
    this.#counts.drain((index, peerIndex, count, { failure }) => {
      const symptom = SYMPTOMS[index];
      const peer = peerIndex === 0 ? null : parsePeer(this.#peers.names[peerIndex]);
      const sample = failure ? this.#samples.of(symptom, peer) : undefined;
      observe({
        ...{ proxy: 'nginx', subject: this.#subject, symptom, failure, peer, upstream: UNKNOWN_UPSTREAM, count },
        ...{ sinceMs, atMs },
        ...(sample === undefined ? {} : { sample }),
      });
    });
    this.#samples.clear();
  }
}
