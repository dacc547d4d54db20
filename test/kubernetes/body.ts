/** A response body of the fake API server whose chunk boundaries, pace and end are under control of the test. */
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * How a stream stops: `reset` sends RST, `end` ends the HTTP body as if all were well, `fin` closes the connection
 * without the end of the body, `silence` sends nothing more and keeps the connection (half-open).
 */
export type CutKind = 'reset' | 'end' | 'fin' | 'silence';

export interface Shape {
  /** Each buffer becomes one HTTP chunk in one TLS record. */
  readonly split: (bytes: Buffer) => readonly Buffer[];
  readonly pauseMs: number;
  readonly cut: { readonly how: CutKind; readonly afterBytes: number } | undefined;
}

export const PLAIN: Shape = { split: (bytes) => [bytes], pauseMs: 0, cut: undefined };

/** Pieces of this many bytes, whatever they tear apart. */
export const pieces =
  (size: number) =>
  (bytes: Buffer): Buffer[] =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );

export class ResponseBody {
  readonly response: ServerResponse;
  readonly #shape: Shape;
  readonly #reset: () => void;
  readonly #closed: Promise<void>;
  readonly #queue: Buffer[] = [];
  #sent = 0;
  #stopped = false;
  #pumping = false;
  #last: CutKind | undefined;

  constructor(response: ServerResponse, shape: Shape, reset: () => void) {
    this.response = response;
    this.#shape = shape;
    this.#reset = reset;
    this.#closed = new Promise((resolve) => response.once('close', resolve));
  }

  write(bytes: Buffer): void {
    if (this.#last !== undefined) return;
    this.#queue.push(bytes);
    void this.#pump();
  }

  /** For whole bodies: waits until the client has taken each part. */
  async writeAll(parts: Iterable<Buffer>): Promise<void> {
    for (const part of parts) {
      this.#queue.push(part);
      await this.#pump();
      if (!this.#open) return;
    }
    this.finish('end');
  }

  /** Stops after what is queued; `partial` bytes are sent first, so that the stop is in the middle of a line. */
  finish(how: CutKind, partial = ''): void {
    if (this.#last !== undefined) return;
    if (partial !== '') this.#queue.push(Buffer.from(partial));
    this.#last = how;
    void this.#pump();
  }

  get #open(): boolean {
    return !this.#stopped && !this.response.destroyed && !this.response.writableEnded;
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#open && this.#queue.length > 0) await this.#frame(this.#queue.shift()!);
    this.#pumping = false;
    if (this.#open && this.#last !== undefined) this.#stop(this.#last);
  }

  async #frame(frame: Buffer): Promise<void> {
    for (const piece of this.#shape.split(frame)) {
      const room = (this.#shape.cut?.afterBytes ?? Number.POSITIVE_INFINITY) - this.#sent;
      await this.#send(piece.subarray(0, Math.max(0, Math.min(room, piece.length))));
      if (!this.#open) return;
      if (room <= piece.length) return this.#stop(this.#shape.cut!.how);
      if (this.#shape.pauseMs > 0) await pause(this.#shape.pauseMs);
    }
  }

  async #send(piece: Buffer): Promise<void> {
    if (piece.length === 0) return;
    this.#sent += piece.length;
    const written = new Promise<void>((resolve) => this.response.write(piece, () => resolve()));
    await Promise.race([written, this.#closed]);
  }

  #stop(how: CutKind): void {
    this.#queue.length = 0;
    this.#stopped = true;
    if (how === 'end') this.response.end();
    else if (how === 'fin') this.response.socket?.destroy();
    else if (how === 'reset') this.#reset();
  }
}
