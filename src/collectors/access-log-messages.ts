import type { MessagePort } from 'node:worker_threads';
import type { AccessFormat } from '../parse/access-log/access-format.ts';
import type { AccessSource } from '../parse/access-log/access-log-reader.ts';
import type { FileRange } from '../sources/file-range.ts';
import type { PackedAccess } from './access-log-counts.ts';

/** A block of the tailer, whose buffer it must hold. */
export const SLOT_BYTES = 256 * 1024;
/** Blocks that wait for a thread, at most: who asks for its counts waits for as many (1.3 ms each). */
export const SLOTS = 2;
/** Ranges of files likewise (1 to 2 ms each, 4 to 6 where a file is far behind): as many as a thread reads until it is looked after again. */
export const RANGES = 4;

/** 32-bit numbers that both threads see: what the worker has done, and whether it runs or has failed. */
export const CONTROL = { done: 0, state: 1 } as const;
export const CONTROL_WORDS = 2;
export const STATE = { starting: 0, ready: 1, failed: 2 } as const;

/** What a thread is started with. */
export interface ThreadStart {
  readonly port: MessagePort;
  readonly slots: SharedArrayBuffer;
  readonly control: Int32Array;
  readonly peerLimit: number;
  /** Upper bounds of durations in seconds. */
  readonly buckets: readonly number[];
}

/** Whole lines in a slot. Gateways and formats have numbers; `format` is told once before. */
export interface BlockMessage {
  readonly kind: 'block';
  readonly slot: number;
  readonly length: number;
  readonly gateway: number;
  readonly format: number;
  readonly source: AccessSource;
}

/** Lines that the worker reads itself. */
export interface RangeMessage extends FileRange {
  readonly kind: 'range';
  /** Which one it is, in an answer. */
  readonly range: number;
  readonly descriptor: number;
  readonly gateway: number;
  readonly format: number;
  readonly source: AccessSource;
}

export type ToThread =
  | BlockMessage
  | RangeMessage
  | { readonly kind: 'format'; readonly format: number; readonly is: AccessFormat }
  /** It answers with one FromThread. */
  | { readonly kind: 'collect' };

/** What has become of all since the last one. */
export interface FromThread {
  /** By number of the gateway. */
  readonly counts: ReadonlyMap<number, PackedAccess>;
  /** Numbers of the ranges that were not there any more. */
  readonly vanished: readonly number[];
  /** Of those that could not be read: their descriptors are open. */
  readonly failed: readonly number[];
}
