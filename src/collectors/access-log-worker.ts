import { workerData } from 'node:worker_threads';
import type { AccessFormat } from '../parse/access-log/access-format.ts';
import { AccessLogReader } from '../parse/access-log/access-log-reader.ts';
import { TimeBuckets } from '../parse/access-log/time-buckets.ts';
import { Interner } from '../parse/interner.ts';
import { MOST_RANGE_BYTES, readFileRange } from '../sources/file-range.ts';
import { type PackedAccess, WatchedCounts } from './access-log-counts.ts';
import {
  type BlockMessage,
  CONTROL,
  type FromThread,
  type RangeMessage,
  SLOT_BYTES,
  SLOTS,
  STATE,
  type ThreadStart,
  type ToThread,
} from './access-log-messages.ts';

/** Entry of a thread that reads access logs: it counts blocks that it is given, and ranges of files, which it reads itself. */
const { port, slots, control, peerLimit, buckets: bounds } = workerData as ThreadStart;
const peers = new Interner(peerLimit);
const buckets = new TimeBuckets(bounds);
const blocks = Array.from({ length: SLOTS }, (_, slot) => Buffer.from(slots, slot * SLOT_BYTES, SLOT_BYTES));
const formats: AccessFormat[] = [];
const readers = new Map<AccessFormat, AccessLogReader>();
const counted = new Map<number, WatchedCounts>();
let vanished: number[] = [];
let failed: number[] = [];
let rangeBuffer: Buffer | undefined;

function count(lines: Buffer, { gateway, format: number, source }: BlockMessage | RangeMessage): void {
  const format = formats[number];
  const reader = readers.get(format) ?? new AccessLogReader(format);
  readers.set(format, reader);
  const counts = counted.get(gateway) ?? new WatchedCounts(peers, buckets);
  counted.set(gateway, counts);
  const used = reader.read(lines, 0, lines.length, true, counts, source);
  if (used !== lines.length) throw new Error(`${used} of ${lines.length} bytes were read`);
}

function readRange(message: RangeMessage): void {
  rangeBuffer ??= Buffer.allocUnsafeSlow(MOST_RANGE_BYTES);
  let lines: Buffer | undefined;
  try {
    lines = readFileRange(message.descriptor, message, rangeBuffer);
  } catch {
    failed.push(message.range);
    return;
  }
  if (lines === undefined) vanished.push(message.range);
  else count(lines, message);
}

function answer(): FromThread {
  const counts = new Map([...counted].map(([gateway, one]): [number, PackedAccess] => [gateway, one.packAll()]));
  const said = { counts, vanished, failed };
  vanished = [];
  failed = [];
  return said;
}

function obey(message: ToThread): void {
  if (message.kind === 'block') count(blocks[message.slot].subarray(0, message.length), message);
  else if (message.kind === 'range') readRange(message);
  else if (message.kind === 'format') formats[message.format] = message.is;
  else port.postMessage(answer());
}

port.on('message', (message: ToThread) => {
  try {
    obey(message);
  } catch (error) {
    Atomics.store(control, CONTROL.state, STATE.failed);
    throw error;
  } finally {
    Atomics.add(control, CONTROL.done, 1);
    Atomics.notify(control, CONTROL.done);
  }
});
Atomics.store(control, CONTROL.state, STATE.ready);
